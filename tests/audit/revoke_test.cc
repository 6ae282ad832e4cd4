// The record of an operator who ends a user's tokens.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "audit/audit.h"
#include "support/memory_store.h"

using namespace widgent;

TEST_CASE("A revocation names the user, and the operator as the one who acted") {
  test::MemoryStore store;
  AuditLog log(store);
  User user;
  user.sub = "u_42";
  IdentityAct act;
  act.kind = IdentityAct::Kind::kRevoke;
  act.identity = user;
  act.by = "admin key 1a2b3c4d";
  log.Write({ProductId{"acme"}, "", "req_1", "203.0.113.7"}, act, 1'767'225'600'000);
  const auto rows = store.FindAudit(ProductId{"acme"}, {.user = "u_42", .action = "revoke", .outcome = "success"});
  REQUIRE(rows.size() == 1);
  const auto record = nlohmann::json::parse(rows[0].record);
  CHECK(record["class_uid"] == 3002);
  CHECK(record["activity_id"] == 99);
  CHECK(record["activity_name"] == "Revoke");
  CHECK(record["user"]["uid"] == "u_42");
  CHECK(record["actor"] ==
        nlohmann::json{{"user", {{"name", "admin key 1a2b3c4d"}, {"type_id", 2}}}, {"app_name", "acme"}});
  CHECK(record["message"] == "revoked the tokens of u_42");
  CHECK(record["unmapped"]["widgent"]["identity"] == "operator");
  CHECK(record["unmapped"]["widgent"]["by"] == "admin key 1a2b3c4d");
  CHECK_FALSE(record["session"].contains("expiration_time"));
  CHECK_FALSE(VerifyAudit(store, ProductId{"acme"}));
}
