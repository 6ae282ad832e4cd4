#include "agent/chat_stream.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace widgent::test {

using nlohmann::json;

namespace {

const std::string kFolder = WIDGENT_SOURCE_DIR "/tests/agent/quirks/";

std::string ReadFile(const std::string& name) {
  std::ifstream file(kFolder + name, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Heard {
  std::string text;
  ChatReply reply;
};

Heard Hear(const std::vector<std::string>& pieces) {
  Heard heard;
  ChatStream stream([&](std::string_view text) { heard.text += text; });
  for (const std::string& piece : pieces) stream.Feed(piece);
  heard.reply = stream.End();
  return heard;
}

void CheckAgainst(const json& quirk, const Heard& heard) {
  CHECK(heard.text == quirk["text"]);
  CHECK(heard.reply.error.empty() == !quirk["error"].get<bool>());
  if (!quirk["complete"].is_null()) CHECK(heard.reply.is_complete == quirk["complete"]);
  REQUIRE(heard.reply.calls.size() == quirk["calls"].size());
  for (std::size_t i = 0; i < heard.reply.calls.size(); ++i) {
    const ModelToolCall& call = heard.reply.calls[i];
    CHECK(json({call.id, call.name, call.arguments_json}) == quirk["calls"][i]);
  }
  const json use = quirk.value("use", json::array({0, 0}));
  CHECK(json({heard.reply.use.input, heard.reply.use.output}) == use);
}

}  // namespace

TEST_CASE("What endpoints are reported to send is understood, whole and split at every byte") {
  const json quirks = json::parse(ReadFile("quirks.json"));
  CHECK(quirks.size() >= 40);
  for (const json& quirk : quirks) {
    INFO(quirk["file"].get<std::string>() << ": " << quirk["why"].get<std::string>());
    const std::string body = ReadFile(quirk["file"]);
    CheckAgainst(quirk, Hear({body}));
    for (std::size_t at = 1; at < body.size(); ++at) {
      INFO("split at " << at);
      CheckAgainst(quirk, Hear({body.substr(0, at), body.substr(at)}));
    }
    std::vector<std::string> bytes;
    for (const char byte : body) bytes.emplace_back(1, byte);
    CheckAgainst(quirk, Hear(bytes));
  }
}

TEST_CASE("Blanks before the first event belong to its line, in a piece of their own too") {
  const std::string event = "data: {\"choices\": [{\"delta\": {\"content\": \"Hello\"}}]}\n\n";
  CHECK(Hear({"  " + event}).text.empty());
  CHECK(Hear({"  ", event}).text.empty());
  CHECK(Hear({"\n\n", event}).text == "Hello");
  CHECK(Hear({" \n", "{\"choices\": [{\"message\": {\"content\": \"Hello\"}}]}"}).text == "Hello");
}

TEST_CASE("A reply without bounds is given up") {
  const auto chunk = [](const json& delta) {
    return "data: " + json{{"choices", {{{"delta", delta}}}}}.dump() + "\n\n";
  };
  SECTION("too many calls") {
    std::vector<std::string> pieces;
    for (int i = 0; i < 17; ++i)
      pieces.push_back(
          chunk({{"tool_calls", {{{"index", i}, {"id", "c" + std::to_string(i)}, {"function", {{"name", "x"}}}}}}}));
    CHECK(Hear(pieces).reply.error == "the model asks for too many tool calls at once");
  }
  SECTION("arguments without an end") {
    std::vector<std::string> pieces;
    for (int i = 0; i < 17; ++i)
      pieces.push_back(chunk(
          {{"tool_calls", {{{"index", 0}, {"function", {{"name", "x"}, {"arguments", std::string(4096, ' ')}}}}}}}));
    CHECK(Hear(pieces).reply.error == "the arguments of a tool call are too long");
  }
  SECTION("an event without an end") {
    CHECK(Hear({"data: " + std::string(SseDecoder::kEventBytesMax, 'x')}).reply.error ==
          "an event of the stream is too long");
  }
  SECTION("a document without an end") {
    CHECK(Hear({"{", std::string(ChatStream::kDocumentBytesMax, ' ')}).reply.error == "the answer is too long");
  }
  SECTION("brackets without an end") {
    CHECK_FALSE(Hear({"data: " + std::string(100'000, '[') + "\n\n"}).reply.error.empty());
    CHECK_FALSE(Hear({"{\"a\":" + std::string(100'000, '[')}).reply.error.empty());
  }
}

TEST_CASE("A thought that never ends shows nothing") {
  const std::string chunk = R"(data: {"choices":[{"delta":{"content":"<think>secret"}}]})";
  CHECK(Hear({chunk + "\n\ndata: [DONE]\n\n"}).text.empty());
}

}  // namespace widgent::test
