#include "identity/token.h"

#include <catch2/catch.hpp>

#include "identity/crypto.h"
#include "protocol/problem.h"
#include "support/signed_token.h"

using namespace widgent;
using test::kSecret;
using test::SignToken;

namespace {

constexpr std::int64_t kNowSeconds = 1'767'225'600;
constexpr UnixMillis kNow = kNowSeconds * 1000;
const KeyRing kKeys{{{"k1", kSecret, {}}}};
const TokenPolicy kPolicy{.audience = "acme"};

std::variant<User, Anonymous, TokenError> Verify(std::string_view token, UnixMillis now = kNow) {
  return VerifyToken(token, kKeys, kPolicy, now);
}

// A payload with a valid `sub` and `exp`, and more members after a comma.
std::string Claims(const std::string& more = "", const std::string& exp = std::to_string(kNowSeconds + 3600)) {
  return R"({"sub":"u_42","exp":)" + exp + (more.empty() ? "" : ",") + more + "}";
}

std::string Seconds(double offset) { return std::to_string(static_cast<double>(kNowSeconds) + offset); }
std::string Whole(std::int64_t offset) { return std::to_string(kNowSeconds + offset); }

// "user", "expired", "missing", or the code of a refusal.
std::string Verdict(const std::string& payload, UnixMillis now = kNow) {
  const auto verdict = Verify(SignToken(payload), now);
  if (std::holds_alternative<User>(verdict)) return "user";
  if (auto* error = std::get_if<TokenError>(&verdict)) {
    REQUIRE(FindProblem(error->code));
    REQUIRE(ProblemStatus(error->code) == 401);
    REQUIRE_FALSE(error->hint.empty());
    return error->code;
  }
  return std::get<Anonymous>(verdict).reason == Anonymous::Reason::kTokenExpired ? "expired" : "missing";
}

std::string Hint(const std::string& payload, UnixMillis now = kNow) {
  const auto verdict = Verify(SignToken(payload), now);
  if (auto* user = std::get_if<User>(&verdict)) return user->hint;
  if (auto* anonymous = std::get_if<Anonymous>(&verdict)) return anonymous->hint;
  return std::get<TokenError>(verdict).hint;
}

User Accepted(const std::string& payload) {
  auto verdict = Verify(SignToken(payload));
  if (auto* error = std::get_if<TokenError>(&verdict)) FAIL(error->code + ": " + error->hint);
  return std::get<User>(verdict);
}

}  // namespace

TEST_CASE("No token is a guest, not an error") {
  const auto verdict = Verify("");
  REQUIRE(std::holds_alternative<Anonymous>(verdict));
  CHECK(std::get<Anonymous>(verdict).reason == Anonymous::Reason::kTokenMissing);
}

TEST_CASE("A valid token gives its user, byte for byte") {
  const std::string payload =
      R"({"sub":"u_é","name":"Ana\nB \u00e9 e\u0301","email":"ANA@Example.com","iat":)" + Whole(0) + R"(,"exp":)" +
      Whole(3600) + R"(,"metadata": { "plan" : "pro", "n":1e2, "big":123456789012345678901234567890 } ,"extra":[1]})";
  const std::string token = SignToken(payload);
  const auto verdict = Verify(token);
  REQUIRE(std::holds_alternative<User>(verdict));
  const User& user = std::get<User>(verdict);
  CHECK(user.sub == "u_é");
  CHECK(user.name == "Ana\nB \u00e9 e\u0301");
  CHECK(user.email == "ANA@Example.com");
  CHECK(user.metadata_json == R"({ "plan" : "pro", "n":1e2, "big":123456789012345678901234567890 })");
  CHECK(user.claims_json == payload);
  CHECK(user.expires_at_s == kNowSeconds + 3600);
  CHECK(user.issued_at_s == kNowSeconds);
  CHECK(user.kid == "k1");
  CHECK(user.token_sha256 == Hex(Sha256(token)));
  CHECK(user.hint.empty());
}

