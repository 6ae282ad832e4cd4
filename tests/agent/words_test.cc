#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/answer_template.h"
#include "agent/call_id.h"
#include "agent/json.h"
#include "agent/slots.h"
#include "agent/text.h"

namespace widgent::test {

namespace {

JsonSchema Property(const std::string& text) {
  return std::get<JsonSchema>(JsonSchema::Read(R"({"type":"object","properties":{"x":)" + text + "}}"))
      .properties.at("x");
}

std::string Found(const std::string& property, std::string_view text, bool asked = false) {
  const std::optional<Slot> slot = FindSlot(Property(property), text, asked);
  return slot ? slot->json : "nothing";
}

}  // namespace

TEST_CASE("Words are letters and digits of any script, in lower case") {
  CHECK(Words("Don't PANIC: A-42, größer—日本 🙂!") ==
        std::vector<std::string>{"don", "t", "panic", "a", "42", "größer", "日本"});
  CHECK(Words("日本語 ok") == std::vector<std::string>{"日本", "本語", "ok"});
  CHECK(Words("運費是多少？退款") == std::vector<std::string>{"運費", "退款"});
  CHECK(Words("お届け・注文") == std::vector<std::string>{"届", "注文"});
  CHECK(WordsToIndex("A日本語b") == "a 日 本 日本 語 本語 b");
  CHECK(Words("").empty());
  CHECK(Words("\xff\xfe \xc3").empty());
  CHECK(Words("a b c d", 2) == std::vector<std::string>{"a", "b"});
  CHECK(Words(std::string(1000, 'x'))[0].size() == 64);
  CHECK(IsStopWord("the"));
  CHECK_FALSE(IsStopWord("order"));
}

TEST_CASE("A line to show has no control characters and no broken bytes, and is cut by characters") {
  CHECK(CleanLine(" a\tb\r\nc  d ", 80) == "a b c d");
  CHECK(CleanLine("a\x01\x7f\u0085\u202eb\u200f\xff"
                  "c",
                  80) == "a bc");
  CHECK(CleanLine("äöüß", 3) == "äöü");
  CHECK(CleanLine("a b", 2) == "a");
  CHECK(CleanLine("", 80).empty());
  CHECK(CutUtf8("aä", 2) == "a");
  CHECK(CutUtf8("aä", 3) == "aä");
}

TEST_CASE("A tree of JSON is refused where it is too deep, too long or not whole") {
  CHECK(ParseJson(std::string(16, '[') + std::string(16, ']'), 100));
  CHECK_FALSE(ParseJson(std::string(17, '[') + std::string(17, ']'), 100));
  CHECK_FALSE(ParseJson(std::string(1'000'000, '['), 2'000'000));
  CHECK_FALSE(ParseJson(std::string(1'000, ']') + std::string(500'000, '['), 2'000'000));
  CHECK_FALSE(ParseJson("[1,2", 100));
  CHECK_FALSE(ParseJson("[1] x", 100));
  CHECK_FALSE(ParseJson("[1]", 2));
  CHECK(ParseJson(R"(["[[[[[[[[[[[[[[[[[[\"[[["])", 100));
}

TEST_CASE("A slot is found by its pattern, its choices or its type") {
  const auto [property, text, found] = GENERATE(table<std::string, std::string, std::string>({
      {R"({"type":"string","pattern":"^A-[0-9]{1,8}$"})", "my order (a-1001), please", R"("A-1001")"},
      {R"({"type":"string","pattern":"^A-[0-9]{1,8}$"})", "XA-1001 A-123456789 A-7", R"("A-7")"},
      {R"({"type":"string","pattern":"^A-[0-9]{1,8}$"})", "order 1001", "nothing"},
      {R"({"type":"string","pattern":"^[0-9]{4}$"})", "order 1001.", R"("1001")"},
      {R"({"type":"string","pattern":"^[a-z ]+$"})", "where is my order", "nothing"},
      {R"({"type":"string","enum":["damaged","not damaged","wrong_size"]})", "it is Not Damaged!", R"("not damaged")"},
      {R"({"type":"string","enum":["damaged","not damaged","wrong_size"]})", "the wrong size", R"("wrong_size")"},
      {R"({"type":"string","enum":["late"]})", "I ate it later", "nothing"},
      {R"({"type":"integer","minimum":1,"maximum":9})", "I want 12, no, 3 of them", "3"},
      {R"({"type":"number"})", "about 2.5, not A-5", "2.5"},
      {R"({"type":"integer"})", "A-1001", "nothing"},
      {R"({"type":"boolean"})", "yes", "nothing"},
      {R"({"type":"string"})", "anything", "nothing"},
  }));
  INFO(property << " in " << text);
  CHECK(Found(property, text) == found);
}

TEST_CASE("The answer to a question fills what the question was about") {
  CHECK(Found(R"({"type":"boolean"})", "Yes, please", true) == "true");
  CHECK(Found(R"({"type":"boolean"})", "nope", true) == "false");
  CHECK(Found(R"({"type":"boolean"})", "maybe", true) == "nothing");
  CHECK(Found(R"({"type":"string","maxLength":20})", " It rattles.\n", true) == R"("It rattles.")");
  CHECK(Found(R"({"type":"string","maxLength":5})", "too long for it", true) == "nothing");
  CHECK(Found(R"({"type":"string","pattern":"^[a-z]+$"})", "tent", true) == R"("tent")");
}

TEST_CASE("A number without what all of them begin with is an answer, and nothing else") {
  const auto [pattern, text, found] = GENERATE(table<std::string, std::string, std::string>({
      {"^A-[0-9]{1,8}$", "1001", R"("A-1001")"},
      {"^A-[0-9]{1,8}$", "number 1001, please", R"("A-1001")"},
      {"^A-[0-9]{1,8}$", "A-1001", R"("A-1001")"},
      {"^A-[0-9]{1,8}$", "123456789", "nothing"},
      {"^A-[0-9]{1,8}$", "how long do 2 boots take to Norway", "nothing"},
      {"^A-[0-9]{1,8}$", "no idea", "nothing"},
      {"^OR?[0-9]+$", "12", R"("O12")"},
      {"^(A|B)-[0-9]+$", "12", "nothing"},
      {"^A-[0-9]+$|^B-[0-9]+$", "12", "nothing"},
      {"[0-9]+x", "12", "nothing"},
  }));
  INFO(pattern << " in " << text);
  const std::string property = R"({"type":"string","pattern":")" + pattern + R"("})";
  CHECK(Found(property, text, true) == found);
  if (found != R"("A-1001")" || text != "A-1001") CHECK(Found(property, text, false) == "nothing");
}

TEST_CASE("A question names what is missing and shows how it looks") {
  CHECK(AskFor("order_id", Property(R"({"type":"string","examples":["A-1001"]})")) ==
        "Which order? It looks like A-1001.");
  CHECK(AskFor("size", Property(R"({"enum":["S","M"]})")) == "Which size? One of: S, M.");
  CHECK(AskFor("gift_wrap", Property(R"({"type":"boolean"})")) == "One question: gift wrap? Yes or no.");
}

TEST_CASE("A template takes values by path and leaves nothing for what is not there") {
  const TemplateValues values{R"({"a":{"b":[1,"x\u0007y"]},"n":2.5,"t":true,"z":null})", R"({"id":"A-1"})", "Ada"};
  CHECK(FillTemplate("{{result.a.b.0}} {{ result.a.b.1 }} {{result.n}} {{result.t}} {{args.id}} {{user.name}}",
                     values) == "1 xy 2.5 true A-1 Ada");
  CHECK(FillTemplate("[{{result.z}}{{result.a}}{{result.a.b.9}}{{result.n.x}}{{args}}{{other}}{{}}]", values) == "[]");
  CHECK(FillTemplate("{{result.a.b}}", values) == "1, xy");
  CHECK(FillTemplate("a {{ b", values) == "a {{ b");
  CHECK(FillTemplate("{{result.x}}", {"not json", "", ""}).empty());
}

TEST_CASE("A call's id is a ULID and its time is RFC 3339") {
  CHECK(MakeUlid(0, std::string(10, '\0')) == "00000000000000000000000000");
  CHECK(MakeUlid((std::int64_t{1} << 48) - 1, std::string(10, '\xff')) == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  CHECK(MakeUlid(1'469'918'176'385, std::string(10, '\0')).substr(0, 10) == "01ARYZ6S41");
  CHECK(MakeUlid(1, "").size() == 26);
  CHECK(FormatTime(1'767'225'600'999) == "2026-01-01T00:00:00Z");
  CHECK(FormatTime(951'782'399'000) == "2000-02-28T23:59:59Z");
}

}  // namespace widgent::test
