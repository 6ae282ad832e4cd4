// The demo's own configuration with the real reader of products: what a visitor of the demo is promised.
#include <fstream>
#include <sstream>

#include "agent/stage.h"

namespace widgent::test {

namespace {

Product ReadDemo(const std::string& name) {
  std::ifstream file(WIDGENT_SOURCE_DIR "/demo/" + name);
  std::stringstream text;
  text << file.rdbuf();
  const SecretSource secrets{
      [](const std::string& variable) -> std::optional<std::string> {
        return variable == "ACME_TOOL_SECRET" ? kToolSecret : "wvs_0123456789abcdef0123456789abcdef0123456789";
      },
      [](const std::string&) { return std::nullopt; },
  };
  std::variant<Product, ConfigError> read = ReadProduct(text.str(), name, WIDGENT_SOURCE_DIR "/demo", secrets);
  if (const ConfigError* error = std::get_if<ConfigError>(&read)) FAIL(error->where << ": " << error->detail);
  return std::get<Product>(std::move(read));
}

}  // namespace

TEST_CASE("Both demo shops are configured so that their visitors get what the demo promises") {
  const std::string name = GENERATE("acme.json", "acme-py.json");
  Stage stage;
  stage.product = ReadDemo(name);
  CHECK_FALSE(RefuseToolSchemas(stage.product));
  stage.knowledge = LoadKnowledge(stage.product.knowledge);
  stage.client.answer = [](const http::ClientRequest&) {
    return HttpAnswer(200,
                      R"({"id":"A-1001","items":"tent, rope","status":"on its way","eta":"It arrives on Monday."})");
  };
  CHECK(stage.Run({"hi"}).text.starts_with("Hi Ada, how can I help?"));
  CHECK(stage.Run({"where is my order A-1001"}).text ==
        "Order A-1001 (tent, rope) is on its way. It arrives on Monday.");
  CHECK(stage.Run({"How long does shipping take?"}).text.find("two to four working days") != std::string::npos);

  const std::size_t calls = stage.client.requests.size();
  const RunResult asked = stage.Run({"please refund my damaged order A-1001"});
  CHECK(asked.status == RunResult::Status::kAsking);
  REQUIRE(asked.interrupts.size() == 1);
  CHECK(asked.interrupts[0].message == "Ask the shop to refund order A-1001 (damaged)?");
  CHECK(stage.client.requests.size() == calls);
  stage.identity = MakeGuest();
  CHECK(stage.Run({"where is my order A-1001"}).text.find("sign in") != std::string::npos);
  CHECK(stage.client.requests.size() == calls);
}

}  // namespace widgent::test
