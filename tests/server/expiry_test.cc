// A token ends in the middle of a conversation.
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

// The tool is for everybody: whether it is called tells what the agent has read of the conversation.
Product WithOpenTool() {
  Product product = MakeProduct();
  ToolConfig& tool = product.tools[0];
  tool.required.identified = false;
  tool.name = "find_shop";
  tool.parameters_json = R"({"type":"object","additionalProperties":false,"required":["city"],
    "properties":{"city":{"type":"string","maxLength":40}}})";
  tool.examples = {"where is the nearest shop"};
  tool.answer = "It is in {{result.street}}.";
  return product;
}

}  // namespace

TEST_CASE("case 08: after its end without a new token the next message is a guest's, and the agent reads none of A's") {
  World world(":memory:", WithOpenTool());
  const Caller ada{.token = world.Token("ada", "Ada", 600), .guest = kGuest};
  const auto ask = [&](const std::string& thread, const Caller& caller) {
    const Answer asked = world.Say(caller, {.thread = thread, .text = "where is the nearest shop"});
    world.loop.Advance(20'000);
    CHECK(TextOf(asked->body).find('?') != std::string::npos);
    CHECK(world.client.pending.empty());
  };
  const auto answer = [&](const std::string& thread, const Caller& caller) {
    const Answer answered = world.Say(caller, {.thread = thread, .run = "r_2", .id = "u_2", .text = "Lisbon"});
    world.loop.Advance(20'000);
    return answered;
  };
  // Before the end, the agent knows what the city is for.
  ask("th_1", ada);
  answer("th_1", ada);
  REQUIRE(world.client.pending.size() == 1);
  CHECK(json::parse(world.client.pending.begin()->second.request.body)["user"]["sub"] == "ada");
  world.client.AnswerAll(R"({"street":"Rua Augusta"})");
  world.loop.Advance(20'000);

  ask("th_2", ada);
  world.loop.Advance(600'000);
  CHECK(answer("th_2", ada)->Code() == "thread_not_found");
  const Answer as_guest = answer("th_g", ada);
  CHECK(Events(as_guest->body).front().second["metadata"]["widgent"]["identity"] ==
        json{{"state", "anonymous"}, {"reason", "token_expired"}});
  CHECK(world.client.pending.empty());
  CHECK(as_guest->body.find("Ada") == std::string::npos);

  const Caller guest{.guest = kGuest};
  const json seen = world.Get("/threads/th_g/messages", guest)->Json()["messages"];
  REQUIRE(seen.size() == 2);
  CHECK(seen[0]["content"] == "Lisbon");
  CHECK(world.Get("/threads", guest)->Json()["threads"].size() == 1);
  const auto thread = world.store->FindThread(ProductId{"acme"}, ThreadId{"th_g"});
  REQUIRE(thread);
  CHECK(thread->owner == Owner{Owner::Kind::kGuest, kGuest});
}
