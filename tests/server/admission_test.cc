// Origins, service keys and tokens, as a caller meets them.
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr char kSession[] = "/v1/products/acme/session";

}  // namespace

TEST_CASE("Only the registered origins are let in, byte for byte") {
  Product product = MakeProduct();
  product.origins = {Origin("https://shop.example"), Origin("https://*.acme.example"), Origin("http://localhost:4001")};
  World world(":memory:", product);
  const auto [origin, code] = GENERATE(table<std::string, std::string>({
      {"https://shop.example", ""},
      {"https://a.acme.example", ""},
      {"https://a.b.acme.example", ""},
      {"http://localhost:4001", ""},
      {"https://acme.example", "origin_not_allowed"},
      {"https://www.shop.example", "origin_not_allowed"},
      {"https://shop.example:8443", "origin_not_allowed"},
      {"http://shop.example", "origin_not_allowed"},
      {"https://shop.example.", "origin_not_allowed"},
      {"https://SHOP.example", "origin_not_allowed"},
      {"https://shop.example/", "origin_not_allowed"},
      {"https://shop.example.evil.example", "origin_not_allowed"},
      {"https://evilacme.example", "origin_not_allowed"},
      {"http://localhost:4002", "origin_not_allowed"},
      {"null", "origin_null"},
      {"", "origin_missing"},
  }));
  CAPTURE(origin);
  const Answer answer = world.Send("POST", kSession, {.origin = origin});
  if (code.empty()) {
    CHECK(answer->status == 200);
    CHECK(answer->Header("Access-Control-Allow-Origin") == origin);
    CHECK(answer->Header("Access-Control-Expose-Headers") ==
          "Widgent-Request-Id, Retry-After, RateLimit, RateLimit-Policy");
  } else {
    CHECK(answer->status == 403);
    CHECK(answer->Code() == code);
    CHECK_FALSE(answer->Json()["hint"].get<std::string>().empty());
    CHECK(answer->Header("Access-Control-Allow-Origin") == std::nullopt);
  }
  CHECK(answer->Header("Vary") == "Origin");
  CHECK(answer->Header("Access-Control-Allow-Credentials") == std::nullopt);
}

TEST_CASE("A product without origins lets nobody in") {
  Product product = MakeProduct();
  product.origins.clear();
  World world(":memory:", product);
  CHECK(world.Send("POST", kSession, {})->Code() == "origin_not_allowed");
}

TEST_CASE("The origin is judged before the body is read and before the token") {
  World world;
  const Answer answer = world.Send("POST", kSession, {.token = "forged", .origin = "https://evil.example"}, "{broken");
  CHECK(answer->Code() == "origin_not_allowed");
}

TEST_CASE("A preflight from a registered origin needs no credentials and tells only what may be sent") {
  World world;
  const std::string path = GENERATE("/session", "/agent", "/threads", "/threads/th_1/messages", "/threads/th_1/events",
                                    "/threads/th_1/runs/r_1/cancel", "/threads/th_1", "/agent/capabilities");
  const Answer answer = world.Send("OPTIONS", "/v1/products/acme" + path, {.service_key = ""});
  CHECK(answer->status == 204);
  CHECK(answer->body.empty());
  CHECK(answer->Header("Access-Control-Allow-Origin") == kOrigin);
  CHECK(answer->Header("Access-Control-Allow-Methods") == "GET, POST, DELETE");
  CHECK(answer->Header("Access-Control-Allow-Headers") ==
        "Authorization, Content-Type, Widgent-Service-Key, Widgent-Anonymous-Id, Last-Event-ID, Idempotency-Key, "
        "traceparent");
  CHECK(answer->Header("Access-Control-Max-Age") == "7200");
  CHECK(answer->Header("Access-Control-Allow-Credentials") == std::nullopt);
  CHECK(answer->Header("Vary") == "Origin");
}

TEST_CASE("A preflight from elsewhere gets no permission") {
  World world;
  const Answer answer = world.Send("OPTIONS", kSession, {.origin = "https://evil.example", .service_key = ""});
  CHECK(answer->status == 403);
  CHECK(answer->Header("Access-Control-Allow-Origin") == std::nullopt);
  CHECK(answer->Header("Access-Control-Allow-Headers") == std::nullopt);
}

