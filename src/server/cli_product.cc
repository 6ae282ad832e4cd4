#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "identity/crypto.h"
#include "protocol/base64url.h"
#include "server/cli.h"
#include "server/config.h"
#include "server/history.h"
#include "server/product_file.h"

namespace widgent {

namespace fs = std::filesystem;

namespace {

struct ProductOptions {
  std::string dir = "products", id, name;
  std::vector<std::string> origins;
  int overlap_hours = 24;
};

std::string FileOf(const ProductOptions& options) { return (fs::path(options.dir) / (options.id + ".json")).string(); }

// Beside the product's file, one per secret, so that the configuration itself can be shown around.
std::string SecretFileName(const std::string& id, const std::string& kid) { return id + "." + kid + ".secret"; }

std::string NewSecret() { return "wvs_" + EncodeBase64Url(RandomBytes(32)); }

// Appears whole or not at all, also after a power cut.
void WriteFile(const std::string& path, std::string_view text, mode_t mode) {
  const std::string unfinished = path + ".tmp";
  const int file = ::open(unfinished.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);
  const bool is_written = file >= 0 && ::fchmod(file, mode) == 0 &&
                          ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                          ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!is_written || ::rename(unfinished.c_str(), path.c_str()) != 0)
    Fail(kExitFailure, path + " cannot be written.", "Choose another folder with --dir, or mend its permissions.");
}

Product ReadProductOrFail(const std::string& file) { return LoadProductsOrFail({file}).front(); }

std::string ReadFileOrFail(const ProductOptions& options) {
  const auto json = ReadTextFile(FileOf(options));
  if (!json) {
    Fail(kExitUsage, "There is no product file " + FileOf(options) + ".",
         "`widgentd product list` shows what there is; --dir names another folder.");
  }
  return *json;
}

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
      for (const name of ['init', 'identify', 'logout', 'open', 'close', 'on', 'off'])
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

`widgentd token check` says whether a token is right, and what to mend.
)";

void Fill(std::string& text, std::string_view placeholder, std::string_view value) {
  text.replace(text.find(placeholder), placeholder.size(), value);
}

void PrintSteps(const Product& product, const std::string& secret) {
  std::string page_step = kPageStep;
  Fill(page_step, "{{product}}", product.id.value);
  Fill(page_step, "{{key}}", product.service_keys.front());
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
  const std::string file = FileOf(options);
  if (fs::exists(file)) {
    Fail(kExitUsage, file + " exists already.",
         "Choose another id, or `widgentd product rotate-secret " + options.id + "` for a new secret.");
  }
  std::error_code error;
  fs::create_directories(options.dir, error);
  NewProduct product;
  product.id = options.id;
  product.name = options.name.empty() ? options.id : options.name;
  product.origins = options.origins;
  product.service_key = "pk_" + options.id + "_" + EncodeBase64Url(RandomBytes(9));
  product.kid = NewKid(SystemNow(), {});
  product.secret_file = SecretFileName(options.id, product.kid);
  const std::string secret = NewSecret();
  WriteFile((fs::path(options.dir) / product.secret_file).string(), secret + "\n", 0600);
  WriteFile(file, WriteProductFile(product), 0644);
  const Product written = ReadProductOrFail(file);
  std::cout << "Wrote " << file << " and its secret, " << product.secret_file << " (readable by you alone).\n";
  PrintSteps(written, secret);
}

