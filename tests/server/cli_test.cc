// The commands of widgentd, as somebody at a terminal meets them.
#include "server/cli.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "server/config.h"
#include "server/widgentd.h"
#include "server/world.h"
#include "store/sqlite.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE("product create makes a product that the server reads, and shows its secret once") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products");
  const Printed created =
      Widgentd({"product", "create", "acme", "--origin", "https://shop.example", "--name", "Acme Shop", "--dir", dir});
  CHECK(created.code == kExitOk);
  const std::string secret = SecretIn(created.out);
  CHECK(secret.size() >= 40);
  CHECK(Has(created.out, "pk_acme_"));
  CHECK(Has(created.out, "widgent.init({ productId: 'acme', serviceKey: 'pk_acme_"));

  const auto products = std::get<std::vector<Product>>(LoadProducts({dir}));
  REQUIRE(products.size() == 1);
  CHECK(products[0].name == "Acme Shop");
  CHECK(products[0].keys.secrets.at(0).value == secret);

  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    struct stat status {};
    REQUIRE(::stat(entry.path().c_str(), &status) == 0);
    const bool is_secret = entry.path().extension() == ".key";
    CHECK((status.st_mode & 0777) == (is_secret ? 0600 : 0644));
    if (!is_secret) CHECK_FALSE(Has(ReadTextFile(entry.path()).value(), secret));
  }
  CHECK_FALSE(Has(Widgentd({"product", "show", "acme", "--dir", dir}).out, secret));
  CHECK(Has(Widgentd({"product", "show", "acme", "--dir", dir}).out, "https://shop.example"));
  CHECK(Has(Widgentd({"product", "list", "--dir", dir}).out, "acme  Acme Shop"));
}

TEST_CASE("A product is not overwritten, and what cannot be one is refused with a hint") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products");
  const auto create = [&](const std::string& id, const std::string& origin) {
    return Widgentd({"product", "create", id, "--origin", origin, "--dir", dir});
  };
  CHECK(create("acme", "https://shop.example").code == kExitOk);
  for (const Printed& refused : {create("acme", "https://shop.example"), create("a b", "https://shop.example"),
                                 create("../up", "https://shop.example"), create("new", "shop.example"),
                                 create("new", "*"), Widgentd({"product", "show", "none", "--dir", dir}),
                                 Widgentd({"product", "rotate-secret", "none", "--dir", dir}),
                                 Widgentd({"product", "list", "--dir", folder.File("nowhere")})}) {
    CHECK(refused.code == kExitUsage);
    CHECK(Has(refused.error, "widgentd: "));
    CHECK(Has(refused.error, "Hint: "));
  }
}

TEST_CASE("rotate-secret: tokens of both secrets hold, until the old one is ended at once") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products");
  const std::string first =
      SecretIn(Widgentd({"product", "create", "acme", "--origin", "https://shop.example", "--dir", dir}).out);
  const std::string second = SecretIn(Widgentd({"product", "rotate-secret", "acme", "--dir", dir}).out);
  CHECK(first != second);
  const auto check = [&](const std::string& secret) {
    return Widgentd({"token", "check", "--config", dir}, FreshToken(secret) + "\n").code;
  };
  CHECK(check(first) == kExitOk);
  CHECK(check(second) == kExitOk);
  CHECK(Widgentd({"product", "rotate-secret", "acme", "--dir", dir}).code == kExitUsage);
  const std::string third =
      SecretIn(Widgentd({"product", "rotate-secret", "acme", "--overlap-hours", "0", "--dir", dir}).out);
  CHECK(check(first) == kExitNo);
  CHECK(check(second) == kExitNo);
  CHECK(check(third) == kExitOk);
}

