#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "session/session.h"

using namespace widgent;

TEST_CASE("The diagram in ARCHITECTURE.md is the table of transitions") {
  std::string diagram = "```mermaid\nstateDiagram-v2\n  [*] --> new\n";
  for (const Session::Transition& t : Session::kTransitions) {
    diagram += "  " + std::string(StateName(t.from)) + " --> " + std::string(StateName(t.to)) + ": " +
               std::string(TriggerName(t.trigger)) + "\n";
  }
  diagram += "  destroyed --> [*]\n```";
  std::ifstream file(WIDGENT_SOURCE_DIR "/ARCHITECTURE.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string begin = "<!-- states -->\n", end = "\n<!-- /states -->";
  const auto from = text.find(begin);
  REQUIRE(from != text.npos);
  CHECK(text.substr(from + begin.size(), text.find(end) - from - begin.size()) == diagram);
}
