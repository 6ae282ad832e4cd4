// A tool that waits for the yes of the owner's people: who may decide, once, for what was shown, and what is done then.
#include "audit/chain.h"
#include "identity/crypto.h"
#include "server/refund.h"
#include "server/widgentd.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

const std::string kAdminKey = "wsk_an_admin_key_of_the_owner";
constexpr int kExpiresMs = 3'600'000;

Product WithOperators() {
  Product product = WithRefund(kExpiresMs / 1000, true);
  product.admin_keys = {Hex(Sha256(kAdminKey))};
  return product;
}

class OperatorWorld : public World {
 public:
  explicit OperatorWorld(const std::string& path = ":memory:") : World(path, WithOperators()) {}

  Caller ada{.token = Token("ada", "Ada", 3600)};

  // Ada asks for a refund; answers the question's id.
  std::string Ask(const std::string& run = "r_1", const std::string& message = "u_1") {
    const Answer answer = Say(ada, {.run = run, .id = message, .text = kRefund});
    loop.Advance(1000);
    const json last = Events(answer->body).back().second;
    REQUIRE(last["outcome"]["type"] == "interrupt");
    REQUIRE(client.pending.empty());
    interrupt = last["outcome"]["interrupts"][0];
    return interrupt["id"];
  }
  Answer Admin(const std::string& method, const std::string& path, const std::string& body = "",
               const std::string& key = kAdminKey) {
    return Send(method, "/v1/admin/products/acme/approvals" + path, {.token = key, .origin = "", .service_key = ""},
                body);
  }
  Answer Decide(const std::string& id, bool is_approved) {
    return Admin("POST", "/" + id, json{{"approved", is_approved}, {"name", "Maria\n"}}.dump());
  }
  json Waiting() { return Admin("GET", "")->Json()["approvals"]; }
  Answer Resume(const Caller& caller, const std::string& id, const std::string& run = "r_2") {
    // The page has no say: what it sends in place of the operator's word counts for nothing.
    const json entry{{"interruptId", id}, {"status", "resolved"}, {"payload", {{"approved", true}}}};
    const json body{{"threadId", "th_1"}, {"runId", run}, {"messages", json::array()}, {"resume", {entry}}};
    const Answer answer = Post("/agent", caller, body.dump());
    loop.Advance(1000);
    return answer;
  }
  Answer Watch(const Caller& caller) { return Get("/threads/th_1/events", caller); }
  std::string Rows() {
    std::string rows;
    for (const AuditRow& row : Audit())
      rows += row.outcome + ' ' + std::to_string(json::parse(row.record)["disposition_id"].get<int>()) + ' ' +
              row.user + ';';
    return rows;
  }

  json interrupt;
};

std::string CodeOf(const Answer& answer) {
  const auto events = Events(answer->body);
  return events.empty() ? answer->Code() : events.back().second.value("code", "");
}

std::vector<json> News(const Answer& stream) {
  std::vector<json> news;
  for (const auto& [id, event] : Events(stream->body))
    if (event["type"] == "CUSTOM") news.push_back(event["value"]);
  return news;
}

}  // namespace

TEST_CASE("A call that needs an operator's yes waits, and the operator is shown what it would do") {
  OperatorWorld world;
  const std::string id = world.Ask();
  CHECK(world.interrupt["metadata"]["widgent"] == json{{"tool", "refund_order"}, {"by", "operator"}});
  const json waiting = world.Waiting();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0]["id"] == id);
  CHECK(waiting[0]["sub"] == "ada");
  CHECK(waiting[0]["thread_id"] == "th_1");
  CHECK(waiting[0]["tool"] == "refund_order");
  CHECK(waiting[0]["message"] == "Refund order A-1001 (damaged)?");
  CHECK(waiting[0]["arguments"] == json{{"order_id", "A-1001"}, {"reason", "damaged"}, {"customer_id", "ada"}});
  CHECK(waiting[0]["expires_at"] == "2026-01-01T01:00:00.000Z");
  // The user cannot answer in the operator's place.
  CHECK(CodeOf(world.Resume(world.ada, id)) == "interrupt_pending");
  CHECK(world.client.pending.empty());
  CHECK(world.Rows().empty());
}

