#include "protocol/claims.h"

#include "protocol/base64url.h"
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"

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
  constexpr std::int64_t kNone = INT64_MIN;
  if (const std::int64_t number = claims.Integer("sub", kNone); number != kNone) AppendDecimal(sub, number);
  if (sub.empty()) return std::nullopt;
  return UnverifiedClaims{std::move(sub)};
}

}  // namespace widgent
