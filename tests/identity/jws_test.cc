#include "identity/jws.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "support/hex.h"
#include "support/signed_token.h"

using namespace widgent;
using test::kSecret;
using test::SignToken;

namespace {

constexpr UnixMillis kNow = 1'767'225'600'000;

std::variant<VerifiedJws, TokenError> Verify(std::string_view token, const KeyRing& keys = {{{"k1", kSecret, {}}}}) {
  return VerifyJws(token, keys, kNow);
}

TokenError Refused(std::string_view token, const KeyRing& keys = {{{"k1", kSecret, {}}}}) {
  auto verdict = Verify(token, keys);
  REQUIRE(std::holds_alternative<TokenError>(verdict));
  return std::get<TokenError>(verdict);
}

std::string Kid(std::string_view token, const KeyRing& keys) {
  auto verdict = Verify(token, keys);
  auto* verified = std::get_if<VerifiedJws>(&verdict);
  return verified ? verified->kid : "refused: " + std::get<TokenError>(verdict).code;
}

}  // namespace

TEST_CASE("case 15: the signature agrees with every Wycheproof vector of a compact JWS") {
  std::ifstream file(WIDGENT_SOURCE_DIR "/tests/data/wycheproof_hs256.json");
  const auto vectors = nlohmann::json::parse(file).at("jws");
  REQUIRE(vectors.size() > 50);
  for (const auto& vector : vectors) {
    const std::string token = vector.at("jws");
    // The vectors name their key in the header; the ring has to know it by that name.
    const auto header = DecodeBase64Url(token.substr(0, token.find('.'))).value_or("");
    const auto fields = nlohmann::json::parse(header, nullptr, false);
    const std::string kid = fields.is_object() ? fields.value("kid", "") : "";
    const KeyRing keys{{{kid, test::Unhex(vector.at("key")), {}}}};
    INFO(vector.at("file") << " " << vector.at("tcId") << " " << vector.at("comment"));
    CHECK(std::holds_alternative<VerifiedJws>(Verify(token, keys)) == (vector.at("expect") == "valid"));
  }
}

TEST_CASE("case 15: a token of any other shape is refused before a signature is looked at") {
  const std::string good = SignToken("{}");
  const std::string mac = good.substr(good.rfind('.') + 1);
  const std::map<std::string, std::string> hints = {
      {"undefined", "text itself"},
      {"null", "text itself"},
      {"{\"token\":\"" + good + "\"}", "text itself"},
      {"\"" + good + "\"", "text itself"},
      {"<!doctype html><title>Sign in</title>", "page"},
      {"Bearer " + good, "Bearer"},
      {good + "\n", "white space"},
      {" " + good, "white space"},
      {kSecret, "rotate"},
      {"a.b.c.d.e", "JWE"},
      {"abc", "three"},
      {good + ".", "three"},
      {good + "=", "three"},
      {good.substr(0, good.rfind('.')), "three"},
      {"." + good, "three"},
      {"..", "three"},
      {good + "AA", "three"},
      {std::string(good).replace(good.size() - 1, 1, good.back() == 'B' ? "D" : "B"), "three"},
  };
  for (const auto& [token, hint] : hints) {
    const TokenError error = Refused(token);
    INFO(token);
    CHECK(error.code == "token_malformed");
    CHECK_THAT(error.hint, Catch::Contains(hint));
  }
}

TEST_CASE("case 15: a token of 8192 bytes is read and one byte more is not") {
  const std::string head = SignToken("{}").substr(0, 36);
  CHECK(Refused(head + std::string(kTokenBytesMax - head.size(), 'A')).code != "token_too_large");
  CHECK(Refused(head + std::string(kTokenBytesMax + 1 - head.size(), 'A')).code == "token_too_large");
}

TEST_CASE("case 15: only HS256 is an algorithm, whatever else would verify") {
  const std::map<std::string, std::string> hints = {
      {"none", "not signed"}, {"None", "not signed"}, {"nOnE", "not signed"},       {"NONE", "not signed"},
      {"HS384", "HS256"},     {"HS512", "HS256"},     {"RS256", "sign-in service"}, {"ES256", "sign-in service"},
      {"PS256", "sign-in"},   {"EdDSA", "sign-in"},   {"hs256", "capital"},         {"", "Only HS256"},
  };
  for (const auto& [alg, hint] : hints) {
    const TokenError error = Refused(SignToken("{}", kSecret, R"({"alg":")" + alg + "\"}"));
    INFO(alg);
    CHECK(error.code == "alg_not_allowed");
    CHECK_THAT(error.hint, Catch::Contains(hint));
  }
  CHECK(Refused(SignToken("{}", kSecret, "{}")).code == "alg_not_allowed");
  CHECK(Refused(SignToken("{}", kSecret, R"({"alg":["HS256"]})")).code == "alg_not_allowed");
  CHECK(Refused(SignToken("{}", kSecret, R"({"alg":256})")).code == "alg_not_allowed");
  const std::string unsigned_token = EncodeBase64Url(R"({"alg":"none"})") + "." + EncodeBase64Url("{}") + ".";
  CHECK(Refused(unsigned_token).code == "alg_not_allowed");
}

