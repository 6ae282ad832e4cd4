#include "identity/strict_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace widgent {

namespace {

using nlohmann::json;
using Kind = JsonMember::Kind;

// Collects the members of the outermost object; looks through the rest for what is refused.
class StrictHandler {
 public:
  explicit StrictHandler(JsonObject& object) : object_(object) {}

  bool null() { return Add(Kind::kNull); }
  bool boolean(bool value) {
    if (JsonMember* member = Start(Kind::kFlag)) member->flag = value;
    return true;
  }
  bool number_integer(json::number_integer_t value) { return AddInteger(value, static_cast<double>(value)); }
  bool number_unsigned(json::number_unsigned_t value) {
    if (value > INT64_MAX) return AddInteger(std::nullopt, static_cast<double>(value));
    return AddInteger(static_cast<std::int64_t>(value), static_cast<double>(value));
  }
  bool number_float(json::number_float_t value, const json::string_t&) { return AddInteger(std::nullopt, value); }
  bool string(json::string_t& value) {
    if (names_.size() == 2 && is_array_.back() && is_array_.front() == false) {
      object_.members.back().items.push_back(std::move(value));
    } else if (JsonMember* member = Start(Kind::kText)) {
      member->text = std::move(value);
    }
    return true;
  }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return Enter(Kind::kObject); }
  bool start_array(std::size_t) { return Enter(Kind::kArray); }
  bool end_object() { return Leave(); }
  bool end_array() { return Leave(); }
  bool key(json::string_t& name) {
    if (!names_.back().insert(name).second) return false;
    if (names_.size() == 1) name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  bool is_object() const { return is_object_; }

 private:
  // The member that this value belongs to, or nullptr where the value is not directly in the outermost object.
  JsonMember* Start(Kind kind) {
    if (names_.size() != 1 || is_array_.front()) return nullptr;
    JsonMember& member = object_.members.emplace_back();
    member.name = std::move(name_);
    member.kind = kind;
    return &member;
  }
  bool Add(Kind kind) {
    Start(kind);
    return true;
  }
  bool AddInteger(std::optional<std::int64_t> integer, double number) {
    if (JsonMember* member = Start(Kind::kNumber)) {
      member->integer = integer;
      member->number = number;
    }
    return true;
  }
  bool Enter(Kind kind) {
    if (names_.size() == kStrictJsonDepthMax) return false;
    if (names_.empty()) is_object_ = kind == Kind::kObject;
    Start(kind);
    names_.emplace_back();
    is_array_.push_back(kind == Kind::kArray);
    return true;
  }
  bool Leave() {
    names_.pop_back();
    is_array_.pop_back();
    return true;
  }

  JsonObject& object_;
  std::string name_;
  std::vector<std::set<std::string>> names_;  // of each open level
  std::vector<bool> is_array_;                // of each open level
  bool is_object_ = false;
};

bool Read(std::string_view text, StrictHandler& handler) {
  // The library takes a NUL for the end and skips a byte-order mark.
  if (text.find('\0') != text.npos || text.starts_with("\xEF\xBB\xBF")) return false;
  return json::sax_parse(text, &handler);
}

}  // namespace

const JsonMember* JsonObject::Find(std::string_view name) const {
  const auto member = std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.name == name; });
  return member == members.end() ? nullptr : &*member;
}

std::optional<JsonObject> ReadStrictObject(std::string_view text) {
  JsonObject object;
  StrictHandler handler(object);
  if (!Read(text, handler) || !handler.is_object()) return std::nullopt;
  return object;
}

bool IsStrictJson(std::string_view text) {
  JsonObject object;
  StrictHandler handler(object);
  return Read(text, handler);
}

}  // namespace widgent
