#include "protocol/json_fields.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

// What nlohmann's lexer wants to know of a document. The lexer alone: its parser brings exceptions with their texts
// along, 2 KB of compressed Wasm.
struct Scalars {
  using number_integer_t = std::int64_t;
  using number_unsigned_t = std::uint64_t;
  using number_float_t = double;
  using string_t = std::string;
};
using Source = decltype(nlohmann::detail::input_adapter(std::string_view().begin(), std::string_view().end()));
using Lexer = nlohmann::detail::lexer<Scalars, Source>;
using Token = Lexer::token_type;

constexpr double kDoubleMax = 9.2e18;

}  // namespace

class JsonFieldsReader {
 public:
  JsonFieldsReader(std::string_view text, std::forward_list<JsonFields::Field>& fields)
      : lexer_(nlohmann::detail::input_adapter(text.begin(), text.end())), fields_(fields) {}

  bool Read() {
    bool first = true;  // nothing stands in the innermost container yet
    do {
      Token token = lexer_.scan();
      std::string name;
      if (open_) {
        if (token == (open_->kind == Kind::kArray ? Token::end_array : Token::end_object)) {
          open_ = open_->parent;
          --depth_;
          first = false;
          continue;
        }
        if (!first) {
          if (token != Token::value_separator) return false;
          token = lexer_.scan();
        }
        if (open_->kind == Kind::kArray) {
          AppendDecimal(name, open_->number++);
        } else {
          if (token != Token::value_string) return false;
          name = std::move(lexer_.get_string());
          if (lexer_.scan() != Token::name_separator) return false;
          token = lexer_.scan();
        }
      }
      Field& field = fields_.emplace_front();
      field.parent = open_;
      field.name = std::move(name);
      first = token == Token::begin_object || token == Token::begin_array;
      if (first) {
        if (++depth_ > JsonFields::kDepthMax) return false;
        field.kind = token == Token::begin_array ? Kind::kArray : Kind::kObject;
        open_ = &field;
      } else if (!open_ || !ReadScalar(field, token)) {  // a lone scalar is no document of ours
        return false;
      }
    } while (open_);
    return lexer_.scan() == Token::end_of_input;
  }

 private:
  using Field = JsonFields::Field;
  using Kind = JsonFields::Kind;

  bool ReadScalar(Field& field, Token token) {
    field.kind = Kind::kInteger;
    if (token == Token::value_string) {
      field.kind = Kind::kText;
      field.text = std::move(lexer_.get_string());
    } else if (token == Token::value_unsigned) {
      field.number = static_cast<std::int64_t>(std::min<std::uint64_t>(lexer_.get_number_unsigned(), INT64_MAX));
    } else if (token == Token::value_integer) {
      field.number = lexer_.get_number_integer();
    } else if (token == Token::value_float) {
      const double number = lexer_.get_number_float();
      field.number = static_cast<std::int64_t>(std::clamp(number, -kDoubleMax, kDoubleMax));
      return std::abs(number) < HUGE_VAL;
    } else if (token == Token::literal_null) {
      field.kind = Kind::kNull;
    } else {
      field.kind = Kind::kFlag;
      field.number = token == Token::literal_true;
      return field.number || token == Token::literal_false;
    }
    return true;
  }

  Lexer lexer_;
  std::forward_list<Field>& fields_;  // the last first
  Field* open_ = nullptr;             // the innermost object or array
  int depth_ = 0;
};

bool JsonFields::Parse(std::string_view text) {
  fields_.clear();
  if (JsonFieldsReader(text, fields_).Read()) return true;
  fields_.clear();
  return false;
}

std::string_view JsonFields::Text(std::string_view path) const {
  const Field* field = Find(path, Kind::kText);
  return field ? std::string_view(field->text) : std::string_view();
}

std::int64_t JsonFields::Integer(std::string_view path, std::int64_t fallback) const {
  const Field* field = Find(path, Kind::kInteger);
  return field ? field->number : fallback;
}

bool JsonFields::Flag(std::string_view path, bool fallback) const {
  const Field* field = Find(path, Kind::kFlag);
  return field ? field->number != 0 : fallback;
}

bool JsonFields::Has(std::string_view path) const { return Find(path) != nullptr; }

int JsonFields::Count(std::string_view path) const {
  const Field* field = Find(path, Kind::kArray);
  return field ? static_cast<int>(field->number) : 0;
}

std::string JsonFields::Path(std::string_view list, int index, std::string_view member) {
  std::string path(list);
  path += '/';
  AppendDecimal(path, index);
  if (!member.empty()) {
    path += '/';
    path += member;
  }
  return path;
}

bool JsonFields::IsAt(const Field* field, std::string_view path) {
  for (; field->parent; field = field->parent) {
    if (!path.ends_with(field->name)) return false;
    path.remove_suffix(field->name.size());
    if (!field->parent->parent) break;
    if (!path.ends_with('/')) return false;
    path.remove_suffix(1);
  }
  return path.empty();
}

const JsonFields::Field* JsonFields::Find(std::string_view path) const {
  for (const Field& field : fields_)
    if (IsAt(&field, path)) return &field;
  return nullptr;
}

const JsonFields::Field* JsonFields::Find(std::string_view path, Kind kind) const {
  const Field* field = Find(path);
  return field && field->kind == kind ? field : nullptr;
}

}  // namespace widgent
