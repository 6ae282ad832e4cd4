#include "server/run_stream.h"

#include <algorithm>
#include <utility>

#include "protocol/sse.h"

namespace widgent {

namespace {

std::string_view RunErrorText(std::string_view code) {
  constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"agent_unavailable", "The assistant cannot be reached right now."},
      {"agent_timeout", "The assistant took too long to answer."},
      {"agent_truncated", "The reply was cut off."},
      {"tool_limit", "Too many steps were needed for this reply."},
      {"run_limit", "This reply became too long."},
      {"identity_changed", "Someone else is signed in now."},
      {"identity_required", "Please sign in first."},
      {"interrupt_pending", "Please answer the open question first."},
      {"interrupt_expired", "The question has expired. Nothing was done; please ask again."},
      {"handoff_undelivered", "The message could not be passed on. Please send it again."},
      {"interrupt_unknown", "That question is not open any more."},
  };
  for (const auto& [known, text] : kTexts)
    if (known == code) return text;
  return "Something went wrong.";
}

}  // namespace

std::optional<Cursor> ParseCursor(std::string_view last_event_id) {
  constexpr std::size_t kDigitsMax = 9;
  const auto colon = last_event_id.rfind(':');
  if (colon == last_event_id.npos || !IsValidId(last_event_id.substr(0, colon))) return std::nullopt;
  const std::string_view digits = last_event_id.substr(colon + 1);
  if (digits.empty() || digits.size() > kDigitsMax) return std::nullopt;
  std::size_t frame = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    frame = frame * 10 + static_cast<std::size_t>(digit - '0');
  }
  return Cursor{RunId{std::string(last_event_id.substr(0, colon))}, frame};
}

std::string WriteCursor(const RunId& run, std::size_t frame) { return run.value + ':' + std::to_string(frame); }

void RunStream::Append(const AgUiEvent& event, UnixMillis timestamp) {
  text_ += EncodeSse(WriteCursor(run_, ends_.size() + 1), WriteEvent(event, timestamp));
  ends_.push_back(text_.size());
}

void RunStream::Truncate(std::size_t count) {
  text_.resize(EndOf(count));
  ends_.resize(count);
}

std::string_view RunStream::Between(std::size_t first, std::size_t last) const {
  const std::size_t from = EndOf(std::min(first, last));
  return std::string_view(text_).substr(from, EndOf(last) - from);
}

std::string_view FramesAfter(std::string_view stream, std::size_t cursor) {
  constexpr std::string_view kFrameEnd = "\n\n";
  for (; cursor > 0; --cursor) {
    const auto end = stream.find(kFrameEnd);
    if (end == stream.npos) return "";
    stream.remove_prefix(end + kFrameEnd.size());
  }
  return stream;
}

std::string TruncatedStream(const ThreadId& thread, const RunId& run, std::size_t cursor, UnixMillis now) {
  std::string frames;
  if (cursor == 0)
    frames = EncodeSse(WriteCursor(run, ++cursor), WriteEvent(RunStarted(thread, run, std::nullopt), now));
  return frames + EncodeSse(WriteCursor(run, cursor + 1), WriteEvent(RunError("agent_truncated"), now));
}

AgUiEvent RunStarted(const ThreadId& thread, const RunId& run, std::optional<WireIdentity> identity) {
  AgUiEvent event;
  event.type = EventType::kRunStarted;
  event.thread_id = thread;
  event.run_id = run;
  event.identity = std::move(identity);
  return event;
}

AgUiEvent RunFinished(const ThreadId& thread, const RunId& run, Outcome outcome) {
  AgUiEvent event;
  event.type = EventType::kRunFinished;
  event.thread_id = thread;
  event.run_id = run;
  event.outcome = outcome;
  return event;
}

AgUiEvent RunError(std::string_view code) {
  AgUiEvent event;
  event.type = EventType::kRunError;
  event.code = code;
  event.message = RunErrorText(code);
  return event;
}

AgUiEvent TextEvent(EventType type, const MessageId& message, std::string delta) {
  AgUiEvent event;
  event.type = type;
  event.message_id = message;
  event.delta = std::move(delta);
  return event;
}

AgUiEvent ToolEvent(EventType type, std::string id, std::string name) {
  AgUiEvent event;
  event.type = type;
  event.tool_call_id = std::move(id);
  event.name = std::move(name);
  return event;
}

}  // namespace widgent
