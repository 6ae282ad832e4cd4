#include "product/tool_json.h"

#include <algorithm>

#include "identity/claims_pointer.h"
#include "identity/sealed.h"
#include "identity/webhook_signature.h"
#include "product/addresses.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kNameBytesMax = 64, kTextBytesMax = 2048, kUrlBytesMax = 2048, kListMax = 64;
constexpr std::int64_t kTokenAgeMax = 3600;
constexpr int kOperatorExpiresDefault = 3600, kOperatorExpiresMax = 7 * 24 * 3600;
constexpr char kNoArguments[] = R"({"type":"object","properties":{},"additionalProperties":false})";

bool IsToolName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

void ReadPointer(ConfigObject& object, const char* key, std::string& pointer) {
  object.RequiredText(key, pointer, kTextBytesMax);
  if (!pointer.empty() && !IsJsonPointer(pointer)) {
    object.Fail(key, "This must be a JSON pointer into the token's claims: \"/sub\" or \"/metadata/plan\".");
  }
}

ClaimRule ReadClaimRule(ConfigContext& context, const json& value, const std::string& path) {
  ConfigObject object(context, &value, path);
  ClaimRule rule;
  ReadPointer(object, "path", rule.path);
  if (object.Has("exists")) object.Flag("exists", rule.exists.emplace());
  if (const json* equals = object.Member("equals")) {
    if (!equals->is_primitive()) object.Fail("equals", "This must be a text, a number, true, false or null.");
    rule.equals_json = equals->dump();
  }
  object.List("in", kListMax, [&](const json& element, const std::string& at) {
    if (!element.is_primitive()) context.Fail(at, "This must be a text, a number, true, false or null.");
    rule.in_json.push_back(element.dump());
  });
  if (object.Has("in") && rule.in_json.empty()) object.Fail("in", "An empty list lets nobody through. Name a value.");
  object.OptionalNumber("gte", rule.gte);
  object.OptionalNumber("lte", rule.lte);
  object.Member("exists");
  if (!rule.exists && rule.equals_json.empty() && rule.in_json.empty() && !rule.gte && !rule.lte) {
    context.Fail(path, "Say what the claim must be: equals, in, exists, gte or lte.");
  }
  return rule;
}

void ReadUrl(ConfigObject& object, ToolConfig& tool, const EgressConfig& egress) {
  object.RequiredText("url", tool.url, kUrlBytesMax);
  if (tool.url.empty()) return;
  const auto read = ReadWebUrl(tool.url);
  if (const auto* error = std::get_if<std::string>(&read)) return object.Fail("url", *error);
  const WebUrl& url = std::get<WebUrl>(read);
  if (url.scheme != "https" && egress.https_only) {
    return object.Fail("url", "A tool is called by https. For a tool on this machine set egress/https_only to false.");
  }
  const auto& hosts = egress.allow_hosts;
  if (std::find(hosts.begin(), hosts.end(), url.host_port) == hosts.end()) {
    object.Fail("url", "Its host is not among egress/allow_hosts. Add \"" + url.host_port + "\" there.");
  }
}

void ReadEffect(ConfigObject& object, ToolConfig& tool) {
  using Effect = ToolConfig::Effect;
  static constexpr std::pair<std::string_view, Effect> kEffects[] = {{"read", Effect::kRead},
                                                                     {"create", Effect::kCreate},
                                                                     {"write", Effect::kUpdate},
                                                                     {"update", Effect::kUpdate},
                                                                     {"delete", Effect::kDelete}};
  std::string text;
  object.Text("effect", text, kNameBytesMax);
  for (const auto& [name, effect] : kEffects) {
    if (name == text) {
      tool.effect = effect;
      return;
    }
  }
  object.Fail("effect", "Say what the tool does to the data behind it: read, create, update (or write), or delete.");
}

void ReadParameters(ConfigObject& object, ToolConfig& tool) {
  tool.parameters_json = kNoArguments;
  const json* parameters = object.Member("parameters");
  if (!parameters) return;
  if (!parameters->is_object() || parameters->value("type", json()) != "object") {
    return object.Fail("parameters", "This must be a JSON Schema of {\"type\": \"object\", …}.");
  }
  // The text as written: a document would put the properties into another order.
  tool.parameters_json = JsonTextAt(object.context().text, "/" + object.Path("parameters")).value_or(kNoArguments);
}

