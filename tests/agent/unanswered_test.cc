#include "agent/unanswered.h"

#include "agent/stage.h"
#include "agent/text.h"

namespace widgent::test {

namespace {

std::string Kept(std::string_view question, const Identity& identity = MakeGuest()) {
  return QuestionForOwner(question, identity);
}

}  // namespace

TEST_CASE("A question is kept as it was asked, on one line") {
  CHECK(Kept("Do you ship\n to\tMars?") == "Do you ship to Mars?");
  CHECK(Kept("iPhone 15, size 42 or 43, 24/7?") == "iPhone 15, size 42 or 43, 24/7?");
  CHECK(CountCodePoints(Kept(std::string(2000, 'x'))) == 500);
  CHECK(Kept("").empty());
}

TEST_CASE("A question is kept without what tells who asked") {
  const User ada = MakeAda();
  CHECK(Kept("I am Ada (ada@example.com), where is my stuff?", ada) == "I am … … where is my stuff?");
  CHECK(Kept("my id is U_42!", ada) == "my id is …");
  CHECK(Kept("I am Bob, write to bob@example.org", ada) == "I am Bob, write to …");
  CHECK(Kept("call me at +44 (20) 7946-0958 please") == "call me at +… please");
  CHECK(Kept("card 4111 1111 1111 1111") == "card …");
  CHECK(Kept("order A-1001 is late") == "order A-… is late");
  User short_sub = ada;
  short_sub.sub = "a";
  CHECK(Kept("what about a tarp", short_sub) == "what about … tarp");
}

}  // namespace widgent::test
