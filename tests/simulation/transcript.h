// A run as text, one JSON object a line: first the rules, then the acts.
#pragma once
#include <istream>
#include <string>
#include <vector>

#include "simulation/simulation.h"

namespace widgent::test {

struct Transcript {
  Rules rules;
  std::vector<json> acts;

  // Draws what `seed` stands for, and performs it on the way. `fault`: what broke; empty: nothing.
  static Transcript OfSeed(std::uint64_t seed, std::string& fault, Invariants::Counts& counts);
  // Throws nlohmann::json::exception where a line is none of ours.
  static Transcript Read(std::istream& text);
  std::string Write() const;

  // Performs the acts again. Empty: every invariant held.
  std::string Replay() const;
  // Leaves out whatever is not needed for a fault of the same kind to come up.
  Transcript Shrunk() const;
};

}  // namespace widgent::test
