#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/agent.h"
#include "agent/agent_model.h"
#include "agent/json.h"
#include "agent/json_schema.h"
#include "identity/claims_pointer.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kClaimBytesMax = 8192;

std::optional<json> ClaimValue(const User& user, std::string_view pointer) {
  const std::optional<std::string> text = ClaimAt(user, pointer);
  return text ? ParseJson(*text, kClaimBytesMax) : std::nullopt;
}

// A claim that is a list of names, or one string of names with blanks between them (RFC 8693's `scope`).
bool ClaimNames(const User& user, std::string_view pointer, std::string_view name) {
  const std::optional<json> value = ClaimValue(user, pointer);
  if (!value) return false;
  if (value->is_array()) {
    return std::any_of(value->begin(), value->end(), [&](const json& item) {
      return item.is_string() && item.get_ref<const std::string&>() == name;
    });
  }
  if (!value->is_string()) return false;
  std::string_view rest = value->get_ref<const std::string&>();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == name) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

bool EqualsJson(const json& value, const std::string& expected) {
  const std::optional<json> parsed = ParseJson(expected, kClaimBytesMax);
  return parsed && value == *parsed;
}

bool Holds(const ClaimRule& rule, const User& user) {
  const std::optional<json> value = ClaimValue(user, rule.path);
  if (rule.exists && *rule.exists != value.has_value()) return false;
  if (!value)
    return rule.exists.has_value() && rule.equals_json.empty() && rule.in_json.empty() && !rule.gte && !rule.lte;
  if (!rule.equals_json.empty() && !EqualsJson(*value, rule.equals_json)) return false;
  if (!rule.in_json.empty() && std::none_of(rule.in_json.begin(), rule.in_json.end(),
                                            [&](const std::string& text) { return EqualsJson(*value, text); }))
    return false;
  if ((rule.gte || rule.lte) && !value->is_number()) return false;
  if (rule.gte && value->get<double>() < *rule.gte) return false;
  return !rule.lte || value->get<double>() <= *rule.lte;
}

// A tool that asks for anything about a user asks for a user.
bool NeedsUser(const ToolConfig& tool) { return tool.required.AsksForUser() || !tool.bind.empty() || tool.approval; }

}  // namespace

std::optional<std::string> RefuseToolSchemas(const Product& product) {
  for (const ToolConfig& tool : product.tools) {
    const std::variant<JsonSchema, SchemaError> read = JsonSchema::Read(tool.parameters_json);
    if (const SchemaError* error = std::get_if<SchemaError>(&read))
      return "tool " + tool.name + ": parameters: " + error->detail;
  }
  return std::nullopt;
}

void OfferTools(const Product& product, const Identity& identity, UnixMillis now, Prompt& prompt) {
  prompt.tools.clear();
  prompt.withheld.clear();
  for (const ToolConfig& tool : product.tools) {
    std::vector<std::string> bound;
    for (const auto& [name, pointer] : tool.bind) bound.push_back(name);
    std::shared_ptr<const JsonSchema> schema = JsonSchema::Find(tool.parameters_json, bound);
    if (!schema) continue;
    if (auto code = RefuseTool(tool, identity, now)) {
      prompt.withheld.push_back({&tool, std::move(schema), std::move(*code)});
    } else {
      prompt.tools.push_back({&tool, std::move(schema)});
    }
  }
}

std::optional<std::string> RefuseTool(const ToolConfig& tool, const Identity& identity, UnixMillis now) {
  const User* user = AsUser(identity);
  if (!user) return NeedsUser(tool) ? std::optional<std::string>("identity_required") : std::nullopt;
  // Also for a tool that guests may use: it would be told of a user whose token no longer vouches for them.
  if (auto code = RefuseUser(tool.required, *user, now)) return code;
  for (const auto& [argument, pointer] : tool.bind)
    if (!ClaimAt(*user, pointer)) return "claim_missing";
  return std::nullopt;
}

std::optional<std::string> RefuseUser(const Requirement& required, const User& user, UnixMillis now) {
  if (IsExpired(user, now)) return "token_expired";
  for (const std::string& scope : required.scopes)
    if (!ClaimNames(user, "/scope", scope) && !ClaimNames(user, "/scopes", scope)) return "scope_missing";
  for (const std::string& role : required.roles)
    if (!ClaimNames(user, "/roles", role) && !ClaimNames(user, "/role", role)) return "role_missing";
  for (const ClaimRule& rule : required.claims)
    if (!Holds(rule, user)) return "claim_mismatch";
  if (required.token_age_s_max && (!user.issued_at_s || now / 1000 - *user.issued_at_s > *required.token_age_s_max))
    return "token_too_old";
  return std::nullopt;
}

}  // namespace widgent
