#include "identity/identity.h"

#include <algorithm>

namespace widgent {

WireIdentity ToWire(const Identity& identity, UnixMillis now) {
  WireIdentity wire;
  if (const User* user = AsUser(identity)) {
    wire.verified = true;
    wire.sub = user->sub;
    wire.name = user->name;
    wire.email = user->email;
    wire.expires_in = std::max<std::int64_t>(0, (user->expires_at_s * 1000 - now) / 1000);
  } else {
    const auto reason = std::get<Anonymous>(identity).reason;
    wire.reason = reason == Anonymous::Reason::kTokenExpired ? "token_expired" : "token_missing";
  }
  return wire;
}

}  // namespace widgent
