#include "store/store_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "store/sqlite.h"
#include "store/sqlite_store.h"
#include "store/temporary_folder.h"

namespace widgent {
namespace {

const ProductId kAcme{"acme"};

void Say(Store& store, const std::string& id) {
  store.PutThread({kAcme, {"th_1"}, {Owner::Kind::kUser, "ada"}, 1, 1, "Hello"});
  StoredMessage message;
  message.id.value = id;
  message.text = std::string(10'000, 'x');
  store.AppendMessage(kAcme, {"th_1"}, message);
  REQUIRE(store.Commit());
}

std::size_t CountMessages(const std::string& path) {
  return OpenSqliteStoreReadOnly(path)->ListMessages(kAcme, {"th_1"}, 1000).size();
}

TEST_CASE("A store in use is copied as it was at one moment, into one file of its owner's") {
  const TemporaryFolder folder;
  const std::string path = folder.File("widgent.db"), copy = folder.File("copy.db");
  const auto store = OpenSqliteStore(path);
  for (int n = 0; n < 20; ++n) Say(*store, "u_" + std::to_string(n));
  int told = 0;
  CopyStore(path, copy, [&](int done, int all) {
    ++told;
    CHECK(done <= all);
    Say(*store, "late_" + std::to_string(told));
  });
  CHECK(told > 0);
  CHECK(CountMessages(copy) == 20);
  CHECK(CountMessages(path) == 20 + static_cast<std::size_t>(told));
  CHECK(FindDamage(copy).empty());
  struct stat status {};
  REQUIRE(::stat(copy.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  for (const char* beside : {"-wal", "-shm", ".part"}) CHECK_FALSE(std::filesystem::exists(copy + beside));
}

TEST_CASE("A copy that cannot be whole leaves nothing, and what was there stays") {
  const TemporaryFolder folder;
  const std::string path = folder.File("widgent.db"), copy = folder.File("copy.db");
  std::ofstream(copy) << "before";
  CHECK_THROWS_WITH(CopyStore(path, copy), Catch::Matchers::Contains(path));
  { Say(*OpenSqliteStore(path), "u_1"); }
  CHECK_THROWS_WITH(CopyStore(path, folder.File("nowhere/copy.db")), Catch::Matchers::Contains("cannot be copied"));
  std::ofstream(folder.File("other.db"))
      << "not a database, but long enough to be looked at as one by anybody who asks";
  CHECK_THROWS(CopyStore(folder.File("other.db"), copy));
  CHECK(std::filesystem::file_size(copy) == 6);
  CHECK_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST_CASE("Damage is found and named, and a file of another program is no store") {
  const TemporaryFolder folder;
  const std::string path = folder.File("widgent.db"), copy = folder.File("copy.db");
  {
    const auto store = OpenSqliteStore(path);
    for (int n = 0; n < 50; ++n) Say(*store, "u_" + std::to_string(n));
  }
  CopyStore(path, copy);
  {
    std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
    for (const int page : {20, 40, 60, 80}) {
      file.seekp(page * 4096);
      file << std::string(4096, '\x5a');
    }
  }
  CHECK_FALSE(FindDamage(copy).empty());
  CHECK_THROWS_WITH(CopyStore(copy, folder.File("again.db")), Catch::Matchers::Contains("cannot be copied"));
  CHECK_FALSE(std::filesystem::exists(folder.File("again.db")));
  sqlite::Database(folder.File("other.db"), sqlite::Database::Mode::kReadWrite).Execute("CREATE TABLE t (x)");
  CHECK_THROWS_WITH(FindDamage(folder.File("other.db")), Catch::Matchers::Contains("another program"));
}

}  // namespace
}  // namespace widgent
