#include "identity/webhook_signature.h"

#include "identity/crypto.h"

namespace widgent {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kKeyBytesMin = 24, kKeyBytesMax = 64;

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
