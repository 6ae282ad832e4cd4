#include "server/cli_product.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "identity/crypto.h"
#include "identity/sealed.h"
#include "protocol/base64url.h"
#include "server/atomic_file.h"
#include "server/cli.h"
#include "server/config.h"
#include "server/history.h"
#include "server/product_change.h"
#include "server/product_file.h"
#include "store/sqlite_store.h"

namespace widgent {

namespace fs = std::filesystem;

std::string ProductFileOf(const ProductOptions& options) {
  return (fs::path(options.dir) / (options.id + ".json")).string();
}

std::string ReadProductFileOrFail(const ProductOptions& options) {
  const auto json = ReadTextFile(ProductFileOf(options));
  if (!json) {
    Fail(kExitUsage, "There is no product file " + ProductFileOf(options) + ".",
         "`widgentd product list` shows what there is; --dir names another folder.");
  }
  return *json;
}

bool WriteProductFileOrFail(const ProductOptions& options, std::string_view json) {
  const std::string file = ProductFileOf(options);
  if (!WriteFileAtomically(file, json))
    Fail(kExitFailure, file + " cannot be written.", "Choose another folder with --dir, or mend its permissions.");
  const auto loaded = LoadProduct(file, options.key_file);
  const auto* error = std::get_if<ConfigError>(&loaded);
  if (error) {
    std::cerr << "widgentd: The change is written, but the file does not hold here: " << error->where << ": "
              << error->detail
              << "\nHint: A running server that has what is missing here takes it. Where that is not the reason, mend "
                 "the file: the server looks at it again at once.\n";
  }
  return !error;
}

SealKey SealKeyOrFail(const ProductOptions& options) {
  auto found = FindOrMakeSealKey(options.dir, options.key_file);
  if (const auto* error = std::get_if<SealKeyError>(&found)) Fail(kExitUsage, error->detail, error->hint);
  auto key = std::get<SealKey>(std::move(found));
  if (key.is_new) {
    std::cout << "Made " << key.where
              << ", the key that the secrets in product files are sealed with (readable by you\n"
                 "alone). The server needs it too. Keep a copy apart from your backups of the product files.\n";
  }
  return key;
}

namespace {

constexpr char kBackendStep[] = R"(1. Your backend signs who is signed in. In Express, with jsonwebtoken:

  app.post('/api/widgent-token', (req, res) => {
    const user = currentUser(req); // your own session
    if (!user) return res.status(401).end();
    const claims = { sub: user.id, name: user.name, email: user.email };
    res.json({ token: jwt.sign(claims, process.env.WIDGENT_SECRET, { expiresIn: '1h' }) });
  });

)";

constexpr char kPageStep[] = R"(2. Your page loads the widget and names the user:

  <script>
    if (typeof window.widgent != 'function') {
      const calls = [];
      let take = (call) => calls.push(call);
      const widgent = (...args) => {
        const result = new Promise((resolve, reject) => take([args, resolve, reject]));
        result.catch(() => {});
        return result;
      };
      for (const name of ['init', 'identify', 'logout', 'open', 'close', 'on', 'off', 'destroy', 'diagnose'])
        widgent[name] = widgent.bind(null, name);
      widgent.q = (next) => {
        take = next;
        calls.splice(0).forEach((call) => next(call));
      };
      window.widgent = widgent;
    }
    widgent.init({ productId: '{{product}}', serviceKey: '{{key}}' });
  </script>
  <script async src="https://YOUR-WIDGENT-SERVER/widgent.js"></script>
  <script type="module">
    const response = await fetch('/api/widgent-token', { method: 'POST' });
    if (response.ok) widgent.identify((await response.json()).token);
  </script>

`widgentd token check` says whether a token is right, and what to mend. `widgentd product admin-key {{id}}` makes a key
for https://YOUR-WIDGENT-SERVER/dashboard/.
)";

void Fill(std::string& text, std::string_view placeholder, std::string_view value) {
  text.replace(text.find(placeholder), placeholder.size(), value);
}

