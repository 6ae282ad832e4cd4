#include "product/timestamp.h"

#include <catch2/catch.hpp>

using namespace widgent;

TEST_CASE("A time of RFC 3339 is read to the millisecond") {
  CHECK(ReadTimestamp("1970-01-01T00:00:00Z") == 0);
  CHECK(ReadTimestamp("2026-01-01T00:00:00Z") == 1'767'225'600'000);
  CHECK(ReadTimestamp("2026-01-01 00:00:00z") == 1'767'225'600'000);
  CHECK(ReadTimestamp("2026-01-01T05:30:00+05:30") == 1'767'225'600'000);
  CHECK(ReadTimestamp("2025-12-31T19:00:00-05:00") == 1'767'225'600'000);
  CHECK(ReadTimestamp("2026-01-01T00:00:00.25Z") == 1'767'225'600'250);
  CHECK(ReadTimestamp("2026-01-01T00:00:00.123456Z") == 1'767'225'600'123);
  CHECK(ReadTimestamp("2024-02-29T12:00:00Z") == 1'709'208'000'000);
  CHECK(ReadTimestamp("1969-12-31T23:59:59Z") == -1000);
}

TEST_CASE("What is no time of RFC 3339 is none") {
  for (const char* text : {"",
                           "tomorrow",
                           "2026-01-01",
                           "2026-01-01T00:00:00",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-1-1T00:00:00Z",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00+5:30",
                           "2026-01-01T00:00:00+0530",
                           "2026-01-01T00:00:00+24:00",
                           "2026-01-01T00:00:00+05:60",
                           "2026-01-01T00:00:00Zx",
                           "2026/01/01T00:00:00Z",
                           "2026-01-01X00:00:00Z",
                           "-026-01-01T00:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(ReadTimestamp(text));
  }
}
