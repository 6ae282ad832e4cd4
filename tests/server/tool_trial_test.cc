// `widgentd tool test`: one call by an operator, through the policy. What goes over the wire is in
// tests/node/webhook.test.mjs.
#include <catch2/catch.hpp>
#include <fstream>

#include "server/widgentd.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

constexpr char kToolSecret[] = "whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh";

struct Shop {
  Shop() {
    const json refund = {{"name", "refund"},
                         {"description", "Refunds an order"},
                         {"url", "https://shop.example/refund"},
                         {"secret", kToolSecret},
                         {"effect", "write"},
                         {"parameters", {{"type", "object"}, {"properties", {{"id", {{"type", "string"}}}}}}},
                         {"requires", {{"identified", true}}},
                         {"approval", {{"by", "user"}, {"message", "Refund {{args.id}}?"}}}};
    const json crm = {
        {"name", "crm"}, {"kind", "mcp"}, {"url", "https://shop.example/mcp"}, {"secret", kSecret}, {"allow", {"*"}}};
    const json product = {{"id", "acme"},
                          {"name", "Acme"},
                          {"origins", {"https://shop.example"}},
                          {"service_keys", {{{"id", "pk_acme"}}}},
                          {"verification", {{"secrets", {{{"kid", "k1"}, {"value", kSecret}}}}}},
                          {"egress", {{"allow_hosts", {"shop.example"}}}},
                          {"tools", {refund, crm}}};
    std::ofstream(folder.File("acme.json")) << product.dump();
  }
  Printed Try(std::vector<std::string> more, const std::string& tool = "refund") {
    std::vector<std::string> all = {"tool",  "test",          "acme",   tool,
                                    "--dir", folder.File(""), "--args", R"({"id":"A-1"})"};
    all.insert(all.end(), more.begin(), more.end());
    return Widgentd(all);
  }
  TemporaryFolder folder;
};

const std::string kAda = R"({"sub":"u_42","name":"Ada"})";

}  // namespace

TEST_CASE("A tool that asks first shows its question, and goes on where the operator says yes for the user") {
  Shop shop;
  const Printed asked = shop.Try({"--claims", kAda});
  CHECK(asked.code == 0);
  CHECK(Has(asked.out, "the user is asked: Refund A-1?"));
  CHECK_FALSE(Has(asked.out, "POST"));
  const Printed agreed = shop.Try({"--claims", kAda, "--yes", "--dry-run"});
  CHECK(agreed.code == 0);
  CHECK(Has(agreed.out, "POST https://shop.example/refund"));
  CHECK(Has(agreed.out, R"("arguments":{"id":"A-1"})"));
  CHECK(Has(agreed.out, R"("user":{"sub":"u_42")"));
  CHECK(Has(agreed.out, "dry run: nothing was sent"));
  CHECK_FALSE(Has(agreed.out + agreed.error, kToolSecret));
  CHECK_FALSE(Has(agreed.out + agreed.error, kSecret));
}

TEST_CASE("A guest is refused what needs a user") {
  Shop shop;
  const Printed guest = shop.Try({});
  CHECK(guest.code == 1);
  CHECK(Has(guest.out, "visitor     guest"));
  CHECK(Has(guest.out, "offered     no: identity_required"));
  CHECK(Has(guest.out, "outcome     denied: identity_required"));
}

TEST_CASE("Mistakes in a trial's words are named, each with a hint") {
  Shop shop;
  CHECK(shop.Try({"--claims", "ada"}).code == 2);
  CHECK(shop.Try({"--claims", ""}).code == 2);  // a variable of the shell that is not set
  CHECK(Has(shop.Try({"--claims", "ada"}).error, "--claims is no JSON object."));
  const Printed unknown = shop.Try({"--claims", kAda}, "delete_all");
  CHECK(unknown.code == 2);
  CHECK(Has(unknown.error, "has no tool \"delete_all\""));
  CHECK(Has(unknown.error, "Its tools are: "));
  const Printed unquoted =
      Widgentd({"tool", "test", "acme", "refund", "--dir", shop.folder.File(""), "--args", "{id: 1}"});
  CHECK(unquoted.code == 2);
  CHECK(Has(unquoted.error, "--args is no JSON object."));
  const Printed long_lived = shop.Try({"--claims", R"({"sub":"u_42","exp":4102444800})"});
  CHECK(long_lived.code == 1);
  CHECK(Has(long_lived.error, "A token of these claims is refused: lifetime_too_long"));
  const Printed mcp = shop.Try({"--claims", kAda, "--dry-run"}, "crm_search");
  CHECK(mcp.code == 2);
  CHECK(Has(mcp.error, "a dry run asks nobody"));
  CHECK(Has(Widgentd({"tool", "test", "--help"}).out, "--dry-run"));
}
