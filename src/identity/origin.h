// Which pages may talk to a product (identity.md section 4). RFC 6454, Fetch standard (CORS).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace widgent {

struct OriginError {
  std::string detail;  // why the entry cannot be registered, and what to write instead
};

// A registered entry, normalised: lower case, punycode, no default port. "https://*.example.com" matches any depth of
// subdomain and not the apex.
struct OriginPattern {
  std::string text;
};
std::variant<OriginPattern, OriginError> ParseOriginPattern(std::string_view entry);

// The entry that lets this origin in; nullptr where none does. `origin` is the header's value as received.
const OriginPattern* MatchOrigin(const std::vector<OriginPattern>& registered, std::string_view origin);

// Nothing: allowed. Otherwise the problem code: origin_not_allowed, origin_null or origin_missing.
// `origin` is the header's value as received (nullopt where the header is absent).
std::optional<std::string_view> RefuseOrigin(const std::vector<OriginPattern>& registered,
                                             std::optional<std::string_view> origin);

}  // namespace widgent
