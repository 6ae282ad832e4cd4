// The records of what an owner's people change over HTTP.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "audit/audit.h"
#include "support/memory_store.h"

using namespace widgent;
using nlohmann::json;

namespace {

json Written(test::MemoryStore& store, const AdminAct& act, const AuditQuery& query) {
  AuditLog log(store);
  log.Write({ProductId{"acme"}, "", "req_1", "203.0.113.7"}, act, 1'767'225'600'000);
  const auto rows = store.FindAudit(ProductId{"acme"}, query);
  REQUIRE(rows.size() == 1);
  CHECK_FALSE(VerifyAudit(store, ProductId{"acme"}));
  return json::parse(rows[0].record);
}

}  // namespace

TEST_CASE("A changed product is an update by whoever holds the key, and concerns no user") {
  test::MemoryStore store;
  AdminAct act;
  act.by = "admin key 1a2b3c4d (Maria)";
  act.what = "rotated to the secret 2026-11-29";
  const json record = Written(store, act, {.action = "product_change", .outcome = "success"});
  CHECK(record["class_uid"] == 6003);
  CHECK(record["activity_id"] == 3);
  CHECK(record["type_uid"] == 600303);
  CHECK(record["status_id"] == 1);
  CHECK(record["message"] == "rotated to the secret 2026-11-29");
  CHECK(record["actor"] == json{{"user", {{"name", act.by}, {"type_id", 2}}}, {"app_name", "acme"}});
  CHECK(record["api"] == json{{"operation", "product_change"}, {"service", {{"name", "admin"}}}});
  CHECK(record["src_endpoint"]["ip"] == "203.0.113.7");
  CHECK(record["unmapped"]["widgent"]["identity"] == "operator");
  CHECK(record["unmapped"]["widgent"]["by"] == act.by);
  CHECK_FALSE(record.contains("user"));
}

TEST_CASE("An erased user is a deletion that names the user, and is found by the user's id") {
  test::MemoryStore store;
  User user;
  user.sub = "u_42";
  AdminAct act;
  act.kind = AdminAct::Kind::kErase;
  act.identity = user;
  act.by = "admin key 1a2b3c4d";
  act.what = "erased the conversations of u_42: 3";
  const json record = Written(store, act, {.user = "u_42", .action = "erase"});
  CHECK(record["activity_id"] == 4);
  CHECK(record["type_uid"] == 600304);
  CHECK(record["user"]["uid"] == "u_42");
  CHECK(record["message"] == act.what);
  CHECK(record["actor"]["user"]["name"] == act.by);
}
