// Tokens for tests, written byte by byte: no library stands in the way of a wrong one.
#pragma once
#include <string>
#include <string_view>

#include "identity/crypto.h"
#include "protocol/base64url.h"

namespace widgent::test {

inline constexpr char kSecret[] = "wvs_test_secret_with_at_least_32_bytes";
inline constexpr char kHeader[] = R"({"alg":"HS256","typ":"JWT"})";

inline std::string SignToken(std::string_view payload, std::string_view secret = kSecret,
                             std::string_view header = kHeader) {
  const std::string text = EncodeBase64Url(header) + "." + EncodeBase64Url(payload);
  return text + "." + EncodeBase64Url(HmacSha256(secret, text));
}

}  // namespace widgent::test
