#include "agent/openai_model.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "agent/endpoint.h"
#include "agent/small_talk.h"

namespace widgent {

using Error = http::ClientResult::Error;

namespace {

constexpr int kPassagesMax = 3;
constexpr std::int64_t kRetryDelayMs = 500, kRetryDelayMsMax = 10'000;

bool MayPass(int status) { return status == 429 || status == 500 || status == 502 || status == 503 || status == 504; }

// Seconds of Retry-After; a date is not read.
std::optional<std::int64_t> RetryAfterMs(const http::ClientResult& result) {
  for (const http::Header& header : result.headers) {
    if (header.name != "retry-after") continue;
    std::int64_t seconds = 0;
    const char* end = header.value.data() + header.value.size();
    const auto [read, error] = std::from_chars(header.value.data(), end, seconds);
    if (error == std::errc() && read == end && seconds >= 0) return std::min<std::int64_t>(seconds, 3600) * 1000;
  }
  return std::nullopt;
}

// "[2]" in the text cites the second passage.
std::vector<Citation> CitedIn(const std::string& text, const std::vector<Passage>& passages) {
  std::vector<Citation> citations;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    if (text.find('[' + std::to_string(i + 1) + ']') == std::string::npos) continue;
    citations.push_back(Cite(static_cast<int>(i) + 1, passages[i]));
  }
  return citations;
}

}  // namespace

OpenAiModel::OpenAiModel(http::EventLoop& loop, http::Client& client, std::unique_ptr<AgentModel> fallback)
    : loop_(loop), client_(client), fallback_(std::move(fallback)) {}

OpenAiModel::~OpenAiModel() {
  if (timer_) loop_.Cancel(timer_);
  if (fetch_) client_.Cancel(*fetch_);
}

void OpenAiModel::Next(const Prompt& prompt, std::function<void(std::string_view)> on_text,
                       std::function<void(ModelTurn)> on_done) {
  if (has_fallen_back_) return fallback_->Next(prompt, std::move(on_text), std::move(on_done));
  prompt_ = &prompt;
  on_text_ = std::move(on_text);
  on_done_ = std::move(on_done);
  if (rounds_.empty() && prompt.find_pages && !prompt.history.empty())
    passages_ = prompt.find_pages(prompt.history.back().text, kPassagesMax);
  rounds_.push_back({"", prompt.exchanges.size()});
  retries_ = 0;
  deadline_ = loop_.Now() + kRoundMsMax;
  Send();
}

void OpenAiModel::Send() {
  stream_ = std::make_unique<ChatStream>([this](std::string_view text) {
    rounds_.back().text.append(text);
    on_text_(text);
  });
  // The round before is part of the request only once it has ended.
  const std::vector<ChatRound> before(rounds_.begin(), rounds_.end() - 1);
  http::ClientRequest fetch =
      StartEndpointRequest(*prompt_->product, "/chat/completions", "text/event-stream, application/json");
  fetch.body = WriteChatRequest({prompt_, &before, &passages_, asks_for_use_});
  fetch.timeout_ms = static_cast<int>(std::max<std::int64_t>(deadline_ - loop_.Now(), 1));
  fetch.on_body = [this, alive = std::weak_ptr<char>(alive_)](std::string_view piece) {
    if (!alive.expired() && stream_) stream_->Feed(piece);
  };
  fetch_ =
      client_.Fetch(std::move(fetch), [this, alive = std::weak_ptr<char>(alive_)](const http::ClientResult& result) {
        if (alive.expired()) return;
        fetch_.reset();
        OnAnswer(result);
      });
}

void OpenAiModel::OnAnswer(const http::ClientResult& result) {
  ChatReply reply = stream_->End();
  stream_.reset();
  const bool is_answered = result.error == Error::kNone && result.status / 100 == 2;
  if (is_answered && reply.error.empty() && reply.is_complete) return End(TurnOf(std::move(reply)));
  if (const auto wait = RetryIn(result, reply)) {
    ++retries_;
    timer_ = loop_.After(*wait, [this] {
      timer_ = 0;
      Send();
    });
    return;
  }
  const std::string detail = DescribeFailure(result, reply.error, prompt_->product->agent.api_key);
  if (!rounds_.back().text.empty()) return Fail("agent_truncated", detail);
  Fail(result.error == Error::kTimeout ? "agent_timeout" : "agent_unavailable", detail);
}

std::optional<std::int64_t> OpenAiModel::RetryIn(const http::ClientResult& result, const ChatReply& reply) {
  if (!rounds_.back().text.empty()) return std::nullopt;
  if (result.error == Error::kNone && result.status == 400 && asks_for_use_ &&
      result.body.find("stream_options") != std::string::npos) {
    asks_for_use_ = false;
    return 0;
  }
  if (retries_ == kRetriesMax) return std::nullopt;
  std::int64_t wait = kRetryDelayMs << retries_;
  switch (result.error) {
    case Error::kRefusedByEgress:
    case Error::kTooLarge:
    case Error::kTimeout:
    case Error::kCancelled:
      return std::nullopt;
    case Error::kConnect:
    case Error::kBroken:
      break;
    case Error::kNone:
      if (result.status / 100 == 2) {
        // Cut off, or an error in the stream: once more, and only where no tool has acted on the reply so far.
        if (retries_ > 0 || !prompt_->exchanges.empty() || !reply.calls.empty()) return std::nullopt;
      } else if (!MayPass(result.status)) {
        return std::nullopt;
      }
      if (const auto asked = RetryAfterMs(result)) wait = *asked;
  }
  const bool is_in_time = wait <= kRetryDelayMsMax && loop_.Now() + wait < deadline_;
  return is_in_time ? std::optional(wait) : std::nullopt;
}

ModelTurn OpenAiModel::TurnOf(ChatReply reply) const {
  ModelTurn turn;
  turn.calls = std::move(reply.calls);
  turn.use = reply.use;
  const std::string& text = rounds_.back().text;
  if (turn.calls.empty()) {
    turn.citations = CitedIn(text, passages_);
    // Whatever the model has made of it, the help pages hold nothing.
    turn.unanswered = prompt_->find_pages && passages_.empty() && prompt_->exchanges.empty() &&
                      FindSmallTalk(prompt_->history.back().text) == SmallTalk::kNone;
    if (reply.finish_reason == "length") turn.error_code = "agent_truncated";
    else if (text.empty()) turn.error_code = "agent_unavailable";
    if (!turn.error_code.empty()) turn.error_detail = "the endpoint ended with finish_reason " + reply.finish_reason;
  }
  return turn;
}

void OpenAiModel::Fail(std::string code, std::string detail) {
  const bool is_untouched = rounds_.size() == 1 && rounds_[0].text.empty() && prompt_->exchanges.empty();
  if (fallback_ && is_untouched && code != "agent_truncated") {
    has_fallen_back_ = true;
    return fallback_->Next(*prompt_, std::exchange(on_text_, nullptr),
                           [on_done = std::exchange(on_done_, nullptr), detail = std::move(detail)](ModelTurn turn) {
                             if (turn.error_detail.empty()) turn.error_detail = detail;
                             on_done(std::move(turn));
                           });
  }
  ModelTurn turn;
  turn.error_code = std::move(code);
  turn.error_detail = std::move(detail);
  End(std::move(turn));
}

void OpenAiModel::End(ModelTurn turn) {
  // The next turn may begin within this call.
  const auto on_done = std::exchange(on_done_, nullptr);
  on_done(std::move(turn));
}

}  // namespace widgent
