#include "session/fingerprint.h"

#include <catch2/catch.hpp>

using namespace widgent;

TEST_CASE("A fingerprint is SipHash-2-4: the vector of its authors' paper") {
  const Salt key = ReadSalt("07060504030201000f0e0d0c0b0a0908");
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  // a129ca6149be45e5, lowest digit first
  CHECK(FingerprintOf(text, key) == "5e54eb9416ac921a");
}

TEST_CASE("Another salt, or another user, gives another fingerprint; nobody has none") {
  const Salt salt = ReadSalt("00112233445566778899aabbccddeeff"), other = ReadSalt("10112233445566778899aabbccddeeff");
  CHECK(FingerprintOf("ada", salt) == FingerprintOf("ada", salt));
  CHECK(FingerprintOf("ada", salt) != FingerprintOf("ada", other));
  CHECK(FingerprintOf("ada", salt) != FingerprintOf("bob", salt));
  CHECK(FingerprintOf(std::string(8, 'a'), salt) != FingerprintOf(std::string(9, 'a'), salt));
  CHECK(FingerprintOf("", salt).empty());
}
