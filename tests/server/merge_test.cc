// A guest's conversation becomes a user's: when, once, to whom, and what it tells.
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr char kOtherGuest[] = "another-guest-01";

Product WithMerge(IdentityRules::Merge merge) {
  Product product = MakeProduct();
  product.identity_rules.merge = merge;
  return product;
}

// A guest and ada as one browser shows them: the token and the guest's id in one request.
struct Visit {
  explicit Visit(World& the_world) : world(the_world) {}
  World& world;
  const Caller guest{.guest = kGuest};
  Caller ada{.token = world.Token("ada", "Ada"), .guest = kGuest};

  void SayAsGuest(const std::string& thread = "th_g", const std::string& n = "g1") {
    REQUIRE(world.Say(guest, {.thread = thread, .run = "r_" + n, .id = "u_" + n, .text = "hello"})->status == 200);
    world.loop.Advance(20'000);
  }
  void SayAsAda(const std::string& thread = "th_a", const std::string& n = "a1") {
    REQUIRE(world.Say(ada, {.thread = thread, .run = "r_" + n, .id = "u_" + n, .text = "hello"})->status == 200);
    world.loop.Advance(20'000);
  }
  json Identify(const Caller& caller, json body = {{"event", "identify"}, {"merge", "th_g"}}) {
    const Answer answer = world.Post("/session", caller, body.dump());
    REQUIRE(answer->status == 200);
    return answer->Json();
  }
  std::string IdsOf(const std::string& thread, const Caller& caller) {
    std::string ids;
    const json history = world.Get("/threads/" + thread + "/messages", caller)->Json();
    if (!history.contains("messages")) return history["code"];
    for (const json& message : history["messages"])
      if (message["role"] == "user") ids += message["id"].get<std::string>() + ' ';
    return ids;
  }
  int MergeRows() {
    int count = 0;
    for (const AuditRow& row : world.Audit()) count += row.action == "merge";
    return count;
  }
};

// Two answers, but for what differs in every answer.
void CheckSame(json a, json b) {
  for (json* answer : {&a, &b}) {
    answer->erase("server_time");
    answer->erase("request_id");
    (*answer)["identity"].erase("expires_in");
  }
  CHECK(a == b);
}

}  // namespace

TEST_CASE("A guest's conversation is taken over by the user who identifies, and marked as not the user's word") {
  World world;
  Visit visit(world);
  visit.SayAsGuest();
  const json answer = visit.Identify(visit.ada);
  CHECK(answer["thread_id"] == "th_g");
  CHECK(answer["merged"] == true);
  CHECK_FALSE(answer.contains("merge_offer"));

  const json messages = world.Get("/threads/th_g/messages", visit.ada)->Json()["messages"];
  REQUIRE(messages.size() == 2);
  CHECK(messages[0]["metadata"]["widgent"]["unverified"] == true);
  CHECK_FALSE(messages[1]["metadata"]["widgent"].contains("unverified"));
  CHECK(visit.IdsOf("th_g", visit.guest) == "thread_not_found");
  CHECK(world.Say(visit.guest, {.thread = "th_g", .run = "r_2", .id = "u_2"})->Code() == "thread_not_found");
  CHECK(world.Get("/threads", visit.guest)->Json()["threads"].empty());

  visit.SayAsAda("th_g", "a1");
  const json after = world.Get("/threads/th_g/messages", visit.ada)->Json()["messages"];
  REQUIRE(after.size() == 4);
  CHECK_FALSE(after[2]["metadata"]["widgent"].contains("unverified"));
}

TEST_CASE("A merge is one audit row that names the user and not the guest") {
  World world;
  Visit visit(world);
  visit.SayAsGuest();
  visit.Identify(visit.ada);
  const auto rows = world.Audit();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].action == "identify");
  CHECK(rows[1].action == "merge");
  CHECK(rows[1].user == "ada");
  CHECK(rows[1].outcome == "success");
  const json record = json::parse(rows[1].record);
  CHECK(record["session"]["uid"] == "th_g");
  CHECK(record["unmapped"]["widgent"]["merged_thread"] == "th_g");
  CHECK(rows[1].record.find(kGuest) == std::string::npos);
  CHECK_FALSE(VerifyAudit(*world.store, ProductId{"acme"}));
}

