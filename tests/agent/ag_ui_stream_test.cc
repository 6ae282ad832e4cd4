#include "agent/ag_ui_stream.h"

#include <catch2/catch.hpp>

namespace widgent::test {

namespace {

struct Read {
  std::string text;
  AgUiReply reply;
};

std::string Frames(const std::vector<std::string>& events) {
  std::string stream;
  for (const std::string& event : events) stream += "data: " + event + "\n\n";
  return stream;
}

Read ReadAll(const std::string& stream, std::size_t split = 0) {
  Read read;
  AgUiStream reader([&](std::string_view text) { read.text += text; });
  reader.Feed(stream.substr(0, split));
  reader.Feed(stream.substr(split));
  read.reply = reader.End();
  return read;
}

constexpr char kFinished[] = R"({"type":"RUN_FINISHED","threadId":"t","runId":"r"})";

}  // namespace

TEST_CASE("The agent's words and calls are read from its events, split anywhere") {
  const std::string stream =
      Frames({R"({"type":"RUN_STARTED","threadId":"t","runId":"r"})", R"({"type":"STATE_SNAPSHOT","snapshot":{}})",
              R"({"type":"REASONING_MESSAGE_CONTENT","messageId":"x","delta":"hm"})",
              R"({"type":"TEXT_MESSAGE_START","messageId":"s","role":"system"})",
              R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"s","delta":"hidden"})",
              R"({"type":"TEXT_MESSAGE_START","messageId":"m","role":"assistant"})",
              R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"Let me "})",
              R"({"type":"TEXT_MESSAGE_CHUNK","messageId":"m","delta":"look."})",
              R"({"type":"TOOL_CALL_START","toolCallId":"a","toolCallName":"get_order"})",
              R"({"type":"TOOL_CALL_START","toolCallId":"b","toolCallName":"weather"})",
              R"({"type":"TOOL_CALL_ARGS","toolCallId":"a","delta":"{\"id\":"})",
              R"({"type":"TOOL_CALL_ARGS","toolCallId":"b","delta":"{}"})",
              R"({"type":"TOOL_CALL_ARGS","toolCallId":"a","delta":"1}"})",
              R"({"type":"TOOL_CALL_RESULT","toolCallId":"b","messageId":"r","content":"sunny"})",
              R"({"type":"TOOL_CALL_CHUNK","toolCallId":"c","toolCallName":"get_order","delta":"{\"id\""})",
              R"({"type":"TOOL_CALL_CHUNK","delta":":2}"})", R"({"type":"CUSTOM","name":"widgent.handoff","value":{}})",
              kFinished, R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"late"})"});
  for (std::size_t at = 0; at < stream.size(); ++at) {
    const Read read = ReadAll(stream, at);
    REQUIRE(read.text == "Let me look.");
    REQUIRE(read.reply.calls.size() == 2);
    CHECK(read.reply.calls[0].arguments_json == R"({"id":1})");
    CHECK(read.reply.calls[1].arguments_json == R"({"id":2})");
    CHECK(read.reply.is_complete);
    CHECK(read.reply.error.empty());
  }
}

TEST_CASE("An agent's error, its own question, and what is no event end the round without a crash") {
  const std::string event =
      GENERATE(as<std::string>{}, R"({"type":"RUN_ERROR","message":"out of\nmemory"})", R"({"type":"RUN_ERROR"})", "[]",
               "null", "{", R"({"type":"RUN_FINISHED","outcome":{"type":"interrupt","interrupts":[]}})",
               R"({"type":"RUN_FINISHED","outcome":{"type":"cancelled"}})", "{\"a\":" + std::string(100, '['));
  const Read read = ReadAll(Frames({event, kFinished}));
  CHECK_FALSE(read.reply.error.empty());
  CHECK_FALSE(read.reply.is_complete);
  CHECK(read.reply.error.find('\n') == std::string::npos);
}

TEST_CASE("A stream that ends without the end of the run is not complete") {
  CHECK_FALSE(ReadAll(Frames({R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"Well"})"})).reply.is_complete);
  CHECK_FALSE(ReadAll("").reply.is_complete);
}

TEST_CASE("Too many calls, or arguments without an end, are an error") {
  std::vector<std::string> events;
  for (std::size_t i = 0; i <= AgUiStream::kCallsMax; ++i)
    events.push_back(R"({"type":"TOOL_CALL_START","toolCallName":"x","toolCallId":")" + std::to_string(i) + "\"}");
  CHECK_FALSE(ReadAll(Frames(events)).reply.error.empty());
  events = {events[0]};
  for (int i = 0; i < 70; ++i)
    events.push_back(R"({"type":"TOOL_CALL_ARGS","toolCallId":"0","delta":")" + std::string(1000, 'x') + "\"}");
  CHECK_FALSE(ReadAll(Frames(events)).reply.error.empty());
}

}  // namespace widgent::test
