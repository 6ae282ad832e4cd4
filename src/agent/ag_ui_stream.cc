#include "agent/ag_ui_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/json.h"
#include "agent/text.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kErrorCodePointsMax = 300;
constexpr int kEventDepthMax = 64;

std::string TextOf(const json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

void AgUiStream::Feed(std::string_view piece) {
  const bool fits = sse_.Feed(piece, [this](std::string_view, std::string_view data) { Take(data); });
  if (!fits) Fail("an event of the stream is too long");
}

void AgUiStream::Take(std::string_view data) {
  if (reply_.is_complete || !reply_.error.empty()) return;
  const std::optional<json> event = ParseJson(data, SseDecoder::kEventBytesMax, kEventDepthMax);
  if (!event || !event->is_object()) return Fail("an event is no JSON object");
  const std::string type = TextOf(*event, "type");
  if (type.starts_with("TEXT_MESSAGE_")) return TakeText(*event, type);
  if (type.starts_with("TOOL_CALL_")) return TakeCall(*event, type);
  if (type == "RUN_ERROR") {
    const std::string message = CleanLine(TextOf(*event, "message"), kErrorCodePointsMax);
    return Fail(message.empty() ? "the agent ended with an error" : message);
  }
  if (type != "RUN_FINISHED") return;
  // A question of the agent's own would be put around the policy: approvals belong to tools, and are asked by Widgent.
  const auto outcome = event->find("outcome");
  const bool is_outcome = outcome != event->end() && outcome->is_object();
  if (is_outcome && TextOf(*outcome, "type") != "success") {
    return Fail("the run ended with " + CleanLine(DumpJson(*outcome), kErrorCodePointsMax));
  }
  reply_.is_complete = true;
}

void AgUiStream::TakeText(const json& event, std::string_view type) {
  const std::string id = TextOf(event, "messageId"), role = TextOf(event, "role");
  if (!role.empty() && role != "assistant") hidden_ = id;
  const bool is_said = type == "TEXT_MESSAGE_CONTENT" || type == "TEXT_MESSAGE_CHUNK";
  if (!is_said || (!id.empty() && id == hidden_)) return;
  if (const std::string delta = TextOf(event, "delta"); !delta.empty()) on_text_(delta);
}

void AgUiStream::TakeCall(const json& event, std::string_view type) {
  std::string id = TextOf(event, "toolCallId");
  if (id.empty()) id = last_call_;
  last_call_ = id;
  std::vector<ModelToolCall>& calls = reply_.calls;
  auto call = std::find_if(calls.begin(), calls.end(), [&](const ModelToolCall& known) { return known.id == id; });
  if (type == "TOOL_CALL_RESULT") {
    if (call != calls.end()) calls.erase(call);
    return;
  }
  if (const std::string name = TextOf(event, "toolCallName"); !name.empty() && call == calls.end()) {
    if (calls.size() == kCallsMax) return Fail("the agent asks for too many tools at once");
    call = calls.insert(calls.end(), ModelToolCall{id, name, ""});
  }
  if (call == calls.end()) return;
  call->arguments_json += TextOf(event, "delta");
  if (call->arguments_json.size() > kArgumentsBytesMax) Fail("the arguments of a tool are too long");
}

void AgUiStream::Fail(std::string error) {
  if (reply_.error.empty()) reply_.error = std::move(error);
}

}  // namespace widgent
