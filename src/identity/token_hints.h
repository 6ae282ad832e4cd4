// What a developer most likely did, told from how a token fails. A hint never holds a part of the token or a secret.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "identity/token.h"

namespace widgent {

inline constexpr char kHintWrongSecret[] =
    "The token was not signed with this product's Verification Secret, or was changed afterwards. Check that the "
    "secret in your backend is this product's, whole and with nothing around it.";

// Of a text that is no compact JWS.
std::string HintForShape(std::string_view token);

// Of a header's `alg` that is not HS256.
std::string HintForAlgorithm(std::string_view alg);

// Where `mac` is of a mistreated or retired `secret` after all: says how. Otherwise empty.
std::string HintForSecret(const VerificationSecret& secret, bool is_live, std::string_view signed_text,
                          std::string_view mac);

// Times in JWT are seconds since the epoch; above this they can only be milliseconds.
inline constexpr double kSecondsMax = 1e11;

// Of the times of a token whose signature held, in seconds since the epoch.
struct TokenTimes {
  double exp = 0;
  std::optional<double> iat;
  double now = 0;
};
std::string HintForLifetime(const TokenTimes& times, std::int64_t lifetime_s_max);
std::string HintForExpired(const TokenTimes& times);
// Of a token that lives so few seconds that it cannot be meant; otherwise empty.
std::string HintForShortLife(const TokenTimes& times);
// Of an `iat` or `nbf` that has not come yet.
std::string HintForFuture(double time, double now);

}  // namespace widgent
