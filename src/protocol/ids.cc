#include "protocol/ids.h"

#include <algorithm>

namespace widgent {

namespace {

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '~' || c == '-';
}

}  // namespace

bool IsValidId(std::string_view text) {
  // "." and ".." would change the meaning of a path.
  return !text.empty() && text.size() <= 128 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), IsUnreserved);
}

}  // namespace widgent
