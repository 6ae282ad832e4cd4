#include "server/ui_message_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::string_view kDone = "data: [DONE]\n\n";
constexpr std::string_view kCustomPrefix = "widgent.";
constexpr char kVersionHeader[] = "x-vercel-ai-ui-message-stream", kVersion[] = "v1";

std::string Frame(const json& chunk) {
  return "data: " + chunk.dump(-1, ' ', false, json::error_handler_t::replace) + "\n\n";
}

std::string WriteStart(const json& event) {
  json start = {{"type", "start"}};
  if (event.contains("metadata")) start["messageMetadata"] = event["metadata"];
  return Frame(start) + Frame({{"type", "start-step"}});
}

std::string WriteTextEnd(const json& event) {
  std::string frames = Frame({{"type", "text-end"}, {"id", event["messageId"]}});
  const json citations = event.value(json::json_pointer("/metadata/widgent/citations"), json::array());
  for (const json& citation : citations) {
    frames += Frame({{"type", "source-url"},
                     {"sourceId", citation["n"].dump()},
                     {"url", citation["url"]},
                     {"title", citation["title"]}});
  }
  return frames;
}

std::string WriteToolResult(const json& event) {
  const std::string denied = event.value(json::json_pointer("/metadata/widgent/denied"), "");
  const std::string content = event.value("content", "");
  json chunk = {{"toolCallId", event["toolCallId"]}};
  if (denied == "approval_rejected") {
    chunk["type"] = "tool-output-denied";
  } else if (!denied.empty() || content == "failed") {
    chunk["type"] = "tool-output-error";
    chunk["errorText"] = denied.empty() ? content : denied;
  } else {
    chunk["type"] = "tool-output-available";
    chunk["output"] = content;
  }
  return Frame(chunk);
}

// The server's own words of a question come as data: the SDK's request for an approval has no room for them.
std::string WriteEnd(const json& event) {
  const json outcome = event.value("outcome", json::object());
  const std::string type = outcome.value("type", "success");
  if (type == "cancelled") return Frame({{"type", "abort"}}) + std::string(kDone);
  std::string frames;
  const json interrupts = outcome.value("interrupts", json::array());
  for (const json& interrupt : interrupts) {
    frames += Frame(
        {{"type", "tool-approval-request"}, {"approvalId", interrupt["id"]}, {"toolCallId", interrupt["toolCallId"]}});
    frames += Frame({{"type", "data-approval"}, {"id", interrupt["id"]}, {"data", interrupt}});
  }
  frames += Frame({{"type", "finish-step"}});
  frames += Frame({{"type", "finish"}, {"finishReason", interrupts.empty() ? "stop" : "tool-calls"}});
  return frames + std::string(kDone);
}

}  // namespace

std::string WriteUiChunks(std::string_view event_json) {
  const json event = json::parse(event_json, nullptr, false);
  if (!event.is_object()) return "";
  const std::string type = event.value("type", "");
  if (type == "RUN_STARTED") return WriteStart(event);
  if (type == "TEXT_MESSAGE_START") return Frame({{"type", "text-start"}, {"id", event["messageId"]}});
  if (type == "TEXT_MESSAGE_CONTENT")
    return Frame({{"type", "text-delta"}, {"id", event["messageId"]}, {"delta", event["delta"]}});
  if (type == "TEXT_MESSAGE_END") return WriteTextEnd(event);
  // Never with what a tool is called: arguments may hold what the page shall not know.
  if (type == "TOOL_CALL_START") {
    return Frame({{"type", "tool-input-available"},
                  {"toolCallId", event["toolCallId"]},
                  {"toolName", event["toolCallName"]},
                  {"input", json::object()},
                  {"dynamic", true},
                  {"providerExecuted", true}});
  }
  if (type == "TOOL_CALL_RESULT") return WriteToolResult(event);
  if (type == "RUN_FINISHED") return WriteEnd(event);
  if (type == "RUN_ERROR") {
    const std::string text = event.value("message", "") + " (" + event.value("code", "") + ')';
    return Frame({{"type", "error"}, {"errorText", text}}) + std::string(kDone);
  }
  const std::string name = event.value("name", "");
  if (type == "CUSTOM" && name.starts_with(kCustomPrefix))
    return Frame({{"type", "data-" + name.substr(kCustomPrefix.size())}, {"data", event.value("value", json())}});
  return "";
}

void UiMessageResponder::Send(http::Response response) {
  const bool is_stream = std::any_of(response.headers.begin(), response.headers.end(), [](const http::Header& header) {
    return header.name == "Content-Type" && header.value == "text/event-stream";
  });
  if (is_stream) {
    response.headers.push_back({kVersionHeader, kVersion});
    response.body = Convert(response.body);
  }
  next_->Send(std::move(response));
}

void UiMessageResponder::StartStream(http::Response head) {
  head.headers.push_back({kVersionHeader, kVersion});
  next_->StartStream(std::move(head));
}

void UiMessageResponder::Write(std::string chunk) {
  std::string frames = chunk == kSseHeartbeat ? std::move(chunk) : Convert(chunk);
  if (!frames.empty()) next_->Write(std::move(frames));
}

std::string UiMessageResponder::Convert(std::string_view frames) {
  std::string converted;
  decoder_.Feed(frames, [&](std::string_view, std::string_view data) { converted += WriteUiChunks(data); });
  return converted;
}

}  // namespace widgent
