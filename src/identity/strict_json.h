// JSON as a security decision needs it: one reading and no other. Refused are what parsers disagree about: members of
// the same name (at any depth), a byte-order mark, a NUL, anything after the value, text that is not UTF-8, numbers
// that do not fit a double, and more than kStrictJsonDepthMax levels.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widgent {

inline constexpr std::size_t kStrictJsonDepthMax = 16;

struct JsonMember {
  enum class Kind : std::uint8_t { kNull, kFlag, kNumber, kText, kArray, kObject };
  std::string name;
  Kind kind = Kind::kNull;
  bool flag = false;
  double number = 0;
  std::optional<std::int64_t> integer;  // where the number is written without fraction and exponent, and fits
  std::string text;
  std::vector<std::string> items;  // the strings that stand directly in an array
};

// The members of one object, top level only.
struct JsonObject {
  std::vector<JsonMember> members;
  const JsonMember* Find(std::string_view name) const;  // nullptr where there is none
};

// Nothing where `text` is not one strict JSON object.
std::optional<JsonObject> ReadStrictObject(std::string_view text);

// True where `text` is one strict JSON value of any kind.
bool IsStrictJson(std::string_view text);

}  // namespace widgent
