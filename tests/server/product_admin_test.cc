// A product as its owner sees it over HTTP, and what the owner changes: at once, in its file, and in the audit log.
#include <algorithm>

#include "server/admin_world.h"
#include "server/atomic_file.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

std::string TokenOf(World& world, const std::string& secret) {
  const std::int64_t now = world.loop.Now() / 1000;
  return SignToken(json{{"sub", "ada"}, {"iat", now}, {"exp", now + 600}}.dump(), secret);
}

int Identify(World& world, const std::string& token) { return world.Post("/session", {.token = token})->status; }

int Preflight(World& world, const std::string& origin) {
  return world.Send("OPTIONS", "/v1/products/acme/session", {.origin = origin, .service_key = ""})->status;
}

}  // namespace

TEST_CASE("The product is shown with all that its owner has configured") {
  AdminWorld admin;
  json product = admin.Get();
  CHECK(product["warnings"].size() == 3);  // its secrets stand in plain text
  product.erase("warnings");
  const json schema = {{"type", "object"}, {"properties", {{"id", {{"type", "string"}}}}}};
  CHECK(product["tools"][0] ==
        json{{"name", "refund"},
             {"description", "Refunds an order"},
             {"kind", "http"},
             {"effect", "write"},
             {"idempotent", false},
             {"host", "shop.example"},
             {"timeout_ms", 8000},
             {"retries", 0},
             {"parameters", schema},
             {"requires",
              {{"identified", true},
               {"scopes", json::array()},
               {"roles", json::array()},
               {"claims", {{{"path", "/plan"}, {"in", {"pro", "team"}}}}},
               {"max_token_age_s", nullptr}}},
             {"bind", {{"customer", "/sub"}}},
             {"approval", {{"by", "user"}, {"message", "Refund {{args.id}}?"}, {"expires_s", 300}}},
             {"examples", json::array()},
             {"per_user_per_min", 5}});
  CHECK(product["tools"][1]["host"] == "shop.example:8443");
  CHECK(product["tools"][1]["requires"]["identified"] == false);
  CHECK(product["tools"][1]["approval"].is_null());
  product.erase("tools");
  json expected = json::parse(R"({"id":"acme","name":"Acme","accent":"#336699","origins":["https://shop.example"],
    "service_keys":["pk_acme"],
    "identity":{"required":false,"on_expiry":"guest","merge":"session","max_lifetime_s":3600,"leeway_s":30},
    "secrets":[{"kid":"k1","state":"live","created_at":null,"not_after":null,"used_at":null,"leaked_at":null,
      "leaked_origin":""}],
    "agent":{"kind":"builtin","name":"Acme","model":"","base_url":""},"knowledge":null,
    "greeting":{"verified":"Hi {{name}}, how can I help?","anonymous":"Hi! How can I help?"},
    "suggestions":{"verified":["Where is my order?"],"anonymous":[]},"handoff":null,
    "rate_limits":{"per_user_per_min":20,"per_ip_per_min":40,"concurrent_runs_per_user":2,
      "per_product_per_min":null}})");
  expected["admin_keys"] = {Hex(Sha256(kOwnerKey)).substr(0, 8)};
  expected["audit"] = {{"count", 0}, {"hash", std::string(64, '0')}};
  CHECK(product == expected);
}

TEST_CASE("No secret, no hash of a key and no query of a tool's address is in what is shown of a product") {
  AdminWorld admin;
  admin.Send("POST", "/secrets");
  const std::string shown = admin.Send("GET", "")->body;
  CHECK(shown.find("k1") != shown.npos);
  for (const std::string& secret :
       {std::string(kSecret), std::string("wvs_"), std::string(kToolSecret), std::string("sealed"), kOwnerKey,
        std::string("wsk_"), Hex(Sha256(kOwnerKey)), std::string("of-the-shop")})
    CHECK(shown.find(secret) == shown.npos);
}