void Rotate(const ProductOptions& options) {
  const std::string json = ReadFileOrFail(options);
  Rotation rotation;
  rotation.now = SystemNow();
  rotation.old_until = rotation.now + options.overlap_hours * std::int64_t{3'600'000};
  rotation.kid = NewKid(rotation.now, ListKids(json));
  rotation.secret_file = SecretFileName(options.id, rotation.kid);
  auto rotated = RotateSecret(json, rotation);
  if (const auto* refused = std::get_if<RotationError>(&rotated)) Fail(kExitUsage, refused->detail, refused->hint);
  const std::string secret = NewSecret();
  WriteFile((fs::path(options.dir) / rotation.secret_file).string(), secret + "\n", 0600);
  WriteFile(FileOf(options), std::get<std::string>(rotated), 0644);
  std::cout << "New Verification Secret (shown only now): " << secret << "\nIts kid: " << rotation.kid << "\n\n"
            << (options.overlap_hours > 0 ? "Older secrets are accepted until " + WriteTime(rotation.old_until)
                                          : std::string("Older secrets are refused"))
            << ".\n1. Restart the server: it accepts tokens of the new secret from then on.\n"
               "2. Give the new secret to the backend that signs tokens.\n";
}

void Show(const ProductOptions& options) {
  ReadFileOrFail(options);
  const Product product = ReadProductOrFail(FileOf(options));
  std::cout << "id            " << product.id.value << "\nname          " << product.name << '\n';
  for (const OriginPattern& origin : product.origins) std::cout << "origin        " << origin.text << '\n';
  for (const std::string& key : product.service_keys) std::cout << "service key   " << key << '\n';
  for (const VerificationSecret& secret : product.keys.secrets) {
    std::cout << "secret        kid " << secret.kid;
    if (secret.not_after) std::cout << ", until " << WriteTime(*secret.not_after);
    std::cout << '\n';
  }
  std::cout << "agent         " << product.agent.kind << '\n';
  if (!product.knowledge.dir.empty()) std::cout << "documents     " << product.knowledge.dir << '\n';
  for (const ToolConfig& tool : product.tools)
    std::cout << "tool          " << tool.name << (tool.required.identified ? ", signed-in users only" : "") << '\n';
}

void List(const ProductOptions& options) {
  for (const Product& product : LoadProductsOrFail({options.dir})) {
    std::cout << product.id.value << "  " << product.name;
    for (const OriginPattern& origin : product.origins) std::cout << "  " << origin.text;
    std::cout << '\n';
  }
}

}  // namespace

void AddProduct(CLI::App& cli) {
  CLI::App* product = cli.add_subcommand("product", "Make and change products: a site, its origins and its secrets");
  product->require_subcommand(1);
  auto options = std::make_shared<ProductOptions>();
  const auto add = [&](const char* name, const char* what, bool takes_id) {
    CLI::App* command = product->add_subcommand(name, what);
    if (takes_id) command->add_option("id", options->id, "The product's id")->required()->type_name("ID");
    command->add_option("--dir", options->dir, "Folder of the product files")->capture_default_str()->type_name("DIR");
    return command;
  };

  CLI::App* create = add("create", "Make a product and its first secret", true);
  create->add_option("--origin", options->origins, "Where its pages come from; may be repeated")
      ->required()
      ->type_name("ORIGIN...");
  create->add_option("--name", options->name, "As people call it")->type_name("NAME");
  create->footer(
      "Writes DIR/ID.json and a secret file beside it (mode 0600), prints the service key, the Verification Secret\n"
      "once, and the two steps that integrate the widget.\n\n"
      "Examples:\n"
      "  widgentd product create acme --origin https://shop.example --name 'Acme Shop'\n"
      "  widgentd product create dev --origin http://localhost:3000 https://*.preview.example");
  create->callback([options] { Create(*options); });

  add("show", "Print a product without its secrets", true)->callback([options] { Show(*options); });
  add("list", "Print all products of a folder", false)->callback([options] { List(*options); });

  CLI::App* rotate = add("rotate-secret", "Add a new secret, and give the old one an end", true);
  rotate
      ->add_option("--overlap-hours", options->overlap_hours,
                   "How long the old one goes on; 0 ends it at once (it leaked)")
      ->check(CLI::Range(0, 24 * 365))
      ->capture_default_str();
  rotate->footer(
      "No downtime: restart the server, then change the backend that signs; tokens of both are accepted until\n"
      "the old secret ends.");
  rotate->callback([options] { Rotate(*options); });
}

}  // namespace widgent
