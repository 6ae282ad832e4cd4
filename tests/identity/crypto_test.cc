#include "identity/crypto.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "support/hex.h"

using namespace widgent;

TEST_CASE("SHA-256 gives the digests of FIPS 180") {
  CHECK(Hex(Sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(Hex(Sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("HMAC-SHA-256 agrees with every Wycheproof vector") {
  std::ifstream file(WIDGENT_SOURCE_DIR "/tests/data/wycheproof_hs256.json");
  const auto vectors = nlohmann::json::parse(file).at("mac");
  REQUIRE(vectors.size() > 50);
  for (const auto& vector : vectors) {
    const std::string mac = HmacSha256(test::Unhex(vector.at("key")), test::Unhex(vector.at("msg")));
    INFO("tcId " << vector.at("tcId"));
    CHECK(EqualInConstantTime(mac, test::Unhex(vector.at("tag"))) == (vector.at("expect") == "valid"));
  }
}

TEST_CASE("An empty key is a key") {
  CHECK(Hex(HmacSha256("", "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  CHECK(HmacSha256(std::string_view(), "") == HmacSha256("", ""));
}

TEST_CASE("Comparing in constant time still compares") {
  CHECK(EqualInConstantTime("", ""));
  CHECK(EqualInConstantTime("abc", "abc"));
  CHECK_FALSE(EqualInConstantTime("abc", "abd"));
  CHECK_FALSE(EqualInConstantTime("abc", "ab"));
}

TEST_CASE("Random bytes do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(RandomBytes(16));
  CHECK(seen.size() == 1000);
  CHECK(RandomBytes(0).empty());
}

TEST_CASE("Base64 is padded, as in RFC 4648 section 10") {
  CHECK(EncodeBase64("") == "");
  CHECK(EncodeBase64("f") == "Zg==");
  CHECK(EncodeBase64("fo") == "Zm8=");
  CHECK(EncodeBase64("foobar") == "Zm9vYmFy");
  CHECK(EncodeBase64("\xfb\xff") == "+/8=");
}
