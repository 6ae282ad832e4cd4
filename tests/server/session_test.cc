// POST …/session: who am I, and what the panel shows.
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE("A user gets the verdict, a greeting by name and what the panel needs") {
  World world;
  const Answer answer = world.Post("/session", {.token = world.Token("ada", "Ada")}, R"({"event":"identify"})");
  REQUIRE(answer->status == 200);
  const auto json = answer->Json();
  CHECK(json["identity"]["state"] == "verified");
  CHECK(json["identity"]["sub"] == "ada");
  CHECK(json["identity"]["name"] == "Ada");
  CHECK(json["identity"]["expires_in"] == 3600);
  CHECK(json["server_time"] == "2026-01-01T00:00:00.000Z");
  CHECK(json["greeting"] == "Hi Ada, how can I help?");
  CHECK(json["agent"] == nlohmann::json{{"name", "Acme"}, {"kind", "builtin"}});
  CHECK(json["appearance"] == nlohmann::json{{"accent", "#336699"}});
  CHECK(json["suggestions"] == nlohmann::json{"Where is my order?"});
  CHECK(json["handoff"] == nlohmann::json{{"url", "https://shop.example/contact"}, {"label", "Talk to us"}});
  CHECK(json["limits"]["message_chars"] == 4000);
  CHECK_FALSE(json.contains("thread_id"));
  CHECK(answer->Header("Cache-Control") == "no-store");
  CHECK(answer->Header("Widgent-Request-Id")->starts_with("req_"));
}

TEST_CASE("A guest is told why, and nothing is written") {
  World world;
  const Answer missing = world.Post("/session", {.guest = kGuest});
  CHECK(missing->Json()["identity"] == nlohmann::json{{"state", "anonymous"}, {"reason", "token_missing"}});
  CHECK(missing->Json()["greeting"] == "Hi! Ask me anything.");
  CHECK(missing->Json()["suggestions"].empty());

  const std::string token = world.Token("ada", "Ada", 60);
  world.loop.Advance(60'000 + 31'000);
  const Answer expired = world.Post("/session", {.token = token, .guest = kGuest});
  CHECK(expired->status == 200);
  CHECK(expired->Json()["identity"] == nlohmann::json{{"state", "anonymous"}, {"reason", "token_expired"}});
  CHECK(expired->body.find("Ada") == std::string::npos);
  CHECK(world.Audit().empty());
}

TEST_CASE("A token that holds but will disappoint comes with a hint") {
  World world;
  const Answer good = world.Post("/session", {.token = world.Token("ada")});
  CHECK_FALSE(good->Json().contains("hint"));
  const std::string numeric = SignToken(R"({"sub":42,"exp":1767229200})");
  const Answer answer = world.Post("/session", {.token = numeric});
  CHECK(answer->Json()["identity"]["sub"] == "42");
  CHECK_FALSE(answer->Json()["hint"].get<std::string>().empty());
}

TEST_CASE("Identify, switch and sign-out are audited under the verified user, a refresh is not") {
  World world;
  const Caller ada{.token = world.Token("ada", "Ada")}, bob{.token = world.Token("bob")};
  world.Post("/session", ada);
  world.Post("/session", ada, R"({"event":"refresh"})");
  world.Post("/session", bob, R"({"event":"switch"})");
  world.Post("/session", bob, R"({"event":"something new"})");
  world.Post("/session", bob, R"({"event":"sign_out"})");
  std::vector<std::pair<std::string, std::string>> acts;
  for (const AuditRow& row : world.Audit()) acts.emplace_back(row.user, row.action);
  CHECK(acts == std::vector<std::pair<std::string, std::string>>{
                    {"ada", "identify"}, {"bob", "switch"}, {"bob", "identify"}, {"bob", "sign_out"}});
}

TEST_CASE("A user's most recent thread is named, never someone else's") {
  World world;
  const Caller ada{.token = world.Token("ada")}, bob{.token = world.Token("bob")};
  world.Say(ada, {.thread = "th_1"});
  world.loop.Advance(60'000);
  world.Say(ada, {.thread = "th_2", .run = "r_2", .id = "u_2"});
  world.loop.Advance(60'000);
  CHECK(world.Post("/session", ada)->Json()["thread_id"] == "th_2");
  CHECK_FALSE(world.Post("/session", bob)->Json().contains("thread_id"));
}

TEST_CASE("A body that is no JSON is refused") {
  World world;
  CHECK(world.Post("/session", {}, "{")->Code() == "invalid_input");
  http::Request request;
  request.method = "POST";
  request.path = "/v1/products/acme/session";
  request.headers = {{"origin", kOrigin}, {"widgent-service-key", kServiceKey}, {"content-type", "text/plain"}};
  request.body = "{}";
  CHECK(world.Handle(request)->Code() == "unsupported_media_type");
  // A few bytes of gzip may be gigabytes of JSON.
  request.headers.back().value = "application/json";
  CHECK(world.Handle(request)->status == 200);
  request.headers.push_back({"content-encoding", "gzip"});
  const Answer packed = world.Handle(request);
  CHECK(packed->status == 415);
  CHECK(packed->Code() == "unsupported_media_type");
}

TEST_CASE("The answer waits until what it acknowledges is durable") {
  World world;
  const auto end_turn = std::exchange(world.loop.on_turn_end, nullptr);
  const Answer answer = world.Post("/session", {.token = world.Token("ada")});
  CHECK(answer->status == 0);
  end_turn();
  CHECK(answer->status == 200);
}

TEST_CASE("Capabilities follow the product") {
  World world;
  const auto json = world.Get("/agent/capabilities", {})->Json();
  CHECK(json["identity"]["name"] == "Acme");
  CHECK(json["transport"]["resumable"] == true);
  CHECK(json["tools"]["clientProvided"] == false);
  CHECK(json["humanInTheLoop"]["interrupts"] == false);

  Product product = MakeProduct();
  product.tools[0].approval = ToolApproval{"Sure?", 300};
  World careful(":memory:", product);
  CHECK(careful.Get("/agent/capabilities", {})->Json()["humanInTheLoop"]["interrupts"] == true);
}
