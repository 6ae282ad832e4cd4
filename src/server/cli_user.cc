#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "audit/audit.h"
#include "identity/token.h"
#include "server/admin_api.h"
#include "server/cli.h"
#include "server/config.h"
#include "server/history.h"

namespace widgent {

namespace {

struct UserOptions {
  std::string data = "data", product, sub;
  std::vector<std::string> config{"products"};
};

// By its id alone: whether a product's secrets can be opened here does not matter.
bool HaveFileOf(const std::string& product, const std::vector<std::string>& config) {
  for (const std::string& path : config) {
    const auto files = ListProductFiles({path});
    if (!std::holds_alternative<std::vector<std::string>>(files)) continue;
    for (const std::string& file : std::get<std::vector<std::string>>(files)) {
      const auto json = nlohmann::json::parse(ReadTextFile(file).value_or(""), nullptr, false);
      if (json.is_object() && json.contains("id") && json["id"] == product) return true;
    }
  }
  return false;
}

void Revoke(const UserOptions& options) {
  if (!IsValidId(options.product) || !IsUsableSub(options.sub))
    Fail(kExitUsage, "That is no product's id or no user's.", "widgentd user revoke acme u_42");
  const auto store = OpenStoreOrFail(options.data);
  const ProductId product{options.product};
  const auto known = store->ListAuditedProducts();
  if (std::find(known.begin(), known.end(), product) == known.end() && !HaveFileOf(options.product, options.config)) {
    std::string places;
    for (const std::string& path : options.config) places += path + ", ";
    Fail(kExitUsage, "There is no product \"" + options.product + "\", so nobody was revoked.",
         "Looked for it in the product files (" + places + "--config names others) and in the store of " +
             options.data + ". Is the id right?");
  }
  const UnixMillis now = SystemNow();
  AuditLog audit(*store);
  RevokeUser(*store, audit, {product, "", "", ""}, options.sub, "command line", now);
  if (!store->Commit()) Fail(kExitFailure, "The revocation was not stored: " + store->LastError(), "Try again.");
  std::cout
      << "Tokens of " << options.sub << " that were signed before " << WriteTime(now)
      << " are refused. A running server refuses them\nin the next request, and cancels the user's replies within a "
         "second.\n";
}

}  // namespace

void AddUser(CLI::App& cli) {
  CLI::App* user = cli.add_subcommand("user", "End what a user may do");
  user->require_subcommand(1);
  auto options = std::make_shared<UserOptions>();
  CLI::App* revoke = user->add_subcommand("revoke", "Refuse the tokens that a user has now");
  revoke->add_option("product", options->product, "The product's id")->required()->type_name("PRODUCT");
  revoke->add_option("sub", options->sub, "The user's id, as the tokens name it")->required()->type_name("SUB");
  revoke->add_option("--data", options->data, "Folder of the server's store")
      ->envname("WIDGENT_DATA")
      ->capture_default_str()
      ->type_name("DIR");
  revoke->add_option("--config", options->config, "Product files, or folders of them: to know the product by")
      ->capture_default_str()
      ->type_name("FILE...");
  revoke->footer(
      "Works while the server runs. Tokens signed from now on are accepted; those without an iat only in an hour.\n"
      "POST /v1/admin/products/PRODUCT/users/SUB/revoke does the same over HTTP.\n\n"
      "Examples:\n"
      "  widgentd user revoke acme u_42\n"
      "  widgentd user revoke acme 'auth0|17' --data /var/lib/widgent");
  revoke->callback([options] { Revoke(*options); });
}

}  // namespace widgent
