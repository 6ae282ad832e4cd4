#include "product/audience.h"

#include <catch2/catch.hpp>

namespace widgent::test {

namespace {

Requirement Required(std::string_view text) {
  const auto read = ReadAudience(text);
  REQUIRE(std::holds_alternative<Requirement>(read));
  return std::get<Requirement>(read);
}

}  // namespace

TEST_CASE("A page is for everybody, for signed-in users, or for whom a tool's requirement lets in") {
  CHECK_FALSE(Required("public").AsksForUser());
  CHECK(Required("identified").identified);
  CHECK(Required(R"({"roles": ["staff"]})").roles == std::vector<std::string>{"staff"});
  const Requirement required =
      Required(R"({"scopes": ["help:read"], "claims": [{"path": "/metadata/plan", "in": ["pro"]}],
      "max_token_age_s": 60})");
  CHECK(required.scopes == std::vector<std::string>{"help:read"});
  CHECK(required.claims.at(0).in_json == std::vector<std::string>{"\"pro\""});
  CHECK(required.token_age_s_max == 60);
}

TEST_CASE("What is no audience is a sentence that says how to write one") {
  const auto [text, sentence] = GENERATE(table<std::string, std::string>({
      {"", "Write public, identified"},
      {"Public", "Write public, identified"},
      {"identfied", "Write public, identified"},
      {"identified public", "Write public, identified"},
      {"roles: [staff]", "Write public, identified"},
      {R"({"roles": ["staff"])", "Write public, identified"},
      {R"({"roles": ["staff"], "roles": []})", "Write public, identified"},
      {R"({"roles": "staff"})", "audience: roles"},
      {R"({"role": ["staff"]})", "audience: role: There is no such key"},
      {R"({"claims": [{"path": "plan", "equals": 1}]})", "audience: claims/0/path"},
      {R"({"claims": [{"path": "/plan"}]})", "audience: claims/0"},
      {"{}", "It requires nothing"},
      {R"({"identified": false})", "It requires nothing"},
  }));
  INFO(text);
  const auto read = ReadAudience(text);
  REQUIRE(std::holds_alternative<std::string>(read));
  CHECK_THAT(std::get<std::string>(read), Catch::Contains(sentence));
}

}  // namespace widgent::test