TEST_CASE(
    "What an operator approves is done once, in a run of the user it was asked for, and audited with who decided") {
  OperatorWorld world;
  const std::string id = world.Ask();
  const Answer page = world.Watch(world.ada);
  CHECK(world.Decide(id, true)->Json() == json{{"id", id}, {"approved", true}});
  CHECK(News(page) == std::vector<json>{{{"id", id}, {"status", "granted"}}});
  CHECK(world.client.pending.empty());
  CHECK(world.Waiting().empty());

  const Answer answer = world.Resume(world.ada, id);
  REQUIRE(world.client.pending.size() == 1);
  const json sent = json::parse(world.client.pending.begin()->second.request.body);
  CHECK(sent["tool"]["arguments"] == json{{"order_id", "A-1001"}, {"reason", "damaged"}, {"customer_id", "ada"}});
  CHECK(sent["approval"] == json{{"id", id}, {"by", "operator"}});
  CHECK(sent["user"]["sub"] == "ada");
  world.client.AnswerAll(R"({"ok":true})");
  world.loop.Advance(5000);
  CHECK(TextOf(answer->body) == "I have asked for a refund of order A-1001.");
  CHECK(world.Rows() == "approved 8 ada;attempt 1 ada;success 1 ada;");
  const json decision = json::parse(world.Audit()[0].record);
  CHECK(decision["actor"]["user"]["name"] == "admin key " + Hex(Sha256(kAdminKey)).substr(0, 8) + " (Maria)");
  CHECK(decision["user"]["uid"] == "ada");
  CHECK(decision["unmapped"]["widgent"]["identity"] == "operator");
  CHECK(decision["unmapped"]["widgent"]["approval"] == json{{"id", id}, {"by", "operator"}});
  CHECK(decision["activity_id"] == 3);
  CHECK_FALSE(VerifyAudit(*world.store, {"acme"}));

  // The user's other page, which has heard of it too, is shown the same run.
  CHECK(world.Resume(world.ada, id, "r_3")->body == answer->body);
  CHECK(world.client.pending.empty());
  world.app->HearOthers();
  CHECK(page->is_finished);
}

TEST_CASE("What an operator rejects is not done, and the user is told") {
  OperatorWorld world;
  const std::string id = world.Ask();
  const Answer page = world.Watch(world.ada);
  world.Decide(id, false);
  CHECK(News(page) == std::vector<json>{{{"id", id}, {"status", "refused"}}});
  const Answer answer = world.Resume(world.ada, id);
  CHECK(TextOf(answer->body) == "I have asked our people, and they said no. Nothing was done.");
  CHECK(world.client.pending.empty());
  CHECK(world.Rows() == "rejected 25 ada;");
}

TEST_CASE("An operator decides once: the same word again is answered alike, another one is refused") {
  OperatorWorld world;
  const std::string id = world.Ask();
  const Answer first = world.Decide(id, false);
  CHECK(world.Decide(id, false)->body == first->body);
  CHECK(world.Decide(id, true)->Code() == "approval_closed");
  CHECK(world.Decide("int_unheard", true)->Code() == "approval_closed");
  world.Resume(world.ada, id);
  CHECK(world.Decide(id, false)->Code() == "approval_closed");
  CHECK(world.Rows() == "rejected 25 ada;");
  CHECK(world.Admin("POST", "/" + id, R"({"approved":"yes"})")->Code() == "invalid_input");
  CHECK(world.Admin("POST", "/" + id, R"({"approved":true})", "wsk_wrong")->Code() == "admin_key_invalid");
  CHECK(world.Admin("GET", "", "", world.ada.token)->Code() == "admin_key_invalid");
  CHECK(world.Admin("GET", "/" + id)->Code() == "method_not_allowed");
}

