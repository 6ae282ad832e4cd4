#include "identity/token.h"

#include <algorithm>
#include <cmath>

#include "identity/claims_pointer.h"
#include "identity/crypto.h"
#include "identity/jws.h"
#include "identity/strict_json.h"
#include "identity/token_hints.h"

namespace widgent {

namespace {

using Kind = JsonMember::Kind;
using MaybeError = std::optional<TokenError>;

constexpr std::size_t kSubCharactersMax = 255;
constexpr std::int64_t kExactIntegerMax =
    (std::int64_t{1} << 53) - 1;  // beyond it JavaScript cannot tell two ids apart

constexpr char kHintExp[] =
    "exp is a number of seconds since 1970: expiresIn: '1h' in jsonwebtoken, "
    "datetime.now(timezone.utc) + timedelta(hours=1) in PyJWT.";

// Characters of `text` (which is UTF-8), or nothing where one of them is a control character (U+0000 to U+001F, U+007F
// to U+009F).
std::optional<std::size_t> CountPlainCharacters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return std::nullopt;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return std::nullopt;
    count += (c & 0xC0) != 0x80;
  }
  return count;
}

bool IsAbsent(const JsonMember* member) { return !member || member->kind == Kind::kNull; }

MaybeError ReadExp(const JsonObject& claims, TokenTimes& times) {
  const JsonMember* exp = claims.Find("exp");
  if (!exp) return TokenError{"exp_required", std::string("Every token must end within an hour. ") + kHintExp};
  if (exp->kind != Kind::kNumber) return TokenError{"exp_invalid", kHintExp};
  if (exp->number > kSecondsMax) {
    return TokenError{"exp_in_milliseconds",
                      "exp counts seconds, not milliseconds: Math.floor(Date.now() / 1000) + "
                      "3600, or leave it out and write expiresIn: '1h'."};
  }
  times.exp = exp->number;
  return std::nullopt;
}

MaybeError ReadTime(const JsonObject& claims, const char* name, const char* code, std::optional<double>& time) {
  const JsonMember* member = claims.Find(name);
  if (!member) return std::nullopt;
  if (member->kind != Kind::kNumber) {
    return TokenError{code, std::string(name) + " is a number of seconds since 1970. Leave it to the JWT library."};
  }
  time = member->number;
  return std::nullopt;
}

MaybeError ReadSub(const JsonObject& claims, User& user) {
  const JsonMember* sub = claims.Find("sub");
  if (IsAbsent(sub) || (sub->kind == Kind::kText && sub->text.empty())) {
    return TokenError{"sub_required", "Sign { sub: String(user.id) }, and only where somebody is signed in."};
  }
  if (sub->kind == Kind::kNumber && sub->integer && std::abs(sub->number) <= static_cast<double>(kExactIntegerMax)) {
    user.sub = std::to_string(*sub->integer);
    user.hint = "sub is a number and was read as its digits: write sub: String(user.id).";
    return std::nullopt;
  }
  if (sub->kind != Kind::kText) {
    return TokenError{"invalid_sub", "sub must be a string: write sub: String(user.id)."};
  }
  if (!IsUsableSub(sub->text)) {
    return TokenError{"invalid_sub",
                      "sub must have 1 to 255 characters and no control characters: the user's id, "
                      "not more."};
  }
  user.sub = sub->text;
  return std::nullopt;
}

// A null reads as absent: a user without a name is a user.
MaybeError ReadText(const JsonObject& claims, const char* name, std::string& text) {
  const JsonMember* member = claims.Find(name);
  if (IsAbsent(member)) return std::nullopt;
  if (member->kind != Kind::kText) {
    return TokenError{"invalid_claim", std::string(name) + " must be a string. Leave it out where there is none."};
  }
  text = member->text;
  return std::nullopt;
}

MaybeError ReadMetadata(const JsonObject& claims, std::string_view payload, User& user) {
  const JsonMember* metadata = claims.Find("metadata");
  if (IsAbsent(metadata)) return std::nullopt;
  if (metadata->kind != Kind::kObject) {
    return TokenError{"invalid_claim", "metadata must be a JSON object, as in { plan: 'pro' }."};
  }
  user.metadata_json = JsonTextAt(payload, "/metadata").value_or("");
  if (user.metadata_json.size() > kMetadataBytesMax) {
    return TokenError{"metadata_too_large",
                      "metadata may have 4096 bytes of JSON. Sign ids and let the tools look up "
                      "the rest."};
  }
  return std::nullopt;
}