TEST_CASE("The same merge again, or of another tab at once, gets the same answer and happens once") {
  const auto rule = GENERATE(IdentityRules::Merge::kSession, IdentityRules::Merge::kAsk);
  const bool append = GENERATE(false, true);
  CAPTURE(rule, append);
  World world(":memory:", WithMerge(rule));
  Visit visit(world);
  visit.SayAsAda();
  visit.SayAsGuest();
  json body{{"event", "merge"}, {"merge", "th_g"}};
  if (append) body["append"] = true;

  // Both arrive before anything is durable.
  const auto end_turn = std::exchange(world.loop.on_turn_end, nullptr);
  const Answer first = world.Post("/session", visit.ada, body.dump());
  const Answer second = world.Post("/session", visit.ada, body.dump());
  CHECK(first->status == 0);
  CHECK(second->status == 0);
  world.loop.on_turn_end = end_turn;
  world.loop.Post([] {});
  world.loop.RunReady();
  REQUIRE(first->status == 200);
  CHECK(first->Json()["thread_id"] == (append ? "th_a" : "th_g"));
  CHECK(first->Json()["merged"] == true);
  CheckSame(first->Json(), second->Json());

  // The answer was lost; in between ada has spoken elsewhere.
  world.loop.Advance(kMinute);
  visit.SayAsAda("th_z", "z");
  visit.ada.token = world.Token("ada", "Ada");
  CheckSame(first->Json(), visit.Identify(visit.ada, body));
  CHECK(visit.MergeRows() == 1);
  CHECK(visit.IdsOf("th_a", visit.ada) == (append ? "u_a1 u_g1 " : "u_a1 "));
}

TEST_CASE("Nobody else gets the guest's conversation, or learns that it exists") {
  World world;
  Visit visit(world);
  visit.SayAsGuest();
  const json none{{"event", "identify"}, {"merge", "th_none"}}, theirs{{"event", "identify"}, {"merge", "th_g"}};
  const Caller bob_elsewhere{.token = world.Token("bob"), .guest = kOtherGuest};
  const Caller bob_nowhere{.token = world.Token("bob")};
  CheckSame(visit.Identify(bob_elsewhere, theirs), visit.Identify(bob_elsewhere, none));
  CheckSame(visit.Identify(bob_nowhere, theirs), visit.Identify(bob_nowhere, none));
  CHECK(visit.IdsOf("th_g", visit.guest) == "u_g1 ");

  visit.Identify(visit.ada);
  // The second sub in the same browser: with the guest's id, and too late.
  const Caller bob{.token = world.Token("bob"), .guest = kGuest};
  for (const bool append : {false, true}) {
    json late = theirs, unknown = none;
    late["append"] = unknown["append"] = append;
    CheckSame(visit.Identify(bob, late), visit.Identify(bob, unknown));
  }
  CHECK_FALSE(visit.Identify(bob, theirs).contains("thread_id"));
  CHECK(visit.IdsOf("th_g", bob) == "thread_not_found");
  CHECK(visit.IdsOf("th_g", visit.ada) == "u_g1 ");
  CHECK(visit.MergeRows() == 1);
}

TEST_CASE("A user's thread cannot be merged, and neither can one of another product") {
  World world;
  Visit visit(world);
  visit.SayAsAda("th_g", "a1");
  const Caller bob{.token = world.Token("bob"), .guest = kGuest};
  CHECK_FALSE(visit.Identify(bob).contains("merged"));
  // Her own: it is there without a merge, and none is claimed.
  const json own = visit.Identify(visit.ada);
  CHECK(own["thread_id"] == "th_g");
  CHECK_FALSE(own.contains("merged"));
  CHECK(visit.MergeRows() == 0);
  const json first = world.Get("/threads/th_g/messages", visit.ada)->Json()["messages"][0];
  CHECK_FALSE(first["metadata"]["widgent"].contains("unverified"));
}

