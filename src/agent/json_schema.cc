#include "agent/json_schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "agent/json.h"
#include "agent/text.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kSchemaBytesMax = 64 * 1024;
constexpr std::size_t kPatternBytesMax = 1024;
constexpr double kExactIntegerMax = 9007199254740992.0;  // 2^53

constexpr std::string_view kAnnotations[] = {"title", "format", "$schema", "$comment"};

std::optional<JsonSchema::Type> FindType(std::string_view name) {
  constexpr std::pair<std::string_view, JsonSchema::Type> kTypes[] = {
      {"null", JsonSchema::kNull},     {"boolean", JsonSchema::kBoolean}, {"integer", JsonSchema::kInteger},
      {"number", JsonSchema::kNumber}, {"string", JsonSchema::kString},   {"array", JsonSchema::kArray},
      {"object", JsonSchema::kObject},
  };
  for (const auto& [known, type] : kTypes)
    if (known == name) return type;
  return std::nullopt;
}

bool IsWhole(const json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return std::abs(number) <= kExactIntegerMax && std::trunc(number) == number;
}

// One text for equal scalars: 1 and 1.0 are the same number in JSON Schema.
std::string ScalarText(const json& value) {
  if (value.is_number_float() && IsWhole(value)) return std::to_string(static_cast<std::int64_t>(value.get<double>()));
  return DumpJson(value);
}

std::string PlainText(const json& value) {
  return value.is_string() ? value.get_ref<const std::string&>() : DumpJson(value);
}

std::string Join(const std::string& where, std::string_view member) {
  return where.empty() ? std::string(member) : where + '/' + std::string(member);
}

std::string Sentence(const std::string& where, std::string_view what) {
  return (where.empty() ? std::string("The arguments") : where) + ' ' + std::string(what);
}

bool ReadCount(const json& value, std::optional<std::int64_t>& count) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > INT32_MAX) return false;
  count = value.get<std::int64_t>();
  return true;
}

bool ReadLimit(const json& value, std::optional<double>& limit) {
  if (!value.is_number() || !std::isfinite(value.get<double>())) return false;
  limit = value.get<double>();
  return true;
}

bool ReadTypes(const json& value, std::uint8_t& types) {
  types = 0;
  const auto add = [&](const json& name) {
    if (!name.is_string()) return false;
    const auto type = FindType(name.get_ref<const std::string&>());
    if (type) types = static_cast<std::uint8_t>(types | *type);
    return type.has_value();
  };
  if (!value.is_array()) return add(value);
  return !value.empty() && std::all_of(value.begin(), value.end(), add);
}

bool ReadChoices(const json& value, std::vector<std::string>& choices) {
  if (!value.is_array() || value.empty()) return false;
  for (const json& choice : value) {
    if (choice.is_structured()) return false;
    choices.push_back(ScalarText(choice));
  }
  return true;
}

std::shared_ptr<const re2::RE2> Compile(const std::string& pattern) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(1 << 20);
  auto compiled = std::make_shared<const re2::RE2>(pattern, options);
  return compiled->ok() ? compiled : nullptr;
}

// The pattern without its anchors, between borders of words.
std::string FinderPattern(std::string_view pattern) {
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  if (pattern.ends_with('$') && !pattern.ends_with("\\$")) pattern.remove_suffix(1);
  return "(?i)(?:^|[^0-9A-Za-z])((?:" + std::string(pattern) + "))(?:$|[^0-9A-Za-z])";
}

bool ReadPattern(const json& value, JsonSchema& schema) {
  if (!value.is_string() || value.get_ref<const std::string&>().size() > kPatternBytesMax) return false;
  schema.pattern = value.get<std::string>();
  schema.pattern_matcher = Compile(schema.pattern);
  schema.pattern_finder = Compile(FinderPattern(schema.pattern));
  return schema.pattern_matcher != nullptr;
}

}  // namespace

std::variant<JsonSchema, SchemaError> JsonSchema::Read(std::string_view text) {
  if (text.empty()) text = R"({"type":"object","additionalProperties":false})";
  const std::optional<json> value = ParseJson(text, kSchemaBytesMax);
  if (!value) return SchemaError{"The schema is not JSON of at most 64 KiB and 16 levels."};
  JsonSchema schema;
  if (auto error = Fill(*value, "", schema)) return *error;
  if (schema.types != kObject) return SchemaError{"The schema of a tool's arguments must say \"type\": \"object\"."};
  return schema;
}

std::shared_ptr<const JsonSchema> JsonSchema::Find(const std::string& text, const std::vector<std::string>& without) {
  constexpr std::size_t kCachedMax = 1000;
  thread_local std::map<std::pair<std::string, std::vector<std::string>>, std::shared_ptr<const JsonSchema>> cache;
  const auto cached = cache.find({text, without});
  if (cached != cache.end()) return cached->second;
  if (cache.size() >= kCachedMax) cache.clear();
  std::variant<JsonSchema, SchemaError> read = Read(text);
  std::shared_ptr<JsonSchema> schema;
  if (JsonSchema* fine = std::get_if<JsonSchema>(&read)) {
    schema = std::make_shared<JsonSchema>(std::move(*fine));
    for (const std::string& property : without) {
      schema->properties.erase(property);
      std::erase(schema->required, property);
    }
  }
  cache[{text, without}] = schema;
  return schema;
}

