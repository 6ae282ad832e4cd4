#include "identity/sealed.h"

#include "identity/crypto.h"
#include "protocol/base64url.h"

namespace widgent {

namespace {

constexpr std::string_view kVersion = "v1.";
static_assert(kSealKeyBytes == kAesKeyBytes);

// A product's id has no line break, so no two owners are written the same.
std::string Owner(std::string_view kind, std::string_view product, std::string_view name) {
  return std::string(kind).append("\n").append(product).append("\n").append(name);
}

}  // namespace

std::string Seal(std::string_view key, std::string_view owner, std::string_view secret, std::string_view nonce) {
  return std::string(kVersion) + EncodeBase64Url(std::string(nonce) + EncryptAesGcm(key, nonce, owner, secret));
}

std::optional<std::string> Unseal(std::string_view key, std::string_view owner, std::string_view sealed) {
  if (!sealed.starts_with(kVersion)) return std::nullopt;
  const auto bytes = DecodeBase64Url(sealed.substr(kVersion.size()));
  if (!bytes || bytes->size() < kAesNonceBytes) return std::nullopt;
  const std::string_view text = *bytes;
  return DecryptAesGcm(key, text.substr(0, kAesNonceBytes), owner, text.substr(kAesNonceBytes));
}

std::string OwnerOfVerificationSecret(std::string_view product, std::string_view kid) {
  return Owner("verification", product, kid);
}

std::string OwnerOfToolSecret(std::string_view product, std::string_view tool) { return Owner("tool", product, tool); }

std::string OwnerOfAgentKey(std::string_view product) { return Owner("agent", product, ""); }

}  // namespace widgent
