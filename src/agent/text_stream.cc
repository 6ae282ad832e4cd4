#include "agent/text_stream.h"

#include <utility>

namespace widgent {

TextStream::TextStream(http::EventLoop& loop, MessageId message, std::function<void(const AgUiEvent&)> emit)
    : loop_(loop), message_(std::move(message)), emit_(std::move(emit)) {}

TextStream::~TextStream() { CancelTimer(); }

void TextStream::Append(std::string_view text) {
  if (ended_ || text.empty()) return;
  const bool first = !started_;
  if (first) {
    started_ = true;
    Emit(EventType::kTextMessageStart);
  }
  pending_ += text;
  if (first || pending_.size() >= kFlushBytes) return Flush();
  if (!timer_) {
    timer_ = loop_.After(kFlushDelayMs, [this] {
      timer_ = 0;
      Flush();
    });
  }
}

void TextStream::Flush() {
  CancelTimer();
  if (ended_ || pending_.empty()) return;
  text_ += pending_;
  Emit(EventType::kTextMessageContent, std::exchange(pending_, {}));
}

void TextStream::End(std::vector<Citation> citations) {
  CancelTimer();
  if (!started_ || ended_) return;
  ended_ = true;
  Emit(EventType::kTextMessageEnd, {}, std::move(citations));
}

void TextStream::Emit(EventType type, std::string delta, std::vector<Citation> citations) {
  AgUiEvent event;
  event.type = type;
  event.message_id = message_;
  event.delta = std::move(delta);
  event.citations = std::move(citations);
  emit_(event);
}

void TextStream::CancelTimer() {
  if (timer_) loop_.Cancel(std::exchange(timer_, 0));
}

}  // namespace widgent
