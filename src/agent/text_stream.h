// The reply as events: TEXT_MESSAGE_START, CONTENT …, END. The first piece goes out at once; later ones are gathered
// for 40 ms or 24 bytes, because an event per word costs many times its text.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/event_loop.h"
#include "protocol/ag_ui.h"

namespace widgent {

class TextStream {
 public:
  static constexpr std::int64_t kFlushDelayMs = 40;
  static constexpr std::size_t kFlushBytes = 24;

  // `emit` outlives the stream.
  TextStream(http::EventLoop& loop, MessageId message, std::function<void(const AgUiEvent&)> emit);
  ~TextStream();
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;

  void Append(std::string_view text);
  void Flush();
  // Ends the message, where one was begun. What was not flushed is dropped.
  void End(std::vector<Citation> citations = {});

  const std::string& text() const { return text_; }  // what has been emitted
  bool started() const { return started_; }
  const MessageId& message() const { return message_; }

 private:
  void Emit(EventType type, std::string delta = {}, std::vector<Citation> citations = {});
  void CancelTimer();

  http::EventLoop& loop_;
  MessageId message_;
  std::function<void(const AgUiEvent&)> emit_;
  std::string text_, pending_;
  bool started_ = false, ended_ = false;
  http::TimerId timer_ = 0;
};

}  // namespace widgent
