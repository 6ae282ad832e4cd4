#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include "identity/claims_pointer.h"
#include "identity/sealed.h"
#include "identity/strict_json.h"
#include "product/addresses.h"
#include "product/config_object.h"
#include "product/timestamp.h"
#include "product/tool_json.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kNameBytesMax = 200, kTextBytesMax = 1000, kUrlBytesMax = 2048, kListMax = 100;
constexpr std::size_t kSuggestionsMax = 8, kAdminKeysMax = 10, kSha256HexBytes = 64;
constexpr std::size_t kUserContextMax = 20, kInstructionsBytesMax = 64 * 1024;

void ReadOrigins(ConfigObject& object, Product& product) {
  object.List("origins", kListMax, [&](const json& element, const std::string& path) {
    if (!element.is_string()) return object.context().Fail(path, "This must be a text: \"https://shop.example\".");
    auto read = ParseOriginPattern(element.get_ref<const std::string&>());
    if (auto* error = std::get_if<OriginError>(&read)) return object.context().Fail(path, std::move(error->detail));
    product.origins.push_back(std::get<OriginPattern>(std::move(read)));
  });
}

std::optional<UnixMillis> ReadTime(ConfigObject& object, const char* key) {
  std::string text;
  object.Text(key, text, kNameBytesMax);
  if (!object.Has(key)) return std::nullopt;
  const auto time = ReadTimestamp(text);
  if (!time) object.Fail(key, "Write the time as 2026-12-31T00:00:00Z.");
  return time;
}

void ReadServiceKeys(ConfigObject& object, Product& product) {
  object.List("service_keys", kListMax, [&](const json& element, const std::string& path) {
    ConfigObject key(object.context(), &element, path);
    std::string id;
    key.RequiredText("id", id, kNameBytesMax);
    if (id.starts_with("wvs_")) {
      key.Fail("id",
               "This is a Verification Secret, and the service key is public. Make a new secret, and a key that "
               "begins with \"pk_\".");
    } else if (!id.starts_with("pk_") || !IsValidId(id)) {
      key.Fail("id", "A service key is \"pk_\" and letters, digits, - or _.");
    }
    product.service_keys.push_back(std::move(id));
  });
  if (product.service_keys.empty()) object.Fail("service_keys", "Name at least one: [{\"id\": \"pk_…\"}].");
}

void ReadAdminKeys(ConfigObject& object, Product& product) {
  object.List("admin_keys", kAdminKeysMax, [&](const json& element, const std::string& path) {
    ConfigObject key(object.context(), &element, path);
    std::string sha256;
    key.RequiredText("sha256", sha256, kNameBytesMax);
    if (sha256.size() != kSha256HexBytes || sha256.find_first_not_of("0123456789abcdef") != sha256.npos) {
      key.Fail("sha256",
               "Only the SHA-256 of a key stands here, in hexadecimal: `widgentd product admin-key` makes one.");
    }
    ReadTime(key, "created");
    product.admin_keys.push_back(std::move(sha256));
  });
}

void ReadSecret(ConfigContext& context, const json& element, const std::string& path, KeyRing& keys) {
  ConfigObject object(context, &element, path);
  VerificationSecret secret;
  object.RequiredText("kid", secret.kid, kNameBytesMax);
  const auto has_same_kid = [&](const VerificationSecret& other) { return other.kid == secret.kid; };
  if (std::any_of(keys.secrets.begin(), keys.secrets.end(), has_same_kid)) {
    object.Fail("kid", "Another secret has this kid already.");
  }
  secret.value =
      object.Secret("value", "the Verification Secret", OwnerOfVerificationSecret(context.product, secret.kid));
  if (!secret.value.empty() && secret.value.size() < kSecretBytesMin) {
    object.Fail("value", "The Verification Secret has " + std::to_string(secret.value.size()) + " bytes; HS256 needs " +
                             std::to_string(kSecretBytesMin) + " or more, drawn at random.");
  }
  secret.created_at = ReadTime(object, "created");
  secret.not_after = ReadTime(object, "not_after");
  keys.secrets.push_back(std::move(secret));
}

