// Secrets, revocation and the admin API, as a caller meets them.
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

namespace {

const std::string kAdminKey = "wsk_an_admin_key_of_the_owner";
const std::string kNewSecret = "wvs_a_newer_secret_with_at_least_32_bytes";
constexpr char kRevokeAda[] = "/v1/admin/products/acme/users/ada/revoke";

Product WithAdminKey() {
  Product product = MakeProduct();
  product.admin_keys = {Hex(Sha256("wsk_another_key")), Hex(Sha256(kAdminKey))};
  return product;
}

Answer Admin(World& world, const std::string& path, const std::string& key = kAdminKey,
             const std::string& method = "POST") {
  return world.Send(method, path, {.token = key, .origin = "", .service_key = ""});
}

std::string TokenOf(World& world, const std::string& secret, const std::string& kid, const std::string& aud = "acme") {
  const std::int64_t now = world.loop.Now() / 1000;
  const nlohmann::json claims{{"sub", "ada"}, {"iat", now}, {"exp", now + 600}, {"aud", aud}};
  nlohmann::json header{{"alg", "HS256"}};
  if (!kid.empty()) header["kid"] = kid;
  return SignToken(claims.dump(), secret, header.dump());
}

std::string CodeOf(const Answer& answer) { return answer->status == 200 ? "ok" : answer->Code(); }

std::string Identify(World& world, const std::string& token) {
  return CodeOf(world.Post("/session", {.token = token}));
}

}  // namespace

TEST_CASE("case 21: a revoked user's tokens are refused everywhere from the next request on, newer ones are not") {
  World world(":memory:", WithAdminKey());
  const std::string before = world.Token("ada"), bob = world.Token("bob");
  REQUIRE(Identify(world, before) == "ok");
  world.loop.Advance(1500);
  const Answer revoked = Admin(world, kRevokeAda);
  REQUIRE(revoked->status == 200);
  CHECK(revoked->Json() ==
        nlohmann::json{
            {"product", "acme"}, {"sub", "ada"}, {"revoked_at", "2026-01-01T00:00:01.500Z"}, {"runs_cancelled", 0}});
  for (const Answer& answer :
       {world.Post("/session", {.token = before}), world.Say({.token = before}, {}),
        world.Get("/threads", {.token = before}), world.Get("/threads/th_1/messages", {.token = before}),
        world.Get("/threads/th_1/events", {.token = before}), world.Get("/agent/capabilities", {.token = before})}) {
    CHECK(answer->status == 401);
    CHECK(answer->Code() == "revoked");
    CHECK_FALSE(answer->Json()["hint"].get<std::string>().empty());
  }
  CHECK_FALSE(world.store->FindThread(ProductId{"acme"}, ThreadId{"th_1"}));
  CHECK(Identify(world, bob) == "ok");
  world.loop.Advance(1000);
  CHECK(Identify(world, world.Token("ada")) == "ok");
  CHECK(Identify(world, before) == "revoked");
}