void PrintSteps(const Product& product, const std::string& secret) {
  std::string page_step = kPageStep;
  Fill(page_step, "{{product}}", product.id.value);
  Fill(page_step, "{{key}}", product.service_keys.front());
  Fill(page_step, "{{id}}", product.id.value);
  std::cout << "\nService key (public, for the page):    " << product.service_keys.front()
            << "\nVerification Secret (shown only now):  " << secret << "\n\n"
            << kBackendStep << page_step;
}

void Create(const ProductOptions& options) {
  if (!IsValidId(options.id))
    Fail(kExitUsage, "\"" + options.id + "\" cannot be a product's id.", "Use A-Z a-z 0-9 . _ ~ - only, e.g. acme.");
  for (const std::string& origin : options.origins) {
    const auto parsed = ParseOriginPattern(origin);
    if (const auto* error = std::get_if<OriginError>(&parsed))
      Fail(kExitUsage, "The origin " + origin + " cannot be registered.", error->detail);
  }
  const std::string file = ProductFileOf(options);
  if (fs::exists(file)) {
    Fail(kExitUsage, file + " exists already.",
         "Choose another id, or `widgentd product rotate-secret " + options.id + "` for a new secret.");
  }
  std::error_code error;
  fs::create_directories(options.dir, error);
  const SealKey key = SealKeyOrFail(options);
  const std::string secret = NewSecret("wvs_");
  NewProduct product;
  product.id = options.id;
  product.name = options.name.empty() ? options.id : options.name;
  product.origins = options.origins;
  product.service_key = "pk_" + options.id + "_" + EncodeBase64Url(RandomBytes(9));
  product.now = SystemNow();
  product.kid = NewKid(product.now, {});
  product.sealed_secret =
      Seal(key.bytes, OwnerOfVerificationSecret(product.id, product.kid), secret, RandomBytes(kAesNonceBytes));
  WriteProductFileOrFail(options, WriteProductFile(product));
  std::cout << "Wrote " << file << ". The secret in it is sealed with the key of " << key.where << ".\n";
  PrintSteps(LoadProductsOrFail({file}, options.key_file).front(), secret);
}

std::string StoreFileOf(const ProductOptions& options) { return options.data + "/widgent.db"; }

// What the server's store knows of the product's secrets; `why` where it cannot be asked.
std::vector<SecretRecord> ReadRecords(const ProductOptions& options, std::string& why) {
  try {
    return OpenSqliteStoreReadOnly(StoreFileOf(options))->ListSecretRecords({options.id});
  } catch (const std::exception& error) {
    why = error.what();
    return {};
  }
}

// `unknown`: what is said in place of the last use where the store cannot tell.
void PrintSecret(const Product& product, const VerificationSecret& secret, const SecretRecord& record,
                 const std::string& unknown) {
  const UnixMillis now = SystemNow();
  const bool is_newest = &secret == &product.keys.secrets.front();
  const bool has_ended = secret.not_after && *secret.not_after <= now;
  std::cout << "secret        kid " << secret.kid << ", created "
            << (secret.created_at ? WriteTime(*secret.created_at) : "at a time that its file does not name")
            << ", last used"
            << (unknown.empty() ? ' ' + (record.used_at > 0 ? WriteTime(record.used_at) : "never") : unknown);
  if (secret.not_after) std::cout << (has_ended ? ", ended " : ", until ") << WriteTime(*secret.not_after);
  std::cout << '\n';
  if (record.leaked_at == 0 || has_ended) return;
  const std::string leak = WriteTime(record.leaked_at) + " from " + record.leaked_origin;
  const std::string id = product.id.value;
  if (is_newest) {
    std::cout << "              LEAKED " << leak << ": rotate now (widgentd product rotate-secret " << id << ")\n";
  } else {
    std::cout << "              leaked " << leak << ", replaced since. Still accepted: widgentd product revoke-secret "
              << id << ' ' << secret.kid << '\n';
  }
}