void ReadVerification(ConfigObject& product_object, Product& product) {
  ConfigContext& context = product_object.context();
  ConfigObject object(context, product_object.Member("verification"), "verification");
  object.Integer("max_lifetime_s", product.token_policy.lifetime_s_max, 60, kLifetimeSecondsMax);
  object.Integer("leeway_s", product.token_policy.leeway_s, 0, 120);
  product.identity_rules.required = object.Choice("identity", {"optional", "required"}) == 1;
  product.identity_rules.lock_on_expiry = object.Choice("on_expiry", {"guest", "lock"}) == 1;
  product.identity_rules.merge = static_cast<IdentityRules::Merge>(object.Choice("merge", {"session", "never", "ask"}));
  object.List("secrets", kListMax,
              [&](const json& element, const std::string& path) { ReadSecret(context, element, path, product.keys); });
  product.token_policy.audience = product.id.value;
}

// "name" is short for "/name".
void ReadUserContext(ConfigObject& object, AgentConfig& agent) {
  if (!object.Has("user_context")) return;
  agent.user_context.clear();
  object.Texts("user_context", agent.user_context, kUserContextMax, kNameBytesMax);
  for (std::string& claim : agent.user_context) {
    if (!claim.starts_with('/')) claim.insert(0, "/");
    if (!IsJsonPointer(claim)) object.Fail("user_context", "Write claims as \"name\" or \"/metadata/plan\".");
  }
}

// What an agent outside of this server has in common, whichever way it is spoken to; `key` holds its address.
void ReadRemoteAgent(ConfigObject& object, Product& product, const char* key) {
  AgentConfig& agent = product.agent;
  object.RequiredText(key, agent.base_url, kUrlBytesMax);
  const auto url = ReadWebUrl(agent.base_url);
  if (const auto* error = std::get_if<std::string>(&url)) {
    object.Fail(key, *error);
  } else if (std::get<WebUrl>(url).scheme == "http" && product.egress.https_only) {
    object.Fail(key,
                "This is http, and \"egress\" allows https only. For one on your own machine set "
                "\"https_only\" to false, and name its addresses in \"allow_private_cidrs\": [\"127.0.0.0/8\"].");
  }
  if (object.Has("api_key"))
    agent.api_key = object.Secret("api_key", "the key of the endpoint", OwnerOfAgentKey(object.context().product));
  ReadUserContext(object, agent);
  agent.falls_back = object.Choice("fallback", {"none", "builtin"}) == 1;
}

void ReadEndpoint(ConfigObject& object, Product& product) {
  ConfigContext& context = object.context();
  AgentConfig& agent = product.agent;
  ReadRemoteAgent(object, product, "base_url");
  while (agent.base_url.ends_with('/')) agent.base_url.pop_back();
  object.RequiredText("model", agent.model, kNameBytesMax);
  std::string file;
  object.Text("instructions_file", file, kUrlBytesMax);
  if (file.empty()) return;
  const auto text = context.secrets.file((std::filesystem::path(context.dir) / file).lexically_normal().string());
  if (!text || text->empty())
    return object.Fail("instructions_file", "The file " + file + " cannot be read, or is empty.");
  if (text->size() > kInstructionsBytesMax) object.Fail("instructions_file", "The file may have 64 KiB.");
  agent.instructions = *text;
}

void ReadAgent(ConfigObject& product_object, Product& product) {
  ConfigObject object(product_object.context(), product_object.Member("agent"), "agent");
  static constexpr const char* kKinds[] = {"builtin", "openai", "ag-ui"};
  product.agent.kind = kKinds[object.Choice("kind", {kKinds[0], kKinds[1], kKinds[2]})];
  object.Text("name", product.agent.name, kNameBytesMax);
  if (product.agent.kind == "openai") ReadEndpoint(object, product);
  if (product.agent.kind == "ag-ui") ReadRemoteAgent(object, product, "url");
}

