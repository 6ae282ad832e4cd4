// audit verify and the end of the log.
#include <filesystem>
#include <fstream>

#include "server/config.h"
#include "server/head_keeper.h"
#include "server/seal_key.h"
#include "server/widgentd.h"
#include "server/world.h"
#include "store/sqlite.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE("audit verify notices records that were cut off at the end, and a sealed head that was changed or removed") {
  const TemporaryFolder folder;
  const std::string data = folder.File("data"), heads = data + "/" + std::string(kSealedHeadsFile);
  std::filesystem::create_directories(data);
  {
    World world(data + "/widgent.db");
    for (const char* sub : {"ada", "bob", "eve"}) world.Post("/session", {.token = world.Token(sub)});
    CHECK(Has(Widgentd({"audit", "verify", "--data", data}).out, "No heads are sealed"));
    const std::string key = std::get<SealKey>(FindOrMakeSealKey(data, "")).bytes;
    const HeadKeeper keeper(world.loop, *world.store, heads, AuditSealKey(key), [](auto) {});
  }
  const auto verify = [&] { return Widgentd({"audit", "verify", "--data", data}); };
  CHECK(verify().code == kExitOk);
  CHECK(Has(verify().out, "acme: 3 records hold"));

  const std::string sealed = ReadTextFile(heads).value();
  std::ofstream(heads) << std::string(sealed).replace(sealed.find("\"count\":3"), 9, "\"count\":2");
  CHECK(verify().code == kExitNo);
  CHECK(Has(verify().out, "were changed"));
  std::filesystem::remove(heads);
  CHECK(verify().code == kExitNo);
  CHECK(Has(verify().out, "are missing"));
  std::ofstream(heads) << sealed;

  const auto erase = [&](const std::string& which) {
    sqlite::Database(data + "/widgent.db", sqlite::Database::Mode::kReadWrite).Execute("DELETE FROM audit" + which);
  };
  erase(" WHERE seq = 3");
  CHECK(verify().code == kExitNo);
  CHECK(Has(verify().out, "acme: record 3 is broken: it was cut off"));
  erase("");
  CHECK(verify().code == kExitNo);
  CHECK(Has(verify().out, "acme: record 1 is broken: it was cut off"));
}