std::optional<SchemaError> JsonSchema::Fill(const json& value, const std::string& where, JsonSchema& schema) {
  const auto fail = [&](std::string_view keyword, std::string_view must) {
    return SchemaError{Join(where, keyword) + " must be " + std::string(must) + '.'};
  };
  if (!value.is_object()) return SchemaError{(where.empty() ? "The schema" : where) + " must be a JSON object."};
  for (const auto& [keyword, content] : value.items()) {
    if (keyword == "type") {
      if (!ReadTypes(content, schema.types)) return fail(keyword, "a JSON Schema type or a list of them");
    } else if (keyword == "properties") {
      if (!content.is_object()) return fail(keyword, "an object");
      for (const auto& [name, property] : content.items())
        if (auto error = Fill(property, Join(where, "properties/" + name), schema.properties[name])) return error;
    } else if (keyword == "required") {
      if (!content.is_array()) return fail(keyword, "a list of names");
      for (const json& name : content) {
        if (!name.is_string()) return fail(keyword, "a list of names");
        schema.required.push_back(name.get<std::string>());
      }
    } else if (keyword == "additionalProperties") {
      if (!content.is_boolean()) return fail(keyword, "true or false");
      schema.additional = content.get<bool>();
    } else if (keyword == "items") {
      auto items = std::make_shared<JsonSchema>();
      if (auto error = Fill(content, Join(where, keyword), *items)) return error;
      schema.items = std::move(items);
    } else if (keyword == "enum") {
      if (!ReadChoices(content, schema.choices)) return fail(keyword, "a list of strings, numbers or booleans");
    } else if (keyword == "const") {
      if (content.is_structured()) return fail(keyword, "a string, a number or a boolean");
      schema.choices.push_back(ScalarText(content));
    } else if (keyword == "pattern") {
      if (!ReadPattern(content, schema))
        return fail(keyword, "a regular expression of RE2's syntax (no look-around, no back references)");
    } else if (keyword == "minLength" || keyword == "minItems") {
      if (!ReadCount(content, schema.length_min)) return fail(keyword, "a number of 0 or more");
    } else if (keyword == "maxLength" || keyword == "maxItems") {
      if (!ReadCount(content, schema.length_max)) return fail(keyword, "a number of 0 or more");
    } else if (keyword == "minimum") {
      if (!ReadLimit(content, schema.minimum)) return fail(keyword, "a number");
    } else if (keyword == "maximum") {
      if (!ReadLimit(content, schema.maximum)) return fail(keyword, "a number");
    } else if (keyword == "description") {
      if (!content.is_string()) return fail(keyword, "a string");
      schema.description = content.get<std::string>();
    } else if (keyword == "examples") {
      if (!content.is_array()) return fail(keyword, "a list");
      if (!content.empty()) schema.example = PlainText(content.front());
    } else if (keyword == "default") {
      if (schema.example.empty()) schema.example = PlainText(content);
    } else if (std::find(std::begin(kAnnotations), std::end(kAnnotations), keyword) == std::end(kAnnotations)) {
      return SchemaError{Join(where, keyword) + " is a keyword that is not supported; leave it out."};
    }
  }
  for (const std::string& name : schema.required)
    if (!schema.properties.contains(name))
      return SchemaError{Join(where, "required") + " names \"" + name + "\", which is not in properties."};
  return std::nullopt;
}

bool JsonSchema::FitsType(const json& value) const {
  switch (value.type()) {
    case json::value_t::null:
      return types & kNull;
    case json::value_t::boolean:
      return types & kBoolean;
    case json::value_t::string:
      return types & kString;
    case json::value_t::array:
      return types & kArray;
    case json::value_t::object:
      return types & kObject;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return types & (kInteger | kNumber);
    case json::value_t::number_float:
      return (types & kNumber) || ((types & kInteger) && IsWhole(value));
    case json::value_t::binary:
    case json::value_t::discarded:
      return false;
  }
  return false;
}

std::optional<std::string> JsonSchema::Refuse(const json& value, const std::string& where) const {
  if (!FitsType(value)) return Sentence(where, "has a value of the wrong type.");
  if (!choices.empty() &&
      (value.is_structured() || std::find(choices.begin(), choices.end(), ScalarText(value)) == choices.end()))
    return Sentence(where, "is none of the allowed values.");
  if (value.is_number()) {
    const double number = value.get<double>();
    if (minimum && number < *minimum) return Sentence(where, "is too small.");
    if (maximum && number > *maximum) return Sentence(where, "is too large.");
  } else if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    const auto length = static_cast<std::int64_t>(CountCodePoints(text));
    if (length_min && length < *length_min) return Sentence(where, "is too short.");
    if (length_max && length > *length_max) return Sentence(where, "is too long.");
    if (pattern_matcher && !re2::RE2::PartialMatch(text, *pattern_matcher))
      return Sentence(where, "does not have the expected form.");
  } else if (value.is_array()) {
    const auto length = static_cast<std::int64_t>(value.size());
    if (length_min && length < *length_min) return Sentence(where, "has too few items.");
    if (length_max && length > *length_max) return Sentence(where, "has too many items.");
    for (std::size_t i = 0; items && i < value.size(); ++i)
      if (auto refusal = items->Refuse(value[i], Join(where, std::to_string(i)))) return refusal;
  } else if (value.is_object()) {
    for (const std::string& name : required)
      if (!value.contains(name)) return Sentence(Join(where, name), "is required.");
    for (const auto& [name, member] : value.items()) {
      const auto property = properties.find(name);
      if (property == properties.end()) {
        if (!additional) return Sentence(where, "hold a member that the tool does not know.");
      } else if (auto refusal = property->second.Refuse(member, Join(where, name))) {
        return refusal;
      }
    }
  }
  return std::nullopt;
}

}  // namespace widgent
