// What the store keeps about keys: when a secret was used, that it leaked, and which users were revoked.
#include <catch2/catch.hpp>
#include <string>

#include "store/sqlite_store.h"
#include "store/temporary_folder.h"
#include "support/memory_store.h"

using namespace widgent;

namespace {

const ProductId kAcme{"acme"}, kOther{"other"};

std::unique_ptr<Store> MakeStore(bool is_sqlite) {
  if (is_sqlite) return OpenSqliteStore(":memory:");
  return std::make_unique<test::MemoryStore>();
}

}  // namespace

TEST_CASE("A secret's last use and its first leak are kept, per product") {
  const auto store = MakeStore(GENERATE(true, false));
  store->RecordSecretUse(kAcme, "2026-11", 1000);
  store->RecordSecretUse(kAcme, "2026-11", 3000);
  store->RecordSecretUse(kAcme, "2026-11", 2000);
  store->RecordSecretLeak(kAcme, "2026-05", 1500, "https://shop.example");
  store->RecordSecretLeak(kAcme, "2026-05", 1600, "https://other.example");
  store->RecordSecretLeak(kAcme, "2026-11", 1700, "https://shop.example");
  store->RecordSecretUse(kOther, "2026-11", 9000);
  CHECK(store->HasPending());
  REQUIRE(store->Commit());
  const auto records = store->ListSecretRecords(kAcme);
  REQUIRE(records.size() == 2);
  CHECK(records[0].kid == "2026-05");
  CHECK(records[0].used_at == 0);
  CHECK(records[0].leaked_at == 1500);
  CHECK(records[0].leaked_origin == "https://shop.example");
  CHECK(records[1].kid == "2026-11");
  CHECK(records[1].used_at == 3000);
  CHECK(records[1].leaked_at == 1700);
  CHECK(store->ListSecretRecords({"none"}).empty());
}

TEST_CASE("The latest revocation of a user counts, and recent ones are listed") {
  const auto store = MakeStore(GENERATE(true, false));
  const std::string odd = "Zo\xC3\xAB 'or' --";
  store->PutRevocation({kAcme, "ada", 1000});
  store->PutRevocation({kAcme, "ada", 3000});
  store->PutRevocation({kAcme, "ada", 2000});
  store->PutRevocation({kOther, odd, 500});
  CHECK(store->FindRevocation(kAcme, "ada") == 3000);
  CHECK(store->FindRevocation(kOther, odd) == 500);
  CHECK_FALSE(store->FindRevocation(kOther, "ada"));
  CHECK_FALSE(store->FindRevocation(kAcme, "ad"));
  CHECK_FALSE(store->FindRevocation(kAcme, ""));
  const auto recent = store->ListRevocations(501);
  REQUIRE(recent.size() == 1);
  CHECK(recent[0].product == kAcme);
  CHECK(recent[0].sub == "ada");
  CHECK(recent[0].at == 3000);
  CHECK(store->ListRevocations(500).size() == 2);
}

TEST_CASE("Reads after BeginReading are of one moment, until EndReading or the next write") {
  const TemporaryFolder folder;
  const auto server = OpenSqliteStore(folder.File("s.db")), command = OpenSqliteStore(folder.File("s.db"));
  server->BeginReading();
  CHECK_FALSE(server->FindRevocation(kAcme, "ada"));
  command->PutRevocation({kAcme, "ada", 1000});
  REQUIRE(command->Commit());
  CHECK_FALSE(server->FindRevocation(kAcme, "ada"));
  CHECK_FALSE(server->HasPending());
  server->EndReading();
  CHECK(server->FindRevocation(kAcme, "ada") == 1000);

  server->BeginReading();
  CHECK_FALSE(server->FindRevocation(kAcme, "bob"));
  command->PutRevocation({kAcme, "bob", 2000});
  REQUIRE(command->Commit());
  server->PutRevocation({kAcme, "eve", 3000});
  CHECK(server->FindRevocation(kAcme, "bob") == 2000);
  REQUIRE(server->Commit());
  CHECK(command->FindRevocation(kAcme, "eve") == 3000);
}

TEST_CASE("A revocation of another process is seen at once, and reads after BeginWriting cannot be overtaken") {
  const TemporaryFolder folder;
  const auto server = OpenSqliteStore(folder.File("s.db")), command = OpenSqliteStore(folder.File("s.db"));
  CHECK_FALSE(server->FindRevocation(kAcme, "ada"));
  command->PutRevocation({kAcme, "ada", 1000});
  CHECK_FALSE(server->FindRevocation(kAcme, "ada"));
  REQUIRE(command->Commit());
  CHECK(server->FindRevocation(kAcme, "ada") == 1000);
  CHECK(server->ListRevocations(1000).size() == 1);

  CHECK(server->BeginWriting());
  CHECK(server->HasPending());
  CHECK_FALSE(command->BeginWriting());
  command->PutRevocation({kAcme, "bob", 2000});
  CHECK_FALSE(command->Commit());
  CHECK_FALSE(server->FindRevocation(kAcme, "bob"));
  CHECK(server->Commit());
  command->PutRevocation({kAcme, "bob", 2000});
  CHECK(command->Commit());
  CHECK(server->FindRevocation(kAcme, "bob") == 2000);
}