TEST_CASE("What a token leaves out stays empty") {
  const User user = Accepted(Claims());
  CHECK(user.name.empty());
  CHECK(user.email.empty());
  CHECK(user.metadata_json.empty());
  CHECK_FALSE(user.issued_at_s);
}

TEST_CASE("A token past its end is a guest without one of its claims") {
  CHECK(Verdict(Claims("", Whole(-30))) == "user");
  CHECK(Verdict(Claims("", Whole(-31))) == "expired");
  CHECK(Verdict(Claims("", Seconds(-30.001))) == "expired");
  CHECK(Verdict(Claims("", "-1")) == "expired");
  CHECK(Verdict(Claims("", "-1e308")) == "expired");
  CHECK(Verdict(Claims("", "0")) == "expired");

  const auto verdict = Verify(SignToken(Claims(R"("name":"Ana","email":"ana@example.com")", Whole(-3600))));
  const Anonymous& guest = std::get<Anonymous>(verdict);
  CHECK(guest.guest_id.empty());
  CHECK(guest.hint.find("Ana") == std::string::npos);
  CHECK(guest.hint.find("u_42") == std::string::npos);
  CHECK(guest.hint.find("1767") == std::string::npos);
}

TEST_CASE("Nobody learns that a forged token is expired") {
  const auto verdict = Verify(SignToken(Claims("", "1"), "another_secret_of_at_least_32_bytes"));
  REQUIRE(std::holds_alternative<TokenError>(verdict));
  CHECK(std::get<TokenError>(verdict).code == "invalid_signature");
}

TEST_CASE("An old token that was too long is expired, not refused") {
  CHECK(Verdict(Claims("\"iat\":" + Whole(-90000), Whole(-3600))) == "expired");
}

TEST_CASE("case 16: exp is a number of seconds") {
  CHECK(Verdict(Claims("", Seconds(1800.5))) == "user");
  CHECK(Accepted(Claims("", Seconds(1800.5))).expires_at_s == kNowSeconds + 1800);
  CHECK(Verdict(Claims("", "1.7672274e9")) == "user");
  CHECK(Verdict(R"({"sub":"u_42"})") == "exp_required");
  CHECK(Verdict(Claims("", "-1")) == "expired");
  CHECK(Verdict(Claims("", "-0.0")) == "expired");
  for (const char* exp : {"\"1767229200\"", "\"1h\"", "true", "false", "null", "[]", "{}", "[1767229200]"}) {
    INFO(exp);
    CHECK(Verdict(Claims("", exp)) == "exp_invalid");
  }
  for (const char* exp : {"1767229200000", "1767229200000.5", "100000000001", "1e308", "18446744073709551615"}) {
    INFO(exp);
    CHECK(Verdict(Claims("", exp)) == "exp_in_milliseconds");
  }
  CHECK(Verdict(Claims("", "100000000000")) == "lifetime_too_long");
  CHECK(Verdict(Claims("", "1e400")) == "claims_malformed");
}

TEST_CASE("case 17: a token lives an hour at most") {
  const auto with_iat = [](std::int64_t life) { return Verdict(Claims("\"iat\":" + Whole(0), Whole(life))); };
  CHECK(with_iat(3600) == "user");
  CHECK(with_iat(3601) == "lifetime_too_long");
  CHECK(with_iat(7200) == "lifetime_too_long");
  CHECK(Verdict(Claims("", Whole(3625))) == "user");
  CHECK(Verdict(Claims("", Whole(3630))) == "user");
  CHECK(Verdict(Claims("", Whole(3631))) == "lifetime_too_long");
  CHECK(Verdict(Claims("", Whole(3640))) == "lifetime_too_long");
  CHECK(Verdict(Claims("\"iat\":-1e308")) == "lifetime_too_long");

  SECTION("also by a signer whose clock is 20 s ahead") {
    CHECK(Verdict(Claims("\"iat\":" + Whole(20), Whole(3620))) == "user");
  }
  SECTION("whole seconds are counted where exp has a fraction and iat was rounded down") {
    CHECK(Verdict(Claims("\"iat\":" + Whole(0), Seconds(3600.999))) == "user");
  }
  SECTION("or less, where the product says so") {
    const TokenPolicy strict{.audience = "acme", .leeway_s = 0, .lifetime_s_max = 600};
    const auto verdict = [&](std::int64_t life) {
      return VerifyToken(SignToken(Claims("", Whole(life))), kKeys, strict, kNow);
    };
    CHECK(std::holds_alternative<User>(verdict(600)));
    const auto refused = verdict(601);
    REQUIRE(std::holds_alternative<TokenError>(refused));
    CHECK_THAT(std::get<TokenError>(refused).hint, Catch::Contains("at most 10 min"));
    CHECK(std::holds_alternative<Anonymous>(verdict(-1)));
  }
}

