// What an owner sees, exports and erases of one user.
#include "audit/audit.h"
#include "server/admin_world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

struct Visited : AdminWorld {
  Visited() {
    Put("th_1", {Owner::Kind::kUser, "ada"}, kStart);
    Put("th_2", {Owner::Kind::kUser, "ada"}, kStart + 1000);
    Put("th_3", {Owner::Kind::kUser, "bob"}, kStart);
    Put("th_4", {Owner::Kind::kGuest, "ada"}, kStart);
    world.store->PutThread({.product = {"other"}, .id = {"th_1"}, .owner = {Owner::Kind::kUser, "ada"}});
    world.store->Commit();
  }
  void Put(const std::string& id, const Owner& owner, UnixMillis at) {
    world.store->PutThread(
        {.product = {"acme"}, .id = {id}, .owner = owner, .created_at = at, .active_at = at, .title = "Hi"});
    world.store->AppendMessage({"acme"}, {id}, {.id = {"u_1"}, .text = "Hi \"there\"", .at = at});
  }
  bool Has(const std::string& product, const std::string& thread) {
    return world.store->FindThread({product}, {thread}).has_value();
  }
};

}  // namespace

TEST_CASE("A user's conversations are listed, newest first, and nobody else's") {
  Visited visited;
  CHECK(visited.Get("/users/ada") == json::parse(R"({"sub":"ada","revoked_at":null,"threads":[
    {"id":"th_2","title":"Hi","created_at":"2026-01-01T00:00:01.000Z","active_at":"2026-01-01T00:00:01.000Z"},
    {"id":"th_1","title":"Hi","created_at":"2026-01-01T00:00:00.000Z","active_at":"2026-01-01T00:00:00.000Z"}]})"));
  CHECK(visited.Get("/users/nobody") == json{{"sub", "nobody"}, {"revoked_at", nullptr}, {"threads", json::array()}});
  CHECK(visited.Send("POST", "/users/ada/revoke", R"({"name":"Maria"})")->status == 200);
  CHECK(visited.Get("/users/ada")["revoked_at"] == "2026-01-01T00:00:00.000Z");
  CHECK(visited.Record()["unmapped"]["widgent"]["by"] == kOwnerName + " (Maria)");
}

TEST_CASE("At most 200 conversations are listed, and all are exported and erased") {
  AdminWorld admin;
  for (int i = 0; i < 205; ++i) {
    const Owner ada{Owner::Kind::kUser, "ada"};
    admin.world.store->PutThread({.product = {"acme"}, .id = {"th_" + std::to_string(i)}, .owner = ada});
  }
  CHECK(admin.Get("/users/ada")["threads"].size() == 200);
  CHECK(admin.Get("/users/ada/export")["threads"].size() == 205);
  CHECK(admin.Send("POST", "/users/ada/erase")->Json() == json{{"sub", "ada"}, {"threads_erased", 205}});
}

TEST_CASE("An export that is long comes in pages") {
  AdminWorld admin;
  for (int i = 0; i < 3; ++i) {
    const ThreadId thread{"th_" + std::to_string(i)};
    admin.world.store->PutThread({.product = {"acme"}, .id = thread, .owner = {Owner::Kind::kUser, "ada"}});
    admin.world.store->AppendMessage({"acme"}, thread, {.id = {"u_1"}, .text = std::string(3u << 20, 'x')});
  }
  const json first = admin.Get("/users/ada/export");
  CHECK(first["threads"].size() == 2);
  CHECK(first["next"] == "2");
  const json last = admin.Get("/users/ada/export?from=2");
  CHECK(last["threads"].size() == 1);
  CHECK(last["next"].is_null());
  CHECK(admin.Get("/users/ada/export?from=9")["threads"].empty());
  CHECK(admin.Send("GET", "/users/ada/export?from=-1")->Code() == "invalid_input");
}

