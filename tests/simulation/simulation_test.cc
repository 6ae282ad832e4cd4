// WIDGENT_SEEDS: how many seeds (500). WIDGENT_SEED: that one alone, with its story.
#include "simulation/simulation.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>

using namespace widgent::test;

namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

constexpr int kSteps = 40;

}  // namespace

TEST_CASE("Whatever happens, nothing of one user reaches another and nothing acknowledged is lost") {
  // The process that dies here leaves the page cache alone, so memory is disk enough, without its waits for the
  // platter.
  if (std::filesystem::exists("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  const std::uint64_t only = FromEnvironment("WIDGENT_SEED", 0);
  const std::uint64_t first = only ? only : 1, last = only ? only : FromEnvironment("WIDGENT_SEEDS", 500);
  int acknowledged = 0, tool_calls = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Simulation simulation(seed);
    const std::string fault = simulation.Run(kSteps);
    acknowledged += simulation.acknowledged();
    tool_calls += simulation.tool_calls();
    INFO("WIDGENT_SEED=" << seed << "\n" << fault);
    REQUIRE(fault.empty());
  }
  std::cout << last - first + 1 << " seeds: " << acknowledged << " messages acknowledged, " << tool_calls
            << " tool calls\n";
  if (!only) CHECK(acknowledged > 1'000);
  if (!only) CHECK(tool_calls > 100);
}