TEST_CASE("Nothing but the thread's name and its guest's id merges it: no email, no name, no id alone") {
  World world;
  Visit visit(world);
  visit.SayAsGuest();
  const std::int64_t now = world.loop.Now() / 1000;
  const Caller same_email{
      .token =
          SignToken(json{{"sub", "ada"}, {"exp", now + 60}, {"email", "guest@example.com"}, {"name", kGuest}}.dump()),
      .guest = kGuest};
  for (const json& body : {json{{"event", "identify"}}, json{{"event", "identify"}, {"merge", ""}},
                           json{{"event", "identify"}, {"merge", "../th_g"}}, json{{"event", "identify"}, {"merge", 7}},
                           json{{"event", "merge"}}, json{{"event", "identify"}, {"append", true}},
                           json{{"event", "sign_out"}, {"merge", "th_g"}}}) {
    CAPTURE(body.dump());
    CHECK_FALSE(visit.Identify(same_email, body).contains("merged"));
  }
  for (const std::string guest : {"", kOtherGuest, "short"}) {
    const Caller ada{.token = visit.ada.token, .guest = guest};
    CHECK_FALSE(visit.Identify(ada).contains("merged"));
  }
  // Neither does a guest, an expired token, or a forged one.
  CHECK_FALSE(visit.Identify(visit.guest).contains("merged"));
  CHECK_FALSE(visit.Identify({.token = world.Token("ada", "", -120), .guest = kGuest}).contains("merged"));
  const Caller forged{.token = SignToken(R"({"sub":"ada","exp":1767229200})", "another secret of at least 32 bytes"),
                      .guest = kGuest};
  CHECK(world.Post("/session", forged, R"({"event":"identify","merge":"th_g"})")->status == 401);
  CHECK(visit.IdsOf("th_g", visit.guest) == "u_g1 ");
  CHECK(visit.MergeRows() == 0);
}

TEST_CASE("Only what was said within half an hour is taken over") {
  World world;
  Visit visit(world);
  visit.SayAsGuest();
  const UnixMillis said_at = world.store->FindThread(ProductId{"acme"}, ThreadId{"th_g"})->active_at;
  SECTION("at the last moment") {
    world.loop.Advance(said_at + 30 * kMinute - world.loop.Now());
    CHECK(visit.Identify(visit.ada)["merged"] == true);
  }
  SECTION("too late") {
    world.loop.Advance(said_at + 30 * kMinute + 1 - world.loop.Now());
    CHECK_FALSE(visit.Identify(visit.ada).contains("merged"));
    CHECK_FALSE(visit.Identify(visit.ada, {{"merge", "th_g"}, {"append", true}}).contains("merged"));
    CHECK(visit.IdsOf("th_g", visit.guest) == "u_g1 ");
  }
}

TEST_CASE("Where the visitor is asked, nothing moves before the answer") {
  World world(":memory:", WithMerge(IdentityRules::Merge::kAsk));
  Visit visit(world);
  visit.SayAsGuest();
  const json offer = visit.Identify(visit.ada);
  CHECK(offer["merge_offer"] == true);
  CHECK_FALSE(offer.contains("merged"));
  CHECK_FALSE(offer.contains("thread_id"));
  CHECK(visit.IdsOf("th_g", visit.guest) == "u_g1 ");
  CHECK_FALSE(visit.Identify({.token = world.Token("bob"), .guest = kOtherGuest}).contains("merge_offer"));

  const json accepted = visit.Identify(visit.ada, {{"event", "merge"}, {"merge", "th_g"}});
  CHECK(accepted["merged"] == true);
  CHECK(accepted["thread_id"] == "th_g");
  CHECK_FALSE(accepted.contains("merge_offer"));
  CHECK(visit.MergeRows() == 1);
  // What has moved is not offered again.
  CHECK_FALSE(visit.Identify(visit.ada).contains("merge_offer"));
}

