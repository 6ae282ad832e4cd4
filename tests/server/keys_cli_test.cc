// The commands about keys, as somebody at a terminal meets them, and a server that takes in what they write.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "server/config.h"
#include "server/product_files.h"
#include "server/seal_key.h"
#include "server/widgentd.h"
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

namespace {

// The variable, for as long as this lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Environment() { ::unsetenv(name_); }
  Environment(const Environment&) = delete;

 private:
  const char* name_;
};

struct Shop {
  TemporaryFolder folder;
  std::string dir = folder.File("products"), file = dir + "/acme.json", data = folder.File("data");
  std::string secret = SecretIn(Run({"create", "acme", "--origin", "https://shop.example"}).out);

  Printed Run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "product");
    arguments.insert(arguments.end(), {"--dir", dir});
    return Widgentd(arguments);
  }
  std::string Text() const { return ReadTextFile(file).value(); }
  std::vector<VerificationSecret> Secrets() const {
    return std::get<std::vector<Product>>(LoadProducts({dir})).at(0).keys.secrets;
  }
  std::string Show() const { return Run({"show", "acme", "--data", data}).out; }
  void Write(const nlohmann::json& json) const { std::ofstream(file) << json.dump(2); }
};

}  // namespace

TEST_CASE("A new secret is sealed in the product's file with a key of its own file, and that is said") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products");
  const Printed created = Widgentd({"product", "create", "acme", "--origin", "https://shop.example", "--dir", dir});
  CHECK(Has(created.out, "Made " + dir + "/widgent.key"));
  struct stat status {};
  REQUIRE(::stat((dir + "/widgent.key").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(DecodeBase64(ReadTextFile(dir + "/widgent.key").value()).value().size() == 32);
  const std::string text = ReadTextFile(dir + "/acme.json").value();
  CHECK(Has(text, "\"sealed\": \"v1."));
  CHECK_FALSE(Has(text, SecretIn(created.out)));
  CHECK_FALSE(Has(text, "wvs_"));
  // The second product uses the same key and says nothing of it.
  CHECK_FALSE(Has(Widgentd({"product", "create", "b", "--origin", "https://b.example", "--dir", dir}).out, "Made "));
  CHECK(std::get<std::vector<Product>>(LoadProducts({dir})).size() == 2);
}

TEST_CASE("The key may come from the environment or from a file elsewhere; a wrong one is a clear error") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products"), key = EncodeBase64(std::string(32, 'k'));
  const std::vector<std::string> create{"product", "create", "acme", "--origin", "https://shop.example", "--dir", dir};
  {
    const Environment with("WIDGENT_KEY", key);
    const Printed created = Widgentd(create);
    CHECK(created.code == kExitOk);
    CHECK_FALSE(std::filesystem::exists(dir + "/widgent.key"));
    CHECK(std::holds_alternative<std::vector<Product>>(LoadProducts({dir})));
  }
  const auto fault = [&](const std::string& key_file = "") {
    const auto loaded = LoadProducts({dir}, key_file);
    const auto* error = std::get_if<ConfigError>(&loaded);
    return error ? error->where + ": " + error->detail : "";
  };
  CHECK(Has(fault(), "acme.json: verification/secrets/0/value/sealed: "));
  CHECK(Has(fault(), "WIDGENT_KEY"));
  CHECK(Has(fault(), "--key-file"));
  std::ofstream(folder.File("right.key")) << key << "\n";
  std::ofstream(folder.File("wrong.key")) << EncodeBase64(std::string(32, 'x')) << "\n";
  std::ofstream(folder.File("broken.key")) << "not base64";
  CHECK(fault(folder.File("right.key")).empty());
  CHECK(Has(fault(folder.File("wrong.key")), "another key than that of " + folder.File("wrong.key")));
  CHECK(Has(fault(folder.File("wrong.key")), "rotate-secret"));
  CHECK(Has(fault(folder.File("broken.key")), "openssl rand -base64 32"));
  CHECK(Has(fault(folder.File("none.key")), "cannot be read"));
  {
    const Environment with("WIDGENT_KEY", "short");
    CHECK(Has(fault(), "WIDGENT_KEY holds no key"));
    CHECK(Widgentd({"product", "show", "acme", "--dir", dir}).code == kExitUsage);
  }
  CHECK(Widgentd({"product", "show", "acme", "--dir", dir, "--key-file", folder.File("right.key")}).code == kExitOk);
}

