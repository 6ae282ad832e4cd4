#include "identity/webhook_signature.h"

#include "identity/crypto.h"
#include "protocol/base64url.h"

namespace widgent {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kKeyBytesMin = 24, kKeyBytesMax = 64;

// Base64 with its padding, as the public libraries take it.
std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string url;
  for (char c : text) {
    if (c == '-' || c == '_') return std::nullopt;
    url += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  for (int padding = 0; padding < 2 && url.ends_with('='); ++padding) url.pop_back();
  return DecodeBase64Url(url);
}

}  // namespace

std::optional<std::string> SignWebhook(std::string_view secret, std::string_view id, std::int64_t timestamp_s,
                                       std::string_view body) {
  if (!secret.starts_with(kSecretPrefix)) return std::nullopt;
  const auto key = DecodeBase64(secret.substr(kSecretPrefix.size()));
  if (!key || key->size() < kKeyBytesMin || key->size() > kKeyBytesMax) return std::nullopt;
  std::string content(id);
  content.append(".").append(std::to_string(timestamp_s)).append(".").append(body);
  return "v1," + EncodeBase64(HmacSha256(*key, content));
}

}  // namespace widgent
