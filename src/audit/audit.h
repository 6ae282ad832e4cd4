// The audit log: OCSF 1.8.0 records, hash-chained per product (tools-and-audit.md).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "identity/identity.h"
#include "product/product.h"
#include "store/store.h"

namespace widgent {

// Where an act came from.
struct AuditContext {
  ProductId product;
  std::string session;      // thread id, or empty
  std::string correlation;  // run id or request id
  std::string peer_address;
};

// Class 3002. `switch` and `sign_out` are told by the widget; `refused` is a token or an origin that was not accepted.
struct IdentityAct {
  enum class Kind : std::uint8_t { kIdentify, kSwitch, kSignOut, kRefused };
  Kind kind = Kind::kIdentify;
  Identity identity;        // for kRefused: Anonymous
  std::string code;         // for kRefused: the problem code
  std::string token_sha256;
  std::string previous_sub;  // for kSwitch
};

// Class 6003. One "attempt" before the tool acts, one "result" after.
struct ToolAct {
  enum class Stage : std::uint8_t { kAttempt, kResult, kDenied };
  Stage stage = Stage::kAttempt;
  Identity identity;
  std::string tool;
  ToolConfig::Effect effect = ToolConfig::Effect::kRead;
  std::string call_id;           // "tcall_…"
  std::string arguments_sha256;  // hex
  std::string host;
  int port = 0;
  bool success = false;          // kResult
  int status_code = 0;           // kResult: HTTP status, 0 where there was none
  std::int64_t duration_ms = 0;
  std::string reason;            // kDenied: identity_required, …; kResult: timeout, …
};

// Appends to the chain. A record is durable once the store has committed.
class AuditLog {
 public:
  explicit AuditLog(Store& store) : store_(store) {}
  void Write(const AuditContext& context, const IdentityAct& act, UnixMillis now);
  void Write(const AuditContext& context, const ToolAct& act, UnixMillis now);

 private:
  void Append(const AuditContext& context, std::string user, std::string action, std::string outcome,
              std::function<std::string(std::int64_t seq, const std::string& prev_hash)> record, UnixMillis now);
  Store& store_;
};

struct AuditFault {
  std::int64_t seq = 0;   // the first record that does not fit
  std::string detail;     // what is wrong with it
};

// Nothing: the chain holds. `hash = SHA256(prev_hash || record)` for every record, without gaps.
std::optional<AuditFault> VerifyAudit(Store& store, const ProductId& product);

}  // namespace widgent
