// The audit log: OCSF 1.8.0 records, hash-chained per product (tools-and-audit.md).
#pragma once
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

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

// Class 3002. `switch` and `sign_out` are told by the widget, which names nobody else by it; `refused` is a token or an
// origin that was not accepted; `merge` is a guest's thread that became the user's; `revoke` is an operator's word.
struct IdentityAct {
  enum class Kind : std::uint8_t { kIdentify, kSwitch, kSignOut, kRefused, kMerge, kRevoke };
  Kind kind = Kind::kIdentify;
  Identity identity;  // for kRefused: Anonymous; for kRevoke: a User of whom only the sub is known
  std::string code;   // for kRefused: the problem code
  std::string token_sha256;
  std::string by;                           // for kRevoke: "admin key 1a2b3c4d" or "command line"
  std::string merged_thread, guest_sha256;  // for kMerge: what the guest's thread was called, and who the guest was
};

// Class 6003. One "attempt" before the tool acts, one "result" after; before both, where the user was asked, what the
// user said.
struct ToolAct {
  enum class Stage : std::uint8_t { kAttempt, kResult, kDenied, kApproved, kRejected };
  Stage stage = Stage::kAttempt;
  Identity identity;
  std::string tool;
  ToolConfig::Effect effect = ToolConfig::Effect::kRead;
  std::string call_id;           // "tcall_…"
  std::string arguments_sha256;  // hex
  std::string host;
  int port = 0;
  bool success = false;  // kResult
  int status_code = 0;   // kResult: HTTP status, 0 where there was none
  std::int64_t duration_ms = 0;
  std::string reason;        // kDenied: identity_required, …; kResult: timeout, …
  std::string approval;      // the interrupt that asked the user, or the owner's people; empty: nobody was asked
  bool by_operator = false;  // the people were asked
  std::string by;            // kApproved, kRejected by one of them: "admin key 1a2b3c4d", "command line"
};

// Class 6003: what one of the owner's people did in a conversation that was handed over.
struct OperatorAct {
  enum class Kind : std::uint8_t { kMessage, kHandBack };
  Kind kind = Kind::kMessage;
  Identity identity = Anonymous();  // whose conversation it is: a User of whom only the sub is known, or a guest
  std::string by;                   // "admin key 1a2b3c4d"
  std::string message;              // kMessage: its id
};

// Class 6003: what one of the owner's people did to the product, or to all that it keeps of a user.
struct AdminAct {
  enum class Kind : std::uint8_t { kProductChange, kErase };
  Kind kind = Kind::kProductChange;
  Identity identity = Anonymous();  // kErase: a User of whom only the sub is known
  std::string by;                   // "admin key 1a2b3c4d (Maria)"
  std::string what;                 // "rotated to the secret 2026-11-29"
};

// Every action that a record may have, in the order in which they are told to people.
inline constexpr std::string_view kAuditActions[] = {"identify",  "switch",         "sign_out", "merge",
                                                     "refused",   "revoke",         "tool",     "operator_message",
                                                     "hand_back", "product_change", "erase"};
inline constexpr std::string_view kAuditOutcomes[] = {"success", "failure",  "denied",
                                                      "attempt", "approved", "rejected"};

// Appends to the chain. A record is durable once the store has committed.
class AuditLog {
 public:
  // Told of each record that is appended.
  using Observer = std::function<void(const ProductId& product, std::string_view action, std::string_view outcome)>;

  explicit AuditLog(Store& store, Observer observer = {}) : store_(store), observer_(std::move(observer)) {}
  void Write(const AuditContext& context, const IdentityAct& act, UnixMillis now);
  void Write(const AuditContext& context, const ToolAct& act, UnixMillis now);
  void Write(const AuditContext& context, const OperatorAct& act, UnixMillis now);
  void Write(const AuditContext& context, const AdminAct& act, UnixMillis now);

 private:
  template <class Act>
  void Append(const AuditContext& context, const Act& act, UnixMillis now);

  Store& store_;
  Observer observer_;
};

// The line of an export: the record with its own hash added as the last member of unmapped.widgent.
std::string ExportRecord(const AuditRow& row);

struct AuditFault {
  std::int64_t seq = 0;  // the first record that does not fit
  std::string detail;    // what is wrong with it
};

// Nothing: the chain holds. For every record, without gaps, `hash` is the hexadecimal SHA-256 of the text of prev_hash
// (64 characters) followed by the record's, and the columns that are searched say what the record says.
std::optional<AuditFault> VerifyAudit(Store& store, const ProductId& product);

// The same for an export of one product, from its first record on, without a store: one ExportRecord a line.
std::optional<AuditFault> VerifyAuditExport(std::istream& lines);

}  // namespace widgent
