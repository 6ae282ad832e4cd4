#include "identity/claims_pointer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

// Walks over valid JSON without building it.
class Walker {
 public:
  explicit Walker(std::string_view json) : json_(json) { SkipSpace(); }

  char Peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }

  // Steps over one character and the white space behind it.
  void Step() {
    ++at_;
    SkipSpace();
  }

  // Steps over one value and answers its text.
  std::string_view Value() {
    const std::size_t begin = at_;
    int depth = 0;
    do {
      const char c = Peek();
      if (c == '"') {
        SkipString();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
      } else {
        at_ = std::min(json_.find_first_of(",]} \t\r\n", at_), json_.size());
      }
      if (depth > 0) SkipSpace();
    } while (depth > 0 && at_ < json_.size());
    const std::string_view text = json_.substr(begin, at_ - begin);
    SkipSpace();
    return text;
  }

 private:
  void SkipSpace() { at_ = std::min(json_.find_first_not_of(" \t\r\n", at_), json_.size()); }
  void SkipString() {
    for (++at_; at_ < json_.size() && json_[at_] != '"'; ++at_) at_ += json_[at_] == '\\';
    ++at_;
  }

  std::string_view json_;
  std::size_t at_ = 0;
};

// One reference token: "a~1b" means "a/b".
std::string Unescape(std::string_view token) {
  std::string name;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      name += token[i];
    } else {
      name += token[++i] == '0' ? '~' : '/';
    }
  }
  return name;
}

// `key` is quoted and may hold escapes.
bool IsNamed(std::string_view key, std::string_view name) {
  if (key.find('\\') == key.npos) return key.size() == name.size() + 2 && key.substr(1, name.size()) == name;
  const auto text = nlohmann::json::parse(key, nullptr, false);
  return text.is_string() && text.get_ref<const std::string&>() == name;
}

std::optional<std::string_view> Member(std::string_view object, std::string_view name) {
  Walker walker(object);
  for (walker.Step(); walker.Peek() == '"';) {
    const std::string_view key = walker.Value();
    walker.Step();
    const std::string_view value = walker.Value();
    if (IsNamed(key, name)) return value;
    if (walker.Peek() == ',') walker.Step();
  }
  return std::nullopt;
}

std::optional<std::string_view> Element(std::string_view array, std::string_view index) {
  const bool is_number = !index.empty() && index.size() < 6 && (index == "0" || index.front() != '0') &&
                         std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  Walker walker(array);
  walker.Step();
  for (int rest = std::stoi(std::string(index)); walker.Peek() != ']'; --rest) {
    const std::string_view value = walker.Value();
    if (rest == 0) return value;
    if (walker.Peek() == ',') walker.Step();
  }
  return std::nullopt;
}

}  // namespace

bool IsJsonPointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = text.find('~'); i != text.npos; i = text.find('~', i + 1)) {
    if (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

std::optional<std::string_view> JsonTextAt(std::string_view json, std::string_view pointer) {
  if (!IsJsonPointer(pointer)) return std::nullopt;
  std::optional<std::string_view> value = Walker(json).Value();
  while (value && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    value = value->starts_with('{')   ? Member(*value, Unescape(token))
            : value->starts_with('[') ? Element(*value, token)
                                      : std::nullopt;
  }
  return value;
}

std::optional<std::string> ClaimAt(const User& user, std::string_view pointer) {
  if (pointer == "/sub") {
    std::string text;
    AppendJsonString(text, user.sub);
    return text;
  }
  const auto text = JsonTextAt(user.claims_json, pointer);
  if (!text) return std::nullopt;
  return std::string(*text);
}

}  // namespace widgent
