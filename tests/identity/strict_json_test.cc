#include "identity/strict_json.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "protocol/base64url.h"

using namespace widgent;
using Kind = JsonMember::Kind;

namespace {

std::string DecodeBase64(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return DecodeBase64Url(text).value();
}

std::string Nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("Strict JSON agrees with JSONTestSuite, and refuses equal names besides") {
  const std::set<std::string> refused_too = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"};
  std::ifstream stream(WIDGENT_SOURCE_DIR "/tests/data/jsontestsuite.json");
  const auto files = nlohmann::json::parse(stream).at("files");
  int counted = 0;
  for (const auto& file : files) {
    const std::string path = file.at(0);
    const std::string name = path.substr(path.rfind('/') + 1);
    const bool is_strict = IsStrictJson(DecodeBase64(file.at(1)));
    INFO(name);
    if (name.starts_with("y_")) CHECK(is_strict == !refused_too.contains(name));
    if (name.starts_with("n_")) CHECK_FALSE(is_strict);
    ++counted;
  }
  CHECK(counted > 200);
}

TEST_CASE("The members of the outermost object are read, and no others") {
  const auto object = ReadStrictObject(
      R"({"s":"tëxt","i":-7,"u":9007199254740993,"big":18446744073709551615,"f":1.5,"t":true,"n":null,)"
      R"("a":["x",1,["deep"],{"k":"deep"},"y"],"o":{"s":"inner","i":1,"t":false,"n":null,"a":["z"]},"e":[]})");
  REQUIRE(object);
  CHECK(object->members.size() == 10);
  CHECK(object->Find("s")->text == "tëxt");
  CHECK(object->Find("i")->integer == -7);
  CHECK(object->Find("u")->integer == 9007199254740993);
  CHECK_FALSE(object->Find("big")->integer);
  CHECK(object->Find("big")->number == 18446744073709551615.0);
  CHECK(object->Find("f")->number == 1.5);
  CHECK_FALSE(object->Find("f")->integer);
  CHECK(object->Find("t")->flag);
  CHECK(object->Find("n")->kind == Kind::kNull);
  CHECK(object->Find("a")->kind == Kind::kArray);
  CHECK(object->Find("a")->items == std::vector<std::string>{"x", "y"});
  CHECK(object->Find("o")->kind == Kind::kObject);
  CHECK(object->Find("o")->items.empty());
  CHECK(object->Find("e")->items.empty());
  CHECK(object->Find("k") == nullptr);
  CHECK(ReadStrictObject("{}")->members.empty());
}

TEST_CASE("Only an object is an object") {
  for (const char* text : {"[]", "[{}]", "1", "\"{}\"", "null", "", "{", "{}{}", "{} x"}) {
    INFO(text);
    CHECK_FALSE(ReadStrictObject(text));
  }
}

TEST_CASE("The same name twice is refused at any depth") {
  CHECK_FALSE(IsStrictJson(R"({"a":1,"a":1})"));
  CHECK_FALSE(IsStrictJson(R"({"a":1,"\u0061":2})"));
  CHECK_FALSE(IsStrictJson(R"({"x":[{"a":1,"b":2,"a":3}]})"));
  CHECK(IsStrictJson(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
}

TEST_CASE("Sixteen levels are read and seventeen are not") {
  CHECK(IsStrictJson(Nested(16)));
  CHECK_FALSE(IsStrictJson(Nested(17)));
  CHECK_FALSE(IsStrictJson(Nested(100'000)));
}

TEST_CASE("What stands around or between the bytes of JSON is refused") {
  using namespace std::string_literals;
  CHECK_FALSE(IsStrictJson("\xEF\xBB\xBF{}"));
  CHECK_FALSE(IsStrictJson("{}\0"s));
  CHECK_FALSE(IsStrictJson("{\"a\":\"\0\"}"s));
  CHECK(IsStrictJson(R"({"a":"\u0000"})"));
  CHECK_FALSE(IsStrictJson("{\"a\":\"\xff\"}"));
  CHECK_FALSE(IsStrictJson("{\"a\":\"\xed\xa0\x80\"}"));
  CHECK_FALSE(IsStrictJson(R"({"a":"\ud800"})"));
  CHECK_FALSE(IsStrictJson(R"({"a":1e400})"));
  CHECK_FALSE(IsStrictJson("// comment\n{}"));
}
