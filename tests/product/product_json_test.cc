#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "identity/claims_pointer.h"
#include "identity/sealed.h"
#include "product/product.h"

using namespace widgent;
using nlohmann::json;

namespace {

const std::string kVerifySecret = "wvs_test_secret_with_at_least_32_bytes";
const std::string kToolSecret = "whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh";

const SecretSource kSecrets{
    [](const std::string& name) -> std::optional<std::string> {
      if (name == "VERIFY") return kVerifySecret;
      if (name == "TOOL") return kToolSecret;
      if (name == "SHORT") return "topsecret_of_31_bytes__________";
      if (name == "EMPTY") return "";
      return std::nullopt;
    },
    [](const std::string& path) -> std::optional<std::string> {
      if (path == "/etc/widgent/acme.old") return kVerifySecret + "_older\r\n";
      if (path == "/run/secret") return kVerifySecret;
      return std::nullopt;
    },
    [](const std::string& owner, const std::string& sealed, std::string& why) -> std::optional<std::string> {
      if (sealed == "v1.verify" && owner == OwnerOfVerificationSecret("acme", "2026-11"))
        return kVerifySecret + "_sealed";
      if (sealed == "v1.tool" && owner == OwnerOfToolSecret("acme", "get_order")) return kToolSecret;
      why = "This was sealed with another key.";
      return std::nullopt;
    }};

// Everything that this version knows.
const char* const kFull = R"({
  "id": "acme", "name": "Acme Shop",
  "origins": ["https://Shop.example", "https://*.shop.example:8443"],
  "service_keys": [{"id": "pk_acme_9f2"}, {"id": "pk_acme_old"}],
  "admin_keys": [{"sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "created": "2026-11-01T00:00:00Z"}],
  "verification": {"max_lifetime_s": 1800, "leeway_s": 10, "identity": "required", "on_expiry": "lock",
    "merge": "ask",
    "secrets": [{"kid": "2026-11", "value": {"env": "VERIFY"}},
                {"kid": "2026-05", "value": {"file": "acme.old"}, "created": "2026-05-01T00:00:00Z",
                 "not_after": "2026-12-31T00:00:00Z"}]},
  "agent": {"kind": "builtin", "name": "Acme Guide"},
  "knowledge": {"dir": "docs/", "base_url": "https://shop.example/help/", "min_coverage": 0.4},
  "greeting": {"verified": "Hi {{name}}!", "anonymous": "Hi!"},
  "suggestions": {"verified": ["Where is my order?"], "anonymous": ["What does shipping cost?", "Returns"]},
  "appearance": {"accent": "#0A7f5c"},
  "handoff": {"kind": "url", "url": "https://shop.example/contact", "label": "Write to us"},
  "rate_limits": {"per_user_per_min": 5, "per_ip_per_min": 6, "concurrent_runs_per_user": 1},
  "egress": {"allow_hosts": ["shop.example", "localhost:4001"], "allow_private_cidrs": ["127.0.0.0/8", "::1/128"],
    "https_only": false},
  "tools": [
    {"name": "get_order", "description": "Status of an order", "kind": "http",
     "url": "http://localhost:4001/tools/get_order",
     "secret": {"env": "TOOL"}, "effect": "read", "idempotent": true, "timeout_ms": 5000, "retries": 2,
     "per_user_per_min": 6,
     "parameters": {"type": "object", "required": ["z", "a"],
       "properties": {"z": {"type": "string"}, "a": {"type": "integer"}}},
     "requires": {"identified": true, "scopes": ["orders:read"], "roles": ["buyer"], "max_token_age_s": 900,
       "claims": [{"path": "/metadata/plan", "in": ["pro", 7, null]}, {"path": "/email", "exists": true},
                  {"path": "/metadata/level", "gte": 2, "lte": 4.5}, {"path": "/metadata/ok", "equals": false}]},
     "bind": {"customer_id": "/sub"}, "examples": ["where is my order"], "answer": "It is {{result.status}}."},
    {"name": "cancel", "description": "Cancels", "url": "https://shop.example/tools/cancel",
     "secret": {"env": "TOOL"}, "effect": "delete"}
  ],
  "audit": {"arguments": "redacted", "redact": ["/reason"]}
})";

std::variant<Product, ConfigError> Read(std::string_view text) {
  return ReadProduct(text, "acme.json", "/etc/widgent", kSecrets);
}

Product Accepted(const std::string& text) {
  auto read = Read(text);
  if (auto* error = std::get_if<ConfigError>(&read)) FAIL(error->where + ": " + error->detail);
  return std::get<Product>(read);
}

// "<where>: <detail>" of the error.
std::string Refused(const std::string& text) {
  auto read = Read(text);
  auto* error = std::get_if<ConfigError>(&read);
  return error ? error->where + ": " + error->detail : "accepted";
}

// The full configuration with the value at `pointer` replaced, or added.
std::string With(const std::string& pointer, const std::string& value) {
  json document = json::parse(kFull);
  document[json::json_pointer(pointer)] = json::parse(value);
  return document.dump();
}

std::string Without(const std::string& parent, const std::string& key) {
  json document = json::parse(kFull);
  document[json::json_pointer(parent)].erase(key);
  return document.dump();
}

}  // namespace

