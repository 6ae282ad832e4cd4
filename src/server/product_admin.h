// What an owner sees and changes of a product over HTTP: its origins, its secrets, and a tool tried dry. Behind
// AdminApi, which has checked the key.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audit/audit.h"
#include "server/exchange.h"
#include "server/product_change.h"
#include "store/store.h"

namespace widgent {

// The product of an id as it is served now, or nullptr.
using FindServed = std::function<ServedProductPtr(std::string_view id)>;

// `by` goes into the audit log: "admin key …".
class ProductAdmin {
 public:
  ProductAdmin(Store& store, AuditLog& audit, FindServed find, ProductFileAccess files)
      : store_(store), audit_(audit), find_(std::move(find)), files_(std::move(files)) {}

  // GET …: 200, as WriteProductView says.
  void Get(const ExchangePtr& x) const;

  // PUT …/origins {"origins": […], "name"?}: 200, the product.
  void PutOrigins(const ExchangePtr& x, std::string by);

  // POST …/secrets {"overlap_hours"?, "name"?}: 201 {"kid", "secret", "old_until"}. The secret is in this answer alone.
  void PostSecret(const ExchangePtr& x, std::string by);

  // POST …/secrets/{kid}/revoke {"name"?}: 200, the product.
  void PostRevoke(const ExchangePtr& x, const std::string& kid, std::string by);

  // POST …/tools/{name}/dry-run {"arguments"?, "claims"?, "approved"?}: 200, what the policy says to the call and the
  // request that would be sent. Nothing is.
  void PostDryRun(const ExchangePtr& x, const std::string& tool) const;

 private:
  // Answers what is wrong; otherwise the product is changed, `x` has the new one, and the audit log says `what()`.
  std::optional<Problem> Change(const ExchangePtr& x, const ProductEdit& edit, const std::string& remedy,
                                const std::string& by, const std::function<std::string()>& what);

  // What to do on the server where the product's file cannot be written from here.
  std::string Remedy(const ProductId& product, const std::string& command) const;

  Store& store_;
  AuditLog& audit_;
  FindServed find_;
  ProductFileAccess files_;
};

}  // namespace widgent
