// A conversation that is handed over to the owner's people: what their help desk is told, what they may do, who hears
// of it, and when the agent speaks again.
#include "audit/chain.h"
#include "identity/crypto.h"
#include "identity/webhook_signature.h"
#include "server/widgentd.h"
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

const std::string kAdminKey = "wsk_an_admin_key_of_the_owner";
constexpr char kDeskSecret[] = "whsec_d2lkZ2VudC1oZWxwLWRlc2stc2VjcmV0LXRlc3QtMzItYg==";
constexpr char kAskForPerson[] = "I want to talk to a human";

Product WithHelpDesk() {
  Product product = MakeProduct();
  product.handoff_url.clear();
  product.handoff_label = "Zu einem Menschen";
  product.admin_keys = {Hex(Sha256(kAdminKey))};
  ToolConfig desk;
  desk.name = kHandoffTool;
  desk.url = "https://shop.example/desk";
  desk.secret = kDeskSecret;
  desk.hands_off = true;
  desk.effect = ToolConfig::Effect::kCreate;
  desk.idempotent = true;
  desk.retries = 2;
  desk.parameters_json = R"({"type":"object","properties":{},"additionalProperties":false})";
  product.tools.insert(product.tools.begin(), desk);
  return product;
}

class DeskWorld : public World {
 public:
  explicit DeskWorld(const std::string& path = ":memory:") : World(path, WithHelpDesk()) {}

  Caller ada{.token = Token("ada", "Ada")};
  int said = 0;

  // One message with ids of its own; the help desk has not answered yet.
  Answer Tell(const Caller& caller, const std::string& text) {
    const std::string n = std::to_string(++said);
    const Answer answer = Say(caller, {.run = "r_" + n, .id = "u_" + n, .text = text});
    loop.Advance(1000);
    return answer;
  }
  http::ClientRequest Sent() {
    REQUIRE(client.pending.size() == 1);
    return client.pending.begin()->second.request;
  }
  void Accept() {
    client.AnswerAll("taken");
    loop.Advance(5000);
  }
  void HandOver(const Caller& caller) {
    Tell(caller, kAskForPerson);
    Accept();
  }
  Answer Admin(const std::string& action, const std::string& body = "", const std::string& idempotency_key = "",
               const std::string& key = kAdminKey, const std::string& thread = "th_1") {
    http::Request request;
    request.method = "POST";
    request.path = "/v1/admin/products/acme/threads/" + thread + "/" + action;
    request.headers = {{"authorization", "Bearer " + key}};
    if (!body.empty()) request.headers.push_back({"content-type", "application/json"});
    if (!idempotency_key.empty()) request.headers.push_back({"idempotency-key", idempotency_key});
    request.body = body;
    request.peer_address = "203.0.113.9";
    return Handle(std::move(request));
  }
  Answer Answers(const std::string& text, const std::string& key = "") {
    return Admin("messages", json{{"text", text}, {"name", "Maria"}}.dump(), key);
  }
  Answer Watch(const Caller& caller) { return Get("/threads/th_1/events", caller); }
  json History(const Caller& caller) { return Get("/threads/th_1/messages", caller)->Json(); }
  std::string Acts() {
    std::string acts;
    for (const AuditRow& row : Audit()) acts += row.action + ' ' + row.outcome + ' ' + row.user + ';';
    return acts;
  }
};

std::string HeaderOf(const http::ClientRequest& request, const std::string& name) {
  for (const http::Header& header : request.headers)
    if (header.name == name) return header.value;
  return "";
}

void CheckSigned(const http::ClientRequest& request) {
  const std::string id = HeaderOf(request, "webhook-id");
  const auto sent_at = std::stoll(HeaderOf(request, "webhook-timestamp"));
  CHECK(HeaderOf(request, "webhook-signature") == SignWebhook(kDeskSecret, id, sent_at, request.body).value());
  CHECK(json::parse(request.body)["id"] == id);
  CHECK(request.egress.allow_hosts == std::vector<std::string>{"shop.example"});
}

// What pages that wait are told.
std::vector<std::string> News(const Answer& stream) {
  std::vector<std::string> news;
  for (const auto& [id, event] : Events(stream->body)) {
    if (event["type"] == "TEXT_MESSAGE_START")
      news.push_back(event["metadata"]["widgent"]["operator"]["name"].get<std::string>() + ": ");
    if (event["type"] == "TEXT_MESSAGE_CONTENT") news.back() += event["delta"];
  }
  return news;
}

}  // namespace