TEST_CASE("case 18: a token may come from a clock 30 s ahead, and not more") {
  CHECK(Verdict(Claims("\"iat\":" + Whole(25))) == "user");
  CHECK(Verdict(Claims("\"iat\":" + Whole(30))) == "user");
  CHECK(Verdict(Claims("\"iat\":" + Whole(40))) == "iat_in_future");
  CHECK(Verdict(Claims("\"nbf\":" + Whole(25))) == "user");
  CHECK(Verdict(Claims("\"nbf\":" + Whole(-25))) == "user");
  CHECK(Verdict(Claims("\"nbf\":" + Whole(40))) == "token_not_yet_valid");
  CHECK(Accepted(Claims("\"iat\":" + Seconds(0.75))).issued_at_s == kNowSeconds);
  for (const char* time : {"\"1767225600\"", "null", "true", "[]", "{}"}) {
    CHECK(Verdict(Claims(std::string("\"iat\":") + time)) == "iat_invalid");
    CHECK(Verdict(Claims(std::string("\"nbf\":") + time)) == "nbf_invalid");
  }
}

TEST_CASE("case 15: sub is a string of 1 to 255 characters without control characters") {
  const auto sub = [](const std::string& json) {
    return Verdict(R"({"exp":)" + Whole(600) + R"(,"sub":)" + json + "}");
  };
  const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
  std::string wide;
  for (int i = 0; i < 255; ++i) wide += "😀";
  CHECK(Verdict(R"({"exp":)" + Whole(600) + "}") == "sub_required");
  CHECK(sub("null") == "sub_required");
  CHECK(sub("\"\"") == "sub_required");
  CHECK(sub(quoted(std::string(255, 'a'))) == "user");
  CHECK(sub(quoted(std::string(256, 'a'))) == "invalid_sub");
  CHECK(sub(quoted(wide)) == "user");
  CHECK(sub(quoted(wide + "a")) == "invalid_sub");
  CHECK(sub(quoted("a b|c@d.é\u00a0\u2028")) == "user");
  for (const char* json : {R"("a\u0000b")", R"("a\nb")", R"("\u001b[31m")", R"("a\u007f")", R"("a\u0080")",
                           R"("a\u009f")", "true", "[]", "{}", "[\"u_42\"]", "42.0", "4.2e1", "1.5", "9007199254740992",
                           "-9007199254740992", "123456789012345678901234567890"}) {
    INFO(json);
    CHECK(sub(json) == "invalid_sub");
  }
}

TEST_CASE("A numeric sub is its digits, and the developer is told") {
  const User user = Accepted(R"({"sub":42,"exp":)" + Whole(600) + "}");
  CHECK(user.sub == "42");
  CHECK_THAT(user.hint, Catch::Contains("String(user.id)"));
  CHECK(Accepted(R"({"sub":9007199254740991,"exp":)" + Whole(600) + "}").sub == "9007199254740991");
  CHECK(Accepted(R"({"sub":-7,"exp":)" + Whole(600) + "}").sub == "-7");
  CHECK(Accepted(R"({"sub":0,"exp":)" + Whole(600) + "}").sub == "0");
}

TEST_CASE("name and email are strings, or absent") {
  for (const char* value : {"7", "true", "[]", "{}", "[\"Ana\"]"}) {
    INFO(value);
    CHECK(Verdict(Claims(std::string("\"name\":") + value)) == "invalid_claim");
    CHECK(Verdict(Claims(std::string("\"email\":") + value)) == "invalid_claim");
  }
  const User user = Accepted(Claims(R"("name":null,"email":null,"metadata":null)"));
  CHECK(user.name.empty());
  CHECK(user.email.empty());
  CHECK(user.metadata_json.empty());
}

TEST_CASE("case 15: metadata is an object of at most 4 KiB, in its original text") {
  const auto metadata = [](std::size_t bytes) { return R"("metadata":{"x":")" + std::string(bytes - 8, 'a') + "\"}"; };
  CHECK(Accepted(Claims(metadata(4096))).metadata_json.size() == 4096);
  CHECK(Verdict(Claims(metadata(4097))) == "metadata_too_large");
  CHECK(Accepted(Claims(R"("metadata":{})")).metadata_json == "{}");
  for (const char* value : {"[]", "\"{}\"", "7", "true"}) {
    INFO(value);
    CHECK(Verdict(Claims(std::string("\"metadata\":") + value)) == "invalid_claim");
  }
  CHECK(Accepted(Claims(R"("x":{"metadata":1},"\u006detadata":{"a":2})")).metadata_json == R"({"a":2})");
}

