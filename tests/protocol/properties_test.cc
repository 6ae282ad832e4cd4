#include <vector>

#include "protocol/ag_ui.h"
#include "protocol/base64url.h"
#include "protocol/claims.h"
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "protocol/problem.h"
#include "protocol/sse.h"
#include "support/property.h"

using namespace widgent;
using namespace widgent::test;

namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

// The events of a stream that arrives in the pieces between `cuts`.
Events Decode(std::string_view stream, std::initializer_list<std::size_t> cuts) {
  Events events;
  SseDecoder decoder;
  std::size_t from = 0;
  const auto feed = [&](std::size_t to) {
    RC_ASSERT(decoder.Feed(stream.substr(from, to - from),
                           [&](std::string_view id, std::string_view data) { events.emplace_back(id, data); }));
    from = to;
  };
  for (const std::size_t cut : cuts) feed(cut);
  feed(stream.size());
  return events;
}

rc::Gen<std::string> AnyStream() {
  return Joined({"\n",
                 "\n",
                 "\r",
                 "\r\n",
                 "\n\n",
                 "data",
                 "data:",
                 "data: ",
                 "data: {\"a\":1}",
                 "id:",
                 "id: r:7",
                 "id: \0x",
                 ":",
                 ": hb",
                 "event: x",
                 "retry: 5",
                 "\xEF\xBB\xBF",
                 "é",
                 "\xFF",
                 " ",
                 "x",
                 std::string(1, '\0')});
}

}  // namespace

TEST_CASE("A stream yields the same events wherever it is split") {
  CheckProperty(300, [] {
    const std::string stream = *AnyStream();
    const Events whole = Decode(stream, {});
    for (std::size_t i = 0; i <= stream.size(); ++i) RC_ASSERT(Decode(stream, {i}) == whole);
  });
}

TEST_CASE("A short stream yields the same events at every pair of splits, and byte by byte") {
  CheckProperty(100, [] {
    const std::string stream = (*AnyStream()).substr(0, 48);
    const Events whole = Decode(stream, {});
    for (std::size_t i = 0; i <= stream.size(); ++i) {
      for (std::size_t j = i; j <= stream.size(); ++j) RC_ASSERT(Decode(stream, {i, j}) == whole);
    }
    Events single;
    SseDecoder decoder;
    for (const char c : stream) {
      decoder.Feed(std::string_view(&c, 1),
                   [&](std::string_view id, std::string_view data) { single.emplace_back(id, data); });
    }
    RC_ASSERT(single == whole);
  });
}

TEST_CASE("What is encoded as server-sent events is decoded again") {
  CheckProperty(200, [] {
    const auto line = rc::gen::map(AnyUnicode(), [](std::string text) {
      std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
      return text;
    });
    const auto events = *rc::gen::container<Events>(rc::gen::pair(line, line));
    std::string stream;
    Events wanted;
    for (const auto& [id, data] : events) {
      stream += EncodeSse(id, data);
      stream += kSseHeartbeat;
      wanted.emplace_back(id, data);
    }
    RC_ASSERT(Decode(stream, {}) == wanted);
  });
}

TEST_CASE("base64url gives back any bytes, and has one spelling for each") {
  CheckProperty(500, [] {
    const std::string bytes = *AnyBytes();
    const auto decoded = DecodeBase64Url(EncodeBase64Url(bytes));
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == bytes);
  });
  CheckProperty(1000, [] {
    const std::string text = *rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::elementOf(std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")),
        rc::gen::elementOf(std::string("ABCDwxyz0123-_AAAA===+/ .\n"))));
    const auto decoded = DecodeBase64Url(text);
    if (decoded) RC_ASSERT(EncodeBase64Url(*decoded) == text);
  });
}

TEST_CASE("JSON that was written reads as it was meant, for any text and number") {
  CheckProperty(300, [] {
    const std::string text = *AnyUnicode();
    const auto number = *rc::gen::arbitrary<std::int64_t>();
    const bool flag = *rc::gen::arbitrary<bool>();
    JsonWriter writer;
    writer.Open('{').Put("text", text).Put("number", number).Key("list").Open('[').Value(text).Value(flag).Close(']');
    JsonFields fields;
    RC_ASSERT(fields.Parse(writer.Close('}').Take()));
    RC_ASSERT(fields.Text("text") == text);
    RC_ASSERT(fields.Text("list/0") == text);
    RC_ASSERT(fields.Flag("list/1", !flag) == flag);
    RC_ASSERT(fields.Integer("number", ~number) == number);
  });
}

TEST_CASE("JSON that was written is JSON, whatever bytes went in") {
  CheckProperty(500, [] {
    const std::string bytes = *AnyBytes();
    JsonWriter writer;
    JsonFields fields;
    RC_ASSERT(fields.Parse(writer.Open('{').Put(bytes, bytes).Put("end", 1).Close('}').Take()));
    RC_ASSERT(fields.Integer("end", 0) == 1);
  });
}

TEST_CASE("A run's input reads as it was written") {
  CheckProperty(150, [] {
    const auto id = rc::gen::map(
        rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019._~-")))),
        [](const std::string& text) { return "i" + text.substr(0, 127); });
    const std::string text = "x" + *AnyUnicode(), page = *AnyUnicode();
    const RunAgentInput input{{*id}, {*id}, {*id}, text, page, "en"};
    RunAgentInput read;
    const auto error = ReadRunAgentInput(WriteRunAgentInput(input), read);
    RC_ASSERT(!error);
    RC_ASSERT(read.thread_id == input.thread_id);
    RC_ASSERT(read.run_id == input.run_id);
    RC_ASSERT(read.message_id == input.message_id);
    RC_ASSERT(read.text == input.text);
    RC_ASSERT(read.page == input.page);
  });
}

TEST_CASE("No reader of the wire crashes on any text") {
  CheckProperty(1500, [] {
    const std::string text = *rc::gen::oneOf(AnyBytes(), Joined({"{",
                                                                 "}",
                                                                 "[",
                                                                 "]",
                                                                 ",",
                                                                 ":",
                                                                 "\"type\"",
                                                                 "\"TEXT_MESSAGE_CONTENT\"",
                                                                 "\"messages\"",
                                                                 "\"id\"",
                                                                 "\"role\"",
                                                                 "\"user\"",
                                                                 "\"content\"",
                                                                 "\"threadId\"",
                                                                 "\"runId\"",
                                                                 "\"code\"",
                                                                 "1e999",
                                                                 "-1",
                                                                 "null",
                                                                 "true",
                                                                 "\"\\ud800\"",
                                                                 "\"\\u0000\"",
                                                                 "\"",
                                                                 "\\",
                                                                 "\xFF",
                                                                 " "}));
    RunAgentInput input;
    ReadRunAgentInput(text, input);
    ReadEvent(text);
    PeekClaims(text);
    PeekClaims("e30." + EncodeBase64Url(text) + ".e30");
    const Problem problem = ReadProblem(500, text);
    JsonFields fields;
    RC_ASSERT(fields.Parse(WriteProblem(problem)));
  });
}