TEST_CASE("token check gives the server's verdict for each line, and never prints a token") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products");
  const std::string secret =
      SecretIn(Widgentd({"product", "create", "acme", "--origin", "https://shop.example", "--dir", dir}).out);
  const std::string good = FreshToken(secret), forged = FreshToken("another secret of at least 32 bytes!");
  const std::string expired = SignToken(R"({"sub":"ada","exp":1500000000})", secret);

  const Printed json =
      Widgentd({"token", "check", "--json", "--config", dir}, good + "\r\n" + forged + "\n\n" + expired);
  CHECK(json.code == kExitNo);
  std::istringstream lines(json.out);
  std::vector<nlohmann::json> verdicts;
  for (std::string line; std::getline(lines, line);) verdicts.push_back(nlohmann::json::parse(line));
  REQUIRE(verdicts.size() == 4);
  CHECK(verdicts[0]["verdict"] == "user");
  CHECK(verdicts[0]["sub"] == "ada");
  CHECK(verdicts[1]["verdict"] == "refused");
  CHECK(verdicts[1]["code"] == "invalid_signature");
  CHECK(verdicts[1]["hint"].get<std::string>().size() > 10);
  CHECK(verdicts[2] == nlohmann::json{{"verdict", "anonymous"}, {"reason", "token_missing"}});
  CHECK(verdicts[3]["reason"] == "token_expired");

  const Printed text = Widgentd({"token", "check", "--config", dir}, good + "\n" + forged + "\n");
  CHECK(Has(text.out, "user ada"));
  CHECK(Has(text.out, "  kid     " + verdicts[0]["kid"].get<std::string>() + "\n"));
  CHECK(Has(text.out, "refused, invalid_signature"));
  for (const std::string& token : {good, forged, expired}) CHECK_FALSE(Has(json.out + text.out + text.error, token));
  CHECK(Widgentd({"token", "check", "--config", dir}, good + "\n").code == kExitOk);
  CHECK(Widgentd({"token", "check", "--config", dir}).code == kExitUsage);
  CHECK(Widgentd({"token", "check", "--config", dir, "--product", "other"}, good).code == kExitUsage);
}

TEST_CASE("Of several products token check wants to know which") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products");
  for (const char* id : {"acme", "other"})
    Widgentd({"product", "create", id, "--origin", "https://shop.example", "--dir", dir});
  const Printed asked = Widgentd({"token", "check", "--config", dir}, "x\n");
  CHECK(asked.code == kExitUsage);
  CHECK(Has(asked.error, "acme, other"));
  CHECK(Widgentd({"token", "check", "--config", dir, "--product", "other"}, "x\n").code == kExitNo);
}

TEST_CASE("audit show names the users; audit verify finds the record that was changed") {
  const TemporaryFolder folder;
  const std::string file = folder.File("widgent.db"), data = std::filesystem::path(file).parent_path().string();
  {
    World world(file);
    world.Post("/session", {.token = world.Token("ada", "Ada")});
    world.Post("/session", {.token = world.Token("bob", "Bob")});
    world.Post("/session", {.token = world.Token("ada", "Ada")}, R"({"event":"sign_out"})");
  }
  const Printed ada = Widgentd({"audit", "show", "--data", data, "--user", "ada"});
  CHECK(ada.code == kExitOk);
  CHECK(Has(ada.out, "identify"));
  CHECK(Has(ada.out, "sign_out"));
  CHECK_FALSE(Has(ada.out, "bob"));
  CHECK(ada.out.find("identify") < ada.out.find("sign_out"));
  const Printed json = Widgentd({"audit", "show", "--data", data, "--user", "bob", "--json"});
  CHECK(nlohmann::json::parse(json.out)["class_uid"] == 3002);
  CHECK(Has(Widgentd({"audit", "show", "--data", data, "--since", "2025-12-31T00:00:00Z"}).out, "bob"));
  CHECK_FALSE(Has(Widgentd({"audit", "show", "--data", data, "--since", "2026-01-02"}).out, "bob"));
  CHECK(Has(Widgentd({"audit", "show", "--data", data, "--limit", "1"}).out, "#3"));
  CHECK(Widgentd({"audit", "show", "--data", data, "--since", "yesterday"}).code == kExitUsage);
  CHECK(Widgentd({"audit", "show", "--data", folder.File("nowhere")}).code == kExitUsage);
  for (const char* option : {"--action", "--outcome"}) {
    const Printed unknown = Widgentd({"audit", "show", "--data", data, option, "approve"});
    CHECK(unknown.code == kExitUsage);
    CHECK(Has(unknown.error, option));
  }
  CHECK(Has(Widgentd({"audit", "show", "--data", data, "--action", "sign_out", "--outcome", "success"}).out, "ada"));

  const Printed holds = Widgentd({"audit", "verify", "--data", data});
  CHECK(holds.code == kExitOk);
  CHECK(Has(holds.out, "acme: 3 records hold"));
  const Printed mistyped = Widgentd({"audit", "verify", "--data", data, "--product", "acne"});
  CHECK(mistyped.code == kExitUsage);
  CHECK(Has(mistyped.error, "acme"));
  sqlite::Database(file, sqlite::Database::Mode::kReadWrite)
      .Execute("UPDATE audit SET record = replace(record, 'bob', 'bot') WHERE seq = 2");
  const Printed broken = Widgentd({"audit", "verify", "--data", data});
  CHECK(broken.code == kExitNo);
  CHECK(Has(broken.out, "acme: record 2 is broken"));
  sqlite::Database(file, sqlite::Database::Mode::kReadWrite).Execute("DELETE FROM audit");
  CHECK(Has(Widgentd({"audit", "verify", "--data", data}).out, "no record"));
}