TEST_CASE("case 15: aud, where present, names the product") {
  CHECK(Verdict(Claims(R"("aud":"acme")")) == "user");
  CHECK(Verdict(Claims(R"("aud":["other","acme"])")) == "user");
  for (const char* aud :
       {"\"other\"", "\"Acme\"", "\"\"", "[]", "[\"other\"]", "[[\"acme\"]]", "{\"acme\":\"acme\"}", "7", "null"}) {
    INFO(aud);
    CHECK(Verdict(Claims(std::string("\"aud\":") + aud)) == "wrong_audience");
  }
}

TEST_CASE("case 15: claims are strict JSON") {
  using namespace std::string_literals;
  std::string deep = "1";
  for (int i = 0; i < 15; ++i) deep = "[" + deep + "]";
  CHECK(Verdict(Claims("\"x\":" + deep)) == "user");
  CHECK(Verdict(Claims("\"x\":[" + deep + "]")) == "claims_malformed");
  for (const std::string& payload :
       {""s, "[]"s, "null"s, "\"ada\""s, "{"s, Claims() + "x", Claims() + "\0"s, "\xEF\xBB\xBF" + Claims(),
        Claims("\"sub\":\"admin\""), Claims(R"("\u0073ub":"admin")"), Claims("\"metadata\":{\"a\":1,\"a\":2}"),
        Claims("\"name\":\"\xff\""), Claims("\"name\":\"\xc0\xaf\""), Claims("\"name\":\"\\ud83d\""),
        Claims("\"x\":NaN"), Claims("\"x\":Infinity"), Claims("\"x\":01"), Claims("\"x\":1,")}) {
    INFO(payload);
    CHECK(Verdict(payload) == "claims_malformed");
  }
  CHECK(Verdict(" \n" + Claims() + "\t ") == "user");
}

