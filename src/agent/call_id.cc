#include "agent/call_id.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace widgent {

std::string MakeUlid(UnixMillis now, std::string_view random) {
  constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::array<unsigned char, 16> bytes{};
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(now >> (40 - 8 * i));
  for (std::size_t i = 0; i < kCallIdRandomBytes && i < random.size(); ++i)
    bytes[6 + i] = static_cast<unsigned char>(random[i]);
  std::string ulid;
  // 26 digits of 5 bits are 130 bits: the first digit holds the top 3 of the 128.
  for (int digit = 0; digit < 26; ++digit) {
    unsigned value = 0;
    for (int bit = digit * 5 - 2; bit < digit * 5 + 3; ++bit)
      value = value << 1 | (bit < 0 ? 0u : bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1u);
    ulid += kAlphabet[value];
  }
  return ulid;
}

std::string FormatTime(UnixMillis now) {
  using std::chrono::floor;
  const std::chrono::sys_seconds time{floor<std::chrono::seconds>(std::chrono::milliseconds(now))};
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace widgent
