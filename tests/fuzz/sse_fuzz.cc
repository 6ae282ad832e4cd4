// A stream of events, from our server or from a model's endpoint: the same in whatever pieces it arrives.
#include "agent/chat_stream.h"
#include "fuzz/fuzz.h"
#include "protocol/sse.h"

using namespace widgent;
using namespace widgent::test;

namespace {

using Pieces = std::vector<std::string_view>;

struct Heard {
  std::vector<std::pair<std::string, std::string>> events;
  bool goes_on = true;
  bool operator==(const Heard&) const = default;
};

Heard Decode(const Pieces& pieces) {
  Heard heard;
  SseDecoder decoder;
  for (const std::string_view piece : pieces)
    heard.goes_on = decoder.Feed(piece, [&](auto id, auto data) { heard.events.emplace_back(id, data); });
  return heard;
}

std::string Chat(const Pieces& pieces) {
  std::string told;
  ChatStream stream([&](std::string_view text) { told += text; });
  for (const std::string_view piece : pieces) stream.Feed(piece);
  const ChatReply reply = stream.End();
  Demand(reply.calls.size() <= ChatStream::kCallsMax, "a reply has a bounded number of calls");
  for (const ModelToolCall& call : reply.calls) told += '\n' + call.id + '\n' + call.name + '\n' + call.arguments_json;
  return told + '\n' + reply.finish_reason + '\n' + reply.error + (reply.is_complete ? "." : "");
}

bool IsPlain(const std::string& text) { return text.find_first_of(std::string("\r\n\0", 3)) == std::string::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const Heard whole = Decode({stream});
  const std::string chat = Chat({stream});
  SplitEverywhere(stream, [&](const Pieces& pieces) {
    Demand(Decode(pieces) == whole, "events do not depend on the pieces");
    Demand(Chat(pieces) == chat, "a model's reply does not depend on the pieces");
  });
  for (const auto& [id, text] : whole.events) {
    if (!IsPlain(id) || !IsPlain(text)) continue;
    const std::string frame = EncodeSse(id, text);
    const Heard again = Decode({frame});
    Demand(again.events.size() == 1 && again.events[0] == std::pair(id, text), "an event can be written and read");
  }
  return 0;
}