TEST_CASE("The hint names what the developer did") {
  SECTION("expiresIn: '3600' as a string makes a 3 s token") {
    const std::string payload = Claims("\"iat\":" + Whole(-100), Whole(-97));
    CHECK(Verdict(payload) == "expired");
    CHECK_THAT(Hint(payload), Catch::Contains("expiresIn: '3600'"));
    CHECK_THAT(Hint(Claims("\"iat\":" + Whole(0), Whole(3))), Catch::Contains("expiresIn: '3600'"));
    CHECK_THAT(Hint(Claims("\"iat\":" + Whole(0), Whole(0))), Catch::Contains("expiresIn: '3600'"));
    CHECK_THAT(Hint(Claims("\"iat\":" + Whole(0), Whole(60))), Catch::Equals(""));
  }
  SECTION("both hints stand where both mistakes were made") {
    const std::string hint = Hint(R"({"sub":7,"iat":)" + Whole(0) + R"(,"exp":)" + Whole(3) + "}");
    CHECK_THAT(hint, Catch::Contains("String(user.id)") && Catch::Contains("expiresIn: '3600'"));
  }
  SECTION("a naive datetime.now() is off by the zone") {
    CHECK_THAT(Hint(Claims("", Whole(3600 + 19800))), Catch::Contains("datetime.now(timezone.utc)"));
    CHECK_THAT(Hint(Claims("", Whole(3600 + 19800))), Catch::Contains("6 h 30 min from now"));
    CHECK_THAT(Hint(Claims("", Whole(3600 + 20700 - 4))), Catch::Contains("datetime.now(timezone.utc)"));
    CHECK_THAT(Hint(Claims("\"iat\":" + Whole(0), Whole(3600 + 19800))), Catch::Contains("datetime.now(timezone.utc)"));
    CHECK_THAT(Hint(Claims("\"iat\":" + Whole(19800), Whole(23400))), Catch::Contains("datetime.now(timezone.utc)"));
    const std::string new_york = Claims("", Whole(3600 - 5 * 3600 - 2));
    CHECK(Verdict(new_york) == "expired");
    CHECK_THAT(Hint(new_york), Catch::Contains("datetime.now(timezone.utc)"));
  }
  SECTION("and nothing is said of zones where they cannot be the reason") {
    CHECK_THAT(Hint(Claims("", Whole(86400))), !Catch::Contains("datetime"));
    CHECK_THAT(Hint(Claims("", Whole(4000))), !Catch::Contains("datetime"));
    CHECK_THAT(Hint(Claims("", Whole(30 * 86400))), Catch::Contains("30 days"));
    CHECK_THAT(Hint(Claims("", Whole(-400))), !Catch::Contains("datetime"));
    CHECK_THAT(Hint(Claims("\"iat\":" + Whole(45))), Catch::Contains("45 s ahead") && !Catch::Contains("datetime"));
  }
  SECTION("milliseconds") {
    CHECK_THAT(Hint(Claims("", std::to_string(kNow + 3'600'000))), Catch::Contains("milliseconds"));
    CHECK_THAT(Hint(Claims("\"iat\":" + std::to_string(kNow))), Catch::Contains("milliseconds"));
    CHECK(Verdict(Claims("\"iat\":" + std::to_string(kNow))) == "iat_in_future");
  }
  SECTION("a missing exp") { CHECK_THAT(Hint(R"({"sub":"u_42"})"), Catch::Contains("expiresIn: '1h'")); }
  SECTION("a lifetime in words") {
    CHECK_THAT(Hint(Claims("\"iat\":" + Whole(0), Whole(3601))), Catch::Contains("1 h 1 s after it was issued"));
  }
}

TEST_CASE("No error text holds a part of the token") {
  for (const std::string& payload :
       {Claims("", "\"topsecret\""), R"({"sub":["topsecret"],"exp":)" + Whole(1) + "}", Claims("\"aud\":\"topsecret\""),
        Claims("\"name\":[\"topsecret\"]"), std::string("topsecret"), Claims("\"metadata\":\"topsecret\"")}) {
    const auto verdict = Verify(SignToken(payload));
    REQUIRE(std::holds_alternative<TokenError>(verdict));
    CHECK(std::get<TokenError>(verdict).hint.find("topsecret") == std::string::npos);
  }
}

TEST_CASE("case 15: no change of a single byte gets through") {
  const std::string token = SignToken(Claims(R"("name":"Ana")"));
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (char c : {'A', 'B', 'z', '_', '.', ' ', '\0', '\xff'}) {
      if (token[i] == c) continue;
      std::string changed = token;
      changed[i] = c;
      INFO(i << " " << static_cast<int>(c));
      CHECK(std::holds_alternative<TokenError>(Verify(changed)));
    }
    CHECK(std::holds_alternative<TokenError>(Verify(token.substr(0, i).append(i ? "" : "."))));
  }
}
