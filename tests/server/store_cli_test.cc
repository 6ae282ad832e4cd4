// backup, restore and check, as an operator uses them.
#include <filesystem>
#include <fstream>

#include "server/folder_lock.h"
#include "server/head_keeper.h"
#include "server/widgentd.h"
#include "server/world.h"
#include "store/sqlite.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

namespace {

namespace fs = std::filesystem;

std::string MakeStore(const TemporaryFolder& folder, const std::string& name, std::vector<std::string> subs) {
  const std::string data = folder.File(name);
  fs::create_directories(data);
  World world(data + "/widgent.db");
  for (const std::string& sub : subs) world.Post("/session", {.token = world.Token(sub)});
  return data;
}

}  // namespace

TEST_CASE("A backup that is restored holds what the store held, and what it replaces is kept") {
  const TemporaryFolder folder;
  const std::string data = MakeStore(folder, "data", {"ada", "bob"}), backup = folder.File("backup.db");
  const Printed written = Widgentd({"backup", backup, "--data", data});
  CHECK(written.code == kExitOk);
  CHECK(Has(written.out, "Wrote " + backup));
  const Printed again = Widgentd({"backup", backup, "--data", data});
  CHECK(again.code == kExitUsage);
  CHECK(Has(again.error, "--replace"));
  CHECK(Widgentd({"backup", backup, "--data", data, "--replace"}).code == kExitOk);

  const Printed checked = Widgentd({"check", backup});
  CHECK(checked.code == kExitOk);
  CHECK(Has(checked.out, "the file holds"));
  CHECK(Has(checked.out, "acme: 2 audit records hold"));

  const std::string other = MakeStore(folder, "other", {"eve"});
  std::ofstream(other + "/" + std::string(kSealedHeadsFile)) << "sealed";
  const Printed refused = Widgentd({"restore", backup, "--data", other});
  CHECK(refused.code == kExitUsage);
  CHECK(Has(refused.error, "--replace"));
  CHECK(Has(Widgentd({"check", "--data", other}).out, "acme: 1 audit records hold"));
  const Printed restored = Widgentd({"restore", backup, "--data", other, "--replace"});
  CHECK(restored.code == kExitOk);
  CHECK(Has(Widgentd({"audit", "show", "--data", other, "--user", "bob"}).out, "bob"));
  CHECK_FALSE(Has(Widgentd({"audit", "show", "--data", other}).out, "eve"));
  CHECK_FALSE(fs::exists(other + "/" + std::string(kSealedHeadsFile)));
  std::string kept;
  for (const auto& entry : fs::directory_iterator(other)) kept += entry.path().filename().string() + '\n';
  for (const char* name : {"widgent.db.replaced-", "audit.heads.replaced-"}) CHECK(Has(kept, name));
  CHECK(Widgentd({"restore", backup, "--data", folder.File("new")}).code == kExitOk);
  CHECK(Has(Widgentd({"check", "--data", folder.File("new")}).out, "acme: 2 audit records hold"));
}

TEST_CASE("Nothing is restored under a running server, nor from a damaged file") {
  const TemporaryFolder folder;
  const std::string data = MakeStore(folder, "data", {"ada"}), backup = folder.File("backup.db");
  REQUIRE(Widgentd({"backup", backup, "--data", data}).code == kExitOk);
  {
    const FolderLock lock(data);
    const Printed refused = Widgentd({"restore", backup, "--data", data, "--replace"});
    CHECK(refused.code == kExitFailure);
    CHECK(Has(refused.error, "Another widgentd uses"));
  }
  fs::resize_file(backup, fs::file_size(backup) / 2);
  const Printed damaged = Widgentd({"restore", backup, "--data", data, "--replace"});
  CHECK(damaged.code == kExitNo);
  CHECK(Widgentd({"check", backup}).code == kExitNo);
  CHECK(Widgentd({"check", "--data", data}).code == kExitOk);
  CHECK(Widgentd({"check", folder.File("none.db")}).code == kExitUsage);
  CHECK(Widgentd({"backup", folder.File("x.db"), "--data", folder.File("none")}).code == kExitUsage);
}

TEST_CASE("A record that was changed behind the server's back is found by check") {
  const TemporaryFolder folder;
  const std::string data = MakeStore(folder, "data", {"ada", "bob"});
  sqlite::Database(data + "/widgent.db", sqlite::Database::Mode::kReadWrite)
      .Execute("UPDATE audit SET user = 'eve' WHERE seq = 2");
  const Printed checked = Widgentd({"check", "--data", data});
  CHECK(checked.code == kExitNo);
  CHECK(Has(checked.out, "acme: audit record 2 is broken"));
}
