#include "server/run_stream.h"

#include <catch2/catch.hpp>

using namespace widgent;

TEST_CASE("A cursor names a run and a frame") {
  const auto cursor = ParseCursor("r_01:17");
  REQUIRE(cursor);
  CHECK(cursor->run.value == "r_01");
  CHECK(cursor->frame == 17);
  CHECK(ParseCursor(WriteCursor(RunId{"r"}, 3))->frame == 3);
}

TEST_CASE("What is no cursor is not taken for one") {
  const std::string text =
      GENERATE("", ":", "r", "r:", ":1", "r:x", "r:-1", "r:1 ", "r:1:", "r s:1", "r:12345678901", "r/s:1", "r:1\n");
  CAPTURE(text);
  CHECK_FALSE(ParseCursor(text));
}

TEST_CASE("Frames are numbered from 1, and any tail can be had, also of the stored text") {
  RunStream stream(RunId{"r"});
  for (int i = 0; i < 4; ++i) stream.Append(TextEvent(EventType::kTextMessageContent, MessageId{"m"}, "a\n\nb"));
  CHECK(stream.count() == 4);
  CHECK(stream.Between(0, 4) == stream.text());
  CHECK(stream.Between(3, 4).starts_with("id: r:4\n"));
  CHECK(stream.Between(9, 4).empty());
  for (std::size_t n = 0; n <= 5; ++n) CHECK(FramesAfter(stream.text(), n) == stream.Between(n, 4));
  stream.Truncate(2);
  CHECK(stream.count() == 2);
  CHECK(stream.text() == stream.Between(0, 2));
}

TEST_CASE("A run cut off by a crash ends with agent_truncated, whatever was seen of it") {
  const std::string whole = TruncatedStream(ThreadId{"t"}, RunId{"r"}, 0, 1);
  CHECK(whole.find("id: r:1\ndata: {\"type\":\"RUN_STARTED\"") == 0);
  CHECK(whole.find("id: r:2\ndata: {\"type\":\"RUN_ERROR\"") != whole.npos);
  const std::string tail = TruncatedStream(ThreadId{"t"}, RunId{"r"}, 7, 1);
  CHECK(tail.find("id: r:8\ndata: {\"type\":\"RUN_ERROR\"") == 0);
  CHECK(tail.find("agent_truncated") != tail.npos);
}
