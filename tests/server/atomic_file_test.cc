// Files that are replaced whole, also where somebody else may write to their folder.
#include "server/atomic_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/temporary_folder.h"

using namespace widgent;
namespace fs = std::filesystem;

namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("A file is replaced with the rights that it had, and nothing is left beside it") {
  const TemporaryFolder folder;
  const std::string path = folder.File("acme.json");
  CHECK(WriteFileAtomically(path, "one"));
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  CHECK(WriteFileAtomically(path, "two"));
  CHECK(Read(path) == "two");
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(std::distance(fs::directory_iterator(folder.File("")), {}) == 1);
}

TEST_CASE("What a link leads to is replaced, and the link stays") {
  const TemporaryFolder folder;
  Write(folder.File("real.json"), "one");
  fs::create_symlink(folder.File("real.json"), folder.File("acme.json"));
  CHECK(WriteFileAtomically(folder.File("acme.json"), "two"));
  CHECK(fs::is_symlink(folder.File("acme.json")));
  CHECK(Read(folder.File("real.json")) == "two");
}

TEST_CASE("What somebody has put at the unfinished file's name is not written through") {
  const TemporaryFolder folder;
  Write(folder.File("victim"), "secret");
  fs::create_symlink(folder.File("victim"), folder.File("acme.json.tmp"));
  WriteFileAtomically(folder.File("acme.json"), "two");
  CHECK(Read(folder.File("victim")) == "secret");
}

TEST_CASE("The owner stays, whoever writes") {
  const TemporaryFolder folder;
  const std::string path = folder.File("acme.json");
  Write(path, "one");
  // Only root may give a file away.
  const bool is_root = ::geteuid() == 0;
  const uid_t owner = is_root ? 65534 : ::geteuid();
  if (is_root) REQUIRE(::chown(path.c_str(), owner, 65534) == 0);
  CHECK(WriteFileAtomically(path, "two"));
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_uid == owner);
}

TEST_CASE("A folder is held by one at a time") {
  const TemporaryFolder folder;
  {
    const FolderHold first(folder.File(""));
    CHECK(first.IsHeld());
    CHECK_FALSE(FolderHold(folder.File(""), false).IsHeld());
  }
  CHECK(FolderHold(folder.File(""), false).IsHeld());
  CHECK(FolderHold(folder.File("nowhere"), false).IsHeld());
}
