#include "protocol/json_fields.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>

namespace widgent {

namespace {

// What nlohmann's lexer wants to know of a document. The lexer alone: its parser brings exceptions with their texts
// along, 2 KB of compressed Wasm.
struct Scalars {
  using number_integer_t = std::int64_t;
  using number_unsigned_t = std::uint64_t;
  using number_float_t = double;
  using string_t = Text;
};
using Source = decltype(nlohmann::detail::input_adapter(std::string_view().begin(), std::string_view().end()));
using Lexer = nlohmann::detail::lexer<Scalars, Source>;
using Token = Lexer::token_type;

constexpr double kDoubleMax = 9.2e18;
const JsonField kNothing;
const Text kNoText;

}  // namespace

class JsonFieldsReader {
 public:
  JsonFieldsReader(std::string_view text, JsonField** end)
      : lexer_(nlohmann::detail::input_adapter(text.begin(), text.end())), end_(end) {}

  bool Read() {
    bool first = true;  // nothing stands in the innermost container yet
    do {
      Token token = lexer_.scan();
      Text name;
      if (open_) {
        if (token == (open_->kind_ == Kind::kArray ? Token::end_array : Token::end_object)) {
          open_ = open_->parent_;
          --depth_;
          first = false;
          continue;
        }
        if (!first) {
          if (token != Token::value_separator) return false;
          token = lexer_.scan();
        }
        if (open_->kind_ == Kind::kArray) {
          name.AppendNumber(open_->number_++);
        } else {
          if (token != Token::value_string) return false;
          name.Swap(lexer_.get_string());
          if (lexer_.scan() != Token::name_separator) return false;
          token = lexer_.scan();
        }
      }
      JsonField& field = Add(name, token == Token::value_string ? lexer_.get_string() : kNoText);
      first = token == Token::begin_object || token == Token::begin_array;
      if (first) {
        if (++depth_ > JsonFields::kDepthMax) return false;
        field.kind_ = token == Token::begin_array ? Kind::kArray : Kind::kObject;
        open_ = &field;
      } else if (!open_ || !ReadScalar(field, token)) {  // a lone scalar is no document of ours
        return false;
      }
    } while (open_);
    return lexer_.scan() == Token::end_of_input;
  }

 private:
  using Kind = JsonField::Kind;

  // One block of memory holds it and its texts.
  JsonField& Add(const Text& name, const Text& text) {
    char* memory = static_cast<char*>(::operator new(sizeof(JsonField) + name.size() + text.size() + 2));
    auto* field = new (memory) JsonField;
    field->parent_ = open_;
    char* rest = memory + sizeof(JsonField);
    field->name_ = static_cast<char*>(std::memcpy(rest, name.c_str(), name.size() + 1));
    field->text_ = static_cast<char*>(std::memcpy(rest + name.size() + 1, text.c_str(), text.size() + 1));
    *end_ = field;
    end_ = &field->following_;
    return *field;
  }

  bool ReadScalar(JsonField& field, Token token) {
    field.kind_ = Kind::kInteger;
    if (token == Token::value_string) {
      field.kind_ = Kind::kText;
    } else if (token == Token::value_unsigned) {
      field.number_ = static_cast<std::int64_t>(std::min<std::uint64_t>(lexer_.get_number_unsigned(), INT64_MAX));
    } else if (token == Token::value_integer) {
      field.number_ = lexer_.get_number_integer();
    } else if (token == Token::value_float) {
      const double number = lexer_.get_number_float();
      field.number_ = static_cast<std::int64_t>(std::clamp(number, -kDoubleMax, kDoubleMax));
      return std::abs(number) < HUGE_VAL;
    } else if (token == Token::literal_null) {
      field.kind_ = Kind::kNull;
    } else {
      field.kind_ = Kind::kFlag;
      field.number_ = token == Token::literal_true;
      return field.number_ || token == Token::literal_false;
    }
    return true;
  }

  Lexer lexer_;
  JsonField** end_;            // where the next field goes
  JsonField* open_ = nullptr;  // the innermost object or array
  int depth_ = 0;
};

const JsonField& JsonField::At(const char* path) const {
  const JsonField* at = this;
  while (*path || at != this) {
    const JsonField* found = &kNothing;
    const char* rest = path;
    for (const JsonField* field = at->following_; field; field = field->following_) {
      if (field->parent_ != at) continue;
      const std::size_t length = std::strlen(field->name_);
      if (std::strncmp(path, field->name_, length) != 0 || (path[length] && path[length] != '/')) continue;
      found = field;
      rest = path + length;
    }
    if (!*rest || !found->exists()) return *found;
    at = found;
    path = rest + 1;
  }
  return *at;
}

const JsonField& JsonField::Nothing() { return kNothing; }

const JsonField& JsonField::Find(const char* path, Kind kind) const {
  const JsonField& field = At(path);
  return field.kind_ == kind ? field : kNothing;
}

const JsonField* JsonField::FollowingIn(const JsonField* parent) const {
  const JsonField* field = following_;
  while (field && field->parent_ != parent) field = field->following_;
  return field;
}

TextView JsonField::Text(const char* path) const { return Find(path, Kind::kText).text_; }

std::int64_t JsonField::Integer(const char* path, std::int64_t fallback) const {
  const JsonField& field = At(path);
  return field.kind_ == Kind::kInteger ? field.number_ : fallback;
}

bool JsonField::Flag(const char* path, bool fallback) const {
  const JsonField& field = At(path);
  return field.kind_ == Kind::kFlag ? field.number_ != 0 : fallback;
}

bool JsonFields::Parse(std::string_view text) {
  Clear();
  if (JsonFieldsReader(text, &first_).Read()) return true;
  Clear();
  return false;
}

void JsonFields::Clear() {
  while (JsonField* field = first_) {
    first_ = field->following_;
    ::operator delete(field);
  }
}

const JsonField& JsonFields::root() const { return first_ ? *first_ : kNothing; }

std::string JsonFields::Text(std::string_view path) const { return ToString(root().Text(std::string(path).c_str())); }

std::int64_t JsonFields::Integer(std::string_view path, std::int64_t fallback) const {
  return root().Integer(std::string(path).c_str(), fallback);
}

bool JsonFields::Flag(std::string_view path, bool fallback) const {
  return root().Flag(std::string(path).c_str(), fallback);
}

bool JsonFields::Has(std::string_view path) const { return root().At(std::string(path).c_str()).exists(); }

int JsonFields::Count(std::string_view path) const { return root().At(std::string(path).c_str()).count(); }

std::string JsonFields::Path(std::string_view list, int index, std::string_view member) {
  std::string path = std::string(list) + '/' + std::to_string(index);
  if (!member.empty()) path.append("/").append(member);
  return path;
}

}  // namespace widgent
