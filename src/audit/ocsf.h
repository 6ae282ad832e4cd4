// Audit records in the Open Cybersecurity Schema Framework 1.8.0: class 3002 (authentication) for who the visitor is,
// class 6003 (API activity) for what a tool was asked to do and for what the owner's people did. One line of JSON each,
// without the record's own hash.
#pragma once
#include <string>

#include "audit/audit.h"

namespace widgent {

// What ties a record to the one before it, and the columns by which it is found: they stand in the record as well, so
// that nobody can change them alone.
struct ChainLink {
  std::int64_t seq = 0;
  std::string prev_hash;
  std::string action, outcome;
};

std::string WriteOcsf(const AuditContext& context, const IdentityAct& act, const ChainLink& link, UnixMillis now);
std::string WriteOcsf(const AuditContext& context, const ToolAct& act, const ChainLink& link, UnixMillis now);
std::string WriteOcsf(const AuditContext& context, const OperatorAct& act, const ChainLink& link, UnixMillis now);
std::string WriteOcsf(const AuditContext& context, const AdminAct& act, const ChainLink& link, UnixMillis now);

}  // namespace widgent