void ReadKnowledge(ConfigObject& product_object, Product& product) {
  ConfigContext& context = product_object.context();
  ConfigObject object(context, product_object.Member("knowledge"), "knowledge");
  object.Text("dir", product.knowledge.dir, kUrlBytesMax);
  if (!product.knowledge.dir.empty()) {
    product.knowledge.dir = (std::filesystem::path(context.dir) / product.knowledge.dir).lexically_normal().string();
  }
  object.Text("base_url", product.knowledge.base_url, kUrlBytesMax);
  if (!product.knowledge.base_url.empty()) {
    const auto read = ReadWebUrl(product.knowledge.base_url);
    if (const auto* error = std::get_if<std::string>(&read)) object.Fail("base_url", *error);
  }
  object.Number("min_coverage", product.knowledge.coverage_min, 0, 1);
}

// A greeting may hold {{name}} where there is one, and no other placeholder.
void ReadGreetingText(ConfigObject& object, const char* key, bool has_name, std::string& text) {
  object.Text(key, text, kTextBytesMax);
  for (std::size_t i = text.find("{{"); i != text.npos; i = text.find("{{", i + 2)) {
    if (has_name && text.compare(i, 8, "{{name}}") == 0) continue;
    object.Fail(key, has_name ? "Only {{name}} can be filled in." : "A guest has no name: nothing can be filled in.");
  }
}

void ReadTexts(ConfigObject& product_object, Product& product) {
  ConfigContext& context = product_object.context();
  {
    ConfigObject greeting(context, product_object.Member("greeting"), "greeting");
    ReadGreetingText(greeting, "verified", true, product.greeting_verified);
    ReadGreetingText(greeting, "anonymous", false, product.greeting_anonymous);
  }
  {
    ConfigObject suggestions(context, product_object.Member("suggestions"), "suggestions");
    suggestions.Texts("verified", product.suggestions_verified, kSuggestionsMax, kNameBytesMax);
    suggestions.Texts("anonymous", product.suggestions_anonymous, kSuggestionsMax, kNameBytesMax);
  }
  ConfigObject appearance(context, product_object.Member("appearance"), "appearance");
  appearance.Text("accent", product.accent, kNameBytesMax);
  const std::string& accent = product.accent;
  const bool is_colour = accent.size() == 7 && accent.front() == '#' &&
                         accent.find_first_not_of("0123456789abcdefABCDEF", 1) == accent.npos;
  if (!accent.empty() && !is_colour) appearance.Fail("accent", "Write the colour as #rrggbb.");
}

void ReadHandoff(ConfigObject& product_object, Product& product) {
  const json* member = product_object.Member("handoff");
  if (!member) return;
  ConfigObject object(product_object.context(), member, "handoff");
  object.Text("label", product.handoff_label, kNameBytesMax);
  if (object.Choice("kind", {"url", "webhook"}) == 1)
    return product.tools.push_back(ReadHelpDesk(object, product.egress));
  object.RequiredText("url", product.handoff_url, kUrlBytesMax);
  const auto read = ReadWebUrl(product.handoff_url);
  if (const auto* error = std::get_if<std::string>(&read)) object.Fail("url", *error);
}

void ReadLimits(ConfigObject& product_object, Product& product) {
  ConfigObject object(product_object.context(), product_object.Member("rate_limits"), "rate_limits");
  constexpr int kPerMinuteMax = 100'000'000;
  object.Integer("per_user_per_min", product.rate_limits.per_user_per_min, 1, kPerMinuteMax);
  object.Integer("per_ip_per_min", product.rate_limits.per_ip_per_min, 1, kPerMinuteMax);
  if (object.Member("per_product_per_min"))
    object.Integer("per_product_per_min", product.rate_limits.per_product_per_min.emplace(), 1, kPerMinuteMax);
  object.Integer("concurrent_runs_per_user", product.rate_limits.concurrent_runs_per_user, 1, 100);
}

