// base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "protocol/text.h"

namespace widgent {

std::string EncodeBase64Url(std::string_view bytes);

// Only the canonical form decodes: no padding, no whitespace, no stray bits in the last character.
std::optional<std::string> DecodeBase64Url(std::string_view text);
// Appends to `out` what is JSON text to be read: a zero byte, which it never has, stands there as C0 80 (text.h).
bool DecodeBase64Url(std::string_view text, Text& out);

}  // namespace widgent
