// Who is talking. Decided once per request by VerifyToken, then handed down as a value; nothing below reads a header.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "protocol/ag_ui.h"
#include "protocol/time.h"

namespace widgent {

// A user whose token held. Strings are the claims' bytes, unchanged.
struct User {
  std::string sub;
  std::string name, email;        // empty where the token has none
  std::string metadata_json;      // the claim's original text, or empty
  std::string claims_json;        // the whole verified payload: for `requires` and `bind` by JSON pointer only
  std::int64_t expires_at_s = 0;  // `exp`, rounded down to whole seconds
  std::optional<std::int64_t> issued_at_s;
  std::string kid;           // of the secret that verified it
  std::string token_sha256;  // hex; the only form in which a token is ever recorded
  std::string hint;          // for the developer: what to mend although the token held; mostly empty
};

// Nobody in particular: there was no token, or a genuine one that is past its end.
struct Anonymous {
  enum class Reason : std::uint8_t { kTokenMissing, kTokenExpired };
  Reason reason = Reason::kTokenMissing;
  std::string guest_id;  // Widgent-Anonymous-Id: owns guest threads; empty where the client sent none
  std::string hint;      // for the developer: why a token may have ended so early; holds no claim of it
};

using Identity = std::variant<User, Anonymous>;

inline const User* AsUser(const Identity& identity) { return std::get_if<User>(&identity); }
inline bool IsExpired(const User& user, UnixMillis now) { return user.expires_at_s * 1000 <= now; }

// As the wire shows it (session answer, RUN_STARTED).
WireIdentity ToWire(const Identity& identity, UnixMillis now);

}  // namespace widgent
