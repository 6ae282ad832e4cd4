// Secrets at rest.
#include "identity/sealed.h"

#include <catch2/catch.hpp>

#include "identity/crypto.h"
#include "protocol/base64url.h"
#include "support/hex.h"

using namespace widgent;

namespace {

const std::string kKey(32, 'k'), kNonce(12, 'n'), kSecretText = "wvs_a_secret_that_nobody_may_read";
const std::string kOwner = OwnerOfVerificationSecret("acme", "2026-11");

}  // namespace

TEST_CASE("A sealed secret opens with its key, for its owner, and shows nothing of itself") {
  const std::string sealed = Seal(kKey, kOwner, kSecretText, kNonce);
  CHECK(sealed.starts_with("v1."));
  CHECK(sealed.find("wvs") == std::string::npos);
  CHECK(Unseal(kKey, kOwner, sealed) == kSecretText);
  CHECK(Unseal(kKey, kOwner, Seal(kKey, kOwner, "", kNonce)) == "");
  CHECK(Seal(kKey, kOwner, kSecretText, std::string(12, 'm')) != sealed);
}

TEST_CASE("A sealed secret does not open with another key, for another product, secret or tool") {
  const std::string sealed = Seal(kKey, kOwner, kSecretText, kNonce);
  CHECK_FALSE(Unseal(std::string(32, 'x'), kOwner, sealed));
  CHECK_FALSE(Unseal("short", kOwner, sealed));
  CHECK_FALSE(Unseal("", kOwner, sealed));
  CHECK_FALSE(Unseal(kKey, OwnerOfVerificationSecret("other", "2026-11"), sealed));
  CHECK_FALSE(Unseal(kKey, OwnerOfVerificationSecret("acme", "2026-12"), sealed));
  CHECK_FALSE(Unseal(kKey, OwnerOfVerificationSecret("acme2026-11", ""), sealed));
  CHECK_FALSE(Unseal(kKey, OwnerOfToolSecret("acme", "2026-11"), sealed));
  CHECK_FALSE(Unseal(kKey, "", sealed));
}

TEST_CASE("A sealed secret that was changed in any byte, cut or lengthened does not open") {
  const std::string sealed = Seal(kKey, kOwner, kSecretText, kNonce);
  const std::string bytes = DecodeBase64Url(sealed.substr(3)).value();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(Unseal(kKey, kOwner, "v1." + EncodeBase64Url(changed)));
    CHECK_FALSE(Unseal(kKey, kOwner, "v1." + EncodeBase64Url(bytes.substr(0, i))));
  }
  CHECK_FALSE(Unseal(kKey, kOwner, "v1." + EncodeBase64Url(bytes + '\0')));
  for (const std::string& odd : {std::string(), std::string("v1."), "v2." + sealed.substr(3), sealed + "=",
                                 sealed + "\n", sealed.substr(3), " " + sealed}) {
    CHECK_FALSE(Unseal(kKey, kOwner, odd));
  }
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16.
TEST_CASE("AES-256-GCM gives the published answers") {
  const std::string zeros(32, '\0');
  CHECK(Hex(EncryptAesGcm(zeros, zeros.substr(0, 12), "", "")) == "530f8afbc74536b9a963b4f1c4cb738b");
  CHECK(Hex(EncryptAesGcm(zeros, zeros.substr(0, 12), "", zeros.substr(0, 16))) ==
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  CHECK(
      Hex(EncryptAesGcm(
          test::Unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
          test::Unhex("cafebabefacedbaddecaf888"), test::Unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
          test::Unhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
                      "49a6b525b16aedf5aa0de657ba637b39"))) ==
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
}

TEST_CASE("Base64 is read in its canonical form alone") {
  for (const std::string bytes : {"", "f", "fo", "foo", "foob", "\xFF\xFE"})
    CHECK(DecodeBase64(EncodeBase64(bytes)) == bytes);
  for (const char* odd : {"Zg", "Zg=", "Zh==", "Zg===", "Zg==Zg==", "Z g==", " Zg==", "Zg==\n", "=",
                          "====", "Z===", "Zm9v=", "Zm-_", "\xC3\xA4=="}) {
    CAPTURE(odd);
    CHECK_FALSE(DecodeBase64(odd));
  }
}
