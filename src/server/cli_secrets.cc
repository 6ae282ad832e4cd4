#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "identity/crypto.h"
#include "identity/sealed.h"
#include "server/atomic_file.h"
#include "server/cli.h"
#include "server/cli_product.h"
#include "server/config.h"
#include "server/history.h"
#include "server/product_change.h"
#include "server/product_file.h"

namespace widgent {

namespace {

template <class Changed>
Changed OrFail(std::variant<Changed, ProductFileError> result) {
  if (const auto* refused = std::get_if<ProductFileError>(&result)) Fail(kExitUsage, refused->detail, refused->hint);
  return std::get<Changed>(std::move(result));
}

void Rotate(const ProductOptions& options) {
  const FolderHold hold(options.dir);
  const std::string json = ReadProductFileOrFail(options);
  const SealKey key = SealKeyOrFail(options);
  const std::string secret = NewSecret("wvs_");
  const Rotation rotation = MakeRotation(json, options.id, secret, key, options.overlap_hours, SystemNow());
  WriteProductFileOrFail(options, OrFail(RotateSecret(json, rotation)));
  std::cout << "New Verification Secret (shown only now): " << secret << "\nIts kid: " << rotation.kid << "\n\n"
            << (options.overlap_hours > 0 ? "Older secrets are accepted until " + WriteTime(rotation.old_until)
                                          : std::string("Older secrets are refused"))
            << ". A running server does so from the next request on.\n"
               "Give the new secret to the backend that signs tokens.\n";
}

void Revoke(const ProductOptions& options) {
  const FolderHold hold(options.dir);
  const UnixMillis now = SystemNow();
  const std::string json = OrFail(RevokeSecret(ReadProductFileOrFail(options), options.kid, now));
  WriteProductFileOrFail(options, json);
  std::cout << "The secret " << options.kid << " is refused from now on: a running server refuses it in the next "
            << "request.\n";
  const auto product = LoadProduct(ProductFileOf(options), options.key_file);
  if (std::holds_alternative<ConfigError>(product)) return;  // said already
  for (const VerificationSecret& secret : std::get<Product>(product).keys.secrets)
    if (!secret.not_after || *secret.not_after > now) return;
  std::cout << "No other secret is live, so no token is accepted any more: widgentd product rotate-secret "
            << options.id << '\n';
}

void MakeAdminKey(const ProductOptions& options) {
  const FolderHold hold(options.dir);
  const std::string key = NewSecret("wsk_");
  WriteProductFileOrFail(
      options, OrFail(AddAdminKey(ReadProductFileOrFail(options), Hex(Sha256(key)), options.replace, SystemNow())));
  std::cout << "Admin key (shown only now): " << key
            << "\nThe file keeps its SHA-256 alone. Use it on https://YOUR-WIDGENT-SERVER/dashboard/, and from your "
               "backend:\n\n"
            << "  curl -X POST -H 'Authorization: Bearer wsk_…' "
            << "https://YOUR-WIDGENT-SERVER/v1/admin/products/" << options.id << "/users/USER/revoke\n";
}

// Of the files beside the product's, those that an earlier version of this program wrote: ID.KID.secret.
OwnSecretFile OwnFilesOf(const ProductOptions& options) {
  return [options](const std::string& file) -> std::optional<std::string> {
    const bool is_own = file.starts_with(options.id + ".") && file.ends_with(".secret") && file.find('/') == file.npos;
    return is_own ? ReadTextFile((std::filesystem::path(options.dir) / file).string()) : std::nullopt;
  };
}

void SealAll(const ProductOptions& options) {
  const FolderHold hold(options.dir);
  const std::string json = ReadProductFileOrFail(options);
  const SealKey key = SealKeyOrFail(options);
  const auto seal = [&](const std::string& owner, const std::string& secret) {
    return Seal(key.bytes, owner, secret, RandomBytes(kAesNonceBytes));
  };
  const SealedFile file = OrFail(SealSecrets(json, seal, OwnFilesOf(options)));
  if (file.sealed.empty()) {
    std::cout << "There is nothing to seal in " << ProductFileOf(options) << ".\n";
    return;
  }
  const bool holds = WriteProductFileOrFail(options, file.json);
  for (const std::string& what : file.sealed) std::cout << "Sealed " << what << ".\n";
  if (!holds) Exit(kExitUsage);  // The files that it has replaced stay.
  for (const std::string& obsolete : file.obsolete) {
    ::unlink((std::filesystem::path(options.dir) / obsolete).c_str());
    std::cout << "Removed " << obsolete << ", whose secret stands in the product's file now.\n";
  }
}

}  // namespace

void AddSecretCommands(CLI::App& product, const std::shared_ptr<ProductOptions>& options) {
  CLI::App* rotate =
      AddProductCommand(product, "rotate-secret", "Add a new secret, and give the old one an end", options);
  rotate
      ->add_option("--overlap-hours", options->overlap_hours,
                   "How long the old one goes on; 0 ends it at once (it leaked)")
      ->check(CLI::Range(0, 24 * 365))
      ->capture_default_str();
  rotate->footer(
      "No downtime: a running server takes the file in by itself, then change the backend that signs; tokens of both\n"
      "are accepted until the old secret ends.");
  rotate->callback([options] { Rotate(*options); });

  CLI::App* revoke = AddProductCommand(product, "revoke-secret", "End one secret at once", options);
  revoke->add_option("kid", options->kid, "Its kid, as `product show` prints it")->required()->type_name("KID");
  revoke->footer(
      "For a secret that leaked: a running server refuses its tokens in the next request, and cancels the replies to\n"
      "users whom it let in. Rotate first where the secret is the only one, or nobody can sign in until you have.");
  revoke->callback([options] { Revoke(*options); });

  CLI::App* admin_key = AddProductCommand(product, "admin-key", "Make a secret key for the admin API", options);
  admin_key->add_flag("--replace", options->replace, "Take all earlier ones out");
  admin_key->footer(
      "Printed once; the file keeps its SHA-256. The backend sends it as `Authorization: Bearer wsk_…`, to:\n"
      "  POST /v1/admin/products/PRODUCT/users/SUB/revoke   as `widgentd user revoke`");
  admin_key->callback([options] { MakeAdminKey(*options); });

  CLI::App* seal = AddProductCommand(product, "seal", "Encrypt the secrets that stand in a product's file", options);
  seal->footer(
      "What comes from the environment or from files of your own, {\"env\": …} or {\"file\": …}, stays there.");
  seal->callback([options] { SealAll(*options); });
}

}  // namespace widgent
