// "sign:" or "head:<header>\n", and a payload that is signed; anything else is taken for a token as it is.
#include "fuzz/fuzz.h"
#include "identity/crypto.h"
#include "identity/strict_json.h"
#include "identity/token.h"
#include "protocol/claims.h"
#include "support/signed_token.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr UnixMillis kNow = 1'767'225'600'000;
const KeyRing kKeys{{{"k1", kSecret, {}}, {"k2", "wvs_another_secret_with_32_bytes_", {}}}};
const TokenPolicy kPolicy{.audience = "acme"};

using Verdict = std::variant<User, Anonymous, TokenError>;

Verdict Verify(std::string_view token, UnixMillis now = kNow) { return VerifyToken(token, kKeys, kPolicy, now); }

bool HasValidMac(const std::string& token) {
  const std::size_t dot = token.rfind('.');
  const std::string_view text(token.data(), dot);
  for (const VerificationSecret& secret : kKeys.secrets)
    if (EncodeBase64Url(HmacSha256(secret.value, text)) == token.substr(dot + 1)) return true;
  return false;
}

void CheckUser(const User& user, const std::string& token) {
  Demand(HasValidMac(token), "nobody is a user without a valid MAC");
  Demand(IsUsableSub(user.sub), "a user has a usable sub");
  Demand(IsStrictJson(user.claims_json), "a user's claims are strict JSON");
  Demand(user.claims_json.size() <= kTokenBytesMax, "claims are bounded");
  const std::int64_t left = user.expires_at_s - kNow / 1000;
  Demand(left >= -kLeewaySeconds && left <= kLifetimeSecondsMax + kLeewaySeconds, "an identity ends within an hour");
  const auto peeked = PeekClaims(token);
  Demand(peeked && peeked->sub == user.sub, "the widget and the server read the same sub");
  const Verdict again = Verify(token);
  Demand(std::holds_alternative<User>(again) && std::get<User>(again).sub == user.sub, "a verdict is repeatable");
  const Verdict later = Verify(token, kNow + 2 * (kLifetimeSecondsMax + kLeewaySeconds) * 1000);
  Demand(!std::holds_alternative<User>(later), "every token ends");
  for (std::size_t at = 0; at < token.size(); at += 1 + token.size() / 16) {
    std::string changed = token;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    Demand(std::holds_alternative<TokenError>(Verify(changed)), "no bit of a token can be flipped");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string token(input);
  if (input.starts_with("sign:")) {
    token = SignToken(input.substr(5));
  } else if (input.starts_with("head:")) {
    input.remove_prefix(5);
    const std::string_view header = TakeUntil(input, '\n');
    token = SignToken(input, kSecret, header);
  }
  const Verdict verdict = Verify(token);
  if (const auto* user = std::get_if<User>(&verdict)) CheckUser(*user, token);
  if (const auto* guest = std::get_if<Anonymous>(&verdict)) {
    Demand(token.empty() || (HasValidMac(token) && guest->reason == Anonymous::Reason::kTokenExpired),
           "only no token, or a genuine one that has ended, makes a guest");
  }
  if (const auto* error = std::get_if<TokenError>(&verdict)) {
    Demand(!error->code.empty() && !error->hint.empty(), "a refusal has a code and a hint");
    const std::string mac = token.substr(token.rfind('.') + 1);
    const bool is_long = mac.size() >= 24 && DecodeBase64Url(mac);
    Demand(!is_long || error->hint.find(mac) == std::string::npos, "a hint never holds a part of the token");
  }
  return 0;
}