TEST_CASE("A whole product is read") {
  const Product product = Accepted(kFull);
  CHECK(product.id.value == "acme");
  CHECK(product.name == "Acme Shop");
  REQUIRE(product.origins.size() == 2);
  CHECK(product.origins[0].text == "https://shop.example");
  CHECK(product.origins[1].text == "https://*.shop.example:8443");
  CHECK(product.service_keys == std::vector<std::string>{"pk_acme_9f2", "pk_acme_old"});
  CHECK(product.token_policy.audience == "acme");
  CHECK(product.token_policy.lifetime_s_max == 1800);
  CHECK(product.token_policy.leeway_s == 10);
  CHECK(product.identity_rules.required);
  CHECK(product.identity_rules.lock_on_expiry);
  CHECK(product.identity_rules.merge == IdentityRules::Merge::kAsk);
  REQUIRE(product.keys.secrets.size() == 2);
  CHECK(product.keys.secrets[0].kid == "2026-11");
  CHECK(product.keys.secrets[0].value == kVerifySecret);
  CHECK_FALSE(product.keys.secrets[0].not_after);
  CHECK(product.keys.secrets[1].value == kVerifySecret + "_older");
  CHECK(product.keys.secrets[1].not_after == 1'798'675'200'000);
  CHECK(product.keys.secrets[1].created_at == 1'777'593'600'000);
  CHECK_FALSE(product.keys.secrets[0].created_at);
  CHECK(product.warnings.empty());
  REQUIRE(product.admin_keys.size() == 1);
  CHECK(product.admin_keys[0].starts_with("0123456789abcdef"));
  CHECK(product.agent.name == "Acme Guide");
  CHECK(product.knowledge.dir == "/etc/widgent/docs/");
  CHECK(product.knowledge.base_url == "https://shop.example/help/");
  CHECK(product.knowledge.coverage_min == 0.4);
  CHECK(product.greeting_verified == "Hi {{name}}!");
  CHECK(product.greeting_anonymous == "Hi!");
  CHECK(product.suggestions_verified == std::vector<std::string>{"Where is my order?"});
  CHECK(product.suggestions_anonymous.size() == 2);
  CHECK(product.accent == "#0A7f5c");
  CHECK(product.handoff_url == "https://shop.example/contact");
  CHECK(product.handoff_label == "Write to us");
  CHECK(product.rate_limits.per_user_per_min == 5);
  CHECK(product.rate_limits.per_ip_per_min == 6);
  CHECK(product.rate_limits.concurrent_runs_per_user == 1);
  CHECK(product.egress.allow_hosts == std::vector<std::string>{"shop.example", "localhost:4001"});
  CHECK(product.egress.allow_private_cidrs.size() == 2);
  CHECK_FALSE(product.egress.https_only);
}

