// Who may ask how often, and how the answer tells what is left.
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;

namespace {

Answer From(World& world, const std::string& address, const Caller& caller, const World::Message& message) {
  http::Request request;
  request.method = "POST";
  request.path = "/v1/products/acme/agent";
  request.headers = {{"origin", caller.origin},
                     {"widgent-service-key", caller.service_key},
                     {"widgent-anonymous-id", caller.guest},
                     {"content-type", "application/json"}};
  if (!caller.token.empty()) request.headers.push_back({"authorization", "Bearer " + caller.token});
  request.body = World::Body(message);
  request.peer_address = address;
  const Answer answer = world.Handle(std::move(request));
  world.loop.Advance(1000);
  return answer;
}

}  // namespace

TEST_CASE("An answer tells what is left of the visitor's and of the address's share") {
  Product product = MakeProduct();
  product.rate_limits = {.per_user_per_min = 6, .per_ip_per_min = 60, .concurrent_runs_per_user = 100};
  World world(":memory:", product);
  const Caller ada{.token = world.Token("ada")};
  const Answer first = world.Say(ada, {.thread = "th_1"});
  CHECK(first->Header("RateLimit-Policy") == R"("address";q=60;w=60, "user";q=6;w=60)");
  CHECK(first->Header("RateLimit") == R"("address";r=59;t=1, "user";r=5;t=10)");
  for (int n = 2; n <= 6; ++n) CHECK(world.Say(ada, {.thread = "th_" + std::to_string(n), .run = "r"})->status == 200);
  world.loop.Advance(100);
  const Answer refused = world.Say(ada, {.thread = "th_7"});
  CHECK(refused->status == 429);
  CHECK(refused->Header("Retry-After") == "10");
  CHECK_THAT(*refused->Header("RateLimit"), Catch::Matchers::Contains("\"user\";r=0;t=60"));
  CHECK_THAT(*refused->Header("Access-Control-Expose-Headers"), Catch::Matchers::Contains("RateLimit"));
  const Answer guest = world.Say({.guest = kGuest}, {.thread = "th_8"});
  CHECK_THAT(*guest->Header("RateLimit-Policy"), Catch::Matchers::Contains("\"guest\";q=6"));
}

TEST_CASE("An IPv6 household has one share, however many addresses it has") {
  Product product = MakeProduct();
  product.rate_limits.per_ip_per_min = 2;
  World world(":memory:", product);
  const auto ask = [&](const std::string& address, int n) {
    const std::string id = std::to_string(n);
    return From(world, address, {.guest = kGuest + id}, {.thread = "th_" + id})->status;
  };
  CHECK(ask("2001:db8:0:1::1", 1) == 200);
  CHECK(ask("2001:db8:0:1::2", 2) == 200);
  CHECK(ask("2001:db8:0:1:ffff::3", 3) == 429);
  CHECK(ask("2001:db8:0:2::1", 4) == 200);
}

TEST_CASE("A product's own limit holds for all of its visitors, and is nobody else's") {
  Product product = MakeProduct(), other = MakeProduct();
  product.rate_limits.per_product_per_min = 3;
  other.id.value = other.token_policy.audience = "other";
  World world(":memory:", product, OpenSqliteStore, {other});
  const auto ask = [&](int n) {
    const std::string id = std::to_string(n);
    return From(world, "203.0.113." + id, {.guest = kGuest + id}, {.thread = "th_" + id});
  };
  for (int n = 1; n <= 3; ++n) CHECK(ask(n)->status == 200);
  const Answer refused = ask(4);
  CHECK(refused->Code() == "rate_limited");
  CHECK_FALSE(refused->Header("RateLimit-Policy")->find("product") != std::string::npos);
  const Answer elsewhere =
      world.Send("POST", "/v1/products/other/agent", {.guest = kGuest}, World::Body({.thread = "th_9"}));
  CHECK(elsewhere->status == 200);
}

TEST_CASE("Forged tokens are slowed down by address, and a valid one is let through all the same") {
  World world;
  for (int n = 0; n < 60; ++n) CHECK(world.Post("/session", {.token = "e30.e30.x" + std::to_string(n)})->status == 401);
  const Answer slowed = world.Post("/session", {.token = "e30.e30.xyz"});
  CHECK(slowed->status == 429);
  CHECK(slowed->Code() == "rate_limited");
  CHECK(slowed->Header("Retry-After") == "1");
  CHECK(world.Post("/session", {.token = world.Token("ada")})->status == 200);
  CHECK(From(world, "203.0.113.8", {.token = "e30.e30.x", .guest = kGuest}, {})->status == 401);
  world.loop.Advance(2000);
  CHECK(world.Post("/session", {.token = "e30.e30.xyz"})->status == 401);
}

TEST_CASE("A request that is turned away unread says when to come again, and is counted") {
  World world;
  for (const auto& [code, status] : {std::pair{"overloaded", 503}, {"rate_limited", 429}}) {
    const http::Response response = world.app->RefuseUnread(code, {});
    CHECK(response.status == status);
    CHECK(std::any_of(response.headers.begin(), response.headers.end(),
                      [](const http::Header& header) { return header.name == "Retry-After" && header.value == "2"; }));
  }
  http::Request metrics;
  metrics.method = "GET";
  metrics.path = "/metrics";
  metrics.peer_address = "127.0.0.1";
  CHECK_THAT(world.Handle(std::move(metrics))->body,
             Catch::Matchers::Contains("widgent_problems_total{code=\"overloaded\"} 1"));
}
