#include "server/product_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "product/addresses.h"
#include "protocol/json_writer.h"
#include "server/admin_input.h"
#include "server/history.h"

namespace widgent {

namespace {

void PutTexts(JsonWriter& writer, const char* key, const std::vector<std::string>& texts) {
  writer.Key(key).Open('[');
  for (const std::string& text : texts) writer.Value(text);
  writer.Close(']');
}

void PutTime(JsonWriter& writer, const char* key, std::optional<UnixMillis> time) {
  if (time) writer.Put(key, WriteTime(*time));
  else writer.Key(key).Raw("null");
}

void PutNumber(JsonWriter& writer, const char* key, std::optional<std::int64_t> number) {
  if (number) writer.Put(key, *number);
  else writer.Key(key).Raw("null");
}

std::string_view MergeName(IdentityRules::Merge merge) {
  constexpr std::string_view kNames[] = {"session", "never", "ask"};
  return kNames[static_cast<int>(merge)];
}

std::string_view EffectName(ToolConfig::Effect effect) {
  constexpr std::string_view kNames[] = {"read", "create", "write", "delete"};
  return kNames[static_cast<int>(effect)];
}

void PutIdentity(JsonWriter& writer, const Product& product) {
  writer.Key("identity").Open('{').Put("required", product.identity_rules.required);
  writer.Put("on_expiry", product.identity_rules.lock_on_expiry ? "lock" : "guest");
  writer.Put("merge", MergeName(product.identity_rules.merge));
  writer.Put("max_lifetime_s", product.token_policy.lifetime_s_max).Put("leeway_s", product.token_policy.leeway_s);
  writer.Close('}');
}

void PutSecret(JsonWriter& writer, const VerificationSecret& secret, const std::vector<SecretRecord>& records,
               UnixMillis now) {
  const auto record = std::find_if(records.begin(), records.end(),
                                   [&](const SecretRecord& candidate) { return candidate.kid == secret.kid; });
  const SecretRecord known = record == records.end() ? SecretRecord() : *record;
  const auto time_of = [](UnixMillis at) { return at > 0 ? std::optional(at) : std::nullopt; };
  const bool has_ended = secret.not_after && *secret.not_after <= now;
  writer.Open('{').Put("kid", secret.kid);
  writer.Put("state", has_ended ? "ended" : known.leaked_at > 0 ? "leaked" : "live");
  PutTime(writer, "created_at", secret.created_at);
  PutTime(writer, "not_after", secret.not_after);
  PutTime(writer, "used_at", time_of(known.used_at));
  PutTime(writer, "leaked_at", time_of(known.leaked_at));
  writer.Put("leaked_origin", known.leaked_origin).Close('}');
}

void PutRule(JsonWriter& writer, const ClaimRule& rule) {
  writer.Open('{').Put("path", rule.path);
  if (rule.exists) writer.Put("exists", *rule.exists);
  if (!rule.equals_json.empty()) writer.Key("equals").Raw(rule.equals_json);
  if (!rule.in_json.empty()) {
    writer.Key("in").Open('[');
    for (const std::string& value : rule.in_json) writer.Raw(value);
    writer.Close(']');
  }
  if (rule.gte) writer.Key("gte").Raw(nlohmann::json(*rule.gte).dump());
  if (rule.lte) writer.Key("lte").Raw(nlohmann::json(*rule.lte).dump());
  writer.Close('}');
}

void PutRequirement(JsonWriter& writer, const Requirement& required) {
  writer.Key("requires").Open('{').Put("identified", required.AsksForUser());
  PutTexts(writer, "scopes", required.scopes);
  PutTexts(writer, "roles", required.roles);
  writer.Key("claims").Open('[');
  for (const ClaimRule& rule : required.claims) PutRule(writer, rule);
  writer.Close(']');
  PutNumber(writer, "max_token_age_s", required.token_age_s_max);
  writer.Close('}');
}

void PutTool(JsonWriter& writer, const ToolConfig& tool) {
  const auto url = ReadWebUrl(tool.url);
  const auto* read = std::get_if<WebUrl>(&url);
  writer.Open('{').Put("name", tool.name).Put("description", tool.description);
  writer.Put("kind", tool.mcp_name.empty() ? "http" : "mcp").Put("effect", EffectName(tool.effect));
  writer.Put("idempotent", tool.idempotent).Put("host", read ? read->host_port : std::string());
  writer.Put("timeout_ms", tool.timeout_ms).Put("retries", tool.retries);
  writer.Key("parameters").Raw(tool.parameters_json.empty() ? "{}" : tool.parameters_json);
  PutRequirement(writer, tool.required);
  writer.Key("bind").Open('{');
  for (const auto& [argument, pointer] : tool.bind) writer.Put(argument, pointer);
  writer.Close('}').Key("approval");
  if (tool.approval) {
    writer.Open('{').Put("by", tool.approval->by_operator ? "operator" : "user");
    writer.Put("message", tool.approval->message).Put("expires_s", tool.approval->expires_s).Close('}');
  } else {
    writer.Raw("null");
  }
  PutTexts(writer, "examples", tool.examples);
  PutNumber(writer, "per_user_per_min", tool.per_user_per_min);
  writer.Close('}');
}

void PutAgent(JsonWriter& writer, const Product& product) {
  const AgentConfig& agent = product.agent;
  writer.Key("agent").Open('{').Put("kind", agent.kind);
  writer.Put("name", agent.name.empty() ? product.name : agent.name).Put("model", agent.model);
  writer.Put("base_url", agent.base_url.substr(0, agent.base_url.find('?'))).Close('}');
}

// What visitors are told and offered.
void PutWords(JsonWriter& writer, const Product& product) {
  writer.Key("greeting").Open('{').Put("verified", product.greeting_verified);
  writer.Put("anonymous", product.greeting_anonymous).Close('}');
  writer.Key("suggestions").Open('{');
  PutTexts(writer, "verified", product.suggestions_verified);
  PutTexts(writer, "anonymous", product.suggestions_anonymous);
  writer.Close('}').Key("handoff");
  if (product.handoff_url.empty()) writer.Raw("null");
  else writer.Open('{').Put("url", product.handoff_url).Put("label", product.handoff_label).Close('}');
}

void PutRateLimits(JsonWriter& writer, const RateLimits& rates) {
  writer.Key("rate_limits").Open('{').Put("per_user_per_min", rates.per_user_per_min);
  writer.Put("per_ip_per_min", rates.per_ip_per_min).Put("concurrent_runs_per_user", rates.concurrent_runs_per_user);
  PutNumber(writer, "per_product_per_min", rates.per_product_per_min);
  writer.Close('}');
}

}  // namespace

std::string WriteProductView(const ServedProduct& served, const std::vector<SecretRecord>& records,
                             const AuditHead& head, UnixMillis now) {
  const Product& product = served.config;
  JsonWriter writer;
  writer.Open('{').Put("id", product.id.value).Put("name", product.name).Put("accent", product.accent);
  writer.Key("origins").Open('[');
  for (const OriginPattern& origin : product.origins) writer.Value(origin.text);
  writer.Close(']');
  PutTexts(writer, "service_keys", product.service_keys);
  PutIdentity(writer, product);
  writer.Key("secrets").Open('[');
  for (const VerificationSecret& secret : product.keys.secrets) PutSecret(writer, secret, records, now);
  writer.Close(']').Key("admin_keys").Open('[');
  for (const std::string& sha256 : product.admin_keys) writer.Value(sha256.substr(0, kKeyPartShown));
  writer.Close(']');
  PutAgent(writer, product);
  writer.Key("knowledge");
  if (served.knowledge)
    writer.Open('{').Put("passages", static_cast<std::int64_t>(served.knowledge->SectionCount())).Close('}');
  else writer.Raw("null");
  PutWords(writer, product);
  PutRateLimits(writer, product.rate_limits);
  writer.Key("tools").Open('[');
  for (const ToolConfig& tool : product.tools) PutTool(writer, tool);
  writer.Close(']');
  std::vector<std::string> warnings = product.warnings;
  if (served.knowledge)
    warnings.insert(warnings.end(), served.knowledge->Warnings().begin(), served.knowledge->Warnings().end());
  PutTexts(writer, "warnings", warnings);
  writer.Key("audit").Open('{').Put("count", head.count).Put("hash", head.hash).Close('}');
  return writer.Close('}').Take();
}

}  // namespace widgent