TEST_CASE("Diagnose tells any origin whether it is registered and what to register") {
  World world;
  const Answer allowed = world.Get("/diagnose", {.service_key = ""});
  CHECK(allowed->Json() == nlohmann::json{{"product", "acme"},
                                          {"origin", kOrigin},
                                          {"allowed", true},
                                          {"matched", kOrigin},
                                          {"server_time", "2026-01-01T00:00:00.000Z"}});
  CHECK(allowed->Header("Access-Control-Allow-Origin") == "*");

  const Answer denied = world.Get("/diagnose", {.origin = "https://new.example", .service_key = ""});
  CHECK(denied->status == 200);
  CHECK(denied->Header("Access-Control-Allow-Origin") == "*");
  CHECK(denied->Json()["allowed"] == false);
  CHECK(denied->Json()["code"] == "origin_not_allowed");
  CHECK_FALSE(denied->Json().contains("matched"));
  CHECK(denied->Json()["server_time"] == "2026-01-01T00:00:00.000Z");
  CHECK(denied->Json()["hint"].get<std::string>().find("\"https://new.example\"") != std::string::npos);

  CHECK(world.Get("/diagnose", {.origin = "null"})->Json()["code"] == "origin_null");
  CHECK(world.Get("/diagnose", {.origin = ""})->Json()["code"] == "origin_missing");
  const Answer unknown = world.Send("GET", "/v1/products/other/diagnose", {});
  CHECK(unknown->Code() == "product_not_found");
  CHECK(unknown->Header("Access-Control-Allow-Origin") == "*");
}

TEST_CASE("Diagnose names the pattern that let a page in") {
  Product product = MakeProduct();
  product.origins = {Origin("https://shop.example"), Origin("https://*.acme.example")};
  World world(":memory:", product);
  const auto matched = [&](const std::string& origin) {
    return world.Get("/diagnose", {.origin = origin, .service_key = ""})->Json().value("matched", "");
  };
  CHECK(matched("https://eu.acme.example") == "https://*.acme.example");
  CHECK(matched("https://shop.example") == "https://shop.example");
  CHECK(matched("https://acme.example").empty());
}

TEST_CASE("A service key that is not the product's is refused, and a secret in its place is called by its name") {
  World world;
  CHECK(world.Send("POST", kSession, {.service_key = ""})->Code() == "service_key_invalid");
  CHECK(world.Send("POST", kSession, {.service_key = "pk_other"})->Code() == "service_key_invalid");
  CHECK(world.Audit().empty());
  const Answer leaked = world.Send("POST", kSession, {.service_key = "wvs_anything"});
  CHECK(leaked->status == 403);
  CHECK(leaked->Code() == "secret_in_browser");
  CHECK(leaked->body.find("wvs_anything") == std::string::npos);
  REQUIRE(world.Audit().size() == 1);
  CHECK(world.Audit()[0].action == "refused");
}

TEST_CASE("A secret without the usual prefix is recognised too") {
  Product product = MakeProduct();
  product.keys.secrets[0].value = "an older secret of more than 32 bytes";
  World world(":memory:", product);
  CHECK(world.Send("POST", kSession, {.service_key = "an older secret of more than 32 bytes"})->Code() ==
        "secret_in_browser");
}