TEST_CASE("Whoever asks for a person is handed over, with all that was said, to the owner's help desk") {
  DeskWorld world;
  world.Tell(world.ada, "hello");
  const Answer answer = world.Tell(world.ada, kAskForPerson);
  const http::ClientRequest request = world.Sent();
  CheckSigned(request);
  CHECK(request.url == "https://shop.example/desk");
  const json body = json::parse(request.body);
  CHECK(body["type"] == "handoff.requested");
  CHECK(body["product_id"] == "acme");
  CHECK(body["thread_id"] == "th_1");
  CHECK(body["user"]["sub"] == "ada");
  CHECK(body["user"]["verified"] == true);
  const json& transcript = body["transcript"];
  REQUIRE(transcript.size() == 3);
  CHECK(transcript[0]["role"] == "user");
  CHECK(transcript[0]["text"] == "hello");
  CHECK(transcript[1]["role"] == "assistant");
  CHECK(transcript[2]["text"] == kAskForPerson);
  CHECK_FALSE(world.History(world.ada).contains("people"));

  world.Accept();
  CHECK(TextOf(answer->body) == "I have passed our conversation on. A person will answer you here.");
  const auto events = Events(answer->body);
  CHECK(events.back().second["metadata"]["widgent"]["people"] == "op_");
  CHECK(answer->body.find("TOOL_CALL") == std::string::npos);
  CHECK(world.History(world.ada)["people"] == "op_");
  CHECK(world.Acts() == "tool attempt ada;tool success ada;");
}

TEST_CASE("The words that were offered ask for a person in any language") {
  DeskWorld world;
  const Answer offer = world.Tell(world.ada, "Who won the chess world championship?");
  CHECK(offer->body.find("Zu einem Menschen") != std::string::npos);
  world.Tell(world.ada, "Zu einem Menschen");
  CHECK(json::parse(world.Sent().body)["type"] == "handoff.requested");
}

TEST_CASE("A guest is handed over as nobody in particular") {
  DeskWorld world;
  const Caller guest{.guest = kGuest};
  world.Tell(guest, kAskForPerson);
  const json user = json::parse(world.Sent().body)["user"];
  CHECK(user["verified"] == false);
  CHECK(user.size() == 2);
  CHECK(user["anonymous_id"] != kGuest);
}

TEST_CASE("Where the help desk does not answer the agent stays, says so, and asks it under the same id again") {
  DeskWorld world;
  const Answer answer = world.Tell(world.ada, kAskForPerson);
  const std::string id = HeaderOf(world.Sent(), "webhook-id");
  for (int i = 0; i < 3; ++i) {
    CHECK(HeaderOf(world.Sent(), "webhook-id") == id);
    const auto pending = std::move(world.client.pending.begin()->second);
    world.client.pending.clear();
    http::ClientResult refused;
    refused.status = 503;
    refused.request_sent = true;
    pending.done(refused);
    world.loop.Advance(2000);
  }
  world.loop.Advance(5000);
  CHECK(TextOf(answer->body).starts_with("I could not reach our people just now."));
  CHECK_FALSE(world.History(world.ada).contains("people"));
  CHECK(world.Acts() == "tool attempt ada;tool failure ada;");
  CHECK(TextOf(world.Tell(world.ada, "thanks")->body) == "You are welcome!");
  world.Tell(world.ada, kAskForPerson);
  CHECK(HeaderOf(world.Sent(), "webhook-id") == id);
}

TEST_CASE("After a hand-off the agent is silent, and what the visitor says is passed on, signed") {
  DeskWorld world;
  world.HandOver(world.ada);
  const Answer answer = world.Tell(world.ada, "where is my order A-1001?");
  const http::ClientRequest request = world.Sent();
  CheckSigned(request);
  const json body = json::parse(request.body);
  CHECK(body["type"] == "handoff.message");
  CHECK(body["thread_id"] == "th_1");
  CHECK(body["user"]["sub"] == "ada");
  CHECK(body["message"]["id"] == "u_2");
  CHECK(body["message"]["text"] == "where is my order A-1001?");
  CHECK(body["message"]["role"] == "user");
  world.Accept();
  const auto events = Events(answer->body);
  REQUIRE(events.size() == 2);
  CHECK(events[0].second["type"] == "RUN_STARTED");
  CHECK(events[1].second["outcome"]["type"] == "success");
  CHECK(events[1].second["metadata"]["widgent"]["people"] == "op_");
  CHECK(world.History(world.ada)["messages"].size() == 3);
}

TEST_CASE("A hand-off that fails is in the log, with what the owner can do and nothing of the conversation") {
  DeskWorld world;
  world.Tell(world.ada, kAskForPerson);
  http::ClientResult refused;
  refused.error = http::ClientResult::Error::kRefusedByEgress;
  const auto pending = std::move(world.client.pending.begin()->second);
  world.client.pending.clear();
  pending.done(refused);
  world.loop.Advance(1000);
  const std::string line = world.log.back();
  CHECK(Has(line, "tool product=acme tool=talk_to_person run=r_1: egress_refused. "));
  CHECK(Has(line, "allow_hosts"));
  CHECK_FALSE(Has(line, "human"));
}

