#include "agent/stage.h"

namespace widgent::test {

namespace {

std::string Verdict(const ToolConfig& tool, const Identity& identity, UnixMillis now = kNow) {
  return RefuseTool(tool, identity, now).value_or("allowed");
}

ToolConfig Open() {
  ToolConfig tool = MakeGetOrder();
  tool.required = {};
  tool.bind.clear();
  return tool;
}

ClaimRule Rule(std::string path) {
  ClaimRule rule;
  rule.path = std::move(path);
  return rule;
}

}  // namespace

TEST_CASE("A tool without requirements is for everybody") {
  CHECK(Verdict(Open(), MakeGuest()) == "allowed");
  CHECK(Verdict(Open(), MakeAda()) == "allowed");
}

TEST_CASE("Whatever a tool asks about a user, a guest does not have it") {
  ToolConfig tool = Open();
  SECTION("identified") { tool.required.identified = true; }
  SECTION("scopes") { tool.required.scopes = {"x"}; }
  SECTION("roles") { tool.required.roles = {"x"}; }
  SECTION("age") { tool.required.token_age_s_max = 10; }
  SECTION("bound claims") { tool.bind = {{"customer_id", "/sub"}}; }
  SECTION("claims, also where the rule is that one must not exist") {
    ClaimRule rule = Rule("/banned");
    rule.exists = false;
    tool.required.claims = {rule};
  }
  CHECK(Verdict(tool, MakeGuest()) == "identity_required");
}

TEST_CASE("A tool is refused from the very second in which the token ends") {
  User ada = MakeAda();
  CHECK(Verdict(MakeGetOrder(), ada, ada.expires_at_s * 1000 - 1) == "allowed");
  CHECK(Verdict(MakeGetOrder(), ada, ada.expires_at_s * 1000) == "token_expired");
  CHECK(Verdict(Open(), ada, ada.expires_at_s * 1000) == "token_expired");
}

TEST_CASE("Scopes are whole words of a text or elements of a list, and all are needed") {
  const auto [claims, verdict] = GENERATE(table<std::string, std::string>({
      {R"({"sub":"u","scope":"a b"})", "allowed"},
      {R"({"sub":"u","scopes":["b","a"]})", "allowed"},
      {R"({"sub":"u","scope":"a","scopes":["b"]})", "allowed"},
      {R"({"sub":"u","scope":"a"})", "scope_missing"},
      {R"({"sub":"u","scope":"ab b"})", "scope_missing"},
      {R"({"sub":"u","scope":"A B"})", "scope_missing"},
      {R"({"sub":"u","scope":["a",["b"]]})", "scope_missing"},
      {R"({"sub":"u","scope":{"a":1,"b":1}})", "scope_missing"},
      {R"({"sub":"u","scope":7})", "scope_missing"},
      {R"({"sub":"u"})", "scope_missing"},
  }));
  ToolConfig tool = Open();
  tool.required.scopes = {"a", "b"};
  User user = MakeAda();
  user.claims_json = claims;
  CHECK(Verdict(tool, user) == verdict);
}

TEST_CASE("Claim rules compare JSON values and fail closed") {
  User user = MakeAda();
  user.claims_json = R"({"sub":"u_42","level":3,"plan":"pro","vip":true,"none":null,"tags":["a"],"big":1e400})";
  ClaimRule rule;
  bool allowed = false;
  SECTION("equal text") { rule = Rule("/plan"), rule.equals_json = R"("pro")", allowed = true; }
  SECTION("other text") { rule = Rule("/plan"), rule.equals_json = R"("free")"; }
  SECTION("a text is no number") { rule = Rule("/level"), rule.equals_json = R"("3")"; }
  SECTION("numbers by value") { rule = Rule("/level"), rule.equals_json = "3.0", allowed = true; }
  SECTION("one of") { rule = Rule("/plan"), rule.in_json = {R"("free")", R"("pro")"}, allowed = true; }
  SECTION("none of") { rule = Rule("/plan"), rule.in_json = {R"("free")"}; }
  SECTION("at least") { rule = Rule("/level"), rule.gte = 3, allowed = true; }
  SECTION("too little") { rule = Rule("/level"), rule.gte = 3.5; }
  SECTION("at most") { rule = Rule("/level"), rule.lte = 3, allowed = true; }
  SECTION("too much") { rule = Rule("/level"), rule.lte = 2; }
  SECTION("a text has no size") { rule = Rule("/plan"), rule.gte = 0; }
  SECTION("exists") { rule = Rule("/vip"), rule.exists = true, allowed = true; }
  SECTION("null exists") { rule = Rule("/none"), rule.exists = true, allowed = true; }
  SECTION("does not exist") { rule = Rule("/nobody"), rule.exists = true; }
  SECTION("must not exist and does not") { rule = Rule("/nobody"), rule.exists = false, allowed = true; }
  SECTION("must not exist and does") { rule = Rule("/vip"), rule.exists = false; }
  SECTION("an absent claim equals nothing") { rule = Rule("/nobody"), rule.equals_json = "null"; }
  SECTION("a broken pointer finds nothing") { rule = Rule("plan"), rule.exists = true; }
  SECTION("an element of a list") { rule = Rule("/tags/0"), rule.equals_json = R"("a")", allowed = true; }
  ToolConfig tool = Open();
  tool.required.claims = {rule};
  CHECK(Verdict(tool, user) == (allowed ? "allowed" : "claim_mismatch"));
}

TEST_CASE("Roles, bound claims and the age of the token are asked for") {
  ToolConfig tool = Open();
  tool.required.roles = {"member"};
  CHECK(Verdict(tool, MakeAda()) == "allowed");
  tool.required.roles = {"admin"};
  CHECK(Verdict(tool, MakeAda()) == "role_missing");

  tool = Open();
  tool.bind = {{"tenant", "/metadata/tenant"}};
  CHECK(Verdict(tool, MakeAda()) == "claim_missing");

  tool = Open();
  tool.required.token_age_s_max = 60;
  User ada = MakeAda();
  CHECK(Verdict(tool, ada) == "allowed");
  CHECK(Verdict(tool, ada, kNow + 1000) == "token_too_old");
  ada.issued_at_s.reset();
  CHECK(Verdict(tool, ada) == "token_too_old");
}

TEST_CASE("A tool whose schema is not understood is named when the server starts, and is never offered") {
  Product product = MakeShop();
  CHECK_FALSE(RefuseToolSchemas(product));
  product.tools[1].parameters_json = R"({"type":"object","properties":{"a":{"oneOf":[]}}})";
  REQUIRE(RefuseToolSchemas(product));
  CHECK(*RefuseToolSchemas(product) ==
        "tool refund_order: parameters: properties/a/oneOf is a keyword that is not supported; leave it out.");
  Stage stage;
  stage.product = product;
  Prompt seen;
  auto model = std::make_unique<ScriptedModel>(stage.loop, std::vector<ScriptedModel::Line>{{{"."}, {}}});
  model->seen = &seen;
  stage.Run({"x"}, std::move(model));
  CHECK(seen.tools.size() == 1);
}

}  // namespace widgent::test
