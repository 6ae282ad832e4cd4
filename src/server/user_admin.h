// What an owner may do over HTTP about one user: end the user's tokens, see and export the user's conversations, and
// erase them. Behind AdminApi, which has checked the key.
#pragma once
#include <string>

#include "audit/audit.h"
#include "server/exchange.h"
#include "server/run_hub.h"
#include "store/store.h"

namespace widgent {

// `by` goes into the audit log: "admin key …".
class UserAdmin {
 public:
  UserAdmin(Store& store, AuditLog& audit, RunHub& hub) : store_(store), audit_(audit), hub_(hub) {}

  // GET …/users/{sub}: 200 {"sub", "revoked_at", "threads"}. A user who never came has no threads.
  void Get(const ExchangePtr& x, const std::string& sub) const;

  // GET …/users/{sub}/export: 200, all that was said in the user's conversations, as one document.
  void Export(const ExchangePtr& x, const std::string& sub) const;

  // POST …/users/{sub}/revoke {"name"?}: tokens of before now are refused, and the user's runs are cancelled.
  void PostRevoke(const ExchangePtr& x, const std::string& sub, std::string by);

  // POST …/users/{sub}/erase {"name"?}: 200 {"sub", "threads_erased"}. The audit log keeps its records.
  void PostErase(const ExchangePtr& x, const std::string& sub, std::string by);

 private:
  Store& store_;
  AuditLog& audit_;
  RunHub& hub_;
};

// Ends the user's tokens of before `now`, and writes down who did it: "command line" or "admin key …".
void RevokeUser(Store& store, AuditLog& audit, const AuditContext& context, const std::string& sub,
                const std::string& by, UnixMillis now);

}  // namespace widgent
