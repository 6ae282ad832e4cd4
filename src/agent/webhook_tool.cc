#include "agent/webhook_tool.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/call_id.h"
#include "agent/handoff.h"
#include "agent/json.h"
#include "agent/text.h"
#include "agent/webhook.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

constexpr std::size_t kResultBytesMax = 256 * 1024;
constexpr int kResultDepthMax = 32;
constexpr std::size_t kProblemCodePointsMax = 500;

bool HasStatus(const WebhookAnswer& answer) { return answer.is_sent && answer.result.error == Error::kNone; }

ToolOutcome ReadSuccess(const http::ClientResult& result) {
  ToolOutcome outcome;
  outcome.ok = true;
  outcome.content_json = "null";
  if (result.status == 204 || result.body.find_first_not_of(" \t\r\n") == std::string::npos) return outcome;
  const std::optional<json> body = ParseJson(result.body, kResultBytesMax, kResultDepthMax);
  if (!body) {
    outcome.ok = false;
    outcome.code = "result_invalid";
    return outcome;
  }
  const bool wrapped = body->is_object() && body->contains("content");
  outcome.content_json = CapContent(wrapped ? (*body)["content"] : *body);
  return outcome;
}

// Of a problem document only its title and detail: no stack, no url.
ToolOutcome ReadProblemAnswer(const http::ClientResult& result) {
  ToolOutcome outcome;
  const std::optional<json> body = ParseJson(result.body, kResultBytesMax, kResultDepthMax);
  if (!body || !body->is_object()) return outcome;
  const auto text = [&](const char* name) {
    const auto member = body->find(name);
    const bool is_text = member != body->end() && member->is_string();
    return is_text ? CleanLine(member->get_ref<const std::string&>(), kProblemCodePointsMax) : std::string();
  };
  outcome.title = text("title");
  outcome.detail = text("detail");
  return outcome;
}

ToolOutcome ReadAnswer(const ToolConfig& tool, const WebhookAnswer& answer) {
  const http::ClientResult& result = answer.result;
  ToolOutcome outcome;
  if (std::string code = FailureOf(answer); !code.empty()) {
    if (HasStatus(answer)) outcome = ReadProblemAnswer(result);
    outcome.code = std::move(code);
  } else if (tool.hands_off) {
    // A help desk that has taken it need not say more.
    outcome.ok = true;
    outcome.content_json = "null";
  } else {
    outcome = ReadSuccess(result);
  }
  if (!outcome.ok && Writes(tool) && result.request_sent)
    outcome.unconfirmed = IsUnconfirmed(result) || outcome.code == "result_invalid";
  return outcome;
}

}  // namespace

std::unique_ptr<SentCall> CallWebhook(http::EventLoop& loop, http::Client& client, ToolRequest request,
                                      std::function<bool()> may_retry, std::function<void(ToolResponse)> done) {
  const ToolConfig* tool = request.tool;
  const UnixMillis now = loop.Now();
  std::string body = tool->hands_off ? WriteHandoffBody(request, now) : WriteWebhookBody(request, now);
  WebhookPost post = PostTo(*tool, *request.product, request.request_id, std::move(body));
  post.traceparent = request.traceparent;
  return PostWebhook(loop, client, std::move(post), std::move(may_retry),
                     [tool, done = std::move(done)](const WebhookAnswer& answer) {
                       done({ReadAnswer(*tool, answer), HasStatus(answer) ? answer.result.status : 0, answer.attempts});
                     });
}

std::string WriteWebhookBody(const ToolRequest& request, UnixMillis now) {
  JsonWriter writer;
  writer.Open('{').Put("type", "tool.call").Put("id", request.request_id).Put("timestamp", FormatTime(now));
  writer.Put("product_id", request.product->id.value).Key("tool").Open('{');
  writer.Put("name", request.tool->name).Put("call_id", request.call_id);
  writer.Key("arguments").Raw(request.arguments_json).Close('}');
  WriteUser(writer.Key("user"), request.identity);
  writer.Put("thread_id", request.thread.value).Put("run_id", request.run.value).Key("approval");
  if (request.approval.empty()) writer.Raw("null");
  else writer.Open('{').Put("id", request.approval).Put("by", request.by_operator ? "operator" : "user").Close('}');
  return writer.Close('}').Take();
}

UrlTarget ReadUrlTarget(std::string_view url) {
  UrlTarget target;
  target.port = url.starts_with("https:") ? 443 : 80;
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) return target;
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  const std::size_t colon = url.rfind(':');
  if (colon != url.npos && url.find(']', colon) == url.npos) {
    const std::string_view port = url.substr(colon + 1);
    std::from_chars(port.data(), port.data() + port.size(), target.port);
    url = url.substr(0, colon);
  }
  target.host = url;
  return target;
}

}  // namespace widgent
