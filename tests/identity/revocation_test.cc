// A user whose tokens were ended, and two secrets at once: the verifier's part.
#include <catch2/catch.hpp>
#include <vector>

#include "identity/token.h"
#include "protocol/problem.h"
#include "support/signed_token.h"

using namespace widgent;
using test::kSecret;
using test::SignToken;

namespace {

constexpr std::int64_t kNowSeconds = 1'767'225'600;
constexpr UnixMillis kNow = kNowSeconds * 1000, kHour = 3'600'000;
const TokenPolicy kPolicy{.audience = "acme"};

// "user", "anonymous" or the code, where u_42 was revoked at `revoked_at`.
std::string Verdict(const std::string& payload, std::optional<UnixMillis> revoked_at, UnixMillis now = kNow) {
  const auto verdict = VerifyToken(SignToken(payload), {{{"k1", kSecret, {}}}}, kPolicy, now,
                                   [&](std::string_view sub) { return sub == "u_42" ? revoked_at : std::nullopt; });
  if (const auto* error = std::get_if<TokenError>(&verdict)) return error->code;
  return std::holds_alternative<User>(verdict) ? "user" : "anonymous";
}

std::string With(std::optional<std::int64_t> iat, std::int64_t exp, const std::string& sub = "u_42") {
  return "{\"sub\":\"" + sub + "\"" + (iat ? ",\"iat\":" + std::to_string(*iat) : "") +
         ",\"exp\":" + std::to_string(exp) + "}";
}

}  // namespace

TEST_CASE("case 21: a token that was issued before the revocation is refused, one issued after it is not") {
  const std::string before = With(kNowSeconds - 600, kNowSeconds + 3000);
  CHECK(Verdict(before, std::nullopt) == "user");
  CHECK(Verdict(before, kNow) == "revoked");
  CHECK(Verdict(before, kNow - 600'000) == "user");
  CHECK(Verdict(before, kNow - 599'999) == "revoked");
  CHECK(Verdict(With(kNowSeconds - 600, kNowSeconds + 3000, "u_43"), kNow) == "user");
  // However old the revocation is.
  CHECK(Verdict(With(kNowSeconds, kNowSeconds + 3600), kNow - 100 * kHour) == "user");
  CHECK(ProblemStatus("revoked") == 401);
}

TEST_CASE("case 21: a token without iat is refused for an hour after the revocation") {
  const std::string fresh = With(std::nullopt, kNowSeconds + 3600);
  CHECK(Verdict(fresh, std::nullopt) == "user");
  CHECK(Verdict(fresh, kNow) == "revoked");
  CHECK(Verdict(fresh, kNow - kHour + 1) == "revoked");
  CHECK(Verdict(fresh, kNow - kHour) == "user");
  CHECK(Verdict(With(std::nullopt, kNowSeconds + 3600, "u_43"), kNow) == "user");
}

TEST_CASE("case 21: no token of before the revocation outlives that hour by the leeway") {
  // Signed at the moment of the revocation with all the life that is let through, and shown to the last second.
  const std::int64_t exp = kNowSeconds + 3630;
  REQUIRE(Verdict(With(std::nullopt, exp), std::nullopt) == "user");
  for (std::int64_t later_s : {3599, 3600, 3601, 3629, 3630, 3659, 3660})
    CHECK(Verdict(With(std::nullopt, exp), kNow + 1, kNow + later_s * 1000) == "revoked");
  CHECK(Verdict(With(std::nullopt, exp), kNow + 1, kNow + 3661 * 1000) == "anonymous");
}

TEST_CASE("A revoked user whose token has ended is a guest, and a forged token is never said to be revoked") {
  CHECK(Verdict(With(kNowSeconds - 4000, kNowSeconds - 400), kNow) == "anonymous");
  const auto forged = VerifyToken(SignToken(With(kNowSeconds, kNowSeconds + 60), std::string(40, 'x')),
                                  {{{"k1", kSecret, {}}}}, kPolicy, kNow, [](std::string_view) -> UnixMillis {
                                    FAIL("asked about a token that nobody has signed");
                                    return kNow;
                                  });
  CHECK(std::get<TokenError>(forged).code == "invalid_signature");
}

TEST_CASE("Whether a user is revoked is asked once for every genuine token") {
  std::vector<std::string> asked;
  const auto verify = [&](const std::string& payload) {
    VerifyToken(SignToken(payload), {{{"k1", kSecret, {}}}}, kPolicy, kNow, [&](std::string_view sub) {
      asked.emplace_back(sub);
      return std::optional<UnixMillis>();
    });
  };
  verify(With(kNowSeconds, kNowSeconds + 60));
  verify(With(std::nullopt, kNowSeconds + 60, "zoe"));
  verify(With(kNowSeconds, kNowSeconds + 5000));
  CHECK(asked == std::vector<std::string>{"u_42", "zoe"});
}

TEST_CASE(
    "case 22: tokens of both live secrets hold for their audience, with and without a kid, until the older ends") {
  const std::string newer(40, 'n'), older(40, 'o');
  const KeyRing keys{{{"new", newer, {}}, {"old", older, kNow}}};
  const auto judge = [&](const std::string& secret, const std::string& kid, UnixMillis now,
                         const std::string& aud = "acme") -> std::string {
    const std::string header = kid.empty() ? R"({"alg":"HS256"})" : R"({"alg":"HS256","kid":")" + kid + "\"}";
    const std::string payload =
        R"({"sub":"u_42","aud":")" + aud + R"(","exp":)" + std::to_string(kNowSeconds + 60) + "}";
    const auto verdict = VerifyToken(SignToken(payload, secret, header), keys, kPolicy, now);
    if (const auto* error = std::get_if<TokenError>(&verdict)) return error->code;
    return std::get<User>(verdict).kid;
  };
  const UnixMillis before = kNow - 1;
  CHECK(judge(newer, "", before) == "new");
  CHECK(judge(older, "", before) == "old");
  CHECK(judge(newer, "new", before) == "new");
  CHECK(judge(older, "old", before) == "old");
  CHECK(judge(older, "new", before) == "invalid_signature");
  CHECK(judge(newer, "old", before) == "invalid_signature");
  CHECK(judge(newer, "other", before) == "unknown_kid");
  CHECK(judge(older, "old", before, "other") == "wrong_audience");
  CHECK(judge(newer, "new", before, "other") == "wrong_audience");

  CHECK(judge(newer, "new", kNow) == "new");
  CHECK(judge(newer, "", kNow) == "new");
  CHECK(judge(older, "old", kNow) == "unknown_kid");
  CHECK(judge(older, "", kNow) == "invalid_signature");
}

TEST_CASE("What can be a sub is judged the same outside of tokens") {
  for (const std::string good : {"u_42", "Zo\xC3\xAB", "a\"b\\c", "%2F/..", " "}) CHECK(IsUsableSub(good));
  CHECK(IsUsableSub(std::string(255, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(256, 'x'), std::string("a\nb"), std::string("a\0b", 3), std::string("a\x7F"),
        std::string("\xC2\x85"), std::string("\xC2"), std::string("\xFF"), std::string("\xED\xA0\x80")}) {
    CHECK_FALSE(IsUsableSub(bad));
  }
}
