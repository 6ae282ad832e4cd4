// What protects a site's tools across runs: a user's share of calls, and a pause for a tool that keeps failing. In
// memory, and forgotten with the process.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/limits.h"
#include "identity/identity.h"
#include "product/product.h"

namespace widgent {

class ToolGuard {
 public:
  static constexpr int kFailuresMax = 5;
  static constexpr std::int64_t kFailureWindowMs = 30'000, kPauseMs = 30'000;

  // True while the tool is left alone because it has failed too often.
  bool IsPaused(const ProductId& product, const ToolConfig& tool, UnixMillis now) const;

  // Takes one call of what this visitor may make in a minute. False: there is none left.
  bool TakeCall(const ProductId& product, const ToolConfig& tool, const Identity& identity, UnixMillis now);

  // How a call ended. A failure is the tool's own: not reached, not in time, no answer that can be read, 5xx.
  void Report(const ProductId& product, const ToolConfig& tool, bool has_failed, UnixMillis now);

 private:
  using Key = std::pair<std::string, std::string>;  // product, tool
  struct Health {
    std::deque<UnixMillis> failures;  // of the window, oldest first
    UnixMillis paused_until = 0;
  };

  Limits calls_;
  std::map<Key, Health> health_;
};

}  // namespace widgent