TEST_CASE("A sealed secret does not open in the file of another product") {
  const Shop shop;
  nlohmann::json copied = nlohmann::json::parse(shop.Text());
  copied["id"] = "other";
  shop.Write(copied);
  CHECK(std::holds_alternative<ConfigError>(LoadProducts({shop.dir})));
}

TEST_CASE("seal encrypts what stands in plain text, and until then every command warns without showing it") {
  const Shop shop;
  nlohmann::json json = nlohmann::json::parse(shop.Text());
  const std::string plain = "wvs_plain_0123456789_0123456789_0123456789", own = "wvs_own_0123456789_0123456789_0123456";
  std::ofstream(shop.dir + "/acme.old.secret") << own << "\n";
  json["verification"]["secrets"] = {{{"kid", "plain"}, {"value", plain}},
                                     {{"kid", "old"}, {"value", {{"file", "acme.old.secret"}}}}};
  shop.Write(json);
  const Printed warned = shop.Run({"show", "acme"});
  CHECK(warned.code == kExitOk);
  CHECK(Has(warned.error, "widgentd product seal acme"));
  CHECK_FALSE(Has(warned.error + warned.out, plain));

  const Printed sealed = shop.Run({"seal", "acme"});
  CHECK(Has(sealed.out, "Sealed the Verification Secret plain."));
  CHECK(Has(sealed.out, "Removed acme.old.secret"));
  CHECK_FALSE(std::filesystem::exists(shop.dir + "/acme.old.secret"));
  CHECK_FALSE(Has(shop.Text(), plain));
  CHECK(shop.Secrets().at(0).value == plain);
  CHECK(shop.Secrets().at(1).value == own);
  CHECK_FALSE(Has(shop.Run({"show", "acme"}).error, "product seal"));
  CHECK(Has(shop.Run({"seal", "acme"}).out, "nothing to seal"));
}

TEST_CASE("case 22: revoke-secret ends one secret and not the other, and says where none is left") {
  const Shop shop;
  const std::string newer = SecretIn(shop.Run({"rotate-secret", "acme"}).out);
  const auto secrets = shop.Secrets();
  REQUIRE(secrets.size() == 2);
  const auto check = [&](const std::string& secret) {
    return Widgentd({"token", "check", "--config", shop.dir}, FreshToken(secret) + "\n").code;
  };
  CHECK(check(shop.secret) == kExitOk);
  CHECK(shop.Run({"revoke-secret", "acme", "unheard-of"}).code == kExitUsage);
  const Printed revoked = shop.Run({"revoke-secret", "acme", secrets[1].kid});
  CHECK(revoked.code == kExitOk);
  CHECK_FALSE(Has(revoked.out, "no token is accepted"));
  CHECK(check(shop.secret) == kExitNo);
  CHECK(check(newer) == kExitOk);
  CHECK(Has(shop.Show(), "kid " + secrets[1].kid + ", created 20"));
  CHECK(Has(shop.Show(), ", ended 20"));
  CHECK(Has(shop.Run({"revoke-secret", "acme", secrets[0].kid}).out, "no token is accepted"));
  CHECK(check(newer) == kExitNo);
  CHECK(shop.Run({"rotate-secret", "acme"}).code == kExitOk);
  CHECK(shop.Secrets().size() == 1);
}

TEST_CASE("product show tells when each secret was used, and shouts where one leaked, until it is rotated") {
  const Shop shop;
  const std::string kid = shop.Secrets().at(0).kid;
  CHECK(Has(shop.Show(), "kid " + kid + ", created 20"));
  const Printed early = shop.Run({"show", "acme", "--data", shop.data});
  CHECK(Has(early.out, "last used: no server has run here yet"));
  CHECK(early.error.empty());
  std::filesystem::create_directories(shop.data);
  {
    const auto store = OpenSqliteStore(shop.data + "/widgent.db");
    REQUIRE(store->Commit());
    CHECK(Has(shop.Show(), "last used never"));
    store->RecordSecretUse(ProductId{"acme"}, kid, kStart);
    store->RecordSecretLeak(ProductId{"acme"}, kid, kStart + 1000, "https://shop.example");
    REQUIRE(store->Commit());
  }
  CHECK(Has(shop.Show(), "last used 2026-01-01T00:00:00.000Z"));
  CHECK(Has(shop.Show(), "LEAKED 2026-01-01T00:00:01.000Z from https://shop.example: rotate now"));
  CHECK_FALSE(Has(shop.Show(), shop.secret));

  shop.Run({"rotate-secret", "acme"});
  CHECK_FALSE(Has(shop.Show(), "LEAKED"));
  CHECK_FALSE(Has(shop.Show(), "rotate now"));
  CHECK(Has(shop.Show(), "Still accepted: widgentd product revoke-secret acme " + kid));
  shop.Run({"revoke-secret", "acme", kid});
  CHECK_FALSE(Has(shop.Show(), "leaked"));
}

