// What `widgentd product` writes.
#include "server/product_file.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "identity/sealed.h"
#include "product/product.h"
#include "server/world.h"

using namespace widgent;

namespace {

NewProduct Acme() {
  NewProduct product;
  product.id = "acme";
  product.name = "Acme \"Shop\"";
  product.origins = {"https://shop.example"};
  product.service_key = "pk_acme_1";
  product.kid = "2026-01-01";
  product.sealed_secret = "v1.first";
  product.now = test::kStart;
  return product;
}

std::variant<Product, ConfigError> Read(const std::string& json) {
  const auto open = [](const std::string& owner, const std::string& sealed, std::string&) {
    return std::optional("wvs_0123456789_0123456789_0123456789 " + sealed + " of " + owner);
  };
  const SecretSource secrets{[](const std::string&) { return std::nullopt; },
                             [](const std::string&) { return std::nullopt; }, open};
  return ReadProduct(json, "acme.json", "/products", secrets);
}

}  // namespace

TEST_CASE("A new product's file is a whole configuration") {
  const auto read = Read(WriteProductFile(Acme()));
  if (const auto* error = std::get_if<ConfigError>(&read)) FAIL(error->where + " " + error->detail);
  const auto& product = std::get<Product>(read);
  CHECK(product.id.value == "acme");
  CHECK(product.name == "Acme \"Shop\"");
  CHECK(product.service_keys == std::vector<std::string>{"pk_acme_1"});
  REQUIRE(product.keys.secrets.size() == 1);
  CHECK(product.keys.secrets[0].kid == "2026-01-01");
  CHECK(product.keys.secrets[0].value.ends_with("v1.first of " + OwnerOfVerificationSecret("acme", "2026-01-01")));
  CHECK(product.keys.secrets[0].created_at == test::kStart);
  CHECK(product.warnings.empty());
}

TEST_CASE("Rotation puts a new secret first and gives the old one an end") {
  const UnixMillis now = test::kStart;
  auto rotated = RotateSecret(WriteProductFile(Acme()), {"2026-01-01-2", "v1.new", now, now + 86'400'000});
  REQUIRE(std::holds_alternative<std::string>(rotated));
  const auto read = Read(std::get<std::string>(rotated));
  if (const auto* error = std::get_if<ConfigError>(&read)) FAIL(error->where + " " + error->detail);
  const auto& secrets = std::get<Product>(read).keys.secrets;
  REQUIRE(secrets.size() == 2);
  CHECK(secrets[0].kid == "2026-01-01-2");
  CHECK_FALSE(secrets[0].not_after);
  CHECK(secrets[1].kid == "2026-01-01");
  CHECK(secrets[1].not_after == now + 86'400'000);

  const std::string json = std::get<std::string>(rotated);
  const auto third = RotateSecret(json, {"k3", "v1.3", now, now + 86'400'000});
  REQUIRE(std::holds_alternative<ProductFileError>(third));
  CHECK(std::get<ProductFileError>(third).hint.find("--overlap-hours 0") != std::string::npos);
  const auto later = RotateSecret(json, {"k3", "v1.3", now + 86'400'000, now + 2 * 86'400'000});
  CHECK(ListKids(std::get<std::string>(later)) == std::vector<std::string>{"k3", "2026-01-01-2"});
}

TEST_CASE("A secret that leaked ends at once") {
  const auto rotated = RotateSecret(WriteProductFile(Acme()), {"k2", "v1.2", test::kStart, test::kStart});
  CHECK(ListKids(std::get<std::string>(rotated)) == std::vector<std::string>{"k2"});
}

TEST_CASE("A file that is no product's is not rotated") {
  const std::string json = GENERATE("", "{", "[]", "{}", R"({"verification":[]})", R"({"verification":{"secrets":1}})");
  CHECK(std::holds_alternative<ProductFileError>(RotateSecret(json, {})));
  CHECK(std::holds_alternative<ProductFileError>(RevokeSecret(json, "k1", 0)));
  CHECK(std::holds_alternative<ProductFileError>(SealSecrets(json, {}, {})));
  CHECK(ListKids(json).empty());
}

