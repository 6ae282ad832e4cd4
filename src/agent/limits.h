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
  struct Share {
    int left;                // whole ones that may be used at once
    std::int64_t full_in_s;  // until all of them may
  };

  // Takes one of `per_minute` that `key` has, all of which may be used at once. Nothing: it was there; otherwise the
  // seconds until the next one.
  std::optional<std::int64_t> Take(const std::string& key, int per_minute, UnixMillis now);

  // What `key` has left, without taking any.
  Share Look(const std::string& key, int per_minute, UnixMillis now) const;

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
