// Secrets at rest: AES-256-GCM under a key that is kept elsewhere. The text is "v1." and base64url of nonce, ciphertext
// and tag. It opens only with its key and for its owner, so that it cannot be moved to another product or secret.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace widgent {

inline constexpr std::size_t kSealKeyBytes = 32;

// `nonce`: 12 random bytes, new for each call.
std::string Seal(std::string_view key, std::string_view owner, std::string_view secret, std::string_view nonce);

// Nothing where `sealed` was not sealed for this owner with this key, or was changed.
std::optional<std::string> Unseal(std::string_view key, std::string_view owner, std::string_view sealed);

// Whose a secret is: the product's verification secret of this kid, the signing secret of its tool, or the key of the
// endpoint that its agent's model is behind.
std::string OwnerOfVerificationSecret(std::string_view product, std::string_view kid);
std::string OwnerOfToolSecret(std::string_view product, std::string_view tool);
std::string OwnerOfAgentKey(std::string_view product);

}  // namespace widgent