TEST_CASE("A question to operators that expires can neither be answered nor acted upon") {
  OperatorWorld world;
  const std::string id = world.Ask();
  const bool is_decided = GENERATE(false, true);
  if (is_decided) world.Decide(id, true);
  world.loop.Advance(kExpiresMs - 60'000);
  const Caller later{.token = world.Token("ada")};
  const Answer page = world.Watch(later);
  world.loop.Advance(60'000);
  world.app->HearOthers();
  if (!is_decided) CHECK(News(page) == std::vector<json>{{{"id", id}, {"status", "expired"}}});
  CHECK(page->is_finished);
  CHECK(world.Waiting().empty());
  CHECK(world.Decide(id, false)->Code() == "approval_closed");
  CHECK(CodeOf(world.Resume(later, id)) == "interrupt_expired");
  CHECK(world.client.pending.empty());
  CHECK(world.Rows() == std::string(is_decided ? "approved 8 ada;" : "") + "denied 26 ada;");
}

TEST_CASE("Nobody but the user it was asked for goes on from an operator's yes") {
  OperatorWorld world;
  const std::string id = world.Ask();
  world.Decide(id, true);
  CHECK(CodeOf(world.Resume({.token = world.Token("bob")}, id)) == "thread_not_found");
  CHECK(CodeOf(world.Resume({.guest = kGuest}, id)) == "identity_changed");
  CHECK(CodeOf(world.Watch({.token = world.Token("bob")})) == "thread_not_found");
  CHECK(world.client.pending.empty());
}

TEST_CASE("While people are asked the conversation goes on, and a reload shows what waits") {
  OperatorWorld world;
  const std::string id = world.Ask();
  const Answer next = world.Say(world.ada, {.run = "r_9", .id = "u_9", .text = "thanks"});
  world.loop.Advance(1000);
  CHECK(TextOf(next->body) == "You are welcome!");
  const auto open = [&] { return world.Get("/threads/th_1/messages", world.ada)->Json()["interrupts"]; };
  CHECK(open() == json::array({world.interrupt}));
  world.Decide(id, true);
  CHECK(open()[0]["metadata"]["widgent"]["decided"] == "granted");
  // A page that opens its stream only now hears of it as well.
  CHECK(News(world.Watch(world.ada)) == std::vector<json>{{{"id", id}, {"status", "granted"}}});
  world.Resume(world.ada, id);
  CHECK(world.client.pending.size() == 1);
}

TEST_CASE("A question to operators is not put aside by what the user writes") {
  OperatorWorld world;
  const std::string id = world.Ask();
  json body = json::parse(World::Body({.run = "r_9", .id = "u_9", .text = "thanks"}));
  body["resume"] = {{{"interruptId", id}, {"status", "cancelled"}}};
  const Answer next = world.Post("/agent", world.ada, body.dump());
  world.loop.Advance(1000);
  CHECK(TextOf(next->body) == "You are welcome!");
  CHECK(world.Waiting().size() == 1);
  CHECK(world.Rows().empty());
}

TEST_CASE("A question to operators and its answer survive a restart") {
  TemporaryFolder folder;
  OperatorWorld world(folder.File("widgent.db"));
  const std::string id = world.Ask();
  world.Crash();
  CHECK(world.Waiting().size() == 1);
  world.Decide(id, true);
  world.Crash();
  world.Resume(world.ada, id);
  CHECK(world.client.pending.size() == 1);
}

TEST_CASE("The command line lists what waits, and its word reaches the running server's pages within a second") {
  TemporaryFolder folder;
  OperatorWorld world(folder.File("widgent.db"));
  // The command line goes by the real clock.
  world.loop.Advance(SystemNow() - world.loop.Now());
  world.ada.token = world.Token("ada", "Ada");
  const std::string id = world.Ask();
  const Answer page = world.Watch(world.ada);
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "approvals");
    arguments.insert(arguments.end(), {"--data", folder.File("").substr(0, folder.File("").size() - 1)});
    return Widgentd(arguments);
  };
  const Printed list = run({"list", "acme"});
  CHECK(Has(list.out, id));
  CHECK(Has(list.out, "Refund order A-1001 (damaged)?"));
  CHECK(Has(list.out, R"("customer_id":"ada")"));
  CHECK(json::parse(run({"list", "acme", "--json"}).out)["approvals"][0]["id"] == id);
  for (const Printed& other : {run({"list", "other"}), run({"approve", "other", id})}) {
    CHECK(other.code == kExitUsage);
    CHECK(Has(other.error, "There is no product \"other\""));
  }
  const Printed approved = run({"approve", "acme", id});
  CHECK(approved.code == kExitOk);
  CHECK(Has(approved.out, "Approved: Refund order A-1001 (damaged)?"));
  CHECK(run({"reject", "acme", id}).code == kExitNo);
  CHECK(Has(run({"list", "acme"}).out, "Nothing of acme waits"));
  CHECK(News(page).empty());
  world.app->HearOthers();
  CHECK(News(page) == std::vector<json>{{{"id", id}, {"status", "granted"}}});
  world.Resume(world.ada, id);
  CHECK(world.client.pending.size() == 1);
  CHECK(json::parse(world.Audit()[0].record)["actor"]["user"]["name"] == "command line");
}

