// Seeded choices, the same on every machine: SplitMix64.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>

namespace widgent::test {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  // A sequence of its own for each combination: what one place draws does not depend on how often another has drawn.
  Draw(std::initializer_list<std::uint64_t> seeds) : state_(0) {
    for (const std::uint64_t seed : seeds) state_ = Mix(state_ ^ seed);
  }

  std::uint64_t Next() { return Mix(state_ += 0x9E3779B97F4A7C15); }
  int Below(int limit) { return static_cast<int>(Next() % static_cast<std::uint64_t>(limit)); }
  int Between(int least, int most) { return least + Below(most - least + 1); }
  bool Maybe(int percent) { return Below(100) < percent; }
  std::string Hex32() {
    std::string digits;
    for (std::uint64_t half : {Next(), Next()})
      for (int i = 0; i < 16; ++i, half >>= 4) digits += "0123456789abcdef"[half & 15];
    return digits;
  }

 private:
  static std::uint64_t Mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace widgent::test
