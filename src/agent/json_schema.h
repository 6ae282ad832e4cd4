// The subset of JSON Schema that a tool's arguments may be described in: type, properties, required,
// additionalProperties (true or false), items, enum, const, pattern, minLength, maxLength, minItems, maxItems, minimum,
// maximum, and the annotations title, description, examples, default, format, $schema, $comment. Any other keyword is
// an error when the schema is read, so that no rule is silently left unchecked. Patterns are matched by RE2, in time
// linear in the text, whatever the visitor sends.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace re2 {
class RE2;
}

namespace widgent {

struct SchemaError {
  std::string detail;  // names the place: "properties/order_id: …"
};

class JsonSchema {
 public:
  enum Type : std::uint8_t {
    kNull = 1,
    kBoolean = 2,
    kInteger = 4,
    kNumber = 8,
    kString = 16,
    kArray = 32,
    kObject = 64,
    kAny = 127
  };

  // An empty text is the schema of a tool without arguments.
  static std::variant<JsonSchema, SchemaError> Read(std::string_view json);

  // Read once per text and thread, then shared; nothing where Read fails. `without` names properties that are removed.
  static std::shared_ptr<const JsonSchema> Find(const std::string& json, const std::vector<std::string>& without);

  // Nothing: the value fits. Otherwise a sentence that names the first member that does not, and no part of its value.
  std::optional<std::string> Refuse(const nlohmann::json& value) const { return Refuse(value, ""); }

  // What the schema says, for those that fill it or show it.
  std::uint8_t types = kAny;  // of Type, or-ed; kNumber includes integers
  std::map<std::string, JsonSchema> properties;
  std::vector<std::string> required;
  bool additional = true;
  std::vector<std::string> choices;  // enum and const, as JSON text of scalars
  std::string pattern;               // as written; empty: none
  std::shared_ptr<const re2::RE2> pattern_matcher;
  std::shared_ptr<const re2::RE2> pattern_finder;  // finds the pattern as words of a longer text, in any letter case
  std::string description;
  std::string example;                                 // the first of `examples` (or `default`), as text
  std::optional<std::int64_t> length_min, length_max;  // of a string in code points, or of an array in items
  std::optional<double> minimum, maximum;
  std::shared_ptr<const JsonSchema> items;

 private:
  static std::optional<SchemaError> Fill(const nlohmann::json& json, const std::string& where, JsonSchema& schema);
  std::optional<std::string> Refuse(const nlohmann::json& value, const std::string& where) const;
  bool FitsType(const nlohmann::json& value) const;
};

}  // namespace widgent