TEST_CASE("A message that the help desk has not taken fails, and goes out under the same id when it is sent again") {
  DeskWorld world;
  world.HandOver(world.ada);
  const Answer answer = world.Tell(world.ada, "are you there?");
  const std::string id = HeaderOf(world.Sent(), "webhook-id");
  http::ClientResult refused;
  refused.status = 400;
  const auto pending = std::move(world.client.pending.begin()->second);
  world.client.pending.clear();
  pending.done(refused);
  world.loop.Advance(1000);
  CHECK(Events(answer->body).back().second["code"] == "handoff_undelivered");
  CHECK(Has(world.log.back(), "did not reach the help desk: http_400. It refuses: "));
  world.Say(world.ada, {.run = "r_again", .id = "u_2", .text = "are you there?"});
  world.loop.Advance(1000);
  CHECK(HeaderOf(world.Sent(), "webhook-id") == id);
  CHECK(world.History(world.ada)["messages"].size() == 3);
}

TEST_CASE("An operator's message appears at once on the pages that wait, and in the history, as a person's") {
  DeskWorld world;
  CHECK(world.Watch(world.ada)->status == 404);
  world.HandOver(world.ada);
  const Answer page = world.Watch(world.ada), other_page = world.Watch(world.ada);
  CHECK(page->Header("Content-Type") == "text/event-stream");
  const Answer answer = world.Answers("Hello Ada, I am looking into it.");
  CHECK(answer->status == 201);
  CHECK(answer->Json()["thread_id"] == "th_1");
  CHECK(News(page) == std::vector<std::string>{"Maria: Hello Ada, I am looking into it."});
  // A run as any other to a stock client.
  const auto events = Events(page->body);
  CHECK(events.front().second["type"] == "RUN_STARTED");
  CHECK(events.back().second["type"] == "TEXT_MESSAGE_END");
  CHECK(News(other_page) == News(page));
  CHECK_FALSE(page->is_finished);
  const json last = world.History(world.ada)["messages"].back();
  CHECK(last["id"] == answer->Json()["id"]);
  CHECK(last["role"] == "assistant");
  CHECK(last["content"] == "Hello Ada, I am looking into it.");
  CHECK(last["metadata"]["widgent"]["operator"] == json{{"name", "Maria"}});
  CHECK(world.Acts().ends_with("operator_message success ada;"));
  // Who comes later is told too, and a page that has left is not written to.
  page->Leave();
  CHECK(News(world.Watch(world.ada)).size() == 1);
  Caller knowing = world.ada;
  knowing.last_event_id = answer->Json()["id"].get<std::string>() + ":0";
  CHECK(News(world.Watch(knowing)).empty());
  world.Answers("One moment.");
  CHECK(News(other_page).size() == 2);
  world.loop.Advance(30'000);
  CHECK(other_page->body.ends_with(": hb\n\n"));
}

TEST_CASE("A conversation that is handed back is the agent's again, and a later hand-off is another one") {
  DeskWorld world;
  world.Tell(world.ada, kAskForPerson);
  const std::string first_id = HeaderOf(world.Sent(), "webhook-id");
  world.Accept();
  world.Answers("Hello Ada");
  Caller knowing = world.ada;
  knowing.last_event_id = world.History(world.ada)["people"].get<std::string>() + ":0";
  const Answer page = world.Watch(knowing);
  const Answer back = world.Admin("hand-back");
  CHECK(back->Json() == json{{"thread_id", "th_1"}, {"handed_off", false}});
  CHECK(News(page).empty());
  CHECK(page->is_finished);
  const json end = Events(page->body).back().second;
  CHECK(end["type"] == "RUN_FINISHED");
  CHECK_FALSE(end.contains("metadata"));
  CHECK(world.Watch(world.ada)->status == 204);
  CHECK(world.Acts().ends_with("hand_back success ada;"));
  CHECK_FALSE(VerifyAudit(*world.store, {"acme"}));
  CHECK(TextOf(world.Tell(world.ada, "thanks")->body) == "You are welcome!");
  // Once more changes nothing, and is not written down.
  CHECK(world.Admin("hand-back")->status == 200);
  CHECK(world.Answers("Anything else?")->Code() == "not_handed_off");
  CHECK(world.Acts().ends_with("hand_back success ada;"));
  world.Tell(world.ada, kAskForPerson);
  CHECK(HeaderOf(world.Sent(), "webhook-id") != first_id);
  world.Accept();
  // What was said in the first one is not told again, not even at the end of the second.
  const Answer later = world.Watch(world.ada);
  world.Admin("hand-back");
  CHECK(News(later).empty());
}

TEST_CASE("An operator's message that is sent again under its key is said once and answered alike") {
  DeskWorld world;
  world.HandOver(world.ada);
  const Answer page = world.Watch(world.ada);
  const Answer first = world.Answers("Hello", "key-1");
  world.loop.Advance(5000);
  const Answer again = world.Answers("Hello", "key-1");
  CHECK(again->status == 201);
  CHECK(again->body == first->body);
  CHECK(News(page).size() == 1);
  const Answer other = world.Answers("Something else", "key-1");
  CHECK(other->status == 422);
  CHECK(other->Code() == "idempotency_mismatch");
  CHECK(world.Answers("Hello", "key-2")->Json()["id"] != first->Json()["id"]);
  CHECK(News(page).size() == 2);
  world.Admin("hand-back");
  CHECK(world.Answers("Hello", "key-1")->body == first->body);
}

TEST_CASE("A hand-off survives a restart") {
  TemporaryFolder folder;
  DeskWorld world(folder.File("widgent.db"));
  world.HandOver(world.ada);
  world.Answers("Hello", "key-1");
  world.Crash();
  CHECK(world.History(world.ada)["people"].get<std::string>().size() > 3);
  CHECK(News(world.Watch(world.ada)) == std::vector<std::string>{"Maria: Hello"});
  world.Tell(world.ada, "are you there?");
  CHECK(json::parse(world.Sent().body)["type"] == "handoff.message");
  world.Accept();
  CHECK(world.Answers("Yes")->status == 201);
  CHECK(world.Answers("Hello", "key-1")->status == 201);
  CHECK(world.History(world.ada)["messages"].size() == 5);
}

TEST_CASE("Nobody else hears or says anything in a conversation with a person") {
  DeskWorld world;
  world.HandOver(world.ada);
  const Caller bob{.token = world.Token("bob")};
  CHECK(world.Watch(bob)->Code() == "thread_not_found");
  CHECK(world.Watch({.guest = kGuest})->Code() == "thread_not_found");
  const std::string body = R"({"text":"Hello"})";
  CHECK(world.Admin("messages", body, "", "wsk_wrong")->Code() == "admin_key_invalid");
  CHECK(world.Admin("hand-back", "", "", world.ada.token)->Code() == "admin_key_invalid");
  CHECK(world.Admin("messages", body, "", kAdminKey, "th_2")->Code() == "thread_not_found");
  CHECK(world.Admin("messages", R"({"text":" "})")->Code() == "invalid_input");
  CHECK(world.Admin("messages", R"({"text":1})")->Code() == "invalid_input");
  CHECK(world.Admin("messages", "hello")->Code() == "invalid_input");
  CHECK(world.Admin("messages", json{{"text", std::string(4001, 'x')}}.dump())->Code() == "message_too_large");
  CHECK(world.History(world.ada)["messages"].size() == 2);
}

TEST_CASE("A page that waits is let go when its user's token ends or is revoked") {
  DeskWorld world;
  world.HandOver(world.ada);
  const Answer page = world.Watch({.token = world.Token("ada", "Ada", 60)});
  const Answer longer = world.Watch(world.ada);
  world.loop.Advance(61'000);
  world.Answers("Hello");
  CHECK(page->is_finished);
  CHECK(News(page).empty());
  CHECK(News(longer).size() == 1);
  world.store->PutRevocation({{"acme"}, "ada", world.loop.Now()});
  world.Answers("Still there?");
  CHECK(longer->is_finished);
  CHECK(News(longer).size() == 1);
}

TEST_CASE("A server that stops lets the waiting pages go") {
  DeskWorld world;
  world.HandOver(world.ada);
  const Answer page = world.Watch(world.ada);
  world.app->Drain();
  CHECK(page->is_finished);
  CHECK(world.Watch(world.ada)->Code() == "draining");
}

TEST_CASE("A conversation that people have taken over keeps its id when its guest signs in") {
  DeskWorld world;
  world.Say(world.ada, {.thread = "th_a", .run = "r_a", .id = "u_a"});
  world.loop.Advance(1000);
  const Caller guest{.guest = "5f0c1a2b3c4d5e6f708192a3b4c5d6e7"};
  world.HandOver(guest);
  const Caller both{.token = world.ada.token, .guest = guest.guest};
  const Answer merged = world.Post("/session", both, R"({"event":"identify","merge":"th_1","append":true})");
  CHECK(merged->Json()["thread_id"] == "th_1");
  CHECK(world.Answers("Hello")->status == 201);
}

TEST_CASE("A visitor's message cannot have an id of the owner's people") {
  DeskWorld world;
  CHECK(world.Say(world.ada, {.id = "op_1"})->Code() == "invalid_input");
}
