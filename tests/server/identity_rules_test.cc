// What a product asks of identity, and what the session answer says of it.
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

Product WithRules(bool required, bool lock_on_expiry) {
  Product product = MakeProduct();
  product.identity_rules.required = required;
  product.identity_rules.lock_on_expiry = lock_on_expiry;
  return product;
}

struct Request {
  std::string method, path, body = "";
};
// Everything by which a visitor acts.
std::vector<Request> Acts() {
  return {{"POST", "/agent", World::Body({})},
          {"GET", "/threads"},
          {"GET", "/threads/th_1/messages"},
          {"GET", "/threads/th_1/events"},
          {"POST", "/threads/th_1/runs/r_1/cancel"}};
}
Answer Send(World& world, const Request& request, const Caller& caller) {
  return world.Send(request.method, "/v1/products/acme" + request.path, caller, request.body);
}

}  // namespace

TEST_CASE("Where an identity is required, a guest can do nothing, and nothing of it is kept") {
  World world(":memory:", WithRules(true, false));
  const Caller guest{.guest = kGuest};
  for (const Request& request : Acts()) {
    CAPTURE(request.path);
    const Answer refused = Send(world, request, guest);
    CHECK(refused->status == 403);
    CHECK(refused->Code() == "identity_required");
    CHECK_FALSE(refused->Json().contains("token_expired"));
    CHECK_FALSE(refused->Json()["hint"].get<std::string>().empty());
  }
  const Answer expired = world.Say({.token = world.Token("ada", "", -120), .guest = kGuest}, {});
  CHECK(expired->Code() == "identity_required");
  CHECK(expired->Json()["token_expired"] == true);
  world.loop.Advance(20'000);
  CHECK_FALSE(world.store->FindThread(ProductId{"acme"}, ThreadId{"th_1"}));
  CHECK(world.Audit().empty());
  CHECK(world.client.pending.empty());

  CHECK(world.Say({.token = world.Token("ada"), .guest = kGuest}, {})->status == 200);
  CHECK(world.Post("/session", guest)->status == 200);
  CHECK(world.Get("/agent/capabilities", guest)->status == 200);
}

TEST_CASE("Where a session locks, a token past its end opens nothing, not even as a guest; a guest goes on") {
  World world(":memory:", WithRules(false, true));
  const Caller ada{.token = world.Token("ada", "Ada", 60), .guest = kGuest};
  CHECK(world.Say(ada, {})->status == 200);
  world.loop.Advance(120'000);
  for (const Request& request : Acts()) {
    CAPTURE(request.path);
    const Answer refused = Send(world, request, ada);
    CHECK(refused->status == 403);
    CHECK(refused->Code() == "identity_required");
    CHECK(refused->Json()["token_expired"] == true);
  }
  const Answer other = world.Say(ada, {.thread = "th_2", .run = "r_2", .id = "u_2"});
  CHECK(other->Code() == "identity_required");
  CHECK_FALSE(world.store->FindThread(ProductId{"acme"}, ThreadId{"th_2"}));
  CHECK(world.Post("/session", ada)->Json()["identity"]["reason"] == "token_expired");

  CHECK(world.Say({.guest = kGuest}, {.thread = "th_3"})->status == 200);
  const Caller fresh{.token = world.Token("ada", "Ada"), .guest = kGuest};
  CHECK(world.Get("/threads/th_1/messages", fresh)->Json()["messages"].size() == 2);
}

TEST_CASE("What a guest said before an identity was required can still be erased by that guest") {
  World world(":memory:", WithRules(true, false));
  const Caller guest{.guest = kGuest};
  const ProductId acme{"acme"};
  world.store->PutThread({.product = acme, .id = {"th_1"}, .owner = {Owner::Kind::kGuest, kGuest}});
  CHECK(Send(world, {"GET", "/threads/th_1/messages"}, guest)->Code() == "identity_required");
  CHECK(Send(world, {"DELETE", "/threads/th_1"}, guest)->status == 204);
  CHECK_FALSE(world.store->FindThread(acme, {"th_1"}));
}

TEST_CASE("A run that began before the token's end goes on where the session locks") {
  World world(":memory:", WithRules(true, true));
  const Caller ada{.token = world.Token("ada", "Ada", 60)};
  const Answer answer = world.Say(ada, {.text = "where is my order A-1001?"});
  world.loop.Advance(100);
  REQUIRE(world.client.pending.size() == 1);
  world.loop.Advance(95'000);
  world.client.AnswerAll(R"({"id":"A-1001","status":"on its way"})");
  world.loop.Advance(5'000);
  CHECK(answer->is_finished);
  CHECK(Events(answer->body).back().second["type"] != "RUN_STARTED");
}

TEST_CASE("The session answer names the rules that are not the usual ones") {
  const auto policy = [](bool required, bool lock_on_expiry) {
    World world(":memory:", WithRules(required, lock_on_expiry));
    return world.Post("/session", {.guest = kGuest})->Json().value("policy", json());
  };
  CHECK(policy(false, false) == json());
  CHECK(policy(true, false) == json{{"identity", "required"}});
  CHECK(policy(false, true) == json{{"on_expiry", "lock"}});
  CHECK(policy(true, true) == json{{"identity", "required"}, {"on_expiry", "lock"}});
}

TEST_CASE("The inspector is told of the token that held, and asking writes nothing") {
  World world;
  const Caller guest{.guest = kGuest};
  CHECK(world.Say(guest, {.thread = "th_g"})->status == 200);
  world.loop.Advance(20'000);
  const Caller ada{.token = world.Token("ada", "Ada"), .guest = kGuest};
  const std::string body = R"({"event":"inspect","merge":"th_g"})";
  const json answer = world.Post("/session", ada, body)->Json();
  const std::int64_t now = world.loop.Now() / 1000;
  CHECK(answer["token"] == json{{"kid", "k1"}, {"issued_at", now}, {"expires_at", now + 3600}});
  CHECK(answer["identity"]["sub"] == "ada");
  CHECK_FALSE(answer.contains("merged"));

  const std::string without_iat = SignToken(json{{"sub", "ada"}, {"exp", now + 60}}.dump());
  CHECK(world.Post("/session", {.token = without_iat}, body)->Json()["token"] ==
        json{{"kid", "k1"}, {"expires_at", now + 60}});
  CHECK_FALSE(world.Post("/session", guest, body)->Json().contains("token"));
  // Of a token past its end no claim is echoed.
  CHECK_FALSE(world.Post("/session", {.token = world.Token("ada", "", -120)}, body)->Json().contains("token"));
  CHECK_FALSE(world.Post("/session", ada, R"({"event":"refresh"})")->Json().contains("token"));
  CHECK(world.Audit().empty());
  CHECK(world.Get("/threads/th_g/messages", guest)->status == 200);
}
