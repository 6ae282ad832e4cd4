// What is the same throughout one simulation: how many browsers with how many tabs, and the product's rules.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "product/product.h"
#include "simulation/draw.h"

namespace widgent::test {

inline constexpr const char* kUsers[] = {"ada", "bob"};

struct Rules {
  std::uint64_t seed = 1;       // of the network's whims
  bool is_on_disk = false;      // SQLite, as shipped; else memory, which can die in mid-commit
  std::vector<int> tabs{1, 1};  // of each browser
  std::string identity = "optional", on_expiry = "guest", merge = "session";
  int messages_per_minute = 1'000;

  static Rules Drawn(std::uint64_t seed) {
    Draw draw{seed, 1};
    Rules rules;
    rules.seed = seed;
    rules.is_on_disk = seed % 20 == 0;
    const std::vector<int> kinds[] = {{2, 1}, {1, 1}, {3}, {2, 2}, {1, 1, 1}};
    rules.tabs = kinds[draw.Below(5)];
    if (draw.Maybe(10)) rules.identity = "required";
    if (draw.Maybe(20)) rules.on_expiry = "lock";
    rules.merge = draw.Maybe(50) ? "session" : draw.Maybe(50) ? "ask" : "never";
    if (draw.Maybe(10)) rules.messages_per_minute = 4;
    return rules;
  }
  void Apply(Product& product) const {
    product.identity_rules.required = identity == "required";
    product.identity_rules.lock_on_expiry = on_expiry == "lock";
    using Merge = IdentityRules::Merge;
    product.identity_rules.merge = merge == "never" ? Merge::kNever : merge == "ask" ? Merge::kAsk : Merge::kSession;
    product.rate_limits = {messages_per_minute, 2 * messages_per_minute, 2};
  }
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Rules, seed, is_on_disk, tabs, identity, on_expiry, merge, messages_per_minute)
};

}  // namespace widgent::test
