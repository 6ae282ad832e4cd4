// The stream of one run as numbered frames: `id: <run>:<n>`, n = 1, 2, 3 …
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ag_ui.h"

namespace widgent {

// What a client has seen last: "<run>:<n>".
struct Cursor {
  RunId run;
  std::size_t frame = 0;
};
std::optional<Cursor> ParseCursor(std::string_view last_event_id);
std::string WriteCursor(const RunId& run, std::size_t frame);

class RunStream {
 public:
  explicit RunStream(RunId run) : run_(std::move(run)) {}

  void Append(const AgUiEvent& event, UnixMillis timestamp = 0);
  void Truncate(std::size_t count);
  std::size_t count() const { return ends_.size(); }
  const std::string& text() const { return text_; }
  // Frames from number `first` + 1 to number `last`.
  std::string_view Between(std::size_t first, std::size_t last) const;

 private:
  std::size_t EndOf(std::size_t n) const { return n == 0 ? 0 : ends_[n - 1]; }

  RunId run_;
  std::string text_;
  std::vector<std::size_t> ends_;  // of each frame in text_
};

// The tail of a stored stream after frame `cursor`.
std::string_view FramesAfter(std::string_view stream, std::size_t cursor);

// The stream of a run that a crash cut off: the visitor is offered to try again.
std::string TruncatedStream(const ThreadId& thread, const RunId& run, std::size_t cursor, UnixMillis now);

AgUiEvent RunStarted(const ThreadId& thread, const RunId& run, std::optional<WireIdentity> identity);
AgUiEvent RunFinished(const ThreadId& thread, const RunId& run, Outcome outcome);
AgUiEvent RunError(std::string_view code);  // with a sentence for the visitor
AgUiEvent TextEvent(EventType type, const MessageId& message, std::string delta = "");
AgUiEvent ToolEvent(EventType type, std::string id, std::string name = "");

}  // namespace widgent
