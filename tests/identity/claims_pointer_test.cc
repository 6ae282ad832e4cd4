#include "identity/claims_pointer.h"

#include <catch2/catch.hpp>
#include <map>

using namespace widgent;

namespace {

constexpr std::string_view kDocument = R"( { "foo" : ["bar", "b\"az", [ 1 , 2 ] ], "": 0, "a/b": 1, "c%d": 2, "e^f":3,
  "k\"l": 6, " ": 7, "m~n": 8, "\u00e9": "é", "big": 123456789012345678901234567890, "exp": 1e2,
  "o": {"x": {"y": [true, null, {"z": "]}"}]}, "empty": {}, "none": []} } )";

std::string At(std::string_view pointer) { return std::string(JsonTextAt(kDocument, pointer).value_or("absent")); }

}  // namespace

TEST_CASE("A pointer names what RFC 6901 says") {
  const std::map<std::string, std::string> expected = {
      {"/foo/0", R"("bar")"},
      {"/foo/1", R"("b\"az")"},
      {"/foo/2", "[ 1 , 2 ]"},
      {"/foo/2/1", "2"},
      {"/", "0"},
      {"/a~1b", "1"},
      {"/c%d", "2"},
      {"/e^f", "3"},
      {"/k\"l", "6"},
      {"/ ", "7"},
      {"/m~0n", "8"},
      {"/é", R"("é")"},
      {"/o/x/y/0", "true"},
      {"/o/x/y/1", "null"},
      {"/o/x/y/2", R"({"z": "]}"})"},
      {"/o/x/y/2/z", R"("]}")"},
      {"/o/empty", "{}"},
      {"/o/none", "[]"},
  };
  for (const auto& [pointer, text] : expected) {
    INFO(pointer);
    CHECK(At(pointer) == text);
  }
}

TEST_CASE("A pointer to nothing gives nothing") {
  for (const char* pointer : {"/x", "/foo/3", "/foo/00", "/foo/-", "/foo/-1", "/foo/", "/foo/99999999999", "/foo/0/0",
                              "/o/empty/a", "/o/none/0", "foo", "/m~n", "/m~", "/m~2", "/a/b"}) {
    INFO(pointer);
    CHECK(At(pointer) == "absent");
  }
  CHECK_FALSE(JsonTextAt("", "/a"));
}

TEST_CASE("Numbers keep the text in which they were signed") {
  CHECK(At("/big") == "123456789012345678901234567890");
  CHECK(At("/exp") == "1e2");
}

TEST_CASE("The empty pointer names the whole document") {
  CHECK(JsonTextAt(" [1] ", "") == "[1]");
  CHECK(JsonTextAt("7", "") == "7");
  CHECK(JsonTextAt("\"a b\" ", "") == "\"a b\"");
}

TEST_CASE("The sub that a pointer gives is the verified one") {
  User user;
  user.sub = "42";
  user.claims_json = R"({"sub":42,"metadata":{"plan":"pro"}})";
  CHECK(ClaimAt(user, "/sub") == "\"42\"");
  CHECK(ClaimAt(user, "/metadata/plan") == "\"pro\"");
  CHECK(ClaimAt(user, "/metadata") == R"({"plan":"pro"})");
  CHECK_FALSE(ClaimAt(user, "/email"));
}
