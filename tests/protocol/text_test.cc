#include "protocol/text.h"

#include <catch2/catch.hpp>

#include "protocol/json_fields.h"
#include "protocol/json_writer.h"

using namespace widgent;

TEST_CASE("A text grows, is copied, moved and emptied") {
  Text text("ab");
  for (int i = 0; i < 1000; ++i) text.push_back('c');
  text.Append("d").AppendNumber(-42).AppendNumber(INT64_MIN);
  CHECK(ToString(text) == "ab" + std::string(1000, 'c') + "d-42-9223372036854775808");
  Text copy = text;
  CHECK(copy == text);
  const Text moved = std::move(copy);
  CHECK(moved == text);
  text = TextView(text.c_str() + 1002);
  CHECK(text == "d-42-9223372036854775808");
  text.clear();
  CHECK(text.empty());
  CHECK(text == Text());
  CHECK_FALSE(moved == text);
}

TEST_CASE("U+0000 goes through texts and ends none") {
  JsonFields fields;
  REQUIRE(fields.Parse(R"({"a":"x\u0000y","b":["\u0000"],"c\u0000d":1})"));
  CHECK(fields.Text("a") == std::string("x\0y", 3));
  CHECK(fields.Text("b/0") == std::string(1, '\0'));
  CHECK_FALSE(fields.Has("c"));
  const TextView text = fields.root().Text("a");
  CHECK_FALSE(text == "x");
  JsonWriter writer;
  CHECK(writer.Value(text).text() == R"("x\u0000y")");
}