TEST_CASE("case 15: a header is strict JSON") {
  for (const char* header :
       {"", "[]", "null", "\"HS256\"", R"({"alg":"HS256")", R"({"alg":"HS256"}x)", R"({"alg":"none","alg":"HS256"})",
        R"({"alg":"HS256","alg":"HS256"})", "\xEF\xBB\xBF{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"x\":\"\xff\"}",
        R"({"alg":"HS256","kid":7})", R"({"alg":"HS256","kid":null})"}) {
    INFO(header);
    CHECK(Refused(SignToken("{}", kSecret, header)).code == "token_malformed");
  }
  CHECK(Refused(SignToken("{}", kSecret, std::string("{\"alg\":\"HS256\"}\0", 16))).code == "token_malformed");
}

TEST_CASE("case 15: a header that changes the meaning of the signature is refused") {
  for (const char* header :
       {R"({"alg":"HS256","crit":["b64"],"b64":false})", R"({"alg":"HS256","b64":false})",
        R"({"alg":"HS256","crit":[]})", R"({"alg":"HS256","crit":["exp"]})", R"({"alg":"HS256","b64":"true"})"}) {
    INFO(header);
    CHECK(Refused(SignToken("{}", kSecret, header)).code == "crit_not_supported");
  }
  CHECK(Kid(SignToken("{}", kSecret, R"({"alg":"HS256","b64":true})"), {{{"k1", kSecret, {}}}}) == "k1");
  CHECK(Kid(SignToken("{}", kSecret, R"({"jku":"https://evil.example","alg":"HS256"})"), {{{"k1", kSecret, {}}}}) ==
        "k1");
}

TEST_CASE("case 15: a forged token is refused, not downgraded") {
  CHECK(Refused(SignToken("{}", "another_secret_of_at_least_32_bytes")).code == "invalid_signature");
  const std::string good = SignToken(R"({"sub":"ada"})");
  const std::string other = SignToken(R"({"sub":"bob"})");
  const std::string spliced = other.substr(0, other.rfind('.')) + good.substr(good.rfind('.'));
  CHECK(Refused(spliced).code == "invalid_signature");
  CHECK(Refused(good.substr(0, good.rfind('.') + 1)).code == "invalid_signature");
  CHECK(Refused(good.substr(0, good.size() - 3)).code == "invalid_signature");
}

TEST_CASE("A product without a secret, or with a short one, accepts nobody") {
  CHECK(Refused(SignToken("{}"), {}).code == "invalid_signature");
  CHECK(Refused(SignToken("{}", ""), {{{"k1", "", {}}}}).code == "invalid_signature");
  CHECK(Refused(SignToken("{}", "short"), {{{"k1", "short", {}}}}).code == "invalid_signature");
}

TEST_CASE("Two secrets live side by side") {
  const std::string older = "wvs_the_older_secret_of_32_bytes_or_more";
  const KeyRing keys{{{"new", kSecret, {}}, {"old", older, kNow + 1}}};
  CHECK(Kid(SignToken("{}"), keys) == "new");
  CHECK(Kid(SignToken("{}", older), keys) == "old");
  CHECK(Kid(SignToken("{}", older, R"({"alg":"HS256","kid":"old"})"), keys) == "old");
  CHECK(Kid(SignToken("{}", kSecret, R"({"alg":"HS256","kid":"new"})"), keys) == "new");

  SECTION("kid chooses: the other secret does not verify") {
    CHECK(Kid(SignToken("{}", kSecret, R"({"alg":"HS256","kid":"old"})"), keys) == "refused: invalid_signature");
  }
  SECTION("An unknown kid is refused") {
    const TokenError error = Refused(SignToken("{}", kSecret, R"({"alg":"HS256","kid":"2019"})"), keys);
    CHECK(error.code == "unknown_kid");
    CHECK(error.hint.find("2019") == std::string::npos);
  }
  SECTION("A secret ends at its not_after") {
    const KeyRing later{{{"new", kSecret, {}}, {"old", older, kNow}}};
    const TokenError by_kid = Refused(SignToken("{}", older, R"({"alg":"HS256","kid":"old"})"), later);
    CHECK(by_kid.code == "unknown_kid");
    CHECK_THAT(by_kid.hint, Catch::Contains("retired"));
    const TokenError error = Refused(SignToken("{}", older), later);
    CHECK(error.code == "invalid_signature");
    CHECK_THAT(error.hint, Catch::Contains("retired"));
  }
}

TEST_CASE("A mistreated secret is told by how it signs") {
  const std::string secret = kSecret;
  const auto hint = [](const std::string& key, const std::string& value) {
    return Refused(SignToken("{}", key), {{{"k1", value, {}}}}).hint;
  };
  CHECK_THAT(hint(secret + "\n", secret), Catch::Contains("line break"));
  CHECK_THAT(hint(secret + "\r\n", secret), Catch::Contains("line break"));
  CHECK_THAT(hint("\"" + secret + "\"", secret), Catch::Contains("quotes"));
  CHECK_THAT(hint("'" + secret + "'", secret), Catch::Contains("quotes"));
  CHECK_THAT(hint(secret.substr(4), secret), Catch::Contains("whole"));
  const std::string bytes = "0123456789abcdef0123456789abcdef\xff\xfe";
  CHECK_THAT(hint(bytes, EncodeBase64(bytes)), Catch::Contains("base64"));
  CHECK_THAT(hint(bytes, "wvs_" + EncodeBase64Url(bytes)), Catch::Contains("base64"));
  CHECK_THAT(hint("nothing of all this, but long enough", secret), Catch::Contains("Check that the secret"));
}