TEST_CASE("Where the product never merges, nothing is moved or offered") {
  World world(":memory:", WithMerge(IdentityRules::Merge::kNever));
  Visit visit(world);
  visit.SayAsGuest();
  for (const char* event : {"identify", "switch", "merge", "refresh"}) {
    const json answer = visit.Identify(visit.ada, {{"event", event}, {"merge", "th_g"}, {"append", true}});
    CHECK_FALSE(answer.contains("merged"));
    CHECK_FALSE(answer.contains("merge_offer"));
  }
  CHECK(visit.IdsOf("th_g", visit.guest) == "u_g1 ");
  CHECK(visit.MergeRows() == 0);
}

TEST_CASE("case 09: what was said as a guest since the token's end goes to the end of the same user's conversation") {
  World world;
  Visit visit(world);
  visit.ada.token = world.Token("ada", "Ada", 60);
  visit.SayAsAda();
  world.loop.Advance(2 * kMinute);
  visit.SayAsGuest("th_g", "g1");
  visit.SayAsGuest("th_g", "g2");
  visit.ada.token = world.Token("ada", "Ada");
  const json answer = visit.Identify(visit.ada, {{"event", "identify"}, {"merge", "th_g"}, {"append", true}});
  CHECK(answer["merged"] == true);
  CHECK(answer["thread_id"] == "th_a");
  CHECK(visit.IdsOf("th_a", visit.ada) == "u_a1 u_g1 u_g2 ");
  CHECK(visit.IdsOf("th_g", visit.ada) == "thread_not_found");
  const json messages = world.Get("/threads/th_a/messages", visit.ada)->Json()["messages"];
  REQUIRE(messages.size() == 6);
  CHECK_FALSE(messages[0]["metadata"]["widgent"].contains("unverified"));
  CHECK(messages[2]["metadata"]["widgent"]["unverified"] == true);
  CHECK(messages[4]["metadata"]["widgent"]["unverified"] == true);
  // The run came along: sending its message once more executes nothing.
  const Answer again = world.Say(visit.ada, {.thread = "th_a", .run = "r_g2", .id = "u_g2", .text = "hello"});
  CHECK(again->is_finished);
  CHECK(world.Get("/threads/th_a/messages", visit.ada)->Json()["messages"].size() == 6);
}

TEST_CASE("case 10: another user never gets what was said as a guest since the first one's token ended") {
  World world;
  Visit visit(world);
  visit.ada.token = world.Token("ada", "Ada", 60);
  visit.SayAsAda();
  world.loop.Advance(2 * kMinute);
  visit.SayAsGuest();
  // The widget of bob does not name the thread; and once it is ada's, naming it is of no use to him.
  const Caller bob{.token = world.Token("bob"), .guest = kGuest};
  CHECK_FALSE(visit.Identify(bob, {{"event", "switch"}}).contains("thread_id"));
  visit.ada.token = world.Token("ada", "Ada");
  visit.Identify(visit.ada, {{"event", "switch"}, {"merge", "th_g"}, {"append", true}});
  CHECK_FALSE(visit.Identify(bob, {{"event", "switch"}, {"merge", "th_g"}, {"append", true}}).contains("merged"));
  CHECK(visit.IdsOf("th_g", bob) == "thread_not_found");
  CHECK(visit.IdsOf("th_a", bob) == "thread_not_found");
  CHECK(visit.IdsOf("th_a", visit.ada) == "u_a1 u_g1 ");
}

