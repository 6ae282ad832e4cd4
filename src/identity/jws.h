// The signed envelope of a token: JWS compact serialisation with HS256 and nothing else (RFC 7515, RFC 8725). The MAC
// is checked over the received bytes before anybody reads the payload.
#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "identity/token.h"

namespace widgent {

struct VerifiedJws {
  std::string payload;
  std::string kid;  // of the secret that verified it
};

std::variant<VerifiedJws, TokenError> VerifyJws(std::string_view token, const KeyRing& keys, UnixMillis now);

}  // namespace widgent
