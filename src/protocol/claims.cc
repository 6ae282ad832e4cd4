#include "protocol/claims.h"

#include "protocol/base64url.h"
#include "protocol/json_fields.h"

namespace widgent {

std::optional<UnverifiedClaims> PeekClaims(std::string_view token) {
  const auto first = token.find('.');
  if (first == token.npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == token.npos) return std::nullopt;
  const auto payload = DecodeBase64Url(token.substr(first + 1, second - first - 1));
  JsonFields claims;
  if (!payload || !claims.Parse(*payload)) return std::nullopt;
  std::string sub(claims.Text("sub"));
  if (sub.empty() && claims.Integer("sub", -1) >= 0) sub = std::to_string(claims.Integer("sub", 0));
  if (sub.empty()) return std::nullopt;
  return UnverifiedClaims{std::move(sub)};
}

}  // namespace widgent
