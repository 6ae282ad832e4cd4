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
  // Nothing: the record fits. A record of an export has no columns besides its text.
  std::optional<AuditFault> Check(const AuditRow& row, bool has_columns);

  // After the last record.
  std::optional<AuditFault> CheckHead(const AuditHead& head) const;

 private:
  std::int64_t count_ = 0;
  std::string hash_{kHashBeforeFirst};
};

}  // namespace widgent