TEST_CASE("A forged token is refused, not downgraded, and only the refusal is written") {
  World world;
  const std::string forged = SignToken(R"({"sub":"ada","exp":1767229200})", "another secret of at least 32 bytes!");
  const std::string body = World::Body({});
  const auto send = GENERATE(0, 1, 2, 3, 4, 5, 6);
  const Caller caller{.token = forged, .guest = kGuest};
  const Answer answer = send == 0   ? world.Post("/session", caller)
                        : send == 1 ? world.Post("/agent", caller, body)
                        : send == 2 ? world.Get("/threads", caller)
                        : send == 3 ? world.Get("/threads/th_1/messages", caller)
                        : send == 4 ? world.Get("/threads/th_1/events", caller)
                        : send == 5 ? world.Post("/threads/th_1/runs/r_1/cancel", caller)
                                    : world.Send("DELETE", "/v1/products/acme/threads/th_1", caller);
  CHECK(answer->status == 401);
  CHECK(answer->Code() == "invalid_signature");
  CHECK_FALSE(answer->Json()["hint"].get<std::string>().empty());
  CHECK(answer->Header("WWW-Authenticate") == "Bearer error=\"invalid_token\"");
  CHECK(answer->Header("Access-Control-Allow-Origin") == kOrigin);
  const auto audit = world.Audit();
  REQUIRE(audit.size() == 1);
  CHECK(audit[0].action == "refused");
  CHECK(audit[0].user.empty());
  CHECK(audit[0].record.find("invalid_signature") != std::string::npos);
  CHECK(audit[0].record.find(forged) == std::string::npos);
  CHECK_FALSE(world.store->FindThread(ProductId{"acme"}, ThreadId{"th_1"}));
  CHECK(world.client.pending.empty());
}

TEST_CASE("An Authorization header of another form is refused") {
  World world;
  const std::string value = GENERATE("Basic YWRhOnB3", "Bearer", "Bearer ", "token");
  http::Request request;
  request.method = "POST";
  request.path = kSession;
  request.headers = {{"origin", kOrigin}, {"widgent-service-key", kServiceKey}, {"authorization", value}};
  const Answer answer = world.Handle(request);
  CHECK(answer->status == 401);
  CHECK(answer->Code() == "token_malformed");
}

TEST_CASE("The scheme of the Authorization header may be written in any case") {
  World world;
  http::Request request;
  request.method = "POST";
  request.path = kSession;
  request.headers = {{"origin", kOrigin}, {"widgent-service-key", kServiceKey}};
  request.headers.push_back({"authorization", "bearer " + world.Token("ada")});
  CHECK(world.Handle(request)->Json()["identity"]["state"] == "verified");
}

TEST_CASE("Strangers cannot fill the audit log with refusals, and are refused all the same") {
  World world;
  for (int i = 0; i < 100; ++i) {
    const int status = world.Send("POST", kSession, {.token = "x.y.z"})->status;
    CHECK((status == 401 || (i >= 60 && status == 429)));
  }
  const auto count = world.Audit().size();
  CHECK(count >= 10);
  CHECK(count < 50);
}

TEST_CASE("An anonymous id that could be guessed is refused") {
  World world;
  const std::string id =
      GENERATE(as<std::string>(), "short", "with spaces and more", "semi;colon;semi;colon", std::string(200, 'a'));
  CHECK(world.Send("POST", kSession, {.guest = id})->Code() == "invalid_input");
}

TEST_CASE("No token, secret, query or sub reaches the log") {
  World world;
  const std::string token = world.Token("ada-the-user", "Ada");
  const std::string forged = SignToken(R"({"sub":"ada-the-user"})", "another secret of at least 32 bytes!");
  world.Send("POST", kSession, {.token = token});
  world.Send("POST", kSession, {.token = forged});
  world.Send("POST", kSession, {.service_key = kSecret});
  world.Say({.token = token}, {});
  world.Send("GET", "/v1/products/acme/threads?token=" + token, {.token = token});
  world.Send("GET", "/nowhere/" + token, {});
  REQUIRE(world.log.size() == 6);
  for (const std::string& line : world.log) {
    CAPTURE(line);
    CHECK(line.find(token) == std::string::npos);
    CHECK(line.find(forged) == std::string::npos);
    CHECK(line.find(token.substr(token.rfind('.') + 1)) == std::string::npos);
    CHECK(line.find(kSecret) == std::string::npos);
    CHECK(line.find("ada-the-user") == std::string::npos);
    CHECK(line.find("request=req_") == 0);
  }
  CHECK(world.log[0].find("method=POST route=/v1/products/{pid}/session product=acme status=200 ms=0") !=
        std::string::npos);
}
