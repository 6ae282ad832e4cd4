#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "protocol/json_fields.h"
#include "protocol/json_writer.h"

using namespace widgent;

TEST_CASE("Scalars are found by path") {
  JsonFields fields;
  REQUIRE(fields.Parse(R"({"a":{"b":[1,"x",{"c":true}]},"n":-5,"big":1e300,"f":2.9,"e":[],"z":null})"));
  CHECK(fields.Integer("a/b/0", 0) == 1);
  CHECK(fields.Text("a/b/1") == "x");
  CHECK(fields.Flag("a/b/2/c"));
  CHECK(fields.Count("a/b") == 3);
  CHECK(fields.Count("e") == 0);
  CHECK(fields.Has("e"));
  CHECK(fields.Has("z"));
  CHECK_FALSE(fields.Has("a/c"));
  CHECK(fields.Integer("n", 0) == -5);
  CHECK(fields.Integer("f", 0) == 2);
  CHECK(fields.Integer("big", 0) == 9'200'000'000'000'000'000);
  CHECK(fields.Text("n").empty());
  CHECK(fields.Integer("a/b/1", 7) == 7);
}

TEST_CASE("Of two members with one name the last wins") {
  JsonFields fields;
  REQUIRE(fields.Parse(R"({"a":1,"a":2})"));
  CHECK(fields.Integer("a", 0) == 2);
}

TEST_CASE("Integers beyond 64 bits are clamped") {
  JsonFields fields;
  REQUIRE(fields.Parse("[18446744073709551615, -1e400]") == false);
  REQUIRE(fields.Parse("[18446744073709551615, -1e300]"));
  CHECK(fields.Integer("0", 0) == INT64_MAX);
  CHECK(fields.Integer("1", 0) == -9'200'000'000'000'000'000);
}

TEST_CASE("What is no document, or too deep, is refused and leaves nothing") {
  JsonFields fields;
  for (const char* bad :
       {"", "1", "\"a\"", "{", "{\"a\":}", "[1,]", "nul", "{\"a\":\"\\ud800\"}", "[\"\xff\"]", "{} x"}) {
    CHECK_FALSE(fields.Parse(bad));
    CHECK_FALSE(fields.Has("a"));
  }
  CHECK(fields.Parse(std::string(32, '[') + std::string(32, ']')));
  CHECK_FALSE(fields.Parse(std::string(33, '[') + std::string(33, ']')));
  CHECK_FALSE(fields.Parse(std::string(200'000, '[')));
}

TEST_CASE("A long name over many values does not multiply") {
  const auto document = [](std::size_t name_bytes, int values) {
    std::string text = "{\"" + std::string(name_bytes, 'k') + "\":[";
    for (int i = 0; i < values; ++i) text += i ? ",0" : "0";
    return text + "]}";
  };
  const std::string name(30'000, 'k');
  JsonFields fields;
  REQUIRE(fields.Parse(document(name.size(), 17'000)));
  CHECK(fields.Count(name) == 17'000);
  CHECK(fields.Has(JsonFields::Path(name, 16'999, "")));
  CHECK_FALSE(fields.Has(JsonFields::Path(name, 17'000, "")));
}

TEST_CASE("A path is met whole: neither its end alone nor its names run together count") {
  JsonFields fields;
  REQUIRE(fields.Parse(R"({"a":{"bc":1,"":2,"d":{"e":3}},"x":[[4],5]})"));
  CHECK(fields.Integer("a/bc", 0) == 1);
  CHECK(fields.Integer("a/", 0) == 2);
  CHECK(fields.Integer("a/d/e", 0) == 3);
  CHECK(fields.Integer("x/0/0", 0) == 4);
  CHECK(fields.Has(""));
  for (const char* other : {"bc", "c", "abc", "a/b", "a/bc/", "/a/bc", "d/e", "z/a/bc", "x/00", "x/0/", "x/2", "/"})
    CHECK_FALSE(fields.Has(other));
}

TEST_CASE("What is written reads back the same, and is always valid JSON") {
  std::string text = "quote \" back \\ line \n tab \t del \x7F nul ";
  text += '\0';
  text += " é 日本 \xF0\x9F\x98\x80";
  JsonWriter writer;
  writer.Open('{').Put("text", text).Put("least", INT64_MIN).Put("most", INT64_MAX).Put("flag", true);
  writer.Key("list").Open('[').Value(1).Value("two").Open('{').Close('}').Close(']').PutIf("none", "").Close('}');
  const auto parsed = nlohmann::json::parse(writer.text());
  CHECK(parsed["text"] == text);
  CHECK(parsed["least"] == INT64_MIN);
  CHECK(parsed["most"] == INT64_MAX);
  CHECK(parsed["list"].dump() == R"([1,"two",{}])");
  CHECK_FALSE(parsed.contains("none"));
}

TEST_CASE("Bytes that are not UTF-8 are replaced one by one") {
  for (const auto& [bytes, expected] : std::vector<std::pair<std::string, std::string>>{
           {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
           {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
           {"\xF5", "\xEF\xBF\xBD"},
           {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},
           {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
           {"\xE2\x82\xAC", "\xE2\x82\xAC"}}) {
    std::string out;
    AppendJsonString(out, bytes);
    CHECK(out == '"' + expected + '"');
  }
}
