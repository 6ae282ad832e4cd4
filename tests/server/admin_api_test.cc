// Who may use the admin API, and what becomes of requests that are odd. What each endpoint does is tested beside it.
#include "server/admin_world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

TEST_CASE("Without the product's own key every endpoint is closed, and changes nothing") {
  AdminWorld admin;
  const std::string before = admin.Text();
  const std::string key = GENERATE(std::string(), std::string("wsk_wrong"), std::string("wsk_of_another_product"),
                                   std::string(kSecret), Hex(Sha256(kOwnerKey)));
  const AdminEndpoint endpoint = GENERATE(from_range(AdminEndpoints()));
  CAPTURE(key, endpoint.method, endpoint.path);
  const Answer answer = admin.Send(endpoint.method, endpoint.path, endpoint.body, key);
  CHECK(answer->status == 401);
  CHECK(answer->Code() == "admin_key_invalid");
  CHECK(admin.Text() == before);
  CHECK(admin.world.store->FindAudit({"acme"}, {}).empty());
}

TEST_CASE("The key of another product of the same server opens nothing") {
  const std::string others_key = "wsk_of_another_product";
  Product acme = MakeProduct(), other = MakeProduct();
  acme.admin_keys = {Hex(Sha256(kOwnerKey))};
  other.id.value = "other";
  other.admin_keys = {Hex(Sha256(others_key))};
  World world(":memory:", acme, OpenSqliteStore, {other});
  const AdminEndpoint endpoint = GENERATE(from_range(AdminEndpoints()));
  CAPTURE(endpoint.method, endpoint.path);
  const auto send = [&](const std::string& product, const std::string& key) {
    return world.Send(endpoint.method, "/v1/admin/products/" + product + endpoint.path,
                      {.token = key, .origin = "", .service_key = ""}, endpoint.body);
  };
  CHECK(send("acme", others_key)->Code() == "admin_key_invalid");
  CHECK(send("other", kOwnerKey)->Code() == "admin_key_invalid");
  CHECK(send("other", others_key)->status != 401);
}

TEST_CASE("Each endpoint takes its own method alone") {
  AdminWorld admin;
  const AdminEndpoint endpoint = GENERATE(from_range(AdminEndpoints()));
  for (const std::string method : {"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"}) {
    if (method == endpoint.method) continue;
    CAPTURE(method, endpoint.path);
    const Answer answer = admin.Send(method, endpoint.path, endpoint.body);
    CHECK(answer->status == 405);
    CHECK(answer->Header("Allow") == endpoint.method);
  }
  CHECK(admin.Send(endpoint.method, endpoint.path, endpoint.body)->status != 405);
}

TEST_CASE("What is no endpoint is not found, however near it is to one") {
  AdminWorld admin;
  const std::string path =
      GENERATE("/else", "/origins/", "/secrets/k1", "/secrets//revoke", "/audit/", "/audit/tail", "/users/",
               "/users/a/b", "/users/ada/export/", "/tools//dry-run", "/approvals/", "/approvals/a/b", "//");
  CAPTURE(path);
  CHECK(admin.Send("GET", path)->status == 404);
  CHECK(admin.Send("POST", path, "{}")->status == 404);
}

TEST_CASE("Bodies that are none, or hold what nobody asked for, are refused with a sentence and do nothing") {
  AdminWorld admin;
  const std::string before = admin.Text();
  const AdminEndpoint endpoint =
      GENERATE(filter([](const AdminEndpoint& it) { return it.method != "GET"; }, from_range(AdminEndpoints())));
  if (endpoint.path.starts_with("/approvals") || endpoint.path.starts_with("/threads")) return;
  const std::string deep = std::string(500, '[') + std::string(500, ']');
  for (const std::string& body :
       {std::string("no json"), std::string("[]"), std::string("7"), std::string("null"), std::string("{\"name\":7}"),
        std::string(R"({"name":"a","name":"b"})"), std::string(R"({"naem":"Maria"})"), R"({"name":)" + deep + '}',
        std::string("{\"name\":\"\xFF\"}"), R"({"name":")" + std::string(81, 'x') + "\"}"}) {
    CAPTURE(endpoint.path, body);
    const Answer answer = admin.Send(endpoint.method, endpoint.path, body);
    CHECK(answer->status == 400);
    CHECK(answer->Code() == "invalid_input");
    CHECK_FALSE(answer->Json()["detail"].get<std::string>().empty());
  }
  CHECK(admin.Text() == before);
  CHECK(admin.world.store->FindAudit({"acme"}, {}).empty());
  CHECK(admin.world.store->ListRevocations(0).empty());
}

