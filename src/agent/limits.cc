#include "agent/limits.h"

#include <algorithm>
#include <cmath>

namespace widgent {

namespace {

constexpr std::size_t kBucketsMax = 100'000;
constexpr double kMinuteMs = 60'000;

double Refilled(double left, int per_minute, std::int64_t elapsed_ms) {
  const double gained = per_minute * static_cast<double>(std::max<std::int64_t>(elapsed_ms, 0)) / kMinuteMs;
  return std::min<double>(per_minute, left + gained);
}

// Until so many are there again, rounded up.
std::int64_t SecondsFor(double missing, int per_minute) {
  return (std::llround(missing * kMinuteMs / std::max(per_minute, 1)) + 999) / 1000;
}

}  // namespace

std::optional<std::int64_t> Limits::Take(const std::string& key, int per_minute, UnixMillis now) {
  if (buckets_.size() >= kBucketsMax) Forget(now);
  Bucket& bucket = buckets_.try_emplace(key, Bucket{static_cast<double>(per_minute), now, per_minute}).first->second;
  bucket.left = Refilled(bucket.left, per_minute, now - bucket.at);
  bucket.at = now;
  bucket.per_minute = per_minute;
  if (bucket.left >= 1) {
    bucket.left -= 1;
    return std::nullopt;
  }
  return std::max<std::int64_t>(1, SecondsFor(1 - bucket.left, per_minute));
}

Limits::Share Limits::Look(const std::string& key, int per_minute, UnixMillis now) const {
  const auto found = buckets_.find(key);
  const double left =
      found == buckets_.end() ? per_minute : Refilled(found->second.left, per_minute, now - found->second.at);
  return {static_cast<int>(left), SecondsFor(per_minute - left, per_minute)};
}

// Full buckets say nothing. Where all are in use, an attacker with many addresses pays with everybody's history.
void Limits::Forget(UnixMillis now) {
  std::erase_if(buckets_, [now](const auto& entry) {
    const Bucket& bucket = entry.second;
    return Refilled(bucket.left, bucket.per_minute, now - bucket.at) >= bucket.per_minute;
  });
  if (buckets_.size() >= kBucketsMax) buckets_.clear();
}

}  // namespace widgent