void Show(const ProductOptions& options) {
  ReadProductFileOrFail(options);
  const Product product = LoadProductsOrFail({ProductFileOf(options)}, options.key_file).front();
  std::cout << "id            " << product.id.value << "\nname          " << product.name << '\n';
  for (const OriginPattern& origin : product.origins) std::cout << "origin        " << origin.text << '\n';
  for (const std::string& key : product.service_keys) std::cout << "service key   " << key << '\n';
  for (const std::string& key : product.admin_keys)
    std::cout << "admin key     of SHA-256 " << key.substr(0, 8) << "…\n";
  std::string why, unknown;
  std::vector<SecretRecord> records;
  std::error_code error;
  if (!fs::exists(StoreFileOf(options), error) && !error) unknown = ": no server has run here yet";
  else if (records = ReadRecords(options, why); !why.empty()) unknown = " (not known here)";
  for (const VerificationSecret& secret : product.keys.secrets) {
    const auto record = std::find_if(records.begin(), records.end(),
                                     [&](const SecretRecord& candidate) { return candidate.kid == secret.kid; });
    PrintSecret(product, secret, record == records.end() ? SecretRecord() : *record, unknown);
  }
  std::cout << "agent         " << product.agent.kind << '\n';
  if (!product.knowledge.dir.empty()) std::cout << "documents     " << product.knowledge.dir << '\n';
  for (const ToolConfig& tool : product.tools)
    std::cout << "tool          " << tool.name << (tool.required.identified ? ", signed-in users only" : "") << '\n';
  if (!why.empty()) std::cerr << "widgentd: " << why << " Name the server's folder with --data for times of use.\n";
}

void List(const ProductOptions& options) {
  for (const Product& product : LoadProductsOrFail({options.dir}, options.key_file)) {
    std::cout << product.id.value << "  " << product.name;
    for (const OriginPattern& origin : product.origins) std::cout << "  " << origin.text;
    std::cout << '\n';
  }
}

void AddPlaces(CLI::App& command, ProductOptions& options) {
  command.add_option("--dir", options.dir, "Folder of the product files")->capture_default_str()->type_name("DIR");
  command
      .add_option("--key-file", options.key_file,
                  "Key of the sealed secrets, where WIDGENT_KEY has none [widgent.key in the folder]")
      ->type_name("FILE");
}

}  // namespace

CLI::App* AddProductCommand(CLI::App& product, const char* name, const char* what,
                            const std::shared_ptr<ProductOptions>& options) {
  CLI::App* command = product.add_subcommand(name, what);
  command->add_option("id", options->id, "The product's id")->required()->type_name("ID");
  AddPlaces(*command, *options);
  return command;
}

void AddProduct(CLI::App& cli) {
  CLI::App* product = cli.add_subcommand("product", "Make and change products: a site, its origins and its keys");
  product->require_subcommand(1);
  auto options = std::make_shared<ProductOptions>();

  CLI::App* create = AddProductCommand(*product, "create", "Make a product and its first secret", options);
  create->add_option("--origin", options->origins, "Where its pages come from; may be repeated")
      ->required()
      ->type_name("ORIGIN...");
  create->add_option("--name", options->name, "As people call it")->type_name("NAME");
  create->footer(
      "Writes DIR/ID.json with the secret sealed in it, prints the service key, the Verification Secret once, and the\n"
      "two steps that integrate the widget. The key that seals is WIDGENT_KEY, else that of --key-file, else\n"
      "DIR/widgent.key, which is made where it is missing (mode 0600).\n\n"
      "Examples:\n"
      "  widgentd product create acme --origin https://shop.example --name 'Acme Shop'\n"
      "  widgentd product create dev --origin http://localhost:3000 https://*.preview.example");
  create->callback([options] { Create(*options); });

  CLI::App* show = AddProductCommand(*product, "show", "Print a product without its secrets", options);
  show->add_option("--data", options->data, "Folder of the server's store: when the secrets were last used")
      ->envname("WIDGENT_DATA")
      ->capture_default_str()
      ->type_name("DIR");
  show->callback([options] { Show(*options); });

  CLI::App* list = product->add_subcommand("list", "Print all products of a folder");
  AddPlaces(*list, *options);
  list->callback([options] { List(*options); });

  AddSecretCommands(*product, options);
  AddToolCommands(*product, options);
}

}  // namespace widgent
