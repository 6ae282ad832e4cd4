#include "protocol/ids.h"

namespace widgent {

namespace {

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '~' || c == '-';
}

}  // namespace

bool IsValidId(std::string_view text) {
  std::size_t dots = 0;
  for (const char c : text) {
    if (!IsUnreserved(c)) return false;
    dots += c == '.';
  }
  // "." and ".." would change the meaning of a path.
  return !text.empty() && text.size() <= 128 && (text.size() > 2 || dots != text.size());
}

}  // namespace widgent
