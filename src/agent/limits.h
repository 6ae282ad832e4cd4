// Token buckets: how often a key (a user, a guest, an address) may do something per minute.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "protocol/time.h"

namespace widgent {

class Limits {
 public:
  // Takes one of `per_minute` that `key` has, all of which may be used at once. Nothing: it was there; otherwise the
  // seconds until the next one.
  std::optional<std::int64_t> Take(const std::string& key, int per_minute, UnixMillis now);

 private:
  struct Bucket {
    double left;
    UnixMillis at;
    int per_minute;
  };
  void Forget(UnixMillis now);

  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace widgent
