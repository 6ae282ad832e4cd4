#include "agent/mcp_tool.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/json.h"
#include "agent/text.h"
#include "identity/minted_token.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

constexpr std::size_t kResultBytesMax = 256 * 1024, kErrorCodePointsMax = 500;
constexpr int kResultDepthMax = 32;

// The members of a JSON object, without its braces.
std::string Members(std::string_view object) { return std::string(object.substr(1, object.size() - 2)); }

std::string WriteParams(const ToolRequest& request) {
  JsonWriter writer;
  writer.Open('{').Put("name", request.tool->mcp_name).Key("arguments").Raw(request.arguments_json).Close('}');
  return Members(writer.text());
}

std::string WriteMeta(const ToolRequest& request) {
  JsonWriter writer;
  WriteUser(writer.Open('{').Key("widgent/user"), request.identity);
  writer.Key("widgent/call").Open('{').Put("id", request.request_id).Put("product_id", request.product->id.value);
  writer.Put("thread_id", request.thread.value).Put("run_id", request.run.value).PutIf("approval", request.approval);
  writer.Close('}').Close('}');
  return Members(writer.text());
}

// The texts of a result's content, a line each. What is no text is named and not shown.
std::string ContentText(const json& result) {
  std::string text;
  const auto content = result.find("content");
  if (content == result.end() || !content->is_array()) return text;
  for (const json& block : *content) {
    if (!block.is_object()) continue;
    const bool is_text = block.value("type", json()) == "text" && block.contains("text") && block["text"].is_string();
    if (!text.empty()) text += '\n';
    text += is_text ? block["text"].get<std::string>() : "[not text]";
  }
  return text;
}

ToolOutcome ReadResult(const std::string& result_json) {
  ToolOutcome outcome;
  const std::optional<json> result = ParseJson(result_json, kResultBytesMax, kResultDepthMax);
  if (!result || !result->is_object() || result->value("resultType", json("complete")) != "complete") {
    outcome.code = "result_invalid";
  } else if (result->value("isError", json(false)) == true) {
    outcome.code = "tool_error";
    outcome.detail = CleanLine(ContentText(*result), kErrorCodePointsMax);
  } else {
    outcome.ok = true;
    const auto structured = result->find("structuredContent");
    const bool is_structured = structured != result->end() && structured->is_object();
    outcome.content_json = CapContent(is_structured ? *structured : json(ContentText(*result)));
  }
  return outcome;
}

ToolResponse ReadAnswer(const McpAnswer& answer, bool writes) {
  ToolResponse response;
  response.attempts = 1;
  response.status = answer.fetch.error == Error::kNone ? answer.fetch.status : 0;
  ToolOutcome& outcome = response.outcome;
  if (!answer.result_json.empty()) {
    outcome = ReadResult(answer.result_json);
    outcome.unconfirmed = writes && outcome.code == "result_invalid";
    return response;
  }
  if (answer.fetch.error != Error::kNone) {
    outcome.code = ErrorCode(answer.fetch.error);
  } else if (!answer.error.empty()) {
    outcome.code = "mcp_refused";
    outcome.detail = answer.error;
  } else {
    outcome.code = answer.fetch.status / 100 == 2 ? "result_invalid" : "http_" + std::to_string(answer.fetch.status);
  }
  const bool is_unread = outcome.code == "result_invalid" && answer.fetch.request_sent;
  outcome.unconfirmed = writes && (IsUnconfirmed(answer.fetch) || is_unread);
  return response;
}

class Call final : public SentCall {
 public:
  Call(http::EventLoop& loop, http::Client& client, const ToolRequest& request, std::function<void(ToolResponse)> done)
      : writes_(Writes(*request.tool)), done_(std::move(done)) {
    McpRequest ask = StartMcpRequest(*request.product, *request.tool, request.identity, request.request_id, loop.Now());
    ask.method = "tools/call";
    ask.name = request.tool->mcp_name;
    ask.params_json = WriteParams(request);
    ask.meta_json = WriteMeta(request);
    ask.traceparent = request.traceparent;
    exchange_ = AskMcp(loop, client, std::move(ask), [this](const McpAnswer& answer) {
      const auto then = std::move(done_);
      then(ReadAnswer(answer, writes_));
    });
  }

 private:
  const bool writes_;
  std::function<void(ToolResponse)> done_;
  std::unique_ptr<McpExchange> exchange_;
};

}  // namespace

std::unique_ptr<SentCall> CallMcpTool(http::EventLoop& loop, http::Client& client, const ToolRequest& request,
                                      std::function<void(ToolResponse)> done) {
  return std::make_unique<Call>(loop, client, request, std::move(done));
}

McpRequest StartMcpRequest(const Product& product, const ToolConfig& tool, const Identity& identity,
                           const std::string& id, UnixMillis now) {
  const User* user = AsUser(identity);
  McpRequest request;
  request.url = tool.url;
  request.egress = EgressOf(product);
  request.bearer = MintToken(tool.secret, {tool.url, product.id.value, id, user ? user->sub : ""}, now);
  request.version = tool.mcp_version;
  request.timeout_ms = tool.timeout_ms;
  return request;
}

}  // namespace widgent
