#include "agent/json_schema.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace widgent::test {

using nlohmann::json;

namespace {

JsonSchema ReadSchema(const std::string& text) {
  std::variant<JsonSchema, SchemaError> read = JsonSchema::Read(text);
  if (const SchemaError* error = std::get_if<SchemaError>(&read)) FAIL(error->detail);
  return std::get<JsonSchema>(std::move(read));
}

// A schema of one property "x".
bool Accepts(const std::string& property, const std::string& value) {
  const JsonSchema schema = ReadSchema(R"({"type":"object","properties":{"x":)" + property + "}}");
  return !schema.Refuse(json::parse(R"({"x":)" + value + "}"));
}

}  // namespace

TEST_CASE("A value fits the rules of its property or is refused") {
  const auto [property, value, fits] = GENERATE(table<std::string, std::string, bool>({
      {R"({"type":"string"})", R"("a")", true},
      {R"({"type":"string"})", "1", false},
      {R"({"type":"string","minLength":2,"maxLength":3})", R"("äöü")", true},
      {R"({"type":"string","minLength":2,"maxLength":3})", R"("äöüß")", false},
      {R"({"type":"string","minLength":2})", R"("ä")", false},
      {R"({"type":"string","pattern":"^A-[0-9]+$"})", R"("A-1001")", true},
      {R"({"type":"string","pattern":"^A-[0-9]+$"})", R"("A-1001\nB")", false},
      {R"({"type":"string","pattern":"[0-9]"})", R"("ab1")", true},
      {R"({"type":"integer"})", "3", true},
      {R"({"type":"integer"})", "3.0", true},
      {R"({"type":"integer"})", "3.5", false},
      {R"({"type":"integer"})", "1e300", false},
      {R"({"type":"number","minimum":0,"maximum":10})", "10", true},
      {R"({"type":"number","minimum":0,"maximum":10})", "10.01", false},
      {R"({"type":"number","minimum":0,"maximum":10})", "-1", false},
      {R"({"type":"boolean"})", "true", true},
      {R"({"type":"boolean"})", R"("true")", false},
      {R"({"type":["string","null"]})", "null", true},
      {R"({"type":["string","null"]})", "0", false},
      {R"({"enum":["a",1,true,null]})", "1.0", true},
      {R"({"enum":["a",1,true,null]})", R"("1")", false},
      {R"({"enum":["a",1,true,null]})", "null", true},
      {R"({"enum":["a"]})", R"(["a"])", false},
      {R"({"const":5})", "5", true},
      {R"({"const":5})", "6", false},
      {R"({"type":"array","items":{"type":"integer"},"maxItems":2})", "[1,2]", true},
      {R"({"type":"array","items":{"type":"integer"},"maxItems":2})", "[1,2,3]", false},
      {R"({"type":"array","items":{"type":"integer"}})", R"([1,"2"])", false},
      {R"({"type":"object","required":["y"],"properties":{"y":{"type":"string"}}})", "{}", false},
      {R"({"type":"object","additionalProperties":false})", R"({"z":1})", false},
      {R"({})", R"({"anything":[1]})", true},
  }));
  INFO(property << " with " << value);
  CHECK(Accepts(property, value) == fits);
}

TEST_CASE("A pattern takes time in proportion to the text, and no stack, whatever the text is") {
  const JsonSchema schema = ReadSchema(R"({"type":"object","properties":{"x":{"type":"string","pattern":"^(a+)+$"}}})");
  CHECK(schema.Refuse(json{{"x", std::string(1'000'000, 'a') + "!"}}));
  CHECK_FALSE(schema.Refuse(json{{"x", std::string(1'000'000, 'a')}}));
}

TEST_CASE("A refusal names the place and repeats nothing of the value") {
  const JsonSchema schema =
      ReadSchema(R"({"type":"object","required":["id"],"properties":{"id":{"type":"string","maxLength":3}}})");
  CHECK(schema.Refuse(json::object()) == "id is required.");
  CHECK(schema.Refuse(json{{"id", "secret"}}) == "id is too long.");
}

TEST_CASE("A schema with a rule that would not be checked is not accepted") {
  const std::vector<std::string> refused = {
      R"({"type":"object","properties":{"a":{"oneOf":[]}}})",
      R"({"type":"object","properties":{"a":{"$ref":"#/x"}}})",
      R"({"type":"object","patternProperties":{}})",
      R"({"type":"object","additionalProperties":{"type":"string"}})",
      R"x({"type":"object","properties":{"a":{"type":"string","pattern":"(?=x)"}}})x",
      R"x({"type":"object","properties":{"a":{"pattern":"("}}})x",
      R"({"type":"object","properties":{"a":{"enum":[{}]}}})",
      R"({"type":"object","properties":{"a":{"enum":[]}}})",
      R"({"type":"object","properties":{"a":{"minLength":-1}}})",
      R"({"type":"object","properties":{"a":{"maximum":"5"}}})",
      R"({"type":"object","properties":{"a":{"type":"text"}}})",
      R"({"type":"object","properties":{"a":true}})",
      R"({"type":"object","required":["a"]})",
      R"({"type":"string"})",
      R"([])",
      "{",
      R"({"type":"object","properties":[]})",
  };
  for (const std::string& text : refused) {
    INFO(text);
    CHECK(std::holds_alternative<SchemaError>(JsonSchema::Read(text)));
  }
}

TEST_CASE("A tool without a schema takes no arguments") {
  const JsonSchema schema = ReadSchema("");
  CHECK_FALSE(schema.Refuse(json::object()));
  CHECK(schema.Refuse(json{{"a", 1}}));
}

TEST_CASE("A schema is read once and shared, one for each set of removed properties") {
  const std::string text = R"({"type":"object","required":["a"],"properties":{"a":{},"b":{}}})";
  const auto whole = JsonSchema::Find(text, {}), part = JsonSchema::Find(text, {"a"});
  CHECK(whole == JsonSchema::Find(text, {}));
  CHECK(whole->properties.size() == 2);
  CHECK(part->properties.size() == 1);
  CHECK(part->required.empty());
  CHECK(JsonSchema::Find("{", {}) == nullptr);
}

}  // namespace widgent::test
