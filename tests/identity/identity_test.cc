#include "identity/identity.h"

#include <catch2/catch.hpp>

using namespace widgent;

TEST_CASE("The wire shows a user's claims and the seconds that are left") {
  User user;
  user.sub = "ada";
  user.name = "Ada";
  user.email = "ada@example.com";
  user.expires_at_s = 1000;
  WireIdentity wire = ToWire(user, 400'500);
  CHECK(wire.verified);
  CHECK(wire.sub == "ada");
  CHECK(wire.name == "Ada");
  CHECK(wire.email == "ada@example.com");
  CHECK(wire.expires_in == 599);
  CHECK(wire.reason.empty());
  CHECK(ToWire(user, 1'020'000).expires_in == 0);
  CHECK_FALSE(IsExpired(user, 999'999));
  CHECK(IsExpired(user, 1'000'000));
}

TEST_CASE("The wire shows of a guest only why it is one") {
  WireIdentity missing = ToWire(Anonymous{}, 0);
  CHECK_FALSE(missing.verified);
  CHECK(missing.reason == "token_missing");
  CHECK(missing.sub.empty());
  Anonymous expired;
  expired.reason = Anonymous::Reason::kTokenExpired;
  CHECK(ToWire(expired, 0).reason == "token_expired");
}
