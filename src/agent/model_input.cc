#include "agent/model_input.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/json.h"
#include "agent/text.h"
#include "identity/claims_pointer.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kUserContextBytesMax = 4096, kClaimBytesMax = 1024;

}  // namespace

std::string WriteParameters(const ToolConfig& tool) {
  json schema = json::parse(tool.parameters_json, nullptr, false);
  if (!schema.is_object()) return R"({"type":"object","properties":{}})";
  if (!schema.contains("type")) schema["type"] = "object";
  if (!schema.contains("properties")) schema["properties"] = json::object();
  for (const auto& [name, pointer] : tool.bind) {
    schema["properties"].erase(name);
    if (!schema.contains("required")) continue;
    json& required = schema["required"];
    required.erase(std::remove(required.begin(), required.end(), json(name)), required.end());
  }
  return DumpJson(schema);
}

std::string WriteOutcome(const ToolOutcome& outcome) {
  if (outcome.ok) return outcome.content_json;
  JsonWriter writer;
  writer.Open('{').Put("error", outcome.code).PutIf("title", outcome.title).PutIf("detail", outcome.detail);
  if (outcome.unconfirmed) writer.Put("unconfirmed", "It may or may not have happened. Say so, and do not try again.");
  return writer.Close('}').Take();
}

std::string WriteUserContext(const Prompt& prompt) {
  const User* user = AsUser(prompt.identity);
  JsonWriter writer;
  writer.Open('{').Put("state", user ? "verified" : "guest");
  if (user) {
    for (const std::string& pointer : prompt.product->agent.user_context) {
      const auto claim = ClaimAt(*user, pointer);
      if (!claim || claim->size() > kClaimBytesMax) continue;
      const json value = json::parse(*claim, nullptr, false);
      const std::string shown =
          value.is_string() ? CleanLine(value.get<std::string>(), kClaimBytesMax) : DumpJson(value);
      if (writer.text().size() + pointer.size() + shown.size() > kUserContextBytesMax) break;
      writer.Key(pointer.substr(1));
      if (value.is_string()) writer.Value(shown);
      else writer.Raw(shown);
    }
  }
  return writer.Close('}').Take();
}

std::string WriteSaid(const StoredMessage& message) {
  if (message.role == StoredMessage::Role::kOperator) return "(Said by a person of the company:) " + message.text;
  return IsUnverified(message) ? "(Said as a guest, before signing in:) " + message.text : message.text;
}

}  // namespace widgent
