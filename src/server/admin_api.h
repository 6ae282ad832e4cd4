// What a site's owner may do over HTTP, with a secret API key of the product. For backends: there is no CORS here.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/limits.h"
#include "audit/audit.h"
#include "server/exchange.h"
#include "server/operator_api.h"
#include "server/run_hub.h"
#include "store/store.h"

namespace widgent {

class AdminApi {
 public:
  // `operators` outlives it.
  AdminApi(Store& store, AuditLog& audit, Limits& limits, RunHub& hub, OperatorApi& operators);

  // True for the paths that Handle answers.
  static bool Owns(std::string_view path);

  // Below /v1/admin/products/{pid}, by POST but for the list: users/{sub}/revoke, where {sub} is percent-encoded: the
  // user's tokens of before now are refused, and the user's runs are cancelled; threads/{tid}/messages,
  // threads/{tid}/hand-back, approvals and approvals/{id} as in OperatorApi. `find` answers the product of an id, or
  // nullptr.
  void Handle(const ExchangePtr& x, const std::function<ServedProductPtr(std::string_view id)>& find);

 private:
  struct Endpoint {
    std::string method;
    std::string before, after;  // what the id stands between; none where `before` does not end in a slash
    std::function<void(const ExchangePtr& x, std::string_view id, const std::string& by)> act;
  };
  void RefuseKey(const ExchangePtr& x);
  void ListUnanswered(const ExchangePtr& x);
  void Revoke(const ExchangePtr& x, std::string_view sub, const std::string& by);

  Store& store_;
  AuditLog& audit_;
  Limits& limits_;
  RunHub& hub_;
  std::vector<Endpoint> endpoints_;
};

// Ends the user's tokens of before `now`, and writes down who did it: "command line" or "admin key …".
void RevokeUser(Store& store, AuditLog& audit, const AuditContext& context, const std::string& sub,
                const std::string& by, UnixMillis now);

}  // namespace widgent