void ReadBind(ConfigObject& object, ToolConfig& tool) {
  const json* bind = object.Member("bind");
  if (!bind) return;
  if (!bind->is_object()) return object.Fail("bind", "This must be an object: {\"customer_id\": \"/sub\"}.");
  for (const auto& [argument, pointer] : bind->items()) {
    if (!pointer.is_string() || !IsJsonPointer(pointer.get<std::string>()) || pointer.get<std::string>().empty()) {
      object.Fail("bind/" + argument, "This must be a JSON pointer into the token's claims: \"/sub\".");
      continue;
    }
    tool.bind.emplace(argument, pointer.get<std::string>());
  }
}

// Of an MCP server's tools the arguments are not known yet, and a schema may leave them open.
bool MayBeArgument(const ToolConfig& tool, const std::string& name) {
  const json parameters = json::parse(tool.parameters_json, nullptr, false);
  if (!parameters.is_object() || parameters.value("additionalProperties", json(false)) != json(false)) return true;
  return tool.bind.contains(name) || parameters.value("properties", json()).contains(name);
}

// A placeholder that names nothing would leave a hole in what a person reads before saying yes.
void CheckTemplate(ConfigObject& object, const char* key, std::string_view text, const ToolConfig& tool,
                   bool has_result) {
  for (std::size_t open = text.find("{{"); open != text.npos; open = text.find("{{", open + 2)) {
    const std::size_t close = text.find("}}", open);
    if (close == text.npos) return object.Fail(key, "A {{ has no }}.");
    std::string_view path = text.substr(open + 2, close - open - 2);
    path = path.substr(std::min(path.find_first_not_of(" \t"), path.size()));
    path = path.substr(0, path.find_last_not_of(" \t") + 1);
    if (path == "user.name" || path == "name" || (has_result && (path == "result" || path.starts_with("result."))))
      continue;
    if (!path.starts_with("args."))
      return object.Fail(key,
                         std::string("{{…}} may name args.x, ") + (has_result ? "result.x, " : "") + "or user.name.");
    const std::string name(path.substr(5, path.find('.', 5) - 5));
    if (!MayBeArgument(tool, name))
      return object.Fail(key,
                         "{{args." + name + "}} names no argument: \"parameters\" has no property \"" + name + "\".");
  }
}

void ReadApproval(ConfigObject& tool_object, ToolConfig& tool) {
  if (!tool_object.Has("approval")) return;
  ConfigObject object(tool_object.context(), tool_object.Member("approval"), tool_object.Path("approval"));
  ToolApproval& approval = tool.approval.emplace();
  if (!object.Has("by"))
    object.Fail("by", "This is missing. Write \"user\": whoever asks for the tool; or \"operator\": your people.");
  approval.by_operator = object.Choice("by", {"user", "operator"}) == 1;
  object.RequiredText("message", approval.message, kTextBytesMax);
  CheckTemplate(object, "message", approval.message, tool, false);
  // People are not always there.
  if (approval.by_operator) approval.expires_s = kOperatorExpiresDefault;
  object.Integer("expires_s", approval.expires_s, 10, approval.by_operator ? kOperatorExpiresMax : 3600);
}

void ReadName(ConfigObject& object, ToolConfig& tool) {
  object.RequiredText("name", tool.name, kNameBytesMax);
  if (!tool.name.empty() && !IsToolName(tool.name)) {
    object.Fail("name", "A tool's name is 1 to 64 of A-Z a-z 0-9 _ and -.");
  }
}