TEST_CASE("admin-key shows a key once, and the file keeps its hash alone") {
  const Shop shop;
  const auto make = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"admin-key", "acme"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string out = shop.Run(arguments).out;
    const auto from = out.find("wsk_");
    return out.substr(from, out.find('\n', from) - from);
  };
  const std::string first = make(), second = make();
  CHECK(first.size() == 4 + 43);
  CHECK(first != second);
  CHECK_FALSE(Has(shop.Text(), "wsk_"));
  const auto keys = [&] { return std::get<std::vector<Product>>(LoadProducts({shop.dir})).at(0).admin_keys; };
  CHECK(keys() == std::vector<std::string>{Hex(Sha256(first)), Hex(Sha256(second))});
  CHECK(Has(shop.Show(), "of SHA-256 " + keys()[0].substr(0, 8)));
  const std::string third = make({"--replace"});
  CHECK(keys() == std::vector<std::string>{Hex(Sha256(third))});
}

TEST_CASE("A product file that only its owner may read stays so when a command changes it") {
  const Shop shop;
  const auto mode = [&] {
    struct stat status {};
    REQUIRE(::stat(shop.file.c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  REQUIRE(::chmod(shop.file.c_str(), 0600) == 0);
  for (const char* command : {"rotate-secret", "admin-key"}) {
    CHECK(shop.Run({command, "acme"}).code == kExitOk);
    CHECK(mode() == 0600);
  }
}

TEST_CASE("A new secret and a new admin key are shown also where another secret of the file is not to be had here") {
  const Shop shop;
  auto product = nlohmann::json::parse(shop.Text());
  product["verification"]["secrets"] = {{{"kid", "env"}, {"value", {{"env", "WIDGENT_TEST_NOT_SET"}}}}};
  shop.Write(product);
  const Printed rotated = shop.Run({"rotate-secret", "acme"}), key = shop.Run({"admin-key", "acme"});
  CHECK(SecretIn(rotated.out).starts_with("wvs_"));
  CHECK(Has(key.out, "wsk_"));
  for (const Printed& printed : {rotated, key}) {
    CHECK(printed.code == kExitOk);
    CHECK(Has(printed.error, "WIDGENT_TEST_NOT_SET"));
  }
  const Environment there("WIDGENT_TEST_NOT_SET", std::string(32, 'x'));
  CHECK(shop.Secrets().size() == 2);
}

TEST_CASE("case 21: user revoke is seen by token check and by a server that has the store open") {
  const Shop shop;
  const auto revoke = [&](const std::string& product, const std::string& sub) {
    return Widgentd({"user", "revoke", product, sub, "--data", shop.data});
  };
  CHECK(revoke("acme", "ada").code == kExitUsage);
  CHECK(Has(revoke("acme", "ada").error, "--data"));
  std::filesystem::create_directories(shop.data);
  World server(shop.data + "/widgent.db");
  const std::string before = server.Token("ada");
  CHECK(server.Post("/session", {.token = before})->status == 200);

  const std::string token = FreshToken(shop.secret) + "\n";  // ada's, without iat
  const auto check = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"token", "check", "--config", shop.dir};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Widgentd(arguments, token);
  };
  CHECK(check({"--data", shop.data}).code == kExitOk);
  const Printed revoked = revoke("acme", "ada");
  CHECK(revoked.code == kExitOk);
  CHECK(revoked.error.empty());
  CHECK(Has(check({"--data", shop.data}).out, "refused, revoked"));
  CHECK(check({}).code == kExitOk);
  CHECK(check({"--data", shop.folder.File("nowhere")}).code == kExitUsage);
  CHECK(server.Post("/session", {.token = before})->Code() == "revoked");

  const Printed unknown = revoke("acmee", "ada");
  CHECK(unknown.code == kExitUsage);
  CHECK(Has(unknown.error, "Is the id right?"));
  CHECK(Has(unknown.error, "store of " + shop.data));
  CHECK_FALSE(server.store->FindRevocation(ProductId{"acmee"}, "ada"));
  CHECK(server.store->FindAuditHead(ProductId{"acmee"}).count == 0);
  // Of a product that nobody has visited yet its file knows.
  Widgentd({"product", "create", "fresh", "--origin", "https://fresh.example", "--dir", shop.dir});
  CHECK(revoke("fresh", "ada").code == kExitUsage);
  CHECK(Widgentd({"user", "revoke", "fresh", "ada", "--data", shop.data, "--config", shop.dir}).code == kExitOk);
  for (const char* sub : {"", "a\nb"}) CHECK(revoke("acme", sub).code == kExitUsage);
  CHECK(revoke("a/b", "ada").code == kExitUsage);
  const Printed log = Widgentd({"audit", "show", "--data", shop.data, "--action", "revoke"});
  CHECK(Has(log.out, "revoke"));
  CHECK(Has(log.out, "ada"));
  CHECK(Has(Widgentd({"audit", "show", "--data", shop.data, "--user", "ada"}).out, "revoked the tokens of ada"));
  const Printed json = Widgentd({"audit", "show", "--data", shop.data, "--product", "fresh", "--json"});
  CHECK(nlohmann::json::parse(json.out)["actor"]["user"]["name"] == "command line");
  CHECK(Has(Widgentd({"audit", "show", "--data", shop.data}).out, "fresh: 1 record\n"));
  CHECK(Has(Widgentd({"audit", "verify", "--data", shop.data, "--product", "fresh"}).out, "fresh: 1 record holds"));
}

TEST_CASE(
    "A running server notices a product file that changes, and keeps what it has where the new one does not hold") {
  const Shop shop;
  ProductFiles files({shop.dir}, "");
  REQUIRE(std::holds_alternative<std::vector<Product>>(files.Load()));
  CHECK_FALSE(files.HaveChanged());
  CHECK_FALSE(files.HaveChangedInside());

  shop.Run({"rotate-secret", "acme"});
  CHECK(files.HaveChanged());
  auto reloaded = files.Reload();
  CHECK(reloaded.faults.empty());
  CHECK(reloaded.products.at(0).keys.secrets.size() == 2);
  CHECK_FALSE(files.HaveChangedInside());

  // Written in place, as some editors do: the close look sees it.
  const std::string good = shop.Text();
  std::ofstream(shop.file) << "{";
  CHECK(files.HaveChangedInside());
  reloaded = files.Reload();
  REQUIRE(reloaded.faults.size() == 1);
  CHECK(Has(reloaded.faults[0], "acme.json: "));
  REQUIRE(reloaded.products.size() == 1);
  CHECK(reloaded.products[0].keys.secrets.size() == 2);
  CHECK_FALSE(files.HaveChangedInside());

  // Another product is not held up by it.
  Widgentd({"product", "create", "other", "--origin", "https://b.example", "--dir", shop.dir});
  reloaded = files.Reload();
  CHECK(reloaded.products.size() == 2);
  CHECK(reloaded.faults.size() == 1);

  std::ofstream(shop.file) << good;
  CHECK(files.Reload().faults.empty());
  std::filesystem::remove(shop.file);
  CHECK(files.HaveChanged());
  REQUIRE(files.Reload().products.size() == 1);

  std::filesystem::rename(shop.dir, shop.dir + ".away");
  CHECK(files.HaveChanged());
  reloaded = files.Reload();
  CHECK(reloaded.faults.size() == 1);
  CHECK(reloaded.products.size() == 1);
  CHECK_FALSE(files.HaveChangedInside());
}

TEST_CASE("A secret file that changes is noticed too") {
  const Shop shop;
  nlohmann::json json = nlohmann::json::parse(shop.Text());
  const std::string secret_file = shop.folder.File("mounted");
  std::ofstream(secret_file) << "wvs_mounted_0123456789_0123456789_0123456789";
  json["verification"]["secrets"][0]["value"] = {{"file", secret_file}};
  shop.Write(json);
  ProductFiles files({shop.file}, "");
  REQUIRE(std::holds_alternative<std::vector<Product>>(files.Load()));
  std::ofstream(secret_file) << "wvs_remounted_0123456789_0123456789_0123456789";
  CHECK(files.HaveChangedInside());
  CHECK(Has(files.Reload().products.at(0).keys.secrets.at(0).value, "remounted"));
}
