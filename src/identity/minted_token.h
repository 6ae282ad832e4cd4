// A token by which Widgent tells a service of the site for whom a request is. It is minted for that one service, lives
// for a minute, and is never the user's own, which stays between the page and this server.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "identity/identity.h"

namespace widgent {

inline constexpr std::int64_t kMintedLifetimeSeconds = 60;

struct MintedClaims {
  std::string audience;  // the address of the service
  std::string product;
  std::string id;   // `jti`
  std::string sub;  // of the verified user; empty for a guest and for what concerns nobody
};

// A JSON Web Token of these claims, a JSON object, by HS256 over the UTF-8 bytes of `secret`.
std::string SignJwt(std::string_view secret, std::string_view claims_json);

std::string MintToken(std::string_view secret, const MintedClaims& claims, UnixMillis now);

}  // namespace widgent
