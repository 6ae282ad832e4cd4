// What a site's owner may do over HTTP, with a secret API key of the product. For backends: there is no CORS here.
#pragma once
#include <functional>
#include <string_view>

#include "agent/limits.h"
#include "audit/audit.h"
#include "server/exchange.h"
#include "server/run_hub.h"
#include "store/store.h"

namespace widgent {

class AdminApi {
 public:
  AdminApi(Store& store, AuditLog& audit, Limits& limits, RunHub& hub)
      : store_(store), audit_(audit), limits_(limits), hub_(hub) {}

  // True for the paths that Handle answers.
  static bool Owns(std::string_view path);

  // POST /v1/admin/products/{pid}/users/{sub}/revoke, where {sub} is percent-encoded: the user's tokens of before now
  // are refused, and the user's runs are cancelled. `find` answers the product of an id, or nullptr.
  void Handle(const ExchangePtr& x, const std::function<ServedProductPtr(std::string_view id)>& find);

 private:
  void RefuseKey(const ExchangePtr& x);
  void Revoke(const ExchangePtr& x, const std::string& sub, const std::string& key_sha256);

  Store& store_;
  AuditLog& audit_;
  Limits& limits_;
  RunHub& hub_;
};

// Ends the user's tokens of before `now`, and writes down who did it: "command line" or "admin key …".
void RevokeUser(Store& store, AuditLog& audit, const AuditContext& context, const std::string& sub,
                const std::string& by, UnixMillis now);

}  // namespace widgent