TEST_CASE("A tool is read with all that it asks for") {
  const Product product = Accepted(kFull);
  REQUIRE(product.tools.size() == 2);
  const ToolConfig& tool = product.tools[0];
  CHECK(tool.name == "get_order");
  CHECK(tool.description == "Status of an order");
  CHECK(tool.url == "http://localhost:4001/tools/get_order");
  CHECK(tool.secret == kToolSecret);
  CHECK(tool.effect == ToolConfig::Effect::kRead);
  CHECK(tool.idempotent);
  CHECK(tool.timeout_ms == 5000);
  CHECK(tool.retries == 2);
  CHECK(tool.per_user_per_min == 6);
  CHECK(tool.required.identified);
  CHECK(tool.required.scopes == std::vector<std::string>{"orders:read"});
  CHECK(tool.required.roles == std::vector<std::string>{"buyer"});
  CHECK(tool.required.token_age_s_max == 900);
  REQUIRE(tool.required.claims.size() == 4);
  CHECK(tool.required.claims[0].path == "/metadata/plan");
  CHECK(tool.required.claims[0].in_json == std::vector<std::string>{"\"pro\"", "7", "null"});
  CHECK(tool.required.claims[1].exists == true);
  CHECK(tool.required.claims[2].gte == 2.0);
  CHECK(tool.required.claims[2].lte == 4.5);
  CHECK(tool.required.claims[3].equals_json == "false");
  CHECK_FALSE(tool.required.claims[3].exists);
  CHECK(tool.bind.at("customer_id") == "/sub");
  CHECK(tool.examples == std::vector<std::string>{"where is my order"});
  CHECK(tool.answer == "It is {{result.status}}.");

  const ToolConfig& other = product.tools[1];
  CHECK(other.effect == ToolConfig::Effect::kDelete);
  CHECK_FALSE(other.idempotent);
  CHECK(other.timeout_ms == 8000);
  CHECK(other.retries == 0);
  CHECK_FALSE(other.per_user_per_min);
  CHECK_FALSE(other.required.identified);
  CHECK_FALSE(other.required.token_age_s_max);
  CHECK(json::parse(other.parameters_json).at("additionalProperties") == false);
}

TEST_CASE("An MCP server is read with what holds for each of its tools") {
  json product = json::parse(kFull);
  json& tool = product["tools"][1];
  tool = {{"name", "crm"},
          {"kind", "mcp"},
          {"url", "https://shop.example/mcp"},
          {"secret", {{"env", "VERIFY"}}},
          {"allow", {"search_*"}},
          {"pins", {{"search_orders", "abc"}}},
          {"requires", {{"roles", {"buyer"}}}},
          {"per_user_per_min", 9}};
  const Product read = Accepted(product.dump());
  REQUIRE(read.tools.size() == 1);
  REQUIRE(read.mcp_servers.size() == 1);
  const McpServerConfig& server = read.mcp_servers[0];
  CHECK(server.tool.name == "crm");
  CHECK(server.tool.effect == ToolConfig::Effect::kUpdate);
  CHECK(server.tool.required.roles == std::vector<std::string>{"buyer"});
  CHECK(server.tool.per_user_per_min == 9);
  CHECK(server.allow == std::vector<std::string>{"search_*"});
  CHECK(server.pins_schemas);
  CHECK(server.pins.at("search_orders") == "abc");
  const auto refused = [&](const char* key, const json& value) {
    json changed = product;
    changed["tools"][1][key] = value;
    const auto result = Read(changed.dump());
    const auto* error = std::get_if<ConfigError>(&result);
    return error ? error->where : "accepted";
  };
  CHECK(refused("effect", "read") == "accepted");
  CHECK(refused("effect", "look") == "acme.json: tools/1/effect");
  CHECK(refused("allow", json::array()) == "acme.json: tools/1/allow");
  CHECK(refused("secret", "short") == "acme.json: tools/1/secret");
  CHECK(refused("pins", json::array()) == "acme.json: tools/1/pins");
  CHECK(refused("pins", {{"a", 1}}) == "acme.json: tools/1/pins/a");
  CHECK(refused("url", "https://other.example/mcp") == "acme.json: tools/1/url");
  CHECK(refused("retries", 2) == "acme.json: tools/1/retries");
  CHECK(refused("name", "get_order") == "acme.json: tools/1/name");
}

TEST_CASE("Parameters keep the order in which they were written") {
  CHECK(Accepted(kFull).tools[0].parameters_json ==
        R"({"type": "object", "required": ["z", "a"],
       "properties": {"z": {"type": "string"}, "a": {"type": "integer"}}})");
}

TEST_CASE("What a small product leaves out has its default") {
  const Product product = Accepted(R"({"id":"tiny","name":"Tiny","service_keys":[{"id":"pk_tiny"}]})");
  CHECK(product.origins.empty());
  CHECK(product.keys.secrets.empty());
  CHECK(product.token_policy.lifetime_s_max == 3600);
  CHECK(product.token_policy.leeway_s == 30);
  CHECK(product.token_policy.audience == "tiny");
  CHECK_FALSE(product.identity_rules.required);
  CHECK_FALSE(product.identity_rules.lock_on_expiry);
  CHECK(product.identity_rules.merge == IdentityRules::Merge::kSession);
  CHECK(product.agent.kind == "builtin");
  CHECK(product.knowledge.dir.empty());
  CHECK_THAT(product.greeting_verified, Catch::Contains("{{name}}"));
  CHECK(product.egress.https_only);
  CHECK(product.tools.empty());
}

