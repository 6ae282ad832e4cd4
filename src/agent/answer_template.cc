#include "agent/answer_template.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "agent/json.h"
#include "agent/text.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kJsonBytesMax = 256 * 1024;
constexpr std::size_t kValueCodePointsMax = 500;
constexpr std::size_t kNameCodePointsMax = 80;
constexpr std::size_t kMembersMax = 12;
constexpr std::size_t kTextCodePointsMax = 4000;

std::string ScalarText(const json& value) {
  if (value.is_null() || value.is_structured()) return {};
  return CleanLine(value.is_string() ? value.get_ref<const std::string&>() : DumpJson(value), kValueCodePointsMax);
}

std::string ValueText(const json& value) {
  if (!value.is_array()) return ScalarText(value);
  std::string text;
  for (std::size_t i = 0; i < value.size() && i < kMembersMax; ++i) {
    const std::string item = ScalarText(value[i]);
    if (!item.empty()) text += (text.empty() ? "" : ", ") + item;
  }
  return text;
}

// The value at a path of names with dots between them; nullptr where there is none.
const json* FindValue(const json& root, std::string_view path) {
  const json* value = &root;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const std::string name(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (value->is_object()) {
      const auto member = value->find(name);
      if (member == value->end()) return nullptr;
      value = &*member;
    } else if (value->is_array()) {
      std::size_t index = 0;
      const auto [last, error] = std::from_chars(name.data(), name.data() + name.size(), index);
      if (error != std::errc() || last != name.data() + name.size() || index >= value->size()) return nullptr;
      value = &(*value)[index];
    } else {
      return nullptr;
    }
  }
  return value;
}

std::string_view Trim(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// "order_id" reads "order id".
std::string Label(std::string name) {
  for (char& c : name)
    if (c == '_' || c == '-') c = ' ';
  return CleanLine(name, 60);
}

}  // namespace

std::string FillTemplate(std::string_view text, const TemplateValues& values) {
  const json result = ParseJson(values.result_json, kJsonBytesMax).value_or(json());
  const json args = ParseJson(values.args_json, kJsonBytesMax).value_or(json());
  const auto value_of = [&](std::string_view path) -> std::string {
    if (path == "user.name" || path == "name") return CleanLine(values.user_name, kNameCodePointsMax);
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view root = path.substr(0, dot), rest = path.substr(std::min(dot + 1, path.size()));
    const json* value = root == "result" ? FindValue(result, rest) : root == "args" ? FindValue(args, rest) : nullptr;
    return value ? ValueText(*value) : std::string();
  };
  std::string filled;
  while (true) {
    const std::size_t open = text.find("{{");
    const std::size_t close = open == text.npos ? text.npos : text.find("}}", open + 2);
    if (close == text.npos) break;
    filled.append(text.substr(0, open)).append(value_of(Trim(text.substr(open + 2, close - open - 2))));
    text.remove_prefix(close + 2);
  }
  return filled.append(text);
}

std::string DescribeResult(std::string_view result_json) {
  const json result = ParseJson(result_json, kJsonBytesMax).value_or(json());
  if (result.is_string()) return CleanLine(result.get_ref<const std::string&>(), kTextCodePointsMax);
  if (!result.is_object()) {
    const std::string text = ValueText(result);
    return text.empty() ? "Done." : text + '.';
  }
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, member] : result.items()) {
    const std::string value = ValueText(member);
    if (value.empty() || ++count > kMembersMax) continue;
    text += (text.empty() ? "Here is what I found: " : ", ") + Label(name) + ' ' + value;
  }
  return text.empty() ? "Done." : text + '.';
}

std::string DisplayName(const Identity& identity) {
  const User* user = AsUser(identity);
  return user ? CleanLine(user->name, kNameCodePointsMax) : std::string();
}

std::string GreetingFor(const Product& product, const Identity& identity) {
  constexpr std::string_view kPlaceholder = "{{name}}";
  const std::string name = DisplayName(identity);
  std::string text = AsUser(identity) ? product.greeting_verified : product.greeting_anonymous;
  if (!name.empty()) return FillTemplate(text, {.user_name = name});
  for (std::size_t at = text.find(kPlaceholder); at != text.npos; at = text.find(kPlaceholder)) {
    text.erase(at, kPlaceholder.size());
    if (at > 0 && text[at - 1] == ' ') text.erase(at - 1, 1);
    if (at == 0) text.erase(0, text.find_first_not_of(" ,;:!-"));
  }
  return CleanLine(text, kTextCodePointsMax);
}

}  // namespace widgent
