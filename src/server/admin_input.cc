#include "server/admin_input.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/text.h"
#include "identity/strict_json.h"
#include "server/greeting.h"
#include "server/problems.h"
#include "server/widget_api.h"

namespace widgent {

namespace {

constexpr std::size_t kShownCharactersMax = 80;  // of what a mistaken caller wrote

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Shown(std::string_view text) { return '"' + CleanLine(text, kShownCharactersMax) + '"'; }

std::string Listed(std::initializer_list<std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

bool IsAmong(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<std::string> DecodePercent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || HexDigit(text[i + 1]) < 0 || HexDigit(text[i + 2]) < 0) return std::nullopt;
    decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

std::variant<Parameters, Problem> ReadParameters(std::string_view query,
                                                 std::initializer_list<std::string_view> names) {
  Parameters parameters;
  while (!query.empty()) {
    std::string pair(query.substr(0, query.find('&')));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    std::replace(pair.begin(), pair.end(), '+', ' ');
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = pair.substr(0, equals);
    const auto value = DecodePercent(std::string_view(pair).substr(std::min(equals + 1, pair.size())));
    if (!IsAmong(names, name))
      return MakeProblem("invalid_input", "There is no parameter " + Shown(name) + '.',
                         "There are " + Listed(names) + '.');
    if (!value) return MakeProblem("invalid_input", name + " is not percent-encoded.");
    if (!parameters.emplace(name, *value).second) return MakeProblem("invalid_input", name + " is there twice.");
  }
  std::erase_if(parameters, [](const auto& parameter) { return parameter.second.empty(); });
  return parameters;
}

std::variant<std::int64_t, Problem> ReadNumber(const std::string& name, const std::string& value, std::int64_t least,
                                               std::int64_t most) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error == std::errc() && stop == end && number >= least && number <= most) return number;
  return MakeProblem("invalid_input", name + " must be a whole number from " + std::to_string(least) + " to " +
                                          std::to_string(most) + '.');
}

std::optional<Problem> ReadMembers(const http::Request& request, std::initializer_list<std::string_view> members,
                                   nlohmann::json& body) {
  if (request.body.empty()) {
    body = nlohmann::json::object();
    return std::nullopt;
  }
  if (auto problem = CheckJsonBody(request)) return problem;
  nlohmann::json read;
  if (IsStrictJson(request.body)) read = nlohmann::json::parse(request.body, nullptr, false);
  if (!read.is_object()) {
    return MakeProblem("invalid_input", "The body is not one JSON object of at most 16 levels.",
                       "Is it UTF-8, and does it have each member once?");
  }
  for (const auto& [name, value] : read.items()) {
    if (!IsAmong(members, name))
      return MakeProblem("invalid_input", "The body may have no member " + Shown(name) + '.',
                         "It may have " + Listed(members) + '.');
  }
  body = std::move(read);
  return std::nullopt;
}

std::optional<Problem> CheckName(const std::string& name) {
  if (CountCharacters(name) <= kNameCharactersMax) return std::nullopt;
  return MakeProblem("invalid_input", "name may have 80 characters at most.");
}

std::string SignedBy(const std::string& by, const std::string& name) {
  const std::string shown = CleanLine(name, kNameCharactersMax);
  return shown.empty() ? by : by + " (" + shown + ')';
}

std::optional<Problem> SignByName(const nlohmann::json& body, std::string& by) {
  const auto name = body.find("name");
  if (name == body.end()) return std::nullopt;
  if (!name->is_string()) return MakeProblem("invalid_input", "name must be a text.");
  if (auto problem = CheckName(name->get_ref<const std::string&>())) return problem;
  by = SignedBy(by, name->get_ref<const std::string&>());
  return std::nullopt;
}

}  // namespace widgent