TEST_CASE("A secret is shown as live, used, leaked and ended") {
  AdminWorld admin;
  World& world = admin.world;
  const auto secret = [&] { return admin.Get()["secrets"].back(); };
  REQUIRE(Identify(world, TokenOf(world, kSecret)) == 200);
  CHECK(secret()["used_at"] == "2026-01-01T00:00:00.000Z");
  world.store->RecordSecretLeak({"acme"}, "k1", kStart, "https://shop.example");
  CHECK(secret()["state"] == "leaked");
  CHECK(secret()["leaked_at"] == "2026-01-01T00:00:00.000Z");
  CHECK(secret()["leaked_origin"] == "https://shop.example");
  admin.Send("POST", "/secrets", R"({"overlap_hours":1})");
  CHECK(secret()["not_after"] == "2026-01-01T01:00:00.000Z");
  world.loop.Advance(3'600'000);
  CHECK(secret()["state"] == "ended");
}

TEST_CASE("A new secret verifies tokens at once, and the old one until its end") {
  AdminWorld admin;
  World& world = admin.world;
  const Answer made = admin.Send("POST", "/secrets", R"({"overlap_hours":2,"name":"Maria"})");
  REQUIRE(made->status == 201);
  CHECK(made->Header("Cache-Control") == "no-store");
  const json answer = made->Json();
  CHECK(answer["kid"] == "2026-01-01");
  CHECK(answer["old_until"] == "2026-01-01T02:00:00.000Z");
  const std::string secret = answer["secret"];
  CHECK(secret.starts_with("wvs_"));
  CHECK(Identify(world, TokenOf(world, secret)) == 200);
  CHECK(Identify(world, TokenOf(world, kSecret)) == 200);
  world.loop.Advance(2 * 3'600'000 - 1);
  CHECK(Identify(world, TokenOf(world, kSecret)) == 200);
  world.loop.Advance(1);
  CHECK(Identify(world, TokenOf(world, kSecret)) == 401);
  CHECK(Identify(world, TokenOf(world, secret)) == 200);
  CHECK(admin.Text().find(secret) == std::string::npos);

  const auto rows = world.store->FindAudit({"acme"}, {.action = "product_change"});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].record.find(secret) == std::string::npos);
  const json record = json::parse(rows[0].record);
  CHECK(record["message"] == "rotated to the secret 2026-01-01");
  CHECK(record["unmapped"]["widgent"]["by"] == kOwnerName + " (Maria)");
}

TEST_CASE("A rotation without overlap ends the old secret at once") {
  AdminWorld admin;
  const json answer = admin.Send("POST", "/secrets", R"({"overlap_hours":0})")->Json();
  CHECK(answer["old_until"].is_null());
  CHECK(Identify(admin.world, TokenOf(admin.world, kSecret)) == 401);
  CHECK(Identify(admin.world, TokenOf(admin.world, answer["secret"])) == 200);
}

TEST_CASE("A third live secret is refused, and nothing is written") {
  AdminWorld admin;
  REQUIRE(admin.Send("POST", "/secrets")->status == 201);
  const std::string before = admin.Text();
  const Answer refused = admin.Send("POST", "/secrets");
  CHECK(refused->status == 409);
  CHECK(refused->Code() == "change_refused");
  CHECK(admin.Text() == before);
  CHECK(admin.Get("/audit/head")["count"] == 1);
}

TEST_CASE("Hours of overlap that are none are refused") {
  AdminWorld admin;
  const std::string hours =
      GENERATE("-1", "8761", "1.5", "1e2", "\"24\"", "null", "[]", "true", "99999999999999999999");
  CAPTURE(hours);
  const Answer refused = admin.Send("POST", "/secrets", "{\"overlap_hours\":" + hours + "}");
  CHECK(refused->Code() == "invalid_input");
  CHECK(refused->Json()["detail"].get<std::string>().starts_with("overlap_hours"));
}

