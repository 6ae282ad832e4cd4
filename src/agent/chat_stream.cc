#include "agent/chat_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/json.h"
#include "agent/text.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kErrorCodePointsMax = 300;
constexpr std::string_view kThinkBegin = "<think>", kThinkEnd = "</think>";
constexpr std::string_view kBlanks = " \t\r\n";

const json* Find(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(key);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

std::string TextOf(const json& object, const char* key) {
  const json* member = Find(object, key);
  return member && member->is_string() ? member->get<std::string>() : std::string();
}

std::int64_t CountOf(const json& object, const char* key) {
  const json* member = Find(object, key);
  return member && member->is_number_unsigned() ? member->get<std::int64_t>() : 0;
}

// {"error":{"message":…}}, {"error":"…"}, or the error itself.
std::string DescribeError(const json& error) {
  std::string text = error.is_string() ? error.get<std::string>() : TextOf(error, "message");
  if (text.empty()) text = DumpJson(error);
  return CleanLine(text, kErrorCodePointsMax);
}

bool IsJson(const std::string& text) { return json::accept(text); }

}  // namespace

void ChatStream::Feed(std::string_view piece) {
  if (form_ == Form::kUnknown) {
    const std::size_t first = piece.find_first_not_of(kBlanks);
    if (first != piece.npos) form_ = piece[first] == '{' || piece[first] == '[' ? Form::kDocument : Form::kStream;
  }
  if (!reply_.error.empty()) return;
  if (form_ == Form::kDocument) {
    document_.append(piece);
    if (document_.size() > kDocumentBytesMax) Fail("the answer is too long");
    return;
  }
  const bool fits = sse_.Feed(piece, [this](std::string_view, std::string_view data) { TakeEvent(data); });
  if (!fits) Fail("an event of the stream is too long");
}

ChatReply ChatStream::End() {
  if (form_ == Form::kDocument && reply_.error.empty()) {
    const std::optional<json> document = ParseJson(document_, kDocumentBytesMax, 64);
    if (!document || !TakeChunk(*document)) Fail("the answer is no JSON document of Chat Completions");
    is_done_ = true;
  } else {
    Feed("\n\n");  // the last event need not be followed by an empty line
  }
  if (thought_ == Thought::kUnknown) Show(held_);
  for (OpenCall& open : calls_) {
    if (open.call.name.empty()) continue;
    if (open.call.arguments_json.find_first_not_of(kBlanks) == std::string::npos) open.call.arguments_json = "{}";
    reply_.calls.push_back(std::move(open.call));
  }
  reply_.is_complete = is_done_ || !reply_.finish_reason.empty();
  return std::move(reply_);
}

void ChatStream::TakeEvent(std::string_view data) {
  if (is_done_ || !reply_.error.empty()) return;
  const std::size_t first = data.find_first_not_of(kBlanks);
  if (first == data.npos || data[first] == ':') return;  // nothing, or a comment that a gateway took for data
  if (data.substr(0, data.find_last_not_of(kBlanks) + 1) == "[DONE]") {
    is_done_ = true;
    return;
  }
  if (const std::optional<json> chunk = ParseJson(data, SseDecoder::kEventBytesMax, 64)) {
    if (!TakeChunk(*chunk)) Fail("a chunk of the stream is no object");
    return;
  }
  // Chunks that are parted by one line break in place of two arrive as one event of several lines.
  const std::size_t line = data.find('\n');
  if (line == data.npos) return Fail("a chunk of the stream is no JSON");
  TakeEvent(data.substr(0, line));
  TakeEvent(data.substr(line + 1));
}

bool ChatStream::TakeChunk(const json& chunk) {
  if (!chunk.is_object()) return false;
  if (const json* error = Find(chunk, "error")) {
    Fail(DescribeError(*error));
    return true;
  }
  if (TextOf(chunk, "object") == "error") {
    Fail(DescribeError(chunk));
    return true;
  }
  if (const json* usage = Find(chunk, "usage")) {
    // Some tell the sum so far with each chunk.
    reply_.use.input = std::max(reply_.use.input, CountOf(*usage, "prompt_tokens"));
    reply_.use.output = std::max(reply_.use.output, CountOf(*usage, "completion_tokens"));
  }
  const json* choices = Find(chunk, "choices");
  if (!choices || !choices->is_array() || choices->empty()) return true;
  const json& choice = choices->front();
  const json* message = Find(choice, "delta");
  if (!message || message->empty()) message = Find(choice, "message");
  if (message) TakeMessage(*message);
  if (const std::string reason = TextOf(choice, "finish_reason"); !reason.empty()) reply_.finish_reason = reason;
  return true;
}

