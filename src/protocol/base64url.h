// base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace widgent {

std::string EncodeBase64Url(std::string_view bytes);

// Only the canonical form decodes: no padding, no whitespace, no stray bits in the last character.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace widgent