TEST_CASE("An export holds all that was said, by whom, and what a guest had said as such") {
  Visited visited;
  Store& store = *visited.world.store;
  store.AppendMessage({"acme"}, {"th_1"},
                      {.id = {"m_1"},
                       .role = StoredMessage::Role::kAssistant,
                       .status = StoredMessage::Status::kInterrupted,
                       .text = "Hello",
                       .at = kStart + 1});
  store.PutFeedback({"acme"}, {"th_1"}, {"m_1"}, StoredMessage::Rating::kDown, "Too short", kStart);
  store.AppendMessage({"acme"}, {"th_1"},
                      {.id = {"op_1"}, .role = StoredMessage::Role::kOperator, .text = "Yes?", .at = kStart + 2});
  store.AppendMessage({"acme"}, {"th_1"},
                      {.id = {"u_2"}, .text = "me", .metadata_json = std::string(kUnverifiedTurn), .at = kStart + 3});
  const json exported = visited.Get("/users/ada/export");
  CHECK(exported["product"] == "acme");
  CHECK(exported["sub"] == "ada");
  CHECK(exported["exported_at"] == "2026-01-01T00:00:00.000Z");
  REQUIRE(exported["threads"].size() == 2);
  CHECK(exported["threads"][1] == json::parse(R"({"id":"th_1","title":"Hi","created_at":"2026-01-01T00:00:00.000Z",
    "active_at":"2026-01-01T00:00:00.000Z","messages":[
    {"id":"u_1","role":"user","text":"Hi \"there\"","at":"2026-01-01T00:00:00.000Z","status":"done","rating":null},
    {"id":"m_1","role":"assistant","text":"Hello","at":"2026-01-01T00:00:00.001Z","status":"interrupted",
     "rating":"down","comment":"Too short"},
    {"id":"op_1","role":"operator","text":"Yes?","at":"2026-01-01T00:00:00.002Z","status":"done","rating":null},
    {"id":"u_2","role":"user","text":"me","at":"2026-01-01T00:00:00.003Z","status":"done","rating":null,
     "unverified":true}]})"));
}

TEST_CASE("Erasing a user takes that user's conversations of this product alone, and the log keeps and says so") {
  Visited visited;
  CHECK(visited.Send("POST", "/users/ada/erase", R"({"name":"Maria"})")->Json() ==
        json{{"sub", "ada"}, {"threads_erased", 2}});
  CHECK_FALSE(visited.Has("acme", "th_1"));
  CHECK_FALSE(visited.Has("acme", "th_2"));
  CHECK(visited.Has("acme", "th_3"));
  CHECK(visited.Has("acme", "th_4"));  // a guest whose id is the same text
  CHECK(visited.Has("other", "th_1"));
  CHECK(visited.Get("/users/ada/export")["threads"].empty());
  const auto rows = visited.world.store->FindAudit({"acme"}, {.user = "ada", .action = "erase"});
  REQUIRE(rows.size() == 1);
  CHECK(json::parse(rows[0].record)["message"] == "erased the conversations of ada: 2");
  CHECK(json::parse(rows[0].record)["unmapped"]["widgent"]["by"] == kOwnerName + " (Maria)");
  CHECK_FALSE(VerifyAudit(*visited.world.store, {"acme"}));
}

TEST_CASE("A reply that is being given to an erased user ends, and leaves nothing behind") {
  AdminWorld admin;
  World& world = admin.world;
  const Answer ada = world.Say({.token = world.Token("ada")}, {.text = "hello"});
  const Answer bob = world.Say({.token = world.Token("bob")}, {.thread = "th_2", .run = "r_2", .text = "hello"});
  REQUIRE_FALSE(ada->is_finished);
  CHECK(admin.Send("POST", "/users/ada/erase")->Json()["threads_erased"] == 1);
  CHECK(ada->is_finished);
  CHECK_FALSE(bob->is_finished);
  world.loop.Advance(20'000);
  CHECK(Events(bob->body).back().second["type"] == "RUN_FINISHED");
  CHECK_FALSE(world.store->FindThread({"acme"}, {"th_1"}));
  CHECK(world.store->ListMessages({"acme"}, {"th_2"}, 10).size() == 2);
}

TEST_CASE("Users of odd names are found, and addresses that name none are refused") {
  AdminWorld admin;
  const auto [path, sub] = GENERATE(table<std::string, std::string>({{"a%2Fb", "a/b"},
                                                                     {"Zo%C3%AB", "Zo\xC3\xAB"},
                                                                     {"export", "export"},
                                                                     {"auth0%7C1", "auth0|1"},
                                                                     {"a+b", "a+b"},
                                                                     {"%27%3B--", "';--"},
                                                                     {"..", ".."}}));
  CHECK(admin.Get("/users/" + path)["sub"] == sub);
  CHECK(admin.Get("/users/" + path + "/export")["sub"] == sub);
  CHECK(admin.Send("POST", "/users/" + path + "/erase")->Json()["sub"] == sub);
  for (const std::string& none : {std::string("%"), std::string("%4"), std::string("%zz"), std::string("%FF"),
                                  std::string("a%00"), std::string("%0A"), std::string(256, 'x')}) {
    CAPTURE(none);
    CHECK(admin.Send("GET", "/users/" + none)->Code() == "invalid_input");
    CHECK(admin.Send("GET", "/users/" + none + "/export")->Code() == "invalid_input");
    CHECK(admin.Send("POST", "/users/" + none + "/erase")->Code() == "invalid_input");
  }
}