TEST_CASE("A conversation that is too long to be copied while others wait changes its owner as it is") {
  const int count = GENERATE(500, 501);
  World world;
  Visit visit(world);
  visit.SayAsAda();
  visit.SayAsGuest();
  const ProductId product{"acme"};
  for (int i = 2; i < count; ++i)  // the guest has said one thing, and was answered
    world.store->AppendMessage(product, {"th_g"},
                               {.id = {"u_more" + std::to_string(i)}, .run = {"r_g1"}, .text = "hi"});
  const json answer = visit.Identify(visit.ada, {{"event", "identify"}, {"merge", "th_g"}, {"append", true}});
  CHECK(answer["merged"] == true);
  CHECK(answer["thread_id"] == (count == 500 ? "th_a" : "th_g"));
  CHECK(world.store->ListMessages(product, {answer["thread_id"]}, 1000).size() == (count == 500 ? 502 : 501));
}

TEST_CASE("Where the user has no conversation yet, the guest's becomes it") {
  World world;
  Visit visit(world);
  visit.SayAsGuest();
  const json answer = visit.Identify(visit.ada, {{"event", "identify"}, {"merge", "th_g"}, {"append", true}});
  CHECK(answer["merged"] == true);
  CHECK(answer["thread_id"] == "th_g");
  CHECK(visit.IdsOf("th_g", visit.ada) == "u_g1 ");
}

TEST_CASE("A reply that is being given follows its conversation to the user, and stays a guest's") {
  // The tool is for everybody, so that the guest's run is in its middle when the owner changes.
  Product product = MakeProduct();
  product.tools[0].required.identified = false;
  World world(":memory:", product);
  Visit visit(world);
  visit.SayAsAda();
  const Answer seen = world.Say(visit.guest, {.thread = "th_g", .run = "r_g", .text = "where is my order A-1001?"});
  world.loop.Advance(100);
  REQUIRE(world.client.pending.size() == 1);

  const json answer = visit.Identify(visit.ada, {{"event", "identify"}, {"merge", "th_g"}, {"append", true}});
  CHECK(answer["merged"] == true);
  CHECK(answer["thread_id"] == "th_g");
  CHECK(world.Get("/threads/th_g/messages", visit.ada)->Json()["active_run"] == "r_g");
  CHECK(visit.IdsOf("th_g", visit.guest) == "thread_not_found");
  Caller resuming = visit.ada;
  resuming.last_event_id = "r_g:1";
  const Answer resumed = world.Get("/threads/th_g/events", resuming);
  const Answer repeated = world.Say(visit.ada, {.thread = "th_g", .run = "r_g", .text = "where is my order A-1001?"});
  CHECK(world.Say(visit.ada, {.thread = "th_g", .run = "r_2", .id = "u_2"})->Code() == "run_in_progress");

  world.client.AnswerAll(R"({"id":"A-1001","status":"on its way"})");
  world.loop.Advance(20'000);
  CHECK(seen->is_finished);
  CHECK(repeated->body == seen->body);
  CHECK(resumed->body == seen->body.substr(seen->body.find("id: r_g:2\n")));
  CHECK(Events(repeated->body).front().second["metadata"]["widgent"]["identity"]["state"] == "anonymous");
  const json messages = world.Get("/threads/th_g/messages", visit.ada)->Json()["messages"];
  REQUIRE(messages.size() == 2);
  CHECK(messages[0]["metadata"]["widgent"]["unverified"] == true);
  for (const AuditRow& row : world.Audit())
    if (row.action == "tool") CHECK(row.user.empty());
}

TEST_CASE("A merge of which the server died has not happened, and happens when it is asked for again") {
  const TemporaryFolder folder;
  World world(folder.File("widgent.db"));
  Visit visit(world);
  visit.SayAsGuest();
  world.loop.on_turn_end = nullptr;
  const Answer lost = world.Post("/session", visit.ada, R"({"event":"identify","merge":"th_g"})");
  CHECK(lost->status == 0);
  world.Crash();
  CHECK(visit.IdsOf("th_g", visit.guest) == "u_g1 ");
  CHECK(visit.MergeRows() == 0);
  CHECK(visit.Identify(visit.ada)["merged"] == true);
  world.Crash();
  CHECK(visit.Identify(visit.ada)["merged"] == true);
  CHECK(visit.MergeRows() == 1);
  CHECK(visit.IdsOf("th_g", visit.ada) == "u_g1 ");
}
