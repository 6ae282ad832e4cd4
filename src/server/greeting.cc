#include "server/greeting.h"

#include <cctype>

namespace widgent {

namespace {

constexpr std::size_t kNameCharactersMax = 80;
constexpr std::string_view kPlaceholder = "{{name}}";

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::string DisplayName(std::string_view name) {
  std::string shown;
  for (const char c : CutCharacters(name, kNameCharactersMax)) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  const auto first = shown.find_first_not_of(' ');
  return first == std::string::npos ? "" : shown.substr(first, shown.find_last_not_of(' ') - first + 1);
}

// Takes the placeholder at `at` out of `text` together with the space or comma that belonged to it.
void Erase(std::string& text, std::size_t at) {
  text.erase(at, kPlaceholder.size());
  if (at > 0) {
    if (text[at - 1] == ' ') text.erase(at - 1, 1);
    return;
  }
  text.erase(0, text.find_first_not_of(" ,;:!-"));
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
}

}  // namespace

std::string CutCharacters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size()) {
    if (!IsContinuation(text[end]) && count-- == 0) break;
    ++end;
  }
  return std::string(text.substr(0, end));
}

std::size_t CountCharacters(std::string_view text) {
  std::size_t count = 0;
  for (const char byte : text) count += !IsContinuation(byte);
  return count;
}

std::string Greeting(const Product& product, const Identity& identity) {
  const User* user = AsUser(identity);
  std::string text = user ? product.greeting_verified : product.greeting_anonymous;
  const std::string name = user ? DisplayName(user->name) : "";
  for (auto at = text.find(kPlaceholder); at != std::string::npos; at = text.find(kPlaceholder, at)) {
    if (name.empty()) {
      Erase(text, at);
      at = 0;
      continue;
    }
    text.replace(at, kPlaceholder.size(), name);
    at += name.size();
  }
  return text;
}

}  // namespace widgent