// Who may call it, how often, and for how long it is waited for.
void ReadRules(ConfigObject& object, ToolConfig& tool) {
  object.Integer("timeout_ms", tool.timeout_ms, 100, 60'000);
  if (object.Has("per_user_per_min")) object.Integer("per_user_per_min", tool.per_user_per_min.emplace(), 1, 10'000);
  object.Member("per_user_per_min");
  {
    ConfigObject required(object.context(), object.Member("requires"), object.Path("requires"));
    ReadRequirement(required, tool.required);
  }
  ReadBind(object, tool);
  ReadApproval(object, tool);
}

void ReadSigningSecret(ConfigObject& object, ToolConfig& tool, const char* what) {
  tool.secret = object.Secret("secret", what, OwnerOfToolSecret(object.context().product, tool.name));
  if (!tool.secret.empty() && !SignWebhook(tool.secret, "", 0, "")) {
    object.Fail("secret", "A signing secret is \"whsec_\" and base64 of 24 to 64 random bytes.");
  }
}

}  // namespace

void ReadRequirement(ConfigObject& object, Requirement& required) {
  ConfigContext& context = object.context();
  object.Flag("identified", required.identified);
  object.Texts("scopes", required.scopes, kListMax, kTextBytesMax);
  object.Texts("roles", required.roles, kListMax, kTextBytesMax);
  object.List("claims", kListMax, [&](const json& element, const std::string& path) {
    required.claims.push_back(ReadClaimRule(context, element, path));
  });
  if (object.Has("max_token_age_s")) {
    object.Integer("max_token_age_s", required.token_age_s_max.emplace(), 1, kTokenAgeMax);
  }
  object.Member("max_token_age_s");
}

ToolConfig ReadWebhookTool(ConfigContext& context, const json& value, const std::string& path,
                           const EgressConfig& egress) {
  ConfigObject object(context, &value, path);
  ToolConfig tool;
  ReadName(object, tool);
  std::string kind = "http";
  object.Text("kind", kind, kNameBytesMax);
  if (kind != "http") object.Fail("kind", "A tool is of kind \"http\", a webhook, or \"mcp\".");
  object.RequiredText("description", tool.description, kTextBytesMax);
  ReadUrl(object, tool, egress);
  ReadSigningSecret(object, tool, "the tool's signing secret (whsec_…)");
  ReadEffect(object, tool);
  object.Flag("idempotent", tool.idempotent);
  object.Integer("retries", tool.retries, 0, 5);
  ReadParameters(object, tool);
  ReadRules(object, tool);
  object.Texts("examples", tool.examples, kListMax, kTextBytesMax);
  object.Text("answer", tool.answer, kTextBytesMax);
  CheckTemplate(object, "answer", tool.answer, tool, true);
  return tool;
}

ToolConfig ReadHelpDesk(ConfigObject& object, const EgressConfig& egress) {
  ToolConfig tool;
  tool.name = kHandoffTool;
  tool.description =
      "Hands this conversation over to a person of the company, who goes on in it. Call it when the user asks for a "
      "person. After that say that a person will answer here.";
  tool.hands_off = true;
  tool.effect = ToolConfig::Effect::kCreate;
  tool.idempotent = true;
  tool.retries = 2;
  tool.parameters_json = kNoArguments;
  ReadUrl(object, tool, egress);
  ReadSigningSecret(object, tool, "the help desk's signing secret (whsec_…)");
  object.Integer("timeout_ms", tool.timeout_ms, 100, 60'000);
  return tool;
}

McpServerConfig ReadMcpServer(ConfigContext& context, const json& value, const std::string& path,
                              const EgressConfig& egress) {
  ConfigObject object(context, &value, path);
  McpServerConfig server;
  ToolConfig& tool = server.tool;
  object.Member("kind");
  ReadName(object, tool);
  ReadUrl(object, tool, egress);
  tool.secret = object.Secret("secret", "the secret that signs the tokens for this server",
                              OwnerOfToolSecret(context.product, tool.name));
  if (!tool.secret.empty() && tool.secret.size() < kSecretBytesMin) {
    object.Fail("secret", "Tokens are signed with HS256, which needs 32 bytes or more, drawn at random.");
  }
  // What a server says of its tools' effects is its own word. Unless the owner knows better, they may change anything.
  tool.effect = ToolConfig::Effect::kUpdate;
  if (object.Has("effect")) ReadEffect(object, tool);
  object.Member("effect");
  ReadRules(object, tool);
  object.Texts("allow", server.allow, kListMax, kTextBytesMax);
  if (server.allow.empty()) object.Fail("allow", "Name the tools that may be offered: [\"search_*\"].");
  object.Flag("pin_schemas", server.pins_schemas);
  const json* pins = object.Member("pins");
  if (pins && !pins->is_object()) object.Fail("pins", "`widgentd product accept-tools` writes this.");
  if (!pins || !pins->is_object()) return server;
  for (const auto& [name, sha256] : pins->items()) {
    if (sha256.is_string()) server.pins[name] = sha256.get<std::string>();
    else object.Fail("pins/" + name, "`widgentd product accept-tools` writes this.");
  }
  return server;
}

}  // namespace widgent