TEST_CASE("case 21: a token without iat is refused for an hour after the revocation") {
  World world(":memory:", WithAdminKey());
  const auto without_iat = [&] {
    return SignToken(nlohmann::json{{"sub", "ada"}, {"exp", world.loop.Now() / 1000 + 3600}}.dump());
  };
  Admin(world, kRevokeAda);
  CHECK(Identify(world, without_iat()) == "revoked");
  world.loop.Advance(3'599'000);
  CHECK(Identify(world, without_iat()) == "revoked");
  world.loop.Advance(1'000);
  CHECK(Identify(world, without_iat()) == "ok");
}

TEST_CASE("case 21: the live run of a revoked user is cancelled, another user's goes on") {
  World world(":memory:", WithAdminKey());
  const Answer ada = world.Say({.token = world.Token("ada")}, {.text = "where is my order A-1001?"});
  const Answer bob =
      world.Say({.token = world.Token("bob")}, {.thread = "th_2", .run = "r_2", .text = "where is my order A-1001?"});
  REQUIRE(world.client.pending.size() == 2);
  world.loop.Advance(1000);
  CHECK(Admin(world, kRevokeAda)->Json()["runs_cancelled"] == 1);
  world.loop.Advance(1000);
  REQUIRE(ada->is_finished);
  CHECK(Events(ada->body).back().second["type"] == "RUN_FINISHED");
  CHECK(world.store->FindRun(ProductId{"acme"}, ThreadId{"th_1"}, RunId{"r_1"})->status ==
        StoredRun::Status::kCancelled);
  CHECK_FALSE(bob->is_finished);
}

TEST_CASE("A revocation that another process wrote cancels the user's runs at the next look") {
  World world;
  const Answer ada = world.Say({.token = world.Token("ada")}, {.text = "where is my order A-1001?"});
  world.loop.Advance(1000);
  world.store->PutRevocation({ProductId{"acme"}, "ada", world.loop.Now()});
  world.app->HearOthers();
  world.loop.Advance(1000);
  CHECK(ada->is_finished);
  // Whoever has come back with a new token since is left alone.
  world.Say({.token = world.Token("ada")}, {.run = "r_2", .id = "u_2", .text = "where is my order A-1002?"});
  world.app->HearOthers();
  world.loop.Advance(100);
  CHECK(world.store->FindRun(ProductId{"acme"}, ThreadId{"th_1"}, RunId{"r_2"})->status == StoredRun::Status::kRunning);
}

TEST_CASE("A revocation outlives a crash, and the log says who revoked whom") {
  const TemporaryFolder folder;
  World world(folder.File("s.db"), WithAdminKey());
  const std::string before = world.Token("ada");
  world.loop.Advance(1000);
  REQUIRE(Admin(world, kRevokeAda)->status == 200);
  world.Crash();
  CHECK(Identify(world, before) == "revoked");
  const auto audit = world.Audit();
  REQUIRE(audit.size() == 2);
  CHECK(audit[0].action == "revoke");
  CHECK(audit[0].outcome == "success");
  CHECK(audit[0].user == "ada");
  CHECK(audit[0].record.find("admin key " + Hex(Sha256(kAdminKey)).substr(0, 8)) != std::string::npos);
  CHECK(audit[0].record.find(kAdminKey) == std::string::npos);
  CHECK(audit[1].action == "refused");
  CHECK(audit[1].outcome == "failure");
  CHECK(audit[1].user.empty());
  CHECK(audit[1].record.find("revoked") != std::string::npos);
}

TEST_CASE("A user's id stands percent-encoded in the address") {
  World world(":memory:", WithAdminKey());
  const auto [path, sub] = GENERATE(table<std::string, std::string>({{"a%2Fb", "a/b"},
                                                                     {"Zo%C3%AB", "Zo\xC3\xAB"},
                                                                     {"%75_42", "u_42"},
                                                                     {"auth0%7C1", "auth0|1"},
                                                                     {"a+b", "a+b"},
                                                                     {"revoke", "revoke"}}));
  CHECK(Admin(world, "/v1/admin/products/acme/users/" + path + "/revoke")->Json()["sub"] == sub);
  CHECK(world.store->FindRevocation(ProductId{"acme"}, sub));
}

TEST_CASE("An address that names no user is refused, and no other endpoint is offered") {
  World world(":memory:", WithAdminKey());
  for (const std::string& path : {std::string("%"), std::string("%4"), std::string("%zz"), std::string("%FF"),
                                  std::string("a%00"), std::string("%0A"), std::string("a/b"), std::string(256, 'x')}) {
    CAPTURE(path);
    const Answer answer = Admin(world, "/v1/admin/products/acme/users/" + path + "/revoke");
    CHECK(answer->status == 400);
    CHECK(answer->Code() == "invalid_input");
  }
  for (const std::string path :
       {"/v1/admin/", "/v1/admin/products", "/v1/admin/products/acme/", "/v1/admin/products/acme/users/ada",
        "/v1/admin/products/acme/users//revoke", "/v1/admin/products/acme/users/revoke"}) {
    CAPTURE(path);
    CHECK(Admin(world, path)->Code() != "");
    CHECK(Admin(world, path)->status >= 400);
  }
  const Answer get = Admin(world, kRevokeAda, kAdminKey, "GET");
  CHECK(get->status == 405);
  CHECK(get->Header("Allow") == "POST");
  CHECK(world.store->ListRevocations(0).empty());
}

TEST_CASE("Without the product's own admin key nothing is done and nothing is learnt") {
  Product other = MakeProduct();
  World world(":memory:", WithAdminKey());
  const std::string key = GENERATE("", "wsk_", "wsk_wrong", "wsk_an_admin_key_of_the_owner2", "pk_acme", "x.y.z");
  CAPTURE(key);
  const Answer refused = Admin(world, kRevokeAda, key);
  CHECK(refused->status == 401);
  CHECK(refused->Code() == "admin_key_invalid");
  // A product that does not exist, and an endpoint that does not, look the same.
  nlohmann::json expected = refused->Json();
  for (const char* path : {"/v1/admin/products/none/users/ada/revoke", "/v1/admin/products/acme/else"}) {
    nlohmann::json same = Admin(world, path, key)->Json();
    same["request_id"] = expected["request_id"];
    CHECK(same == expected);
  }
  CHECK(world.store->ListRevocations(0).empty());
  CHECK(world.Audit().empty());
}

TEST_CASE("A Verification Secret, a user's token and the hash of an admin key are no admin keys") {
  World world(":memory:", WithAdminKey());
  for (const std::string& key : {std::string(kSecret), world.Token("ada"), Hex(Sha256(kAdminKey))})
    CHECK(Admin(world, kRevokeAda, key)->Code() == "admin_key_invalid");
  Product open = MakeProduct();
  open.admin_keys = {Hex(Sha256(""))};
  World without(":memory:", open);
  CHECK(Admin(without, kRevokeAda, "")->Code() == "admin_key_invalid");
}

TEST_CASE("Wrong admin keys are limited per address, and the right one gets through all the same") {
  World world(":memory:", WithAdminKey());
  int limited = 0;
  for (int i = 0; i < 30; ++i) {
    const Answer answer = Admin(world, kRevokeAda, "wsk_" + std::to_string(i));
    if (answer->status == 429) {
      ++limited;
      CHECK(answer->Header("Retry-After"));
    } else {
      CHECK(answer->status == 401);
    }
  }
  CHECK(limited == 20);
  CHECK(Admin(world, kRevokeAda)->status == 200);
}

TEST_CASE("The admin API answers no CORS") {
  World world(":memory:", WithAdminKey());
  const std::string method = GENERATE("OPTIONS", "POST");
  const Answer answer = world.Send(method, kRevokeAda, {.token = method == "POST" ? kAdminKey : ""});
  CHECK(answer->status == (method == "POST" ? 200 : 401));
  for (const http::Header& header : answer->headers) CHECK(header.name.find("Access-Control") == std::string::npos);
}

TEST_CASE("No admin key and no user's id reaches the log") {
  World world(":memory:", WithAdminKey());
  Admin(world, "/v1/admin/products/acme/users/ada-the-user/revoke");
  Admin(world, kRevokeAda, "wsk_wrong");
  REQUIRE(world.log.size() == 2);
  for (const std::string& line : world.log) {
    CHECK(line.find("wsk_") == std::string::npos);
    CHECK(line.find("ada") == std::string::npos);
  }
}

TEST_CASE(
    "case 22: tokens of both secrets hold while both are live, and a secret that is taken out is refused at once") {
  World world;
  const std::string old_token = TokenOf(world, kSecret, "k1"), old_plain = TokenOf(world, kSecret, "");
  CHECK(Identify(world, TokenOf(world, kNewSecret, "k2")) == "unknown_kid");
  const Answer streaming = world.Say({.token = old_token}, {.text = "where is my order A-1001?"});

  Product rotated = MakeProduct();
  rotated.keys.secrets = {{"k2", kNewSecret, std::nullopt}, {"k1", kSecret, world.loop.Now() + 60'000}};
  CHECK(world.app->Replace({rotated}).empty());
  for (const std::string& token :
       {old_token, old_plain, TokenOf(world, kNewSecret, "k2"), TokenOf(world, kNewSecret, "")})
    CHECK(Identify(world, token) == "ok");
  CHECK(Identify(world, TokenOf(world, kNewSecret, "k1")) == "invalid_signature");
  CHECK(Identify(world, TokenOf(world, kNewSecret, "k2", "other")) == "wrong_audience");
  CHECK(Identify(world, TokenOf(world, kSecret, "k1", "other")) == "wrong_audience");

  SECTION("its end is kept to the millisecond") {
    world.loop.Advance(59'999);
    CHECK(Identify(world, TokenOf(world, kSecret, "k1")) == "ok");
    world.loop.Advance(1);
    CHECK(Identify(world, TokenOf(world, kSecret, "k1")) == "unknown_kid");
    CHECK(Identify(world, TokenOf(world, kSecret, "")) == "invalid_signature");
    CHECK(Identify(world, TokenOf(world, kNewSecret, "k2")) == "ok");
  }
  SECTION("an emergency revoke is not waited for") {
    rotated.keys.secrets.pop_back();
    CHECK(world.app->Replace({rotated}).empty());
    CHECK(Identify(world, old_token) == "unknown_kid");
    CHECK(Identify(world, old_plain) == "invalid_signature");
    CHECK(Identify(world, TokenOf(world, kNewSecret, "k2")) == "ok");
    world.loop.Advance(0);
    REQUIRE(streaming->is_finished);
    CHECK(Events(streaming->body).back().second["type"] == "RUN_FINISHED");
    CHECK(world.store->FindRun(ProductId{"acme"}, ThreadId{"th_1"}, RunId{"r_1"})->status ==
          StoredRun::Status::kCancelled);
    return;
  }
  // What had begun goes on.
  CHECK_FALSE(streaming->is_finished);
  world.client.AnswerAll(R"({"content":{"id":"A-1001","status":"on its way"}})");
  world.loop.Advance(5000);
  CHECK(streaming->is_finished);
  CHECK(TextOf(streaming->body).find("on its way") != std::string::npos);
}

TEST_CASE(
    "case 22: with a secret end the runs that it let in, whether it is taken out, ended or replaced under its kid") {
  Product product = MakeProduct();
  product.keys.secrets.push_back({"k0", kNewSecret, std::nullopt});
  World world(":memory:", product);
  const std::string text = "where is my order A-1001?";
  const Answer ada = world.Say({.token = TokenOf(world, kSecret, "")}, {.text = text});
  const Answer same =
      world.Say({.token = TokenOf(world, kNewSecret, "k0")}, {.thread = "th_2", .run = "r_2", .text = text});
  const Answer guest = world.Say({.guest = kGuest}, {.thread = "th_3", .run = "r_3"});
  CHECK(world.app->Replace({product}).empty());
  world.loop.Advance(1);
  for (const Answer& answer : {ada, same, guest}) REQUIRE_FALSE(answer->is_finished);

  SECTION("taken out") { product.keys.secrets.erase(product.keys.secrets.begin()); }
  SECTION("ended") { product.keys.secrets[0].not_after = world.loop.Now(); }
  SECTION("replaced") { product.keys.secrets[0].value = "wvs_one_more_secret_with_at_least_32_bytes"; }
  CHECK(world.app->Replace({product}).empty());
  world.loop.Advance(1);
  CHECK(ada->is_finished);
  CHECK_FALSE(same->is_finished);
  CHECK_FALSE(guest->is_finished);
  const auto audit = world.Audit();
  CHECK(audit.back().user == "ada");
  CHECK(audit.back().action == "tool");
  CHECK(audit.back().outcome == "failure");
}

TEST_CASE("A new configuration that cannot be used leaves the old one in place and says why") {
  World world;
  Product broken = MakeProduct();
  broken.greeting_anonymous = "Broken";
  broken.tools[0].parameters_json = R"({"type":"object","properties":{"id":{"type":"unheard-of"}}})";
  Product added = MakeProduct();
  added.id.value = "other";
  const auto refusals = world.app->Replace({broken, added});
  REQUIRE(refusals.size() == 1);
  CHECK(refusals[0].find("get_order") != std::string::npos);
  CHECK(world.Post("/session", {})->Json()["greeting"] == "Hi! Ask me anything.");
  CHECK(world.Send("POST", "/v1/products/other/session", {})->status == 200);
  CHECK(world.app->Replace({added}).empty());
  CHECK(world.Post("/session", {})->Code() == "product_not_found");
}

TEST_CASE("A secret's last use is recorded at most once a minute, and only where it verified a user") {
  World world;
  const auto used_at = [&]() -> UnixMillis {
    const auto records = world.store->ListSecretRecords(ProductId{"acme"});
    return records.empty() ? 0 : records[0].used_at;
  };
  Identify(world, TokenOf(world, kNewSecret, ""));
  world.Post("/session", {});
  CHECK(used_at() == 0);
  Identify(world, world.Token("ada"));
  CHECK(used_at() == kStart);
  world.loop.Advance(59'000);
  Identify(world, world.Token("bob"));
  CHECK(used_at() == kStart);
  world.loop.Advance(1'000);
  world.Get("/threads", {.token = world.Token("bob")});
  CHECK(used_at() == kStart + 60'000);
}

TEST_CASE("case 40: a secret in a browser is refused, and which secret, when and from where is kept") {
  World world;
  world.loop.Advance(5000);
  CHECK(world.Send("POST", "/v1/products/acme/session", {.service_key = kSecret})->Code() == "secret_in_browser");
  world.loop.Advance(600'000);
  world.Send("POST", "/v1/products/acme/session", {.service_key = kSecret});
  const auto records = world.store->ListSecretRecords(ProductId{"acme"});
  REQUIRE(records.size() == 1);
  CHECK(records[0].kid == "k1");
  CHECK(records[0].leaked_at == kStart + 5000);
  CHECK(records[0].leaked_origin == kOrigin);
  CHECK(records[0].used_at == 0);
  world.Send("POST", "/v1/products/acme/session", {.service_key = "wvs_of_somebody_else"});
  CHECK(world.store->ListSecretRecords(ProductId{"acme"}).size() == 1);
}

TEST_CASE("Asking for the session again and again writes one audit row per token, act and minute") {
  World world;
  const std::string token = world.Token("ada");
  for (int i = 0; i < 20; ++i) CHECK(Identify(world, token) == "ok");
  CHECK(world.Audit().size() == 1);
  world.Post("/session", {.token = token}, R"({"event":"sign_out"})");
  CHECK(world.Audit().size() == 2);
  Identify(world, world.Token("bob"));
  CHECK(world.Audit().size() == 3);
  world.loop.Advance(60'000);
  Identify(world, token);
  CHECK(world.Audit().size() == 4);
}

TEST_CASE("Whatever an event is called, it is the same act: names of one's own fill neither the log nor the memory") {
  World world;
  const std::string token = world.Token("ada");
  for (int i = 0; i < 20; ++i)
    world.Post("/session", {.token = token},
               nlohmann::json{{"event", "identify" + std::string(1000, 'x') + std::to_string(i)}}.dump());
  CHECK(world.Audit().size() == 1);
}
