#include "identity/token_hints.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "identity/crypto.h"
#include "protocol/base64url.h"

namespace widgent {

namespace {

constexpr double kZoneStepSeconds = 900, kZoneSecondsMax = 15 * 3600, kZoneToleranceSeconds = 30;
constexpr double kShortLifeSeconds = 30;

constexpr char kHintZone[] =
    " If it was signed just now, to end in an hour, then its times were made from a local clock without its zone: in "
    "Python write datetime.now(timezone.utc) + timedelta(hours=1), not datetime.now().";

// True where a clock that is wrong by a whole time zone explains `seconds`.
bool LooksLikeZone(double seconds) {
  const double off = std::abs(seconds);
  const double step = std::round(off / kZoneStepSeconds) * kZoneStepSeconds;
  return step > 0 && step <= kZoneSecondsMax && std::abs(off - step) <= kZoneToleranceSeconds;
}

std::string Duration(double seconds) {
  if (seconds >= 2 * 86400.0)
    return std::to_string(static_cast<int>(std::round(std::min(seconds / 86400, 1e6)))) + " days";
  // A second more or less says nothing of a long time, and depends on when it is asked.
  const int total = static_cast<int>(seconds >= 7200 ? std::round(seconds / 60) * 60 : seconds);
  if (total < 60) return std::to_string(total) + " s";
  const int hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
  std::string text;
  if (hours) text += std::to_string(hours) + " h ";
  if (minutes) text += std::to_string(minutes) + " min ";
  if (rest) text += std::to_string(rest) + " s ";
  text.pop_back();
  return text;
}

std::string ToBase64Url(std::string_view text) {
  std::string url(text);
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  while (url.ends_with('=')) url.pop_back();
  return url;
}

}  // namespace

std::string HintForShape(std::string_view token) {
  if (token.find("wvs_") != token.npos) {
    return "This is a Verification Secret, not a token. It must never reach a browser: rotate it now, and let your "
           "backend sign a token with it.";
  }
  if (token.starts_with("Bearer ")) return "Pass the token alone, without \"Bearer\".";
  if (token.starts_with('"') || token.starts_with('{') || token.starts_with('[') || token == "undefined" ||
      token == "null") {
    return "Pass the token's text itself: of an answer {\"token\": \"…\"} that is (await response.json()).token.";
  }
  if (token.starts_with('<'))
    return "This is a page, not a token: the token endpoint probably redirected to a sign-in.";
  if (std::any_of(token.begin(), token.end(), [](unsigned char c) { return std::isspace(c); })) {
    return "There is white space in or around the token. Pass it as the library returned it.";
  }
  if (std::count(token.begin(), token.end(), '.') == 4) {
    return "This is an encrypted token (JWE). Sign it instead: HS256 with the Verification Secret.";
  }
  return "A token is three base64url segments joined by dots, without padding, as a JWT library returns it.";
}

std::string HintForAlgorithm(std::string_view alg) {
  std::string lower(alg);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "none") return "The token is not signed. Sign it with HS256 and the Verification Secret.";
  if (lower == "hs256") return "alg must be written HS256, in capital letters.";
  if (lower.starts_with("hs")) return "Sign with HS256: { algorithm: 'HS256' }.";
  return "Only HS256 with the product's Verification Secret is accepted; tokens of a sign-in service cannot be passed "
         "on. Let your backend sign its own.";
}

std::string HintForSecret(const VerificationSecret& secret, bool is_live, std::string_view signed_text,
                          std::string_view mac) {
  const auto made_with = [&](std::string_view key) { return EqualInConstantTime(HmacSha256(key, signed_text), mac); };
  const std::string& value = secret.value;
  if (!is_live && made_with(value)) return "The token was signed with a retired secret. Sign with the current one.";
  if (made_with(value + "\n") || made_with(value + "\r\n") || made_with(value + ' ')) {
    return "The secret in your backend has a line break or a space at its end. Trim it.";
  }
  if (made_with('"' + value + '"') || made_with('\'' + value + '\'')) {
    return "The secret in your backend has quotes around it. Remove them.";
  }
  const std::string bare = value.starts_with("wvs_") ? value.substr(4) : value;
  if (bare != value && made_with(bare)) return "The secret begins with \"wvs_\": use it whole.";
  for (const std::string& text : {value, bare}) {
    const auto decoded = DecodeBase64Url(ToBase64Url(text));
    if (decoded && !decoded->empty() && made_with(*decoded)) {
      return "Your backend decodes the secret from base64 before it signs. Use the secret's text as it is.";
    }
  }
  return "";
}

std::string HintForLifetime(const TokenTimes& times, std::int64_t lifetime_s_max) {
  const double most = static_cast<double>(lifetime_s_max);
  const double life = times.exp - times.iat.value_or(times.now);
  std::string hint = "The token ends " + Duration(life) + (times.iat ? " after it was issued" : " from now") +
                     "; at most " + Duration(most) +
                     " is accepted. Sign a short one for each page (expiresIn: '1h') and let getToken fetch the next.";
  if (LooksLikeZone(life - most)) hint += kHintZone;
  return hint;
}

std::string HintForExpired(const TokenTimes& times) {
  if (std::string hint = HintForShortLife(times); !hint.empty()) return hint;
  std::string hint =
      "The token has ended. Sign a new one for each page, and give init a getToken so that the widget can renew it.";
  if (LooksLikeZone(times.exp - times.now)) hint += kHintZone;
  return hint;
}

std::string HintForShortLife(const TokenTimes& times) {
  if (!times.iat || std::abs(times.exp - *times.iat) >= kShortLifeSeconds) return "";
  return "The token ends within seconds of being issued. expiresIn: '3600' as a string means 3600 milliseconds: write "
         "expiresIn: '1h', or 3600 as a number.";
}

std::string HintForFuture(double time, double now) {
  if (time > kSecondsMax) {
    return "The time is in milliseconds. JWT counts seconds: Math.floor(Date.now() / 1000).";
  }
  std::string hint = "The signer's clock is " + Duration(time - now) + " ahead of the server's. Let NTP set it.";
  if (LooksLikeZone(time - now)) hint += kHintZone;
  return hint;
}

}  // namespace widgent
