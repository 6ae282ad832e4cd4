// The only border to OpenSSL: digests, MACs, authenticated encryption and randomness. Bytes travel in std::string.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace widgent {

std::string Sha256(std::string_view bytes);                            // 32 bytes
std::string HmacSha256(std::string_view key, std::string_view bytes);  // 32 bytes
bool EqualInConstantTime(std::string_view a, std::string_view b);      // lengths may leak, contents do not
std::string RandomBytes(std::size_t count);                      // from the operating system; aborts if there is none
std::string Hex(std::string_view bytes);                         // lower case
std::string EncodeBase64(std::string_view bytes);                // RFC 4648 section 4, padded
std::optional<std::string> DecodeBase64(std::string_view text);  // the same, canonical form only

inline constexpr std::size_t kAesKeyBytes = 32, kAesNonceBytes = 12, kAesTagBytes = 16;

// AES-256-GCM: the ciphertext with its tag behind it. A nonce is never used twice with one key. `context` is not part
// of the result, and the same one opens it.
std::string EncryptAesGcm(std::string_view key, std::string_view nonce, std::string_view context,
                          std::string_view plaintext);
// Nothing where key, nonce, context or text is not what it was.
std::optional<std::string> DecryptAesGcm(std::string_view key, std::string_view nonce, std::string_view context,
                                         std::string_view ciphertext);

}  // namespace widgent
