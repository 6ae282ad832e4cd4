// What `widgentd product` writes.
#include "server/product_file.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

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
  product.secret_file = "acme.2026-01-01.secret";
  return product;
}

std::variant<Product, ConfigError> Read(const std::string& json) {
  const SecretSource secrets{[](const std::string&) { return std::nullopt; },
                             [](const std::string& path) { return "wvs_0123456789_0123456789_0123456789 " + path; }};
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
  CHECK(product.keys.secrets[0].value.find("acme.2026-01-01.secret") != std::string::npos);
}

TEST_CASE("Rotation puts a new secret first and gives the old one an end") {
  const UnixMillis now = test::kStart;
  auto rotated = RotateSecret(WriteProductFile(Acme()), {"2026-01-01-2", "new.secret", now, now + 86'400'000});
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
  const auto third = RotateSecret(json, {"k3", "3.secret", now, now + 86'400'000});
  REQUIRE(std::holds_alternative<RotationError>(third));
  CHECK(std::get<RotationError>(third).hint.find("--overlap-hours 0") != std::string::npos);
  const auto later = RotateSecret(json, {"k3", "3.secret", now + 86'400'000, now + 2 * 86'400'000});
  CHECK(ListKids(std::get<std::string>(later)) == std::vector<std::string>{"k3", "2026-01-01-2"});
}

TEST_CASE("A secret that leaked ends at once") {
  const auto rotated = RotateSecret(WriteProductFile(Acme()), {"k2", "2.secret", test::kStart, test::kStart});
  CHECK(ListKids(std::get<std::string>(rotated)) == std::vector<std::string>{"k2"});
}

TEST_CASE("A file that is no product's is not rotated") {
  const std::string json = GENERATE("", "{", "[]", "{}", R"({"verification":[]})", R"({"verification":{"secrets":1}})");
  CHECK(std::holds_alternative<RotationError>(RotateSecret(json, {})));
  CHECK(ListKids(json).empty());
}

TEST_CASE("Two secrets of one day have different kids") {
  CHECK(NewKid(test::kStart, {}) == "2026-01-01");
  CHECK(NewKid(test::kStart, {"2026-01-01"}) == "2026-01-01-2");
  CHECK(NewKid(test::kStart, {"2026-01-01-2", "2026-01-01"}) == "2026-01-01-3");
}