TEST_CASE("A revocation ends what was asked under the user's earlier tokens, decided or not") {
  const bool is_decided = GENERATE(false, true);
  CAPTURE(is_decided);
  OperatorWorld world;
  const std::string id = world.Ask();
  if (is_decided) CHECK(world.Decide(id, true)->status == 200);
  const Caller owner{.token = kAdminKey, .origin = "", .service_key = ""};
  CHECK(world.Send("POST", "/v1/admin/products/acme/users/ada/revoke", owner)->status == 200);
  CHECK(world.Waiting().empty());
  CHECK(world.Decide(id, true)->status == 409);
  world.loop.Advance(5000);
  const Caller again{.token = world.Token("ada", "Ada", 3600)};
  CHECK(Events(world.Resume(again, id)->body).back().second["code"] == "interrupt_expired");
  CHECK(world.client.pending.empty());
}

TEST_CASE("What waits for the people is not asked of them again, and of one conversation five questions at most wait") {
  OperatorWorld world;
  world.Ask();
  const auto again = [&](int number, const std::string& text) {
    const std::string n = std::to_string(number);
    const Answer answer = world.Say(world.ada, {.run = "r_n" + n, .id = "u_n" + n, .text = text});
    world.loop.Advance(1000);
    return answer;
  };
  CHECK(Has(TextOf(again(1, kRefund)->body), "asked for exactly that"));
  CHECK(world.Waiting().size() == 1);
  for (int number = 2; number < 6; ++number)
    again(number, "please refund my damaged order A-100" + std::to_string(number));
  CHECK(world.Waiting().size() == 5);
  CHECK(Has(TextOf(again(6, "please refund my damaged order A-1009")->body), "not answered yet"));
  CHECK(world.Waiting().size() == 5);
  // What they have agreed to waits for the page, and is not asked again meanwhile.
  world.Decide(world.Waiting()[1]["id"], true);
  CHECK(Has(TextOf(again(8, "please refund my damaged order A-1002")->body), "agreed to exactly that"));
  CHECK(world.Waiting().size() == 4);
  // Room again, once they have said no.
  world.Decide(world.Waiting()[0]["id"], false);
  again(7, "please refund my damaged order A-1009");
  CHECK(world.Waiting().size() == 4);
}

TEST_CASE("What operators send is JSON that can be read in one way only") {
  OperatorWorld world;
  const std::string id = world.Ask();
  const std::string body = GENERATE(R"({"approved":true,"approved":false})", R"({"approved":true} x)", "[]",
                                    "{\"approved\":true,\"name\":\"\xff\"}");
  const Answer answer = world.Admin("POST", "/" + id, body);
  CHECK(answer->status == 400);
  CHECK(answer->Code() == "invalid_input");
  CHECK_FALSE(answer->Json()["hint"].get<std::string>().empty());
  CHECK(world.Waiting().size() == 1);
}