void ChatStream::TakeMessage(const json& message) {
  if (const json* content = Find(message, "content")) {
    if (content->is_string()) TakeText(content->get_ref<const std::string&>());
    if (content->is_array()) {
      for (const json& part : *content)
        if (TextOf(part, "type") == "text") TakeText(TextOf(part, "text"));
    }
  }
  TakeText(TextOf(message, "refusal"));
  if (const json* calls = Find(message, "tool_calls"); calls && calls->is_array())
    for (const json& call : *calls) TakeToolCall(call);
  if (const json* call = Find(message, "function_call")) TakeToolCall(json{{"function", *call}});
}

// The call that this delta belongs to; nullptr: it opens a new one. An id that is not the open call's opens one, for
// the index is missing or always 0 at some endpoints; so does a name where nothing else tells two calls apart.
ChatStream::OpenCall* ChatStream::FindCall(const json& delta, const std::string& id, const std::string& name) {
  const json* index = Find(delta, "index");
  OpenCall* found = nullptr;
  if (index && index->is_number_integer()) {
    for (OpenCall& open : calls_)
      if (open.index == index->get<std::int64_t>()) found = &open;
  } else if (!calls_.empty()) {
    found = &calls_.back();
  }
  if (!id.empty())
    for (OpenCall& open : calls_)
      if (open.call.id == id) return &open;
  if (!found && id.empty() && name.empty() && !calls_.empty()) return &calls_.back();
  if (!found) return nullptr;
  if (!id.empty() && !found->call.id.empty()) return nullptr;
  const bool is_whole = !found->call.arguments_json.empty() && IsJson(found->call.arguments_json);
  if (id.empty() && !index && !name.empty() && !found->call.name.empty() && is_whole) return nullptr;
  return found;
}

void ChatStream::TakeToolCall(const json& delta) {
  const json* function = Find(delta, "function");
  if (!function) return;
  const std::string id = TextOf(delta, "id"), name = TextOf(*function, "name");
  OpenCall* open = FindCall(delta, id, name);
  if (!open) {
    if (calls_.size() == kCallsMax) return Fail("the model asks for too many tool calls at once");
    const json* index = Find(delta, "index");
    calls_.push_back({index && index->is_number_integer() ? index->get<std::int64_t>() : -1, {}});
    open = &calls_.back();
  }
  if (open->call.id.empty()) open->call.id = id;
  if (open->call.name.empty()) open->call.name = name;
  const json* arguments = Find(*function, "arguments");
  if (!arguments) return;
  open->call.arguments_json += arguments->is_string() ? arguments->get<std::string>() : DumpJson(*arguments);
  if (open->call.arguments_json.size() > kArgumentsBytesMax) Fail("the arguments of a tool call are too long");
}

void ChatStream::TakeText(std::string_view text) {
  if (text.empty()) return;
  if (thought_ == Thought::kOver) return Show(text);
  held_.append(text);
  if (thought_ == Thought::kUnknown) {
    const std::size_t first = std::min(held_.find_first_not_of(kBlanks), held_.size());
    const std::string_view start = std::string_view(held_).substr(first, kThinkBegin.size());
    if (start != kThinkBegin.substr(0, start.size())) {
      thought_ = Thought::kOver;
      return Show(std::exchange(held_, {}));
    }
    if (start.size() < kThinkBegin.size()) return;
    thought_ = Thought::kInside;
  }
  const std::size_t end = held_.find(kThinkEnd);
  if (end == std::string::npos) {
    // Only its last characters can be the beginning of the end.
    if (held_.size() > kThinkEnd.size()) held_.erase(0, held_.size() - kThinkEnd.size());
    return;
  }
  std::string_view rest = std::string_view(held_).substr(end + kThinkEnd.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  thought_ = Thought::kOver;
  Show(rest);
}

void ChatStream::Show(std::string_view text) {
  if (text.empty()) return;
  has_text_ = true;
  on_text_(text);
}

void ChatStream::Fail(std::string error) {
  if (reply_.error.empty()) reply_.error = std::move(error);
}

}  // namespace widgent
