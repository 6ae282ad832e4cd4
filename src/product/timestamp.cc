#include "product/timestamp.h"

#include <chrono>

namespace widgent {

namespace {

// Takes `count` digits from the front; negative where there are fewer.
int TakeNumber(std::string_view& text, int count) {
  int number = 0;
  for (int i = 0; i < count; ++i) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return -1;
    number = number * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Milliseconds of ".25"; nothing where a point has no digit behind it.
std::optional<int> TakeFraction(std::string_view& text) {
  if (!Take(text, '.')) return 0;
  int millis = 0, scale = 100, digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, scale /= 10) {
    millis += (text.front() - '0') * scale;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return millis;
}

// Minutes east of Greenwich.
std::optional<int> TakeOffset(std::string_view& text) {
  if (Take(text, 'Z') || Take(text, 'z')) return 0;
  const bool is_west = !text.empty() && text.front() == '-';
  if (!is_west && (text.empty() || text.front() != '+')) return std::nullopt;
  text.remove_prefix(1);
  const int hours = TakeNumber(text, 2);
  const bool has_colon = Take(text, ':');
  const int minutes = TakeNumber(text, 2);
  if (!has_colon || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (is_west ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::optional<UnixMillis> ReadTimestamp(std::string_view text) {
  namespace chrono = std::chrono;
  const int year = TakeNumber(text, 4);
  const bool first_hyphen = Take(text, '-');
  const int month = TakeNumber(text, 2);
  const bool second_hyphen = Take(text, '-');
  const int day = TakeNumber(text, 2);
  const bool is_separated = Take(text, 'T') || Take(text, 't') || Take(text, ' ');
  const int hour = TakeNumber(text, 2);
  const bool first_colon = Take(text, ':');
  const int minute = TakeNumber(text, 2);
  const bool second_colon = Take(text, ':');
  const int second = TakeNumber(text, 2);
  const auto millis = TakeFraction(text);
  const auto offset = TakeOffset(text);
  if (!first_hyphen || !second_hyphen || !is_separated || !first_colon || !second_colon || !millis || !offset ||
      !text.empty() || year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60) {
    return std::nullopt;
  }
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const UnixMillis days = chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - *offset) * 60'000 + UnixMillis{second} * 1000 + *millis;
}

}  // namespace widgent