MaybeError CheckAudience(const JsonObject& claims, const std::string& audience) {
  const JsonMember* aud = claims.Find("aud");
  if (!aud || (aud->kind == Kind::kText && aud->text == audience)) return std::nullopt;
  if (std::find(aud->items.begin(), aud->items.end(), audience) != aud->items.end()) return std::nullopt;
  return TokenError{"wrong_audience", "aud names another audience. Leave it out, or set it to the product's id."};
}

// Of a token that has not ended.
MaybeError CheckTimes(const TokenTimes& times, const std::optional<double>& nbf, const TokenPolicy& policy) {
  const double leeway = static_cast<double>(policy.leeway_s), life_max = static_cast<double>(policy.lifetime_s_max);
  if (times.iat && *times.iat > times.now + leeway) {
    return TokenError{"iat_in_future", HintForFuture(*times.iat, times.now)};
  }
  if (nbf && *nbf > times.now + leeway) return TokenError{"token_not_yet_valid", HintForFuture(*nbf, times.now)};
  // Libraries round `iat` down and leave `exp` its fraction, so a part of a second too much is none.
  if ((times.iat && times.exp - *times.iat >= life_max + 1) || times.exp - times.now > life_max + leeway) {
    return TokenError{"lifetime_too_long", HintForLifetime(times, policy.lifetime_s_max)};
  }
  return std::nullopt;
}

}  // namespace

bool IsUsableSub(std::string_view text) {
  const auto characters = CountPlainCharacters(text);
  if (!characters || *characters == 0 || *characters > kSubCharactersMax) return false;
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return true;
  // UTF-8 is judged where the claims' is.
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return IsStrictJson(json += '"');
}

bool IsRevoked(const User& user, UnixMillis revoked_at, const TokenPolicy& policy, UnixMillis now) {
  if (user.issued_at_s) return *user.issued_at_s * 1000 < revoked_at;
  const std::int64_t issued_at_least_s = user.expires_at_s - policy.lifetime_s_max - policy.leeway_s;
  return now - revoked_at < kLifetimeSecondsMax * 1000 || issued_at_least_s * 1000 < revoked_at;
}

std::variant<User, Anonymous, TokenError> VerifyToken(std::string_view token, const KeyRing& keys,
                                                      const TokenPolicy& policy, UnixMillis now,
                                                      const RevokedAt& revoked_at) {
  if (token.empty()) return Anonymous{};
  auto verified = VerifyJws(token, keys, now);
  if (auto* error = std::get_if<TokenError>(&verified)) return std::move(*error);
  auto& [payload, kid] = std::get<VerifiedJws>(verified);

  const auto claims = ReadStrictObject(payload);
  if (!claims) {
    return TokenError{"claims_malformed",
                      "The payload must be one JSON object in UTF-8, with no name twice and at "
                      "most 16 levels deep. Let a JWT library write the token."};
  }
  User user;
  TokenTimes times{.exp = 0, .iat = {}, .now = static_cast<double>(now) / 1000};
  std::optional<double> nbf;
  MaybeError error = ReadExp(*claims, times);
  if (!error) error = ReadTime(*claims, "iat", "iat_invalid", times.iat);
  if (!error) error = ReadTime(*claims, "nbf", "nbf_invalid", nbf);
  if (!error) error = ReadSub(*claims, user);
  if (!error) error = ReadText(*claims, "name", user.name);
  if (!error) error = ReadText(*claims, "email", user.email);
  if (!error) error = ReadMetadata(*claims, payload, user);
  if (!error) error = CheckAudience(*claims, policy.audience);
  if (error) return std::move(*error);

  if (times.now - times.exp > static_cast<double>(policy.leeway_s)) {
    return Anonymous{.reason = Anonymous::Reason::kTokenExpired, .guest_id = {}, .hint = HintForExpired(times)};
  }
  if ((error = CheckTimes(times, nbf, policy))) return std::move(*error);

  if (const std::string hint = HintForShortLife(times); !hint.empty()) {
    user.hint += (user.hint.empty() ? "" : " ") + hint;
  }
  user.claims_json = std::move(payload);
  user.expires_at_s = static_cast<std::int64_t>(std::floor(times.exp));
  if (times.iat) user.issued_at_s = static_cast<std::int64_t>(std::floor(*times.iat));
  if (const auto at = revoked_at ? revoked_at(user.sub) : std::nullopt; at && IsRevoked(user, *at, policy, now)) {
    return TokenError{
        "revoked",
        "The site's owner has ended this user's tokens. A token that is signed from now on, with an iat, is "
        "accepted."};
  }
  user.kid = std::move(kid);
  user.token_sha256 = Hex(Sha256(token));
  return user;
}

}  // namespace widgent