TEST_CASE("The identity rules may be written out where they are the default") {
  const auto with = [](const std::string& key, const std::string& value) {
    return Accepted(With("/verification/" + key, value)).identity_rules;
  };
  CHECK_FALSE(with("identity", "\"optional\"").required);
  CHECK_FALSE(with("on_expiry", "\"guest\"").lock_on_expiry);
  CHECK(with("merge", "\"session\"").merge == IdentityRules::Merge::kSession);
  CHECK(with("merge", "\"never\"").merge == IdentityRules::Merge::kNever);
}

TEST_CASE("The demo's configurations are read") {
  for (const char* name : {"acme", "acme-py"}) {
    std::ifstream file(std::string(WIDGENT_SOURCE_DIR "/demo/") + name + ".json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const SecretSource secrets{[](const std::string& variable) -> std::optional<std::string> {
                                 return variable.find("TOOL") == std::string::npos ? kVerifySecret : kToolSecret;
                               },
                               [](const std::string&) -> std::optional<std::string> { return std::nullopt; }};
    const auto read = ReadProduct(text, name, "/demo", secrets);
    if (const auto* error = std::get_if<ConfigError>(&read)) FAIL(error->where + ": " + error->detail);
    CHECK(std::get<Product>(read).id.value == name);
  }
}

TEST_CASE("An unknown key is named with its path") {
  const std::pair<const char*, const char*> places[] = {
      {"/colour", "acme.json: colour: "},
      {"/admin_keys/0/key", "acme.json: admin_keys/0/key: "},
      {"/service_keys/1/secret", "acme.json: service_keys/1/secret: "},
      {"/verification/max_lifetime", "acme.json: verification/max_lifetime: "},
      {"/verification/secrets/0/key", "acme.json: verification/secrets/0/key: "},
      {"/verification/secrets/0/value/vault", "acme.json: verification/secrets/0/value/vault: "},
      {"/agent/model", "acme.json: agent/model: "},
      {"/knowledge/url", "acme.json: knowledge/url: "},
      {"/greeting/guest", "acme.json: greeting/guest: "},
      {"/suggestions/all", "acme.json: suggestions/all: "},
      {"/appearance/color", "acme.json: appearance/color: "},
      {"/handoff/email", "acme.json: handoff/email: "},
      {"/rate_limits/per_day", "acme.json: rate_limits/per_day: "},
      {"/egress/allow", "acme.json: egress/allow: "},
      {"/tools/0/method", "acme.json: tools/0/method: "},
      {"/tools/0/requires/verified", "acme.json: tools/0/requires/verified: "},
      {"/tools/0/requires/claims/0/eq", "acme.json: tools/0/requires/claims/0/eq: "},
      {"/audit/keep", "acme.json: audit/keep: "},
  };
  for (const auto& [pointer, where] : places) {
    INFO(pointer);
    CHECK_THAT(Refused(With(pointer, "1")), Catch::StartsWith(where) && Catch::Contains("Known here: "));
  }
}

