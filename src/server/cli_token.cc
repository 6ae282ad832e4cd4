#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "identity/token.h"
#include "protocol/json_writer.h"
#include "server/cli.h"
#include "server/history.h"
#include "store/sqlite_store.h"

namespace widgent {

namespace {

struct TokenOptions {
  std::vector<std::string> config{"products"};
  std::string product, key_file, data;
  std::optional<std::int64_t> at_s;
  bool json = false;
};

using Verdict = std::variant<User, Anonymous, TokenError>;

std::string_view ReasonName(Anonymous::Reason reason) {
  return reason == Anonymous::Reason::kTokenExpired ? "token_expired" : "token_missing";
}

std::string WriteVerdict(const Verdict& verdict) {
  JsonWriter writer;
  writer.Open('{');
  if (const auto* user = std::get_if<User>(&verdict)) {
    writer.Put("verdict", "user").Put("sub", user->sub).PutIf("name", user->name).PutIf("email", user->email);
    writer.Put("exp", user->expires_at_s).PutIf("kid", user->kid).PutIf("hint", user->hint);
  } else if (const auto* guest = std::get_if<Anonymous>(&verdict)) {
    writer.Put("verdict", "anonymous").Put("reason", ReasonName(guest->reason)).PutIf("hint", guest->hint);
  } else {
    const auto& error = std::get<TokenError>(verdict);
    writer.Put("verdict", "refused").Put("code", error.code).PutIf("hint", error.hint);
  }
  return writer.Close('}').Take();
}

void PrintVerdict(const Verdict& verdict, UnixMillis now) {
  if (const auto* user = std::get_if<User>(&verdict)) {
    std::cout << "user " << user->sub << '\n';
    if (!user->name.empty()) std::cout << "  name    " << user->name << '\n';
    if (!user->email.empty()) std::cout << "  email   " << user->email << '\n';
    std::cout << "  expires " << WriteTime(user->expires_at_s * 1000) << ", in "
              << std::max<std::int64_t>(0, user->expires_at_s - now / 1000) << " s\n";
    if (!user->kid.empty()) std::cout << "  kid     " << user->kid << '\n';
    if (!user->hint.empty()) std::cout << "  hint    " << user->hint << '\n';
  } else if (const auto* guest = std::get_if<Anonymous>(&verdict)) {
    std::cout << "anonymous, " << ReasonName(guest->reason) << '\n';
    if (!guest->hint.empty()) std::cout << "  hint    " << guest->hint << '\n';
  } else {
    const auto& error = std::get<TokenError>(verdict);
    std::cout << "refused, " << error.code << '\n';
    if (!error.hint.empty()) std::cout << "  hint    " << error.hint << '\n';
  }
}

const Product& ChooseProduct(const std::vector<Product>& products, const std::string& id) {
  if (id.empty() && products.size() == 1) return products.front();
  const auto product = std::find_if(products.begin(), products.end(),
                                    [&](const Product& candidate) { return candidate.id.value == id; });
  if (product != products.end()) return *product;
  std::string known;
  for (const Product& candidate : products) known += (known.empty() ? "" : ", ") + candidate.id.value;
  Fail(kExitUsage, id.empty() ? "There are several products." : "There is no product \"" + id + "\".",
       "Name one with --product: " + known + ".");
}

std::unique_ptr<Store> OpenStoreOrNull(const std::string& folder) {
  if (folder.empty()) return nullptr;
  try {
    return OpenSqliteStoreReadOnly(folder + "/widgent.db");
  } catch (const std::exception& error) {
    Fail(kExitUsage, error.what(), "Name the folder of the server's store with --data, or leave it out.");
  }
}

void Check(const TokenOptions& options) {
  const auto products = LoadProductsOrFail(options.config, options.key_file);
  const auto store = OpenStoreOrNull(options.data);
  const Product& product = ChooseProduct(products, options.product);
  bool are_all_users = true, is_any = false;
  for (std::string line; std::getline(std::cin, line);) {
    is_any = true;
    if (line.ends_with('\r')) line.pop_back();
    const UnixMillis now = options.at_s ? *options.at_s * 1000 : SystemNow();
    const Verdict verdict = VerifyToken(line, product.keys, product.token_policy, now, [&](std::string_view sub) {
      return store ? store->FindRevocation(product.id, sub) : std::nullopt;
    });
    are_all_users = are_all_users && std::holds_alternative<User>(verdict);
    if (options.json) std::cout << WriteVerdict(verdict) << '\n';
    else PrintVerdict(verdict, now);
  }
  if (!is_any) Fail(kExitUsage, "There was no token on stdin.", "Pipe it in: echo \"$TOKEN\" | widgentd token check");
  if (!are_all_users) Exit(kExitNo);
}

}  // namespace

void AddToken(CLI::App& cli) {
  CLI::App* token = cli.add_subcommand("token", "Look at tokens as the server does");
  token->require_subcommand(1);
  auto options = std::make_shared<TokenOptions>();
  CLI::App* check = token->add_subcommand("check", "Say the verdict on tokens, and what to mend");
  check->add_option("--config", options->config, "Product files, or folders of them")
      ->capture_default_str()
      ->type_name("FILE...");
  check->add_option("--product", options->product, "Whose secrets to use, where there are several products")
      ->type_name("ID");
  check->add_option("--at", options->at_s, "Judge as at this Unix time instead of now")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000'000'000}));
  check->add_option("--data", options->data, "Folder of the server's store: says too which users are revoked")
      ->envname("WIDGENT_DATA")
      ->type_name("DIR");
  check->add_option("--key-file", options->key_file, "Key of the sealed secrets, where WIDGENT_KEY has none")
      ->type_name("FILE");
  check->add_flag("--json", options->json, "One line of JSON per token");
  check->footer(
      "Reads tokens from stdin, one per line; an empty line is a request without a token. They are never an argument,\n"
      "so that they stay out of the shell's history and the process list.\n\n"
      "--json: {\"verdict\":\"user\",\"sub\",\"name\"?,\"email\"?,\"exp\",\"kid\"?,\"hint\"?}\n"
      "        {\"verdict\":\"anonymous\",\"reason\":\"token_missing\"|\"token_expired\",\"hint\"?}\n"
      "        {\"verdict\":\"refused\",\"code\",\"hint\"?}\n\n"
      "Exit codes: 0 every token is a user's; 1 at least one is not; 2 a wrong option or configuration.\n\n"
      "Examples:\n"
      "  widgentd token check --product acme < token.txt\n"
      "  widgentd token check --json --config acme.json < tokens.txt");
  check->callback([options] { Check(*options); });
}

}  // namespace widgent
