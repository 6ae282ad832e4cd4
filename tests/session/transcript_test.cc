// The transcripts in tests/transcripts are documentation that is checked: an event and the step it gives, line by line.
// The shipped Wasm replays them too (tests/node/transcripts.test.mjs).
#include <catch2/catch.hpp>
#include <fstream>

#include "session/json.h"

using namespace widgent;

TEST_CASE("The transcripts replay byte for byte") {
  for (const char* name : {"greeting", "switch", "expiry", "resume"}) {
    std::ifstream file(WIDGENT_SOURCE_DIR "/tests/transcripts/" + std::string(name) + ".jsonl");
    REQUIRE(file.good());
    Session session;
    std::string event, step;
    int steps = 0;
    while (std::getline(file, event) && std::getline(file, step)) {
      CHECK(std::string_view(HandleJson(session, event)) == step);
      ++steps;
    }
    CHECK(steps > 3);
  }
}
