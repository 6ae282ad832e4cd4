// Small stand-ins for libc. Those of nlohmann's lexer (linked by --wrap) would bring long double arithmetic and printf,
// 20 KB before compression; what they are used for here: numbers, read once and rounded to integers, and the text of
// parse errors, which nobody reads. Those of texts are made for speed, and ours are short.
#include <cstddef>

extern "C" {

// Correct to within rounding of the last places for the grammar that the lexer has already checked.
double __wrap_strtod(const char* text, char** end) {
  const bool negative = *text == '-';
  text += negative;
  double value = 0;
  int exponent = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + (*text - '0');
  if (*text == '.') {
    for (++text; *text >= '0' && *text <= '9'; ++text, --exponent) value = value * 10 + (*text - '0');
  }
  if ((*text | 0x20) == 'e') {
    ++text;
    const bool down = *text == '-';
    text += *text == '-' || *text == '+';
    int digits = 0;
    for (; *text >= '0' && *text <= '9'; ++text)
      if (digits < 9999) digits = digits * 10 + (*text - '0');
    exponent += down ? -digits : digits;
  }
  if (end) *end = const_cast<char*>(text);
  double power = exponent < 0 ? 0.1 : 10;
  for (unsigned rest = static_cast<unsigned>(exponent < 0 ? -exponent : exponent); rest; rest >>= 1, power *= power)
    if (rest & 1) value *= power;
  return negative ? -value : value;
}

unsigned long long __wrap_strtoull(const char* text, char** end, int) {
  constexpr unsigned long long kLimit = ~0ull / 10 - 1;
  unsigned long long value = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    value = value > kLimit ? value : value * 10 + static_cast<unsigned>(*text - '0');
  if (end) *end = const_cast<char*>(text);
  return value;
}

long long __wrap_strtoll(const char* text, char** end, int base) {
  const bool negative = *text == '-';
  const auto value = static_cast<long long>(__wrap_strtoull(text + negative, end, base));
  return negative ? -value : value;
}

std::size_t strlen(const char* text) {
  const char* end = text;
  while (*end) ++end;
  return static_cast<std::size_t>(end - text);
}

int strncmp(const char* one, const char* other, std::size_t size) {
  for (; size; --size, ++one, ++other)
    if (*one != *other || !*one) return static_cast<unsigned char>(*one) - static_cast<unsigned char>(*other);
  return 0;
}

int strcmp(const char* one, const char* other) { return strncmp(one, other, ~std::size_t{0}); }

char* strchr(const char* text, int wanted) {
  for (; *text != static_cast<char>(wanted); ++text)
    if (!*text) return nullptr;
  return const_cast<char*>(text);
}

int __wrap_snprintf(char* out, std::size_t size, const char*, ...) {
  if (size) *out = 0;
  return 0;
}
}