TEST_CASE("A wrong value is named with its path and with what to write") {
  struct Case {
    const char *pointer, *value, *where, *detail;
  };
  const Case cases[] = {
      {"/id", "\"a/b\"", "id", "An id is"},
      {"/id", "7", "id", "text in quotes"},
      {"/id", "\"\"", "id", "missing"},
      {"/name", "null", "name", "text in quotes"},
      {"/origins", "\"https://shop.example\"", "origins", "list"},
      {"/origins/0", "\"https://shop.example/\"", "origins/0", "ends with its host"},
      {"/origins/0", "{}", "origins/0", "text"},
      {"/service_keys", "[]", "service_keys", "at least one"},
      {"/service_keys/0", "\"pk_a\"", "service_keys/0", "object"},
      {"/service_keys/0/id", "\"key\"", "service_keys/0/id", "pk_"},
      {"/service_keys/0/id", "\"pk_a b\"", "service_keys/0/id", "pk_"},
      {"/service_keys/0/id", "\"wvs_topsecret\"", "service_keys/0/id", "Verification Secret"},
      {"/verification", "[]", "verification", "object"},
      {"/verification/max_lifetime_s", "3601", "verification/max_lifetime_s", "60 to 3600"},
      {"/verification/max_lifetime_s", "59", "verification/max_lifetime_s", "60 to 3600"},
      {"/verification/max_lifetime_s", "\"1h\"", "verification/max_lifetime_s", "whole number"},
      {"/verification/max_lifetime_s", "600.5", "verification/max_lifetime_s", "whole number"},
      {"/verification/leeway_s", "18446744073709551615", "verification/leeway_s", "0 to 120"},
      {"/verification/leeway_s", "-1", "verification/leeway_s", "0 to 120"},
      {"/verification/identity", "\"always\"", "verification/identity", "\"optional\", \"required\""},
      {"/verification/identity", "true", "verification/identity", "\"optional\", \"required\""},
      {"/verification/on_expiry", "\"\"", "verification/on_expiry", "\"guest\", \"lock\""},
      {"/verification/merge", "\"Session\"", "verification/merge", "\"session\", \"never\", \"ask\""},
      {"/verification/secrets", "{}", "verification/secrets", "list"},
      {"/verification/secrets/0/kid", "\"2026-05\"", "verification/secrets/1/kid", "already"},
      {"/verification/secrets/0/value", "\"wvs_topsecret\"", "verification/secrets/0/value", "13 bytes"},
      {"/verification/secrets/0/value", "{\"sealed\":\"v1.topsecret\"}", "verification/secrets/0/value/sealed",
       "another key"},
      {"/verification/secrets/0/value", "{\"sealed\":\"v1.x\",\"env\":\"VERIFY\"}", "verification/secrets/0/value",
       "one place"},
      {"/verification/secrets/1/created", "\"yesterday\"", "verification/secrets/1/created", "2026-12-31T00:00:00Z"},
      {"/admin_keys", "{}", "admin_keys", "list"},
      {"/admin_keys/0/sha256", "\"wsk_topsecret\"", "admin_keys/0/sha256", "SHA-256"},
      {"/admin_keys/0/created", "7", "admin_keys/0/created", "text"},
      {"/verification/secrets/0/value", "{}", "verification/secrets/0/value", "one place"},
      {"/verification/secrets/0/value", "{\"env\":\"VERIFY\",\"file\":\"x\"}", "verification/secrets/0/value",
       "one place"},
      {"/verification/secrets/0/value", "[]", "verification/secrets/0/value", "object"},
      {"/verification/secrets/0/value/env", "\"NONE\"", "verification/secrets/0/value/env", "NONE is not set"},
      {"/verification/secrets/0/value/env", "\"EMPTY\"", "verification/secrets/0/value/env", "EMPTY is not set"},
      {"/verification/secrets/0/value/env", "\"SHORT\"", "verification/secrets/0/value", "31 bytes"},
      {"/verification/secrets/1/value/file", "\"none\"", "verification/secrets/1/value/file", "/etc/widgent/none"},
      {"/verification/secrets/1/not_after", "\"2026-12-31\"", "verification/secrets/1/not_after",
       "2026-12-31T00:00:00Z"},
      {"/verification/secrets/1/not_after", "\"\"", "verification/secrets/1/not_after", "2026-12-31T00:00:00Z"},
      {"/agent", R"({"kind":"psychic"})", "agent/kind", "\"builtin\", \"openai\""},
      {"/agent", R"({"kind":"builtin","model":"m"})", "agent/model", "Known here"},
      {"/agent", R"({"kind":"openai","base_url":"https://llm.example/v1"})", "agent/model", "missing"},
      {"/agent", R"({"kind":"openai","base_url":"llm","model":"m"})", "agent/base_url", "http"},
      {"/agent", R"({"kind":"openai","base_url":"https://llm.example/v1","model":"m","user_context":["/a~2"]})",
       "agent/user_context", "/metadata/plan"},
      {"/agent", R"({"kind":"openai","base_url":"https://llm.example/v1","model":"m","instructions_file":"no.md"})",
       "agent/instructions_file", "no.md"},
      {"/agent", R"({"kind":"ag-ui"})", "agent/url", "missing"},
      {"/agent", R"({"kind":"ag-ui","url":"https://agent.example/x","model":"m"})", "agent/model", "Known here"},
      {"/agent", "\"builtin\"", "agent", "object"},
      {"/agent/name", "7", "agent/name", "text"},
      {"/knowledge/base_url", "\"/help\"", "knowledge/base_url", "whole address"},
      {"/knowledge/min_coverage", "1.5", "knowledge/min_coverage", "from 0.0 to 1.0"},
      {"/knowledge/min_coverage", "\"half\"", "knowledge/min_coverage", "number"},
      {"/greeting/verified", "\"Hi {{user.name}}\"", "greeting/verified", "Only {{name}}"},
      {"/greeting/anonymous", "\"Hi {{name}}\"", "greeting/anonymous", "no name"},
      {"/suggestions/verified", "[\"\"]", "suggestions/verified/0", "text"},
      {"/suggestions/verified", "[7]", "suggestions/verified/0", "text"},
      {"/suggestions/verified", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]", "suggestions/verified",
       "8 entries"},
      {"/appearance/accent", "\"green\"", "appearance/accent", "#rrggbb"},
      {"/appearance/accent", "\"#12345g\"", "appearance/accent", "#rrggbb"},
      {"/handoff/kind", "\"ticket\"", "handoff/kind", "Write one of \"url\", \"webhook\""},
      {"/handoff/url", "\"javascript:alert(1)\"", "handoff/url", "whole address"},
      {"/rate_limits/per_user_per_min", "0", "rate_limits/per_user_per_min", "1 to"},
      {"/rate_limits/per_ip_per_min", "4294967301", "rate_limits/per_ip_per_min", "1 to"},
      {"/egress/allow_hosts/0", "\"https://shop.example\"", "egress/allow_hosts/0", "port"},
      {"/egress/allow_private_cidrs/1", "\"::1\"", "egress/allow_private_cidrs/1", "range"},
      {"/egress/https_only", "\"no\"", "egress/https_only", "true or false"},
      {"/tools", "{}", "tools", "list"},
      {"/tools/0", "null", "tools/0", "object"},
      {"/tools/0/name", "\"get order\"", "tools/0/name", "A-Z"},
      {"/tools/0/name", "\"cancel\"", "tools/1/name", "already"},
      {"/tools/0/per_user_per_min", "0", "tools/0/per_user_per_min", "1 to"},
      {"/tools/0/kind", "\"grpc\"", "tools/0/kind", "\"http\""},
      {"/tools/0/approval", "true", "tools/0/approval", "object"},
      {"/tools/0/approval", "{\"by\":\"user\"}", "tools/0/approval/message", "missing"},
      {"/tools/0/approval", "{\"message\":\"Sure?\"}", "tools/0/approval/by", "missing"},
      {"/tools/0/approval", R"({"by":"operator","message":"Sure?","expires_s":604801})", "tools/0/approval/expires_s",
       "10 to 604800"},
      {"/tools/0/approval", R"({"by":"model","message":"Sure?"})", "tools/0/approval/by", "\"user\""},
      {"/tools/0/approval", R"({"by":"user","message":"Refund {{args.ordr_id}}?"})", "tools/0/approval/message",
       "no property \"ordr_id\""},
      {"/tools/0/approval", R"({"by":"user","message":"Refund {{result.id}}?"})", "tools/0/approval/message",
       "may name"},
      {"/tools/0/approval", R"({"by":"user","message":"Refund {{args.order_id?"})", "tools/0/approval/message",
       "no }}"},
      {"/tools/0/answer", R"("{{ok}}")", "tools/0/answer", "result.x"},
      {"/tools/0/approval", R"({"by":"user","message":"Sure?","expires_s":5})", "tools/0/approval/expires_s", "10 to"},
      {"/tools/0/approval", R"({"by":"user","message":"Sure?","expires":5})", "tools/0/approval/expires", "Known"},
      {"/tools/0/url", "\"https://other.example/x\"", "tools/0/url", "\"other.example\""},
      {"/tools/0/url", "\"https://shop.example:8443/x\"", "tools/0/url", "\"shop.example:8443\""},
      {"/tools/0/url", "\"/tools\"", "tools/0/url", "whole address"},
      {"/tools/0/secret", "\"whsec_topsecret\"", "tools/0/secret", "whsec_"},
      {"/tools/0/secret", "{\"sealed\":\"v1.topsecret\"}", "tools/0/secret/sealed", "another key"},
      {"/tools/0/secret", "{\"env\":\"VERIFY\"}", "tools/0/secret", "whsec_"},
      {"/tools/0/effect", "\"execute\"", "tools/0/effect", "read, create"},
      {"/tools/0/timeout_ms", "0", "tools/0/timeout_ms", "100 to 60000"},
      {"/tools/0/retries", "6", "tools/0/retries", "0 to 5"},
      {"/tools/0/parameters", "[]", "tools/0/parameters", "JSON Schema"},
      {"/tools/0/parameters", "{\"type\":\"string\"}", "tools/0/parameters", "JSON Schema"},
      {"/tools/0/requires", "true", "tools/0/requires", "object"},
      {"/tools/0/requires/scopes", "\"orders\"", "tools/0/requires/scopes", "list"},
      {"/tools/0/requires/max_token_age_s", "0", "tools/0/requires/max_token_age_s", "1 to 3600"},
      {"/tools/0/requires/claims/0/path", "\"metadata.plan\"", "tools/0/requires/claims/0/path", "JSON pointer"},
      {"/tools/0/requires/claims/0/in", "[]", "tools/0/requires/claims/0/in", "empty list"},
      {"/tools/0/requires/claims/0/in", "[[1]]", "tools/0/requires/claims/0/in/0", "a text, a number"},
      {"/tools/0/requires/claims/0/equals", "{}", "tools/0/requires/claims/0/equals", "a text, a number"},
      {"/tools/0/requires/claims/0", "{\"path\":\"/email\"}", "tools/0/requires/claims/0", "equals, in"},
      {"/tools/0/bind", "[]", "tools/0/bind", "object"},
      {"/tools/0/bind/customer_id", "\"sub\"", "tools/0/bind/customer_id", "JSON pointer"},
      {"/tools/0/bind/customer_id", "\"\"", "tools/0/bind/customer_id", "JSON pointer"},
      {"/tools/0/examples", "\"where\"", "tools/0/examples", "list"},
      {"/audit/arguments", "\"full\"", "audit/arguments", "Only \"redacted\""},
      {"/audit/retain_days", "400", "audit/retain_days", "not supported"},
  };
  for (const Case& c : cases) {
    INFO(c.pointer << " = " << c.value);
    const std::string refused = Refused(With(c.pointer, c.value));
    CHECK_THAT(refused, Catch::StartsWith("acme.json: " + std::string(c.where) + ": ") && Catch::Contains(c.detail));
    CHECK(refused.find("topsecret") == std::string::npos);
  }
  CHECK_THAT(Refused(With("/name", '"' + std::string(201, 'x') + '"')), Catch::Contains("200 bytes"));
  CHECK_THAT(Refused(With("/origins/0", '"' + std::string("https://b.example\\n") + '"')),
             Catch::Contains("White space"));
  CHECK_THAT(Refused(With("/tools/0/examples/0", '"' + std::string(3000, 'x') + '"')), Catch::Contains("2048 bytes"));
}

TEST_CASE("What a product cannot do without is missed") {
  CHECK(Refused(Without("", "id")) == "acme.json: id: This is missing.");
  CHECK(Refused(Without("", "name")) == "acme.json: name: This is missing.");
  CHECK_THAT(Refused(Without("", "service_keys")), Catch::StartsWith("acme.json: service_keys: "));
  CHECK_THAT(Refused(Without("/verification/secrets/0", "value")), Catch::Contains("{\"env\": \"NAME\"}"));
  CHECK_THAT(Refused(Without("/tools/0", "description")), Catch::StartsWith("acme.json: tools/0/description: "));
  CHECK_THAT(Refused(Without("/tools/0", "url")), Catch::StartsWith("acme.json: tools/0/url: "));
  CHECK_THAT(Refused(Without("/tools/0", "secret")), Catch::StartsWith("acme.json: tools/0/secret: "));
  CHECK_THAT(Refused(Without("/tools/0", "effect")), Catch::StartsWith("acme.json: tools/0/effect: "));
  CHECK_THAT(Refused(Without("/handoff", "url")), Catch::StartsWith("acme.json: handoff/url: "));
}

TEST_CASE("The owner's people are given longer for their yes than a user") {
  const auto approval = [](const char* text) { return *Accepted(With("/tools/0/approval", text)).tools[0].approval; };
  CHECK_FALSE(approval(R"({"by":"user","message":"Sure?"})").by_operator);
  CHECK(approval(R"({"by":"user","message":"Sure?"})").expires_s == 300);
  CHECK(approval(R"({"by":"operator","message":"Sure?"})").by_operator);
  CHECK(approval(R"({"by":"operator","message":"Sure?"})").expires_s == 3600);
  CHECK(approval(R"({"by":"operator","message":"Sure?","expires_s":86400})").expires_s == 86400);
}

TEST_CASE("A template names arguments of the schema, bound ones, and any where the schema is open") {
  json document = json::parse(kFull);
  json& tool = document["tools"][0];
  tool["answer"] = "{{ args.customer_id }} {{args.z}}";
  CHECK(Accepted(document.dump()).tools[0].answer == "{{ args.customer_id }} {{args.z}}");
  tool["answer"] = "{{args.x}}";
  CHECK_THAT(Refused(document.dump()), Catch::Contains("\"x\""));
  tool["parameters"]["additionalProperties"] = true;
  CHECK(Accepted(document.dump()).tools[0].answer == "{{args.x}}");
}

TEST_CASE("A help desk is a tool of the product that hands over, held to the same rules") {
  const char* const kDesk = R"({"kind": "webhook", "url": "https://shop.example/desk", "secret": {"env": "TOOL"},
    "label": "Talk to us", "timeout_ms": 3000})";
  const Product product = Accepted(With("/handoff", kDesk));
  CHECK(product.handoff_url.empty());
  CHECK(product.handoff_label == "Talk to us");
  REQUIRE(product.tools.size() == 3);
  const ToolConfig& desk = product.tools.front();
  CHECK(desk.name == kHandoffTool);
  CHECK(desk.hands_off);
  CHECK(desk.url == "https://shop.example/desk");
  CHECK(desk.secret == kToolSecret);
  CHECK(desk.timeout_ms == 3000);
  const auto refused = [&](const char* pointer, const char* value) {
    json document = json::parse(With("/handoff", kDesk));
    document[json::json_pointer(pointer)] = json::parse(value);
    return Refused(document.dump());
  };
  CHECK_THAT(refused("/handoff/url", "\"https://elsewhere.example/desk\""), Catch::Contains("egress/allow_hosts"));
  CHECK_THAT(refused("/handoff/secret", "\"whsec_short\""), Catch::StartsWith("acme.json: handoff/secret: "));
  CHECK_THAT(refused("/handoff/email", "1"), Catch::StartsWith("acme.json: handoff/email: "));
  CHECK_THAT(refused("/tools/0/name", "\"talk_to_person\""), Catch::Contains("Another tool has this name already."));
}

TEST_CASE("A tool without https needs the owner's word") {
  CHECK_THAT(Refused(With("/egress/https_only", "true")),
             Catch::StartsWith("acme.json: tools/0/url: ") && Catch::Contains("https_only"));
}

TEST_CASE("A sealed secret is opened for its product and kid, or tool, and for nothing else") {
  const std::string sealed = With("/verification/secrets/0/value", R"({"sealed": "v1.verify"})");
  CHECK(Accepted(sealed).keys.secrets[0].value == kVerifySecret + "_sealed");
  CHECK(Accepted(With("/tools/0/secret", R"({"sealed": "v1.tool"})")).tools[0].secret == kToolSecret);
  CHECK_THAT(Refused(With("/verification/secrets/1/value", R"({"sealed": "v1.verify"})")),
             Catch::Contains("another key"));
  CHECK_THAT(Refused(With("/tools/1/secret", R"({"sealed": "v1.tool"})")), Catch::Contains("another key"));
  const auto without_key = ReadProduct(sealed, "acme.json", "/", {kSecrets.env, kSecrets.file});
  CHECK_THAT(std::get<ConfigError>(without_key).detail, Catch::Contains("no key"));
}

TEST_CASE("A secret in plain text holds, with a warning that names the command that seals it and not the secret") {
  json document = json::parse(kFull);
  document["verification"]["secrets"][0]["value"] = kVerifySecret;
  document["tools"][0]["secret"] = kToolSecret;
  const Product product = Accepted(document.dump());
  CHECK(product.keys.secrets[0].value == kVerifySecret);
  CHECK(product.tools[0].secret == kToolSecret);
  REQUIRE(product.warnings.size() == 2);
  for (const std::string& warning : product.warnings) {
    CHECK_THAT(warning, Catch::StartsWith("acme.json: ") && Catch::Contains("widgentd product seal acme"));
    CHECK(warning.find(kVerifySecret) == std::string::npos);
    CHECK(warning.find(kToolSecret) == std::string::npos);
  }
  CHECK_THAT(product.warnings[0], Catch::Contains("verification/secrets/0/value"));
}

TEST_CASE("An absolute path is taken as it is") {
  CHECK(Accepted(With("/knowledge/dir", "\"/srv/docs\"")).knowledge.dir == "/srv/docs");
  CHECK(Accepted(With("/verification/secrets/0/value", "{\"file\":\"/run/secret\"}")).keys.secrets[0].value ==
        kVerifySecret);
}

TEST_CASE("Text that is no strict JSON is refused with its place, and nothing of it is quoted") {
  CHECK(Refused("{\n  \"id\": topsecret\n}") == "acme.json: This is not JSON: look at line 2, column 10.");
  CHECK_THAT(Refused(""), Catch::Contains("at line 1"));
  CHECK_THAT(Refused(R"({"id":"a","id":"b"})"), Catch::Contains("a key stands twice"));
  CHECK_THAT(Refused(std::string(100'000, '[') + std::string(100'000, ']')), Catch::Contains("16 levels"));
  CHECK_THAT(Refused("[]"), Catch::Contains("object"));
  CHECK_THAT(Refused("7"), Catch::Contains("object"));
}