TEST_CASE("Help teaches by example, and a wrong command is an error with a hint") {
  using Words = std::vector<std::string>;
  for (const Words& command :
       {Words{}, Words{"serve"}, Words{"product", "create"}, Words{"token", "check"}, Words{"audit", "show"}}) {
    Words words = command;
    words.push_back("--help");
    const Printed help = Widgentd(words);
    CHECK(help.code == kExitOk);
    CHECK((Has(help.out, "Examples:") || Has(help.out, "Start here:")));
  }
  for (const Words& words :
       {Words{}, Words{"frob"}, Words{"product"}, Words{"product", "create", "acme"},
        Words{"serve", "--listen", "nowhere"}, Words{"serve", "--frob"}, Words{"serve", "--config", "/nowhere.json"}}) {
    const Printed wrong = Widgentd(words);
    CHECK(wrong.code == kExitUsage);
    CHECK_FALSE(wrong.error.empty());
  }
}

TEST_CASE("A command about a product that nobody knows says so, in place of that it has nothing") {
  TemporaryFolder folder;
  OpenSqliteStore(folder.File("widgent.db"));
  const std::string data = folder.File("").substr(0, folder.File("").size() - 1);
  using Words = std::vector<std::string>;
  for (Words words : {Words{"approvals", "list"}, Words{"unanswered", "list"}, Words{"unanswered", "clear"},
                      Words{"feedback", "list"}, Words{"user", "revoke"}}) {
    CAPTURE(words);
    words.push_back("acmee");
    if (words[0] == "user") words.push_back("ada");
    words.insert(words.end(), {"--data", data, "--config", data});
    const Printed unknown = Widgentd(words);
    CHECK(unknown.code == kExitUsage);
    CHECK(Has(unknown.error, "There is no product \"acmee\""));
    CHECK(unknown.out.empty());
  }
}

TEST_CASE("Where an option is missing that is all that is said") {
  const Printed create = Widgentd({"product", "create", "x2"});
  CHECK(Has(create.error, "widgentd: --origin is required."));
  CHECK_FALSE(Has(create.error, "x2"));
  CHECK(Has(Widgentd({"product"}).error, "\"product\" is not the whole of a command."));
}

TEST_CASE("Products come from files and folders; none, or one id twice, is an error that names the file") {
  const TemporaryFolder folder;
  const std::string dir = folder.File("products");
  Widgentd({"product", "create", "acme", "--origin", "https://shop.example", "--dir", dir});
  CHECK(std::get<std::vector<Product>>(LoadProducts({dir + "/acme.json"})).size() == 1);
  const auto twice = LoadProducts({dir, dir + "/acme.json"});
  CHECK(Has(std::get<ConfigError>(twice).where, "acme.json"));
  std::filesystem::create_directories(folder.File("empty"));
  CHECK(std::holds_alternative<ConfigError>(LoadProducts({folder.File("empty")})));
  CHECK(std::holds_alternative<ConfigError>(LoadProducts({folder.File("none.json")})));
  CHECK(std::holds_alternative<ConfigError>(LoadProducts({})));
  std::ofstream(dir + "/broken.json") << "{";
  CHECK(Has(std::get<ConfigError>(LoadProducts({dir})).where, "broken.json"));
}
