// The heads of the chains, sealed by a key in a second place: a chain alone does not show that its end was cut off.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "audit/audit.h"

namespace widgent {

using AuditHeads = std::map<ProductId, AuditHead>;

// The key of the seal, made of the server's own.
std::string AuditSealKey(std::string_view server_key);

// One line of JSON: when, and each product's count and hash, under an HMAC-SHA256 over all of it.
std::string SealHeads(const AuditHeads& heads, UnixMillis now, std::string_view key);

// Nothing where the seal does not hold.
std::optional<AuditHeads> OpenSealedHeads(std::string_view text, std::string_view key);

// Nothing: the chain, which VerifyAudit has found whole, still reaches the record that `sealed` names.
std::optional<AuditFault> CheckSealedHead(Store& store, const ProductId& product, const AuditHead& sealed);

}  // namespace widgent
