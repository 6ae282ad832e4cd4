// The verifier: one pure function, no exception out, no dispatch on the algorithm (identity.md section 2).
// In this order: size, three canonical base64url segments, strict JSON header with alg HS256, MAC over the received
// bytes in constant time, and only then the claims, their types, and the time. RFC 7515, RFC 7519, RFC 8725.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "identity/identity.h"

namespace widgent {

inline constexpr std::int64_t kLeewaySeconds = 30;
inline constexpr std::int64_t kLifetimeSecondsMax = 3600;
inline constexpr std::size_t kTokenBytesMax = 8192;
inline constexpr std::size_t kMetadataBytesMax = 4096;
inline constexpr std::size_t kSecretBytesMin = 32;

struct VerificationSecret {
  std::string kid;
  std::string value;                          // used as the UTF-8 bytes of its string, as jsonwebtoken and PyJWT do
  std::optional<UnixMillis> not_after;        // refused from then on
  std::optional<UnixMillis> created_at = {};  // where its file says so
};

// A product's live secrets, newest first. `kid` chooses; without one each is tried in order.
struct KeyRing {
  std::vector<VerificationSecret> secrets;
};

struct TokenPolicy {
  std::string audience;  // the product's id: `aud`, where present, must name it
  std::int64_t leeway_s = kLeewaySeconds;
  std::int64_t lifetime_s_max = kLifetimeSecondsMax;
};

// Since when the tokens of a verified `sub` are revoked; nothing where they are not. Asked once for every genuine token
// that has not ended, so that the work does not depend on whom it names.
using RevokedAt = std::function<std::optional<UnixMillis>(std::string_view sub)>;

// Why a token was refused: a code of protocol/problem.h and a sentence that names the likely mistake. Neither ever
// holds a part of the token.
struct TokenError {
  std::string code;
  std::string hint;
};

// An empty token is Anonymous{kTokenMissing}; a genuine one past `exp` by more than the leeway is
// Anonymous{kTokenExpired}, with none of its claims. Without `revoked_at` nobody is revoked.
std::variant<User, Anonymous, TokenError> VerifyToken(std::string_view token, const KeyRing& keys,
                                                      const TokenPolicy& policy, UnixMillis now,
                                                      const RevokedAt& revoked_at = {});

// Whether a revocation at `revoked_at` takes a user in whose token held: it was issued before. A token that does not
// say when it was issued counts as older for an hour, and for as long as its `exp` allows it to be.
bool IsRevoked(const User& user, UnixMillis revoked_at, const TokenPolicy& policy, UnixMillis now);

// True where `text` can be the `sub` of a token: 1 to 255 characters of UTF-8, none of them a control character.
bool IsUsableSub(std::string_view text);

}  // namespace widgent