void ReadEgress(ConfigObject& product_object, Product& product) {
  ConfigObject object(product_object.context(), product_object.Member("egress"), "egress");
  object.Texts("allow_hosts", product.egress.allow_hosts, kListMax, kNameBytesMax);
  object.Texts("allow_private_cidrs", product.egress.allow_private_cidrs, kListMax, kNameBytesMax);
  object.Flag("https_only", product.egress.https_only);
  const auto check = [&](const char* key, const std::vector<std::string>& entries, auto refuse) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (auto detail = refuse(entries[i])) object.Fail(std::string(key) + "/" + std::to_string(i), std::move(*detail));
    }
  };
  check("allow_hosts", product.egress.allow_hosts, RefuseHostPort);
  check("allow_private_cidrs", product.egress.allow_private_cidrs, RefuseCidr);
}

// Of a tool call's arguments the audit log keeps a digest and nothing else, whatever is to be redacted.
void ReadAudit(ConfigObject& product_object) {
  ConfigObject object(product_object.context(), product_object.Member("audit"), "audit");
  object.OnlyText("arguments", "redacted");
  std::vector<std::string> redacted;
  object.Texts("redact", redacted, kListMax, kNameBytesMax);
  object.Unsupported("retain_days", "A time after which audit records are dropped is");
}

void ReadTools(ConfigObject& object, Product& product) {
  ConfigContext& context = object.context();
  std::set<std::string> names;
  for (const ToolConfig& tool : product.tools) names.insert(tool.name);
  object.List("tools", kListMax, [&](const json& element, const std::string& path) {
    const bool is_mcp = element.is_object() && element.value("kind", json()) == "mcp";
    if (is_mcp) product.mcp_servers.push_back(ReadMcpServer(context, element, path, product.egress));
    else product.tools.push_back(ReadWebhookTool(context, element, path, product.egress));
    const std::string& name = is_mcp ? product.mcp_servers.back().tool.name : product.tools.back().name;
    if (!names.insert(name).second) context.Fail(path + "/name", "Another tool has this name already.");
  });
}

void ReadAll(ConfigContext& context, const json& document, Product& product) {
  ConfigObject object(context, &document, "");
  object.RequiredText("id", product.id.value, kNameBytesMax);
  context.product = product.id.value;
  if (!product.id.value.empty() && !IsValidId(product.id.value)) {
    object.Fail("id", "An id is 1 to 128 of A-Z a-z 0-9 . _ ~ and -.");
  }
  object.RequiredText("name", product.name, kNameBytesMax);
  ReadOrigins(object, product);
  ReadServiceKeys(object, product);
  ReadAdminKeys(object, product);
  ReadVerification(object, product);
  ReadKnowledge(object, product);
  ReadTexts(object, product);
  ReadLimits(object, product);
  ReadEgress(object, product);
  ReadHandoff(object, product);
  ReadAgent(object, product);
  ReadTools(object, product);
  ReadAudit(object);
}

// What keeps `text` from being strict JSON. Quotes nothing of it: somebody may have written a secret there.
std::string DescribeSyntax(std::string_view text) {
  try {
    // Deeper levels are dropped while reading, because destroying a document recurses into its depth.
    const json::parser_callback_t limit = [](int depth, json::parse_event_t, json&) {
      return depth <= static_cast<int>(kStrictJsonDepthMax);
    };
    std::ignore = json::parse(text, limit);
  } catch (const json::exception& error) {
    const std::string what = error.what();
    const std::size_t place = what.find("at line "), end = what.find(':', place);
    if (place != what.npos) return "This is not JSON: look " + what.substr(place, end - place) + ".";
  }
  return "This is not one plain JSON object: a key stands twice in one object, there are more than 16 levels, or the "
         "file holds bytes that are no text.";
}

}  // namespace

std::variant<Product, ConfigError> ReadProduct(std::string_view text, const std::string& where, const std::string& dir,
                                               const SecretSource& secrets) {
  if (!IsStrictJson(text)) return ConfigError{where, DescribeSyntax(text)};
  ConfigContext context{text, where, dir, secrets};
  Product product;
  ReadAll(context, json::parse(text), product);
  if (context.error) return *std::move(context.error);
  product.warnings = std::move(context.warnings);
  return product;
}

}  // namespace widgent
