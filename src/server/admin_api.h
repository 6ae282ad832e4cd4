// What a site's owner may do over HTTP, with a secret API key of the product: which address leads where, and who may
// use it. For backends, and for the dashboard that comes from this server: there is no CORS here.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/limits.h"
#include "audit/audit.h"
#include "server/audit_admin.h"
#include "server/exchange.h"
#include "server/operator_api.h"
#include "server/product_admin.h"
#include "server/run_hub.h"
#include "server/user_admin.h"
#include "store/store.h"

namespace widgent {

class AdminApi {
 public:
  // `operators` outlives it.
  AdminApi(Store& store, AuditLog& audit, Limits& limits, RunHub& hub, OperatorApi& operators, FindServed find,
           ProductFileAccess files);

  // True for the paths that Handle answers.
  static bool Owns(std::string_view path);

  // Below /v1/admin/products/{pid}: what ProductAdmin, AuditAdmin, UserAdmin and OperatorApi offer, where {sub}, {kid}
  // and a tool's name are percent-encoded; and the product's unanswered questions and judged replies.
  void Handle(const ExchangePtr& x);

 private:
  // `id` as it stands in the address; `by`: "admin key …".
  using Act = std::function<void(const ExchangePtr& x, std::string_view id, const std::string& by)>;
  struct Endpoint {
    std::string method;
    std::string before, after;  // what the id stands between; none where `before` does not end in a slash
    Act act;
  };
  void AddEndpoints(OperatorApi& operators);
  bool Fits(const Endpoint& endpoint, std::string_view path) const;
  void RefuseKey(const ExchangePtr& x);
  void ListUnanswered(const ExchangePtr& x);
  void PostClear(const ExchangePtr& x, std::string by);
  void ListFeedback(const ExchangePtr& x);

  Store& store_;
  AuditLog& audit_;
  Limits& limits_;
  FindServed find_;
  ProductAdmin products_;
  AuditAdmin records_;
  UserAdmin users_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace widgent
