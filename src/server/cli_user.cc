#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "audit/audit.h"
#include "identity/token.h"
#include "server/cli.h"
#include "server/cli_stored_product.h"
#include "server/history.h"
#include "server/user_admin.h"

namespace widgent {

namespace {

struct UserOptions {
  std::shared_ptr<StoredProduct> of = std::make_shared<StoredProduct>();
  std::string sub;
};

void Revoke(const UserOptions& options) {
  if (!IsValidId(options.of->product) || !IsUsableSub(options.sub))
    Fail(kExitUsage, "That is no product's id or no user's.", "widgentd user revoke acme u_42");
  const auto store = OpenStoreOrFail(options.of->data);
  RequireKnown(*store, *options.of);
  const UnixMillis now = SystemNow();
  AuditLog audit(*store);
  RevokeUser(*store, audit, {options.of->id(), "", "", ""}, options.sub, "command line", now);
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
  CLI::App* revoke = AddStoredProductCommand(*user, "revoke", "Refuse the tokens that a user has now", options->of);
  revoke->add_option("sub", options->sub, "The user's id, as the tokens name it")->required()->type_name("SUB");
  revoke->footer(
      "Works while the server runs. Tokens signed from now on are accepted; those without an iat only in an hour.\n"
      "POST /v1/admin/products/PRODUCT/users/SUB/revoke does the same over HTTP.\n\n"
      "Examples:\n"
      "  widgentd user revoke acme u_42\n"
      "  widgentd user revoke acme 'auth0|17' --data /var/lib/widgent");
  revoke->callback([options] { Revoke(*options); });
}

}  // namespace widgent
