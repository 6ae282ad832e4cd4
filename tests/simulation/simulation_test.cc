// WIDGENT_SEEDS: how many seeds (500), from WIDGENT_FROM (1). WIDGENT_REPLAY: a transcript to perform instead, and with
// WIDGENT_STORY it tells what each page was told and did.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "simulation/transcript.h"

using namespace widgent::test;

namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

std::string Replay(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return "There is no transcript " + path.string();
  return Transcript::Read(file).Replay();
}

}  // namespace

TEST_CASE("Whatever happens, nothing of one user reaches another and nothing acknowledged is lost", "[seeds]") {
  // The process that dies here leaves the page cache alone, so memory is disk enough, without its waits for the
  // platter.
  if (std::filesystem::exists("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  if (const char* path = std::getenv("WIDGENT_REPLAY")) {
    const std::string fault = Replay(path);
    INFO(fault);
    REQUIRE(fault.empty());
    return;
  }
  const std::uint64_t first = FromEnvironment("WIDGENT_FROM", 1), count = FromEnvironment("WIDGENT_SEEDS", 500);
  Invariants::Counts counts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    std::string fault;
    const Transcript transcript = Transcript::OfSeed(seed, fault, counts);
    if (!fault.empty()) {
      const Transcript shrunk = transcript.Shrunk();
      std::cout << "seed " << seed << ": " << fault << "\nin " << shrunk.acts.size() << " acts: " << shrunk.Replay()
                << "\n"
                << shrunk.Write() << std::flush;
      FAIL("seed " << seed << " breaks an invariant");
    }
  }
  std::cout << count << " seeds: " << counts.messages << " messages, " << counts.acknowledged << " acknowledged, "
            << counts.merged << " merged, " << counts.tool_calls << " tool calls, " << counts.crashes << " crashes\n";
  // Otherwise nothing was looked at.
  if (count < 100) return;
  CHECK(counts.acknowledged > static_cast<int>(count));
  CHECK(counts.tool_calls > static_cast<int>(count / 4));
  CHECK(counts.merged > static_cast<int>(count / 20));
}

TEST_CASE("What the simulation has found once does not come back") {
  const std::filesystem::path folder = WIDGENT_SOURCE_DIR "/tests/simulation/transcripts";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    ++count;
    INFO(entry.path().filename());
    CHECK(Replay(entry.path()) == "");
  }
  CHECK(count > 0);
}