TEST_CASE("A body must say that it is JSON") {
  AdminWorld admin;
  http::Request request;
  request.method = "POST";
  request.path = "/v1/admin/products/acme/secrets";
  request.headers = {{"authorization", "Bearer " + kOwnerKey}, {"content-type", "text/plain"}};
  request.body = "{}";
  CHECK(admin.world.Handle(request)->Code() == "unsupported_media_type");
}

TEST_CASE("The unanswered questions are cleared, of this product alone, and the log says by whom") {
  AdminWorld admin;
  admin.world.store->RecordUnanswered({"acme"}, "why?", 1);
  admin.world.store->RecordUnanswered({"other"}, "why?", 1);
  CHECK(admin.Get("/unanswered")["questions"].size() == 1);
  const Answer cleared = admin.Send("POST", "/unanswered/clear", R"({"name":"Maria"})");
  CHECK(cleared->status == 200);
  CHECK(cleared->Json() == json::object());
  CHECK(admin.Get("/unanswered")["questions"].empty());
  CHECK(admin.world.store->ListUnanswered({"other"}, 10).size() == 1);
  CHECK(admin.Record()["unmapped"]["widgent"]["action"] == "product_change");
  CHECK(admin.Record()["unmapped"]["widgent"]["by"] == kOwnerName + " (Maria)");
}

TEST_CASE("Judged replies are listed with who judged them, newest first") {
  AdminWorld admin;
  Store& store = *admin.world.store;
  for (const auto& [thread, kind, owner] :
       {std::tuple{"th_1", Owner::Kind::kUser, "ada"}, std::tuple{"th_2", Owner::Kind::kGuest, "g_1"}}) {
    store.PutThread({.product = {"acme"}, .id = {thread}, .owner = {kind, owner}});
    store.AppendMessage({"acme"}, {thread}, {.id = {"m_1"}, .role = StoredMessage::Role::kAssistant, .text = "Hi <b>"});
  }
  store.PutFeedback({"acme"}, {"th_1"}, {"m_1"}, StoredMessage::Rating::kUp, "good", kStart);
  store.PutFeedback({"acme"}, {"th_2"}, {"m_1"}, StoredMessage::Rating::kDown, "", kStart + 1);
  CHECK(admin.Get("/feedback") == json::parse(R"({"feedback":[
    {"thread":"th_2","reply":"m_1","text":"Hi <b>","rating":"down","comment":"","at":"2026-01-01T00:00:00.001Z",
     "user":null},
    {"thread":"th_1","reply":"m_1","text":"Hi <b>","rating":"up","comment":"good","at":"2026-01-01T00:00:00.000Z",
     "user":"ada"}]})"));
}

TEST_CASE("The log of the server has no key, user, name or query of the admin API") {
  AdminWorld admin;
  admin.Send("GET", "/audit?user=a-user");
  admin.Send("POST", "/users/a-user/erase", R"({"name":"a-name"})");
  admin.Send("POST", "/secrets/a-kid/revoke");
  REQUIRE(admin.world.log.size() == 3);
  for (const std::string& line : admin.world.log)
    for (const char* word : {"wsk_", "a-user", "a-name", "a-kid"}) CHECK(line.find(word) == std::string::npos);
}
