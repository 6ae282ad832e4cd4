#include "agent/webhook.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "identity/webhook_signature.h"

namespace widgent {

using Error = http::ClientResult::Error;

namespace {

constexpr std::size_t kAnswerBytesMax = 256 * 1024;
constexpr std::int64_t kRetryDelayMs = 250;

class Post final : public SentCall {
 public:
  Post(http::EventLoop& loop, http::Client& client, WebhookPost post, std::function<bool()> may_retry,
       std::function<void(WebhookAnswer)> done)
      : loop_(loop), client_(client), post_(std::move(post)), may_retry_(std::move(may_retry)), done_(std::move(done)) {
    // A secret that cannot sign is a mistake of the configuration; it is told as any other failure, later.
    timer_ = loop_.After(0, [this] { Attempt(); });
  }

  ~Post() override {
    if (timer_) loop_.Cancel(timer_);
    if (fetch_) client_.Cancel(*fetch_);
  }

 private:
  void Attempt() {
    timer_ = 0;
    ++attempts_;
    const std::int64_t now_s = loop_.Now() / 1000;
    const auto signature = SignWebhook(post_.secret, post_.id, now_s, post_.body);
    if (!signature) return Finish({});
    http::ClientRequest fetch;
    fetch.url = post_.url;
    fetch.headers = {{"Content-Type", "application/json"},
                     {"Accept", "application/json, application/problem+json"},
                     {"User-Agent", post_.user_agent},
                     {"webhook-id", post_.id},
                     {"webhook-timestamp", std::to_string(now_s)},
                     {"webhook-signature", *signature},
                     {"Idempotency-Key", '"' + post_.id + '"'}};
    if (!post_.traceparent.empty()) fetch.headers.push_back({"traceparent", post_.traceparent});
    fetch.body = post_.body;
    fetch.timeout_ms = post_.timeout_ms;
    fetch.response_bytes_max = kAnswerBytesMax;
    fetch.egress = post_.egress;
    fetch_ = client_.Fetch(std::move(fetch), [this, alive = std::weak_ptr<char>(alive_)](http::ClientResult result) {
      if (alive.expired()) return;
      fetch_.reset();
      Answered(std::move(result));
    });
  }

  void Answered(http::ClientResult result) {
    if (MayRetry(result) && may_retry_()) {
      timer_ = loop_.After(kRetryDelayMs << std::min(attempts_ - 1, 5), [this] { Attempt(); });
      return;
    }
    Finish({true, std::move(result), attempts_});
  }

  bool MayRetry(const http::ClientResult& result) const {
    if (attempts_ > post_.retries) return false;
    switch (result.error) {
      case Error::kRefusedByEgress:
      case Error::kTooLarge:
      case Error::kCancelled:
        return false;
      case Error::kConnect:
      case Error::kBroken:
        return !result.request_sent || post_.idempotent;
      case Error::kTimeout:
        return !result.request_sent || (post_.idempotent && !post_.writes);
      case Error::kNone:
        break;
    }
    const bool passing = result.status == 502 || result.status == 503 || result.status == 504;
    return passing && post_.idempotent;
  }

  // The last act: `done` may drop this.
  void Finish(WebhookAnswer answer) {
    const auto done = std::move(done_);
    done(std::move(answer));
  }

  http::EventLoop& loop_;
  http::Client& client_;
  const WebhookPost post_;
  const std::function<bool()> may_retry_;
  std::function<void(WebhookAnswer)> done_;
  int attempts_ = 0;
  http::TimerId timer_ = 0;
  std::optional<http::FetchId> fetch_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::string FailureOf(const WebhookAnswer& answer) {
  const http::ClientResult& result = answer.result;
  if (!answer.is_sent) return "secret_invalid";
  if (result.error != http::ClientResult::Error::kNone) return ErrorCode(result.error);
  return result.status / 100 == 2 ? "" : "http_" + std::to_string(result.status);
}

std::unique_ptr<SentCall> PostWebhook(http::EventLoop& loop, http::Client& client, WebhookPost post,
                                      std::function<bool()> may_retry, std::function<void(WebhookAnswer)> done) {
  return std::make_unique<Post>(loop, client, std::move(post), std::move(may_retry), std::move(done));
}

WebhookPost PostTo(const ToolConfig& tool, const Product& product, std::string id, std::string body) {
  WebhookPost post;
  post.id = std::move(id);
  post.url = tool.url;
  post.secret = tool.secret;
  post.user_agent = tool.hands_off ? "Widgent/1.0 (+handoff)" : "Widgent/1.0 (+tool)";
  post.body = std::move(body);
  post.timeout_ms = tool.timeout_ms;
  post.retries = tool.retries;
  post.writes = Writes(tool);
  post.idempotent = tool.idempotent;
  post.egress = EgressOf(product);
  return post;
}

}  // namespace widgent
