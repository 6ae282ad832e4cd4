#include "protocol/sse.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace widgent;
using Events = std::vector<std::pair<std::string, std::string>>;

namespace {

Events Decode(const std::vector<std::string>& pieces) {
  SseDecoder decoder;
  Events events;
  for (const std::string& piece : pieces)
    decoder.Feed(piece, [&](std::string_view id, std::string_view data) { events.emplace_back(id, data); });
  return events;
}

}  // namespace

TEST_CASE("What is encoded is decoded") {
  CHECK(Decode({EncodeSse("r:1", R"({"a":1})")}) == Events{{"r:1", R"({"a":1})"}});
}

TEST_CASE("A stream split at every byte gives the same events") {
  const std::string stream =
      "\xEF\xBB\xBF: hello\r\nid: r:1\r\ndata: {\"t\":\"\xC3\xA9\"}\r\n\r\n: hb\n\nid: r:2\ndata:a\ndata: "
      "b\n\nid\rdata: c\r\r";
  const Events whole = Decode({stream});
  CHECK(whole == Events{{"r:1", "{\"t\":\"\xC3\xA9\"}"}, {"r:2", "a\nb"}, {"", "c"}});
  for (std::size_t cut = 0; cut <= stream.size(); ++cut)
    CHECK(Decode({stream.substr(0, cut), stream.substr(cut)}) == whole);
}

TEST_CASE("Comments, unknown fields and events without data give nothing") {
  CHECK(Decode({": hb\n\nevent: x\nretry: 5\nfoo\n\nid: 7\n\n"}).empty());
}

TEST_CASE("An event that never ends stops the decoder instead of the memory") {
  SseDecoder decoder;
  const std::string piece(1 << 16, 'x');
  bool sound = true;
  for (int i = 0; i < 20 && sound; ++i) sound = decoder.Feed(piece, [](auto, auto) {});
  CHECK_FALSE(sound);
  CHECK_FALSE(decoder.Feed("\n\ndata: a\n\n", [](auto, auto) { FAIL("nothing comes after an overflow"); }));
}

TEST_CASE("An id with U+0000 is not taken, as raw or as a text holds it") {
  for (const std::string& nul : {std::string(1, '\0'), std::string("\xC0\x80")})
    CHECK(Decode({"id: a\ndata: 1\n\nid: b" + nul + "\ndata: 2\n\n"}) == Events{{"a", "1"}, {"a", "2"}});
}
