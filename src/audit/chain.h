// The chain that ties each audit record to the one before.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "audit/audit.h"

namespace widgent {

inline constexpr std::string_view kHashBeforeFirst = "0000000000000000000000000000000000000000000000000000000000000000";

// Hexadecimal SHA-256 of `prev_hash` (its text) followed by `record`.
std::string ChainHash(std::string_view prev_hash, std::string_view record);

// Takes the records of one product in order and says which is the first that does not fit.
class ChainChecker {
 public:
  // Nothing: the record fits. `product` is whose the row is in the store; null for a record of an export, which has no
  // columns besides its text.
  std::optional<AuditFault> Check(const AuditRow& row, const ProductId* product);

  // After the last record.
  std::optional<AuditFault> CheckHead(const AuditHead& head) const;

 private:
  std::int64_t count_ = 0;
  std::string hash_{kHashBeforeFirst};
};

}  // namespace widgent
