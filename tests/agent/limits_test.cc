#include "agent/limits.h"

#include <catch2/catch.hpp>

using namespace widgent;

TEST_CASE("A bucket gives its minute's worth at once, then one at a time") {
  Limits limits;
  for (int i = 0; i < 20; ++i) CHECK_FALSE(limits.Take("ada", 20, 0));
  CHECK(limits.Take("ada", 20, 0) == 3);
  CHECK_FALSE(limits.Take("bob", 20, 0));
  CHECK(limits.Take("ada", 20, 2'000) == 1);
  CHECK_FALSE(limits.Take("ada", 20, 3'000));
  CHECK(limits.Take("ada", 20, 3'000) == 3);
}

TEST_CASE("A long silence fills a bucket and no more") {
  Limits limits;
  CHECK_FALSE(limits.Take("ada", 2, 0));
  for (int i = 0; i < 2; ++i) CHECK_FALSE(limits.Take("ada", 2, 3'600'000));
  CHECK(limits.Take("ada", 2, 3'600'000));
}

TEST_CASE("A clock that goes back takes nothing away") {
  Limits limits;
  CHECK_FALSE(limits.Take("ada", 2, 100'000));
  CHECK_FALSE(limits.Take("ada", 2, 0));
  CHECK(limits.Take("ada", 2, 0) == 30);
}

TEST_CASE("What is left can be looked at without taking it") {
  Limits limits;
  CHECK(limits.Look("ada", 20, 0).left == 20);
  CHECK(limits.Look("ada", 20, 0).full_in_s == 0);
  for (int i = 0; i < 3; ++i) limits.Take("ada", 20, 0);
  for (int i = 0; i < 2; ++i) CHECK(limits.Look("ada", 20, 0).left == 17);
  CHECK(limits.Look("ada", 20, 0).full_in_s == 9);
  CHECK(limits.Look("ada", 20, 3'500).left == 18);
}

TEST_CASE("A limit of nothing refuses with a wait") { CHECK(Limits().Take("ada", 0, 0) == 60); }
