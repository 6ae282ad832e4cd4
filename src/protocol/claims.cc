#include "protocol/claims.h"

#include "protocol/base64url.h"
#include "protocol/json_fields.h"

namespace widgent {

Text PeekSubject(std::string_view token) {
  Text sub;
  std::size_t dots[2], count = 0;
  for (std::size_t i = 0; i < token.size() && count < 2; ++i)
    if (token[i] == '.') dots[count++] = i;
  if (count < 2) return sub;
  Text payload;
  JsonFields claims;
  if (!DecodeBase64Url(token.substr(dots[0] + 1, dots[1] - dots[0] - 1), payload) || !claims.Parse(payload)) return sub;
  sub = claims.root().Text("sub");
  constexpr std::int64_t kNone = INT64_MIN;
  if (const std::int64_t number = claims.root().Integer("sub", kNone); number != kNone) sub.AppendNumber(number);
  return sub;
}

std::optional<UnverifiedClaims> PeekClaims(std::string_view token) {
  const Text sub = PeekSubject(token);
  if (sub.empty()) return std::nullopt;
  return UnverifiedClaims{ToString(sub)};
}

}  // namespace widgent
