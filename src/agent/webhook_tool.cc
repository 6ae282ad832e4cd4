#include "agent/webhook_tool.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/call_id.h"
#include "agent/json.h"
#include "agent/text.h"
#include "identity/webhook_signature.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

constexpr std::size_t kResultBytesMax = 256 * 1024;
constexpr int kResultDepthMax = 32;
constexpr std::size_t kProblemCodePointsMax = 500;
constexpr std::int64_t kRetryDelayMs = 250;

bool IsGatewayStatus(int status) { return status == 502 || status == 504; }

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
  outcome.code = "http_" + std::to_string(result.status);
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

class Call final : public SentCall {
 public:
  Call(http::EventLoop& loop, http::Client& client, ToolRequest request, std::function<bool()> may_retry,
       std::function<void(ToolResponse)> done)
      : loop_(loop),
        client_(client),
        request_(std::move(request)),
        may_retry_(std::move(may_retry)),
        done_(std::move(done)),
        body_(WriteWebhookBody(request_, loop_.Now())) {
    // A secret that cannot sign is a mistake of the configuration; it is told as any other failure, later.
    timer_ = loop_.After(0, [this] { Attempt(); });
  }

  ~Call() override {
    if (timer_) loop_.Cancel(timer_);
    if (fetch_) client_.Cancel(*fetch_);
  }

 private:
  const ToolConfig& tool() const { return *request_.tool; }

  void Attempt() {
    timer_ = 0;
    ++attempts_;
    const std::int64_t now_s = loop_.Now() / 1000;
    const auto signature = SignWebhook(tool().secret, request_.request_id, now_s, body_);
    if (!signature) {
      ToolOutcome outcome;
      outcome.code = "secret_invalid";
      return Finish(std::move(outcome), 0);
    }
    http::ClientRequest fetch;
    fetch.url = tool().url;
    fetch.headers = {{"Content-Type", "application/json"},
                     {"Accept", "application/json, application/problem+json"},
                     {"User-Agent", "Widgent/1.0 (+tool)"},
                     {"webhook-id", request_.request_id},
                     {"webhook-timestamp", std::to_string(now_s)},
                     {"webhook-signature", *signature},
                     {"Idempotency-Key", '"' + request_.request_id + '"'}};
    fetch.body = body_;
    fetch.timeout_ms = tool().timeout_ms;
    fetch.response_bytes_max = kResultBytesMax;
    fetch.egress = EgressOf(*request_.product);
    fetch_ = client_.Fetch(std::move(fetch), [this, alive = std::weak_ptr<char>(alive_)](http::ClientResult result) {
      if (alive.expired()) return;
      fetch_.reset();
      Answered(result);
    });
  }

  void Answered(const http::ClientResult& result) {
    if (MayRetry(result) && may_retry_()) {
      timer_ = loop_.After(kRetryDelayMs << std::min(attempts_ - 1, 5), [this] { Attempt(); });
      return;
    }
    ToolOutcome outcome;
    if (result.error != Error::kNone) {
      outcome.code = ErrorCode(result.error);
    } else if (result.status >= 200 && result.status < 300) {
      outcome = ReadSuccess(result);
    } else {
      outcome = ReadProblemAnswer(result);
    }
    if (!outcome.ok && Writes(tool()) && result.request_sent) {
      outcome.unconfirmed = IsUnconfirmed(result) || outcome.code == "result_invalid";
    }
    Finish(std::move(outcome), result.error == Error::kNone ? result.status : 0);
  }

  bool MayRetry(const http::ClientResult& result) const {
    if (attempts_ > tool().retries) return false;
    switch (result.error) {
      case Error::kRefusedByEgress:
      case Error::kTooLarge:
      case Error::kCancelled:
        return false;
      case Error::kConnect:
        return !result.request_sent || tool().idempotent;
      case Error::kTimeout:
        return !result.request_sent || (tool().idempotent && !Writes(tool()));
      case Error::kBroken:
        return !result.request_sent || tool().idempotent;
      case Error::kNone:
        break;
    }
    const bool passing = result.status == 503 || IsGatewayStatus(result.status);
    return passing && tool().idempotent;
  }

  // The last act: `done` may drop this call.
  void Finish(ToolOutcome outcome, int status) {
    const auto done = std::move(done_);
    done({std::move(outcome), status, attempts_});
  }

  http::EventLoop& loop_;
  http::Client& client_;
  const ToolRequest request_;
  const std::function<bool()> may_retry_;
  std::function<void(ToolResponse)> done_;
  const std::string body_;
  int attempts_ = 0;
  http::TimerId timer_ = 0;
  std::optional<http::FetchId> fetch_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<SentCall> CallWebhook(http::EventLoop& loop, http::Client& client, ToolRequest request,
                                      std::function<bool()> may_retry, std::function<void(ToolResponse)> done) {
  return std::make_unique<Call>(loop, client, std::move(request), std::move(may_retry), std::move(done));
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
  else writer.Open('{').Put("id", request.approval).Put("by", "user").Close('}');
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