TEST_CASE("A revoked secret is refused in the next request, and the product is answered as it is then") {
  AdminWorld admin;
  World& world = admin.world;
  REQUIRE(Identify(world, TokenOf(world, kSecret)) == 200);
  const Answer revoked = admin.Send("POST", "/secrets/k1/revoke", R"({"name":"Maria"})");
  CHECK(revoked->status == 200);
  CHECK(revoked->Json()["secrets"][0]["state"] == "ended");
  CHECK(revoked->Json()["audit"]["count"] == admin.Get("/audit/head")["count"]);
  CHECK(Identify(world, TokenOf(world, kSecret)) == 401);
  CHECK(admin.world.store->FindAudit({"acme"}, {.action = "product_change"}).size() == 1);

  const std::string after = admin.Text();
  world.loop.Advance(60'000);
  CHECK(admin.Send("POST", "/secrets/k1/revoke")->status == 200);
  CHECK(admin.Text() == after);
  CHECK(admin.world.store->FindAudit({"acme"}, {.action = "product_change"}).size() == 1);
}

TEST_CASE("A kid stands percent-encoded in the address, and one that there is not is told") {
  json product = OwnedProduct();
  product["verification"]["secrets"][0]["kid"] = "of May/1";
  AdminWorld admin(product);
  for (const char* path : {"k1", "%", "of%20May", "%00", "%FF", "of%20May%2F1%2F"}) {
    CAPTURE(path);
    const Answer answer = admin.Send("POST", std::string("/secrets/") + path + "/revoke");
    CHECK(answer->status == 404);
    CHECK(answer->Code() == "secret_not_found");
  }
  CHECK(admin.Send("POST", "/secrets/of%20May%2F1/revoke")->Json()["secrets"][0]["state"] == "ended");
}

TEST_CASE("Origins that change hold for the next request") {
  AdminWorld admin;
  World& world = admin.world;
  REQUIRE(Preflight(world, kOrigin) == 204);
  REQUIRE(Preflight(world, "https://new.example") == 403);
  const Answer changed = admin.Send(
      "PUT", "/origins", R"({"origins":["https://NEW.example:443","https://*.new.example"],"name":"Maria"})");
  CHECK(changed->status == 200);
  CHECK(changed->Json()["origins"] == json{"https://new.example", "https://*.new.example"});
  CHECK(admin.Record()["message"] ==
        "origin https://new.example added, origin https://*.new.example added, origin https://shop.example removed");
  CHECK(admin.Record()["unmapped"]["widgent"]["by"] == kOwnerName + " (Maria)");
  CHECK(Preflight(world, "https://new.example") == 204);
  CHECK(Preflight(world, "https://a.new.example") == 204);
  CHECK(Preflight(world, kOrigin) == 403);
  CHECK(json::parse(admin.Text())["origins"] == json{"https://new.example", "https://*.new.example"});
}

TEST_CASE("The same origins again change nothing") {
  AdminWorld admin;
  const std::string before = admin.Text();
  CHECK(admin.Send("PUT", "/origins", R"({"origins":["https://shop.example/"]})")->status != 500);
  CHECK(admin.Send("PUT", "/origins", R"({"origins":["https://SHOP.example"]})")->status == 200);
  CHECK(admin.Text() == before);
  CHECK(admin.world.store->FindAudit({"acme"}, {}).empty());
}

TEST_CASE("Origins that are none are refused by name, and nothing is written") {
  AdminWorld admin;
  const std::string before = admin.Text();
  const auto [origins, named] =
      GENERATE(table<std::string, std::string>({{"[]", "origins"},
                                                {"null", "origins"},
                                                {"{}", "origins"},
                                                {"\"https://a.example\"", "origins"},
                                                {"[7]", "origins"},
                                                {"[\"\"]", "origin"},
                                                {"[\"shop\"]", "shop"},
                                                {"[\"*\"]", "*"},
                                                {"[\"null\"]", "null"},
                                                {"[\"https://*.com\"]", "https://*.com"},
                                                {"[\"https://a.example/x\"]", "a.example/x"},
                                                {"[\"https://a.example\",\"ftp://b\"]", "ftp://b"},
                                                {"[\"https://a\\u0000b\"]", "https://a"}}));
  CAPTURE(origins);
  const Answer refused = admin.Send("PUT", "/origins", "{\"origins\":" + origins + "}");
  CHECK(refused->status == 400);
  CHECK(refused->Code() == "invalid_input");
  CHECK(refused->Json()["detail"].get<std::string>().find(named) != std::string::npos);
  CHECK(admin.Send("PUT", "/origins", "{}")->Code() == "invalid_input");
  CHECK(admin.Text() == before);
}

TEST_CASE("More origins than a product may have are refused before anything is written") {
  AdminWorld admin;
  const std::string before = admin.Text();
  json origins = json::array();
  for (int i = 0; i <= 100; ++i) origins.push_back("https://shop" + std::to_string(i) + ".example");
  const Answer refused = admin.Send("PUT", "/origins", json{{"origins", origins}}.dump());
  CHECK(refused->Code() == "change_refused");
  CHECK(admin.Text() == before);
}

TEST_CASE("Where the file cannot be written, nothing changes and the command is named") {
  AdminWorld admin;
  admin.Lock();
  const std::string before = admin.Text();
  const auto [method, path, body, remedy] = GENERATE(table<std::string, std::string, std::string, std::string>(
      {{"PUT", "/origins", R"({"origins":["https://new.example"]})", "\"origins\""},
       {"POST", "/secrets", "{}", "widgentd product rotate-secret acme --dir '/"},
       {"POST", "/secrets/k1/revoke", "{}", "widgentd product revoke-secret acme 'k1' --dir '/"}}));
  const Answer refused = admin.Send(method, path, body);
  CHECK(refused->status == 409);
  CHECK(refused->Code() == "product_read_only");
  CHECK(refused->Json()["hint"].get<std::string>().find(remedy) != std::string::npos);
  CHECK(refused->body.find("wvs_") == std::string::npos);
  CHECK(admin.Text() == before);
  CHECK(admin.Get()["origins"] == json{kOrigin});
  CHECK(admin.world.store->FindAudit({"acme"}, {}).empty());
}

TEST_CASE("A server without product files changes none") {
  Product product = MakeProduct();
  product.admin_keys = {Hex(Sha256(kOwnerKey))};
  World world(":memory:", product);
  CHECK(world.Send("POST", "/v1/admin/products/acme/secrets", {.token = kOwnerKey})->Code() == "product_read_only");
}

TEST_CASE("A file that somebody has broken by hand, or made another product's, is left as it is") {
  AdminWorld admin;
  const auto breaking = GENERATE(0, 1, 2);
  json product = OwnedProduct();
  if (breaking == 0) product["naem"] = "x";
  if (breaking == 1) product["id"] = "other";
  if (breaking == 2) product["tools"][0]["parameters"]["properties"]["id"]["type"] = "strange";
  admin.Write(product);
  const std::string before = admin.Text();
  const Answer refused = admin.Send("PUT", "/origins", R"({"origins":["https://new.example"]})");
  CHECK(refused->status == 409);
  CHECK(refused->Code() == "change_refused");
  CHECK(refused->body.find(kSecret) == std::string::npos);
  CHECK(admin.Text() == before);
}

TEST_CASE("What somebody has changed in the file by hand stays beside what is changed over HTTP") {
  AdminWorld admin;
  json product = OwnedProduct();
  product["name"] = "Acme Ltd";
  admin.Write(product);
  CHECK(admin.Send("PUT", "/origins", R"({"origins":["https://new.example"]})")->Json()["name"] == "Acme Ltd");
}

TEST_CASE("A secret is revoked also where the help pages are gone, and the answer says what is served") {
  AdminWorld admin;
  json product = OwnedProduct();
  product["knowledge"]["dir"] = "nowhere";
  admin.Write(product);
  const std::string token = TokenOf(admin.world, kSecret);
  const json answered = admin.Send("POST", "/secrets/k1/revoke")->Json();
  CHECK(answered["secrets"][0]["state"] == "ended");
  CHECK(Identify(admin.world, token) == 401);
}

TEST_CASE("A copy beside the product's file does not take its place") {
  AdminWorld admin;
  const auto copy = std::filesystem::path(admin.File()).replace_filename("acme-old.json");
  std::filesystem::copy_file(admin.File(), copy);
  CHECK(admin.Send("PUT", "/origins", R"({"origins":["https://new.example"]})")->status == 200);
  CHECK(admin.Text().find("https://new.example") != std::string::npos);
  CHECK(admin.files.FileOf({"acme"}) == admin.File());
  CHECK(admin.Get()["origins"] == json{"https://new.example"});
}

TEST_CASE("While a command changes the file the server does not, and does not wait") {
  AdminWorld admin;
  const std::string before = admin.Text();
  {
    const FolderHold command(std::filesystem::path(admin.File()).parent_path().string());
    const Answer refused = admin.Send("POST", "/secrets");
    CHECK(refused->status == 409);
    CHECK(refused->Code() == "change_refused");
    CHECK(admin.Text() == before);
  }
  CHECK(admin.Send("POST", "/secrets")->status == 201);
}

TEST_CASE("A dry run shows the request without its signature, and sends nothing") {
  AdminWorld admin;
  const json body = {
      {"arguments", {{"id", "A-1"}}}, {"claims", {{"sub", "u_42"}, {"plan", "pro"}}}, {"approved", true}};
  const Answer answer = admin.Send("POST", "/tools/refund/dry-run", body.dump());
  REQUIRE(answer->status == 200);
  const json report = answer->Json();
  CHECK(report["visitor"] == "u_42");
  CHECK(report["offered"] == true);
  CHECK(report["withheld"].is_null());
  CHECK(report["question"] == json{{"by", "user"}, {"message", "Refund A-1?"}});
  CHECK(report["outcome"].is_null());
  CHECK(report["request"]["method"] == "POST");
  CHECK(report["request"]["url"] == "https://shop.example/(not shown)");
  const json sent = json::parse(report["request"]["body"].get<std::string>());
  CHECK(sent["tool"]["arguments"] == json{{"id", "A-1"}, {"customer", "u_42"}});
  CHECK(sent["user"]["sub"] == "u_42");
  const json signature = {"webhook-signature", "(not shown)"};
  const json& headers = report["request"]["headers"];
  CHECK(std::count(headers.begin(), headers.end(), signature) == 1);
  for (const std::string& secret : {std::string(kToolSecret), std::string(kSecret), std::string("of-the-shop")})
    CHECK(answer->body.find(secret) == std::string::npos);
  CHECK(admin.world.client.pending.empty());
  CHECK(admin.world.store->FindAudit({"acme"}, {}).empty());
}

TEST_CASE("A dry run stops where a visitor's call would") {
  AdminWorld admin;
  const auto run = [&](const json& body, const std::string& tool = "refund") {
    return admin.Send("POST", "/tools/" + tool + "/dry-run", body.dump())->Json();
  };
  const json pro = {{"sub", "u_42"}, {"plan", "pro"}}, free = {{"sub", "u_42"}, {"plan", "free"}};
  const json guest = run({{"claims", nullptr}});
  CHECK(guest["visitor"].is_null());
  CHECK(guest["offered"] == false);
  CHECK(guest["withheld"] == "identity_required");
  CHECK(guest["outcome"]["code"] == "identity_required");
  CHECK(guest["request"].is_null());
  const json poor = run({{"claims", free}});
  CHECK(poor["offered"] == false);
  CHECK_FALSE(poor["withheld"].is_null());
  const json asked = run({{"claims", pro}, {"arguments", {{"id", "A-1"}}}});
  CHECK(asked["question"]["message"] == "Refund A-1?");
  CHECK(asked["request"].is_null());
  CHECK(asked["outcome"].is_null());
  const json wrong = run({{"claims", pro}, {"arguments", {{"id", 7}}}});
  CHECK(wrong["outcome"]["code"] == "arguments_invalid");
  CHECK(wrong["question"].is_null());
  CHECK(run({{"arguments", {{"id", "x"}}}}, "search")["request"]["url"] == "https://shop.example:8443/(not shown)");
}

TEST_CASE("A dry run of what is no call is refused") {
  AdminWorld admin;
  const auto [body, detail] = GENERATE(table<std::string, std::string>({{R"({"arguments":[]})", "arguments"},
                                                                        {R"({"arguments":null})", "arguments"},
                                                                        {R"({"claims":"ada"})", "claims"},
                                                                        {R"({"claims":[]})", "claims"},
                                                                        {R"({"claims":{}})", "sub_required"},
                                                                        {R"({"claims":{"sub":true}})", "sub"},
                                                                        {R"({"claims":{"sub":"a","exp":"x"}})", "exp"},
                                                                        {R"({"approved":"yes"})", "approved"},
                                                                        {R"({"args":{}})", "args"}}));
  const Answer refused = admin.Send("POST", "/tools/search/dry-run", body);
  CAPTURE(body);
  CHECK(refused->status == 400);
  CHECK(refused->Code() == "invalid_input");
  CHECK(refused->Json()["detail"].get<std::string>().find(detail) != std::string::npos);
  for (const char* tool : {"else", "%", "%00", "SEARCH", "sea%FFrch"})
    CHECK(admin.Send("POST", std::string("/tools/") + tool + "/dry-run", "{}")->Code() == "tool_not_found");
}
