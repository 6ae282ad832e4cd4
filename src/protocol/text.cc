#include "protocol/text.h"

#include <cstdlib>
#include <cstring>
#include <utility>

namespace widgent {

TextView::operator std::string_view() const { return {chars_, std::strlen(chars_)}; }

bool TextView::StartsWith(const char* prefix) const { return std::strncmp(chars_, prefix, std::strlen(prefix)) == 0; }

bool operator==(TextView a, TextView b) { return std::strcmp(a.c_str(), b.c_str()) == 0; }

Text::~Text() {
  if (capacity_) std::free(chars_);
}

Text& Text::operator=(TextView text) {
  size_ = 0;
  return Append(text);
}

void Text::clear() { *this = ""; }

void Text::push_back(char c) {
  if (!c) {
    Append("\xC0\x80", 2);
  } else if (size_ + 1 < capacity_) {
    chars_[size_++] = c;
    chars_[size_] = 0;
  } else {
    Append(&c, 1);
  }
}

Text& Text::Append(TextView text) { return Append(text.c_str(), std::strlen(text.c_str())); }

Text& Text::Append(const char* bytes, std::size_t size) {
  const std::size_t end = size_ + size;
  if (end >= capacity_ && size) {
    // A text of its own bytes fits in always, so that these are others.
    char* old = std::exchange(chars_, static_cast<char*>(std::malloc((capacity_ = 2 * end + 8))));
    std::memcpy(chars_, old, size_);
    if (old != none_) std::free(old);
  }
  std::memmove(chars_ + size_, bytes, size);
  chars_[size_ = end] = 0;
  return *this;
}

void Text::Swap(Text& other) {
  std::swap(chars_, other.chars_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
}

Text& Text::AppendNumber(std::int64_t number) {
  char buffer[20];
  char* begin = buffer + sizeof buffer;
  std::uint64_t rest = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  do *--begin = static_cast<char>('0' + rest % 10);
  while (rest /= 10);
  if (number < 0) *--begin = '-';
  return Append(begin, static_cast<std::size_t>(buffer + sizeof buffer - begin));
}

std::string ToString(TextView text) {
  std::string plain(text);
  for (std::size_t at = 0; (at = plain.find("\xC0\x80", at)) != plain.npos; ++at) plain.replace(at, 2, 1, '\0');
  return plain;
}

}  // namespace widgent
