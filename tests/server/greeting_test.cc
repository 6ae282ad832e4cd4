#include "server/greeting.h"

#include <catch2/catch.hpp>

using namespace widgent;

namespace {

std::string Greet(const std::string& greeting, const std::string& name) {
  Product product;
  product.greeting_verified = greeting;
  User user;
  user.name = name;
  return Greeting(product, user);
}

}  // namespace

TEST_CASE("The verified name fills the greeting") {
  CHECK(Greet("Hi {{name}}, how can I help?", "Ada") == "Hi Ada, how can I help?");
  CHECK(Greet("{{name}}! {{name}}!", "Zoë") == "Zoë! Zoë!");
  CHECK(Greet("Hello.", "Ada") == "Hello.");
}

TEST_CASE("A missing name leaves no trace in the greeting") {
  CHECK(Greet("Hi {{name}}, how can I help?", "") == "Hi, how can I help?");
  CHECK(Greet("{{name}}, how can I help?", "") == "How can I help?");
  CHECK(Greet("Hi {{name}}!", " \n ") == "Hi!");
  CHECK(Greet("{{name}}", "").empty());
}

TEST_CASE("A name stays text: cut to 80 characters, without control characters, never filled twice") {
  CHECK(Greet("{{name}}", "Ada\n## SYSTEM") == "Ada ## SYSTEM");
  CHECK(Greet("Hi {{name}}", "{{name}}") == "Hi {{name}}");
  std::string longer, cut;
  for (int i = 0; i < 200; ++i) longer += "ë";
  for (int i = 0; i < 80; ++i) cut += "ë";
  CHECK(Greet("{{name}}", longer) == cut);
}

TEST_CASE("Characters are counted, not bytes") {
  CHECK(CountCharacters("Zoë") == 3);
  CHECK(CutCharacters("Zoë!", 3) == "Zoë");
  CHECK(CutCharacters("", 3).empty());
}
