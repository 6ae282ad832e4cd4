// The only border to OpenSSL: digests, MACs and randomness. Bytes travel in std::string.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace widgent {

std::string Sha256(std::string_view bytes);                            // 32 bytes
std::string HmacSha256(std::string_view key, std::string_view bytes);  // 32 bytes
bool EqualInConstantTime(std::string_view a, std::string_view b);      // lengths may leak, contents do not
std::string RandomBytes(std::size_t count);        // from the operating system; aborts if there is none
std::string Hex(std::string_view bytes);           // lower case
std::string EncodeBase64(std::string_view bytes);  // RFC 4648 section 4, padded

}  // namespace widgent