TEST_CASE("One secret is ended, and the other goes on") {
  const UnixMillis now = test::kStart;
  const auto rotated =
      std::get<std::string>(RotateSecret(WriteProductFile(Acme()), {"k2", "v1.2", now, now + 86'400'000}));
  const auto revoked = std::get<std::string>(RevokeSecret(rotated, "2026-01-01", now + 60'500));
  const auto secrets = std::get<Product>(Read(revoked)).keys.secrets;
  REQUIRE(secrets.size() == 2);
  CHECK_FALSE(secrets[0].not_after);
  CHECK(secrets[1].not_after == now + 60'000);
  // A secret that has ended does not come back by it.
  const auto again = std::get<std::string>(RevokeSecret(revoked, "2026-01-01", now + 90'000));
  CHECK(std::get<Product>(Read(again)).keys.secrets[1].not_after == now + 60'000);
  const auto unknown = RevokeSecret(rotated, "k3", now);
  CHECK(std::get<ProductFileError>(unknown).hint.find("k2, 2026-01-01") != std::string::npos);
}

TEST_CASE("Origins are replaced in their place, and nothing else is") {
  const std::string before = WriteProductFile(Acme());
  const auto after = std::get<std::string>(SetOrigins(before, {"https://new.example", "https://*.new.example"}));
  const Product product = std::get<Product>(Read(after));
  REQUIRE(product.origins.size() == 2);
  CHECK(product.origins[0].text == "https://new.example");
  CHECK(product.origins[1].text == "https://*.new.example");
  CHECK(std::get<std::string>(SetOrigins(after, Acme().origins)) == before);
  for (const char* text : {"", "[]", "7", "{"})
    CHECK(std::holds_alternative<ProductFileError>(SetOrigins(text, {"https://new.example"})));
}

TEST_CASE("Of an admin key the file holds the hash") {
  const std::string sha256(64, 'a'), other(64, 'b');
  const auto one = std::get<std::string>(AddAdminKey(WriteProductFile(Acme()), sha256, false, test::kStart));
  const auto two = std::get<std::string>(AddAdminKey(one, other, false, test::kStart));
  CHECK(std::get<Product>(Read(two)).admin_keys == std::vector<std::string>{sha256, other});
  const auto replaced = std::get<std::string>(AddAdminKey(one, other, true, test::kStart));
  CHECK(std::get<Product>(Read(replaced)).admin_keys == std::vector<std::string>{other});
}

TEST_CASE("Sealing takes what stands in the file and in files of our own, and leaves the rest where it is") {
  auto json = nlohmann::ordered_json::parse(WriteProductFile(Acme()));
  json["verification"]["secrets"] = nlohmann::ordered_json::parse(R"([
    {"kid": "plain", "value": "wvs_plain"}, {"kid": "own", "value": {"file": "acme.own.secret"}},
    {"kid": "mount", "value": {"file": "/run/secret"}}, {"kid": "env", "value": {"env": "SECRET"}},
    {"kid": "sealed", "value": {"sealed": "v1.x"}}])");
  json["tools"] = nlohmann::ordered_json::parse(R"([{"name": "get_order", "secret": "whsec_plain"}, {"name": "b"}])");
  json["handoff"] = {{"kind", "webhook"}, {"secret", "whsec_desk"}};
  const auto seal = [](const std::string& owner, const std::string& secret) { return "v1." + secret + "/" + owner; };
  const auto own = [](const std::string& file) -> std::optional<std::string> {
    return file == "acme.own.secret" ? std::optional<std::string>("wvs_own") : std::nullopt;
  };
  const auto sealed = std::get<SealedFile>(SealSecrets(json.dump(), seal, own));
  CHECK(sealed.sealed.size() == 4);
  CHECK(sealed.obsolete == std::vector<std::string>{"acme.own.secret"});
  const auto after = nlohmann::json::parse(sealed.json);
  const auto& secrets = after["verification"]["secrets"];
  CHECK(secrets[0]["value"]["sealed"] == "v1.wvs_plain/" + OwnerOfVerificationSecret("acme", "plain"));
  CHECK(secrets[1]["value"]["sealed"] == "v1.wvs_own/" + OwnerOfVerificationSecret("acme", "own"));
  CHECK(secrets[2]["value"] == nlohmann::json{{"file", "/run/secret"}});
  CHECK(secrets[3]["value"] == nlohmann::json{{"env", "SECRET"}});
  CHECK(secrets[4]["value"] == nlohmann::json{{"sealed", "v1.x"}});
  CHECK(after["tools"][0]["secret"]["sealed"] == "v1.whsec_plain/" + OwnerOfToolSecret("acme", "get_order"));
  CHECK(after["handoff"]["secret"]["sealed"] == "v1.whsec_desk/" + OwnerOfToolSecret("acme", kHandoffTool));
  CHECK(std::get<SealedFile>(SealSecrets(sealed.json, seal, own)).sealed.empty());
}

TEST_CASE("Two secrets have different kids, also where one in between is gone") {
  CHECK(NewKid(test::kStart, {}) == "2026-01-01");
  CHECK(NewKid(test::kStart, {"2025-12-31", "mine"}) == "2026-01-01");
  CHECK(NewKid(test::kStart, {"2026-01-01"}) == "2026-01-01-2");
  CHECK(NewKid(test::kStart, {"2026-01-01-2", "2026-01-01"}) == "2026-01-01-3");
  CHECK(NewKid(test::kStart, {"2026-01-01-2"}) == "2026-01-01-3");
  CHECK(NewKid(test::kStart, {"2026-01-01-x", "2026-01-01-99999999999999"}) == "2026-01-01");
}

TEST_CASE("Tools are accepted in the place of their MCP server, and those that were accepted before are replaced") {
  const std::string before =
      R"({"id": "acme", "tools": [{"name": "crm", "kind": "http"}, {"name": "crm", "kind": "mcp", "pins": {"a": "1"}}]})";
  const auto after = nlohmann::json::parse(std::get<std::string>(PinTools(before, "crm", {{"b", "2"}, {"c", "3"}})));
  CHECK(after["tools"][1]["pins"] == nlohmann::json{{"b", "2"}, {"c", "3"}});
  CHECK_FALSE(after["tools"][0].contains("pins"));
  CHECK(std::holds_alternative<ProductFileError>(PinTools(before, "other", {})));
  CHECK(std::holds_alternative<ProductFileError>(PinTools("[]", "crm", {})));
}
