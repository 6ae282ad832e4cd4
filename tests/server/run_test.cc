// Runs: streamed, repeated, followed, resumed, cancelled.
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

constexpr char kOrder[] = "where is my order A-1001?";

// Starts a run that waits for the tool's backend in its middle.
Answer StartOrder(World& world, const Caller& caller, const World::Message& where = {}) {
  World::Message message = where;
  message.text = kOrder;
  Answer answer = world.Say(caller, message);
  world.loop.Advance(100);
  REQUIRE(world.client.pending.size() == 1);
  return answer;
}
void FinishOrder(World& world) {
  world.client.AnswerAll(R"({"id":"A-1001","status":"on its way"})");
  world.loop.Advance(20'000);
}

std::string TypesOf(const std::string& stream) {
  std::string types;
  std::string last;
  for (const auto& [id, event] : Events(stream)) {
    const std::string type = event["type"];
    if (type != last) types += (types.empty() ? "" : " ") + type;
    last = type;
  }
  return types;
}

}  // namespace

TEST_CASE("A run streams numbered AG-UI events from RUN_STARTED to RUN_FINISHED, and is kept") {
  World world;
  const Caller ada{.token = world.Token("ada", "Ada")};
  const Answer answer = StartOrder(world, ada);
  CHECK(answer->status == 200);
  CHECK(answer->Header("Content-Type") == "text/event-stream");
  CHECK(answer->Header("Cache-Control") == "no-cache, no-transform");
  CHECK(answer->Header("X-Accel-Buffering") == "no");
  CHECK(answer->Header("Access-Control-Allow-Origin") == kOrigin);
  CHECK(answer->Header("Widgent-Request-Id"));
  FinishOrder(world);
  CHECK(answer->is_finished);

  const auto events = Events(answer->body);
  REQUIRE(events.size() > 5);
  for (std::size_t n = 0; n < events.size(); ++n) CHECK(events[n].first == "r_1:" + std::to_string(n + 1));
  CHECK(events.front().second["type"] == "RUN_STARTED");
  CHECK(events.front().second["metadata"]["widgent"]["identity"]["sub"] == "ada");
  CHECK(events.back().second["type"] == "RUN_FINISHED");
  CHECK(events.back().second["outcome"]["type"] == "success");
  CHECK(TextOf(answer->body).find("A-1001 is on its way") != std::string::npos);

  const json history = world.Get("/threads/th_1/messages", ada)->Json();
  CHECK(history["thread_id"] == "th_1");
  REQUIRE(history["messages"].size() == 2);
  const json asked = {{"at", kStart}};
  CHECK(history["messages"][0] ==
        json{{"id", "u_1"}, {"role", "user"}, {"content", kOrder}, {"metadata", {{"widgent", asked}}}});
  const json& said = history["messages"][1]["metadata"]["widgent"];
  CHECK(said["at"] > kStart);
  REQUIRE(said["tools"].size() == 1);
  CHECK(said["tools"][0]["name"] == "get_order");
  CHECK(said["tools"][0]["status"] == "done");
  CHECK(history["messages"][1]["role"] == "assistant");
  CHECK(history["messages"][1]["content"] == TextOf(answer->body));
  CHECK_FALSE(history.contains("active_run"));
}

TEST_CASE("Nothing is streamed and no tool is called before the message is durable") {
  World world;
  const auto end_turn = std::exchange(world.loop.on_turn_end, nullptr);
  const Answer answer = world.Say({.token = world.Token("ada")}, {.text = kOrder});
  world.loop.Advance(1000);
  CHECK(answer->status == 0);
  CHECK(world.client.pending.empty());
  end_turn();
  CHECK(answer->status == 200);
}

TEST_CASE("The end of a run is told after it is stored") {
  World world;
  const Answer answer = StartOrder(world, {.token = world.Token("ada")});
  const auto is_told = [&] { return answer->body.find("RUN_FINISHED") != std::string::npos; };
  int told_by_commit = 0, told_otherwise = 0;
  const auto end_turn = world.loop.on_turn_end;
  world.loop.on_turn_end = [&, was_told = false]() mutable {
    told_otherwise += is_told() && !was_told;
    const bool before = is_told();
    end_turn();
    told_by_commit += is_told() && !before;
    was_told = is_told();
  };
  FinishOrder(world);
  CHECK(answer->is_finished);
  CHECK(told_by_commit == 1);
  CHECK(told_otherwise == 0);
  CHECK(world.store->FindRun(ProductId{"acme"}, ThreadId{"th_1"}, RunId{"r_1"})->events == answer->body);
}

TEST_CASE("The same run id and message again shows the same run and executes nothing twice") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  const Answer first = StartOrder(world, ada);
  const Answer second = StartOrder(world, ada);
  FinishOrder(world);
  CHECK(second->body == first->body);
  const Answer third = world.Say(ada, {.text = kOrder});
  CHECK(third->body == first->body);
  CHECK(third->Header("Content-Type") == "text/event-stream");
  CHECK(world.client.pending.empty());
  CHECK(world.Get("/threads/th_1/messages", ada)->Json()["messages"].size() == 2);
}

TEST_CASE("A repeat with Last-Event-ID gets the rest only, while the run goes on and afterwards") {
  World world;
  Caller ada{.token = world.Token("ada")};
  const Answer first = StartOrder(world, ada);
  ada.last_event_id = "r_1:1";
  const Answer live = world.Say(ada, {.text = kOrder});
  FinishOrder(world);
  const std::string tail = first->body.substr(first->body.find("id: r_1:2\n"));
  CHECK(live->body == tail);
  CHECK(world.Say(ada, {.text = kOrder})->body == tail);
}

TEST_CASE("case 32: the same run id, or the same message id, with another text is refused") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  world.Say(ada, {.text = "hello"});
  world.loop.Advance(20'000);
  const Answer other_text = world.Say(ada, {.text = "something else"});
  CHECK(other_text->status == 422);
  CHECK(other_text->Code() == "idempotency_mismatch");
  CHECK(world.Say(ada, {.id = "u_2", .text = "hello"})->Code() == "idempotency_mismatch");
  CHECK(world.Say(ada, {.run = "r_2", .text = "something else"})->Code() == "idempotency_mismatch");
  CHECK(world.Get("/threads/th_1/messages", ada)->Json()["messages"].size() == 2);
}

TEST_CASE("Retry: a new run for a stored message answers it again and stores it once") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  StartOrder(world, ada);
  world.Post("/threads/th_1/runs/r_1/cancel", ada);
  world.loop.Advance(20'000);
  const Answer retry = StartOrder(world, ada, {.run = "r_2"});
  FinishOrder(world);
  CHECK(TextOf(retry->body).find("on its way") != std::string::npos);
  int questions = 0;
  const json history = world.Get("/threads/th_1/messages", ada)->Json();
  for (const json& message : history["messages"]) questions += message["role"] == "user";
  CHECK(questions == 1);
}

TEST_CASE("One run at a time per thread") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  StartOrder(world, ada);
  const Answer second = world.Say(ada, {.run = "r_2", .id = "u_2"});
  CHECK(second->status == 409);
  CHECK(second->Code() == "run_in_progress");
  CHECK(second->Header("Retry-After") == "1");
  FinishOrder(world);
  CHECK(world.Say(ada, {.run = "r_2", .id = "u_2"})->status == 200);
}

TEST_CASE("A run outlives its socket and can be resumed after every frame") {
  World world;
  Caller ada{.token = world.Token("ada")};
  const Answer first = StartOrder(world, ada);
  const std::string seen_early = first->body;
  first->Leave();
  CHECK(world.Get("/threads/th_1/messages", ada)->Json()["active_run"] == "r_1");

  std::vector<Answer> early;
  const std::size_t early_frames = Events(seen_early).size();
  for (std::size_t n = 0; n <= early_frames; ++n) {
    ada.last_event_id = "r_1:" + std::to_string(n);
    early.push_back(world.Get("/threads/th_1/events", ada));
  }
  FinishOrder(world);
  const std::string whole = world.store->FindRun(ProductId{"acme"}, ThreadId{"th_1"}, RunId{"r_1"})->events;
  CHECK(whole.starts_with(seen_early));
  for (std::size_t n = 0; n <= early_frames; ++n) CHECK(early[n]->body == FramesAfter(whole, n));

  const std::size_t frames = Events(whole).size();
  for (std::size_t n = 0; n <= frames + 1; ++n) {
    ada.last_event_id = "r_1:" + std::to_string(n);
    const Answer late = world.Get("/threads/th_1/events", ada);
    CHECK(late->status == (n < frames ? 200 : 204));
    CHECK(late->body == FramesAfter(whole, n));
  }
}

TEST_CASE("Events without a cursor follow the run that goes on, or say that there is none") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  const Answer first = StartOrder(world, ada);
  const Answer follower = world.Get("/threads/th_1/events", ada);
  FinishOrder(world);
  CHECK(follower->body == first->body);
  CHECK(world.Get("/threads/th_1/events", ada)->status == 204);
}

TEST_CASE("A cursor that is none, or of a run that is not kept, is refused") {
  World world;
  Caller ada{.token = world.Token("ada")};
  world.Say(ada, {});
  world.loop.Advance(20'000);
  ada.last_event_id = "nonsense";
  CHECK(world.Get("/threads/th_1/events", ada)->Code() == "invalid_input");
  ada.last_event_id = "r_9:1";
  const Answer gone = world.Get("/threads/th_1/events", ada);
  CHECK(gone->status == 410);
  CHECK(gone->Code() == "cursor_too_old");
}

TEST_CASE("A client that joins in the middle gets a whole beginning: RUN_STARTED, the history, what is open") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  const Answer first = StartOrder(world, ada);
  const Answer joined = world.Get("/threads/th_1/events?join=1", ada);
  const auto prelude = Events(joined->body);
  REQUIRE(prelude.size() >= 2);
  CHECK(prelude[0].second["type"] == "RUN_STARTED");
  CHECK(prelude[0].first.empty());
  CHECK(prelude[1].second["type"] == "MESSAGES_SNAPSHOT");
  CHECK(prelude[1].second["messages"][0]["content"] == kOrder);
  CHECK(prelude.back().first == "r_1:" + std::to_string(Events(first->body).size()));
  FinishOrder(world);
  CHECK(joined->is_finished);
  CHECK(TextOf(joined->body) == TextOf(first->body));
}

TEST_CASE("Cancel ends the stream with outcome cancelled and keeps what was said as interrupted") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  const Answer answer = StartOrder(world, ada);
  const Answer cancelled = world.Post("/threads/th_1/runs/r_1/cancel", ada);
  CHECK(cancelled->status == 202);
  world.loop.Advance(20'000);
  CHECK(answer->is_finished);
  const auto events = Events(answer->body);
  CHECK(events.back().second["type"] == "RUN_FINISHED");
  CHECK(events.back().second["outcome"]["type"] == "cancelled");
  std::map<std::string, int> open;
  for (const auto& [id, event] : events) {
    const std::string type = event["type"];
    if (type == "TEXT_MESSAGE_START" || type == "TOOL_CALL_START") ++open[type.substr(0, 4)];
    if (type == "TEXT_MESSAGE_END" || type == "TOOL_CALL_END") --open[type.substr(0, 4)];
  }
  for (const auto& [kind, count] : open) CHECK(count == 0);
  const json history = world.Get("/threads/th_1/messages", ada)->Json();
  CHECK(history["messages"].size() >= 1);
  for (const json& message : history["messages"])
    if (message["role"] == "assistant") CHECK(message["metadata"]["widgent"]["status"] == "interrupted");
  CHECK(world.store->FindRun(ProductId{"acme"}, ThreadId{"th_1"}, RunId{"r_1"})->status ==
        StoredRun::Status::kCancelled);
  CHECK(world.Post("/threads/th_1/runs/r_1/cancel", ada)->status == 202);
  CHECK(world.Post("/threads/th_1/runs/r_9/cancel", ada)->Code() == "run_not_found");
}

TEST_CASE("An idle stream beats every ten seconds") {
  World world;
  const Answer answer = StartOrder(world, {.token = world.Token("ada")});
  const std::size_t before = answer->body.size();
  world.loop.Advance(10'000);
  CHECK(answer->body.substr(before) == ": hb\n\n");
}

TEST_CASE("A viewer that cannot keep up is let go and resumes; the run goes on") {
  World world;
  Caller ada{.token = world.Token("ada")};
  const Answer slow = StartOrder(world, ada);
  slow->backlog = 10'000'000;
  FinishOrder(world);
  CHECK(slow->is_finished);
  CHECK(slow->body.find("RUN_FINISHED") == std::string::npos);
  ada.last_event_id = "r_1:" + std::to_string(Events(slow->body).size());
  CHECK(TypesOf(world.Get("/threads/th_1/events", ada)->body).ends_with("RUN_FINISHED"));
}

TEST_CASE("case 33: every route of a thread says 404 to everybody but its owner, as if there were none") {
  Product other_product = MakeProduct();
  other_product.id.value = "other";
  World world(":memory:", MakeProduct(), OpenSqliteStore, {other_product});
  const Caller ada{.token = world.Token("ada"), .guest = kGuest}, guest{.guest = kGuest};
  StartOrder(world, ada);
  REQUIRE(world.Say(guest, {.thread = "th_g", .text = kOrder})->status == 200);
  world.loop.Advance(20'000);
  // What ada is at the other product is somebody else, and so is a guest of the same id.
  const std::string no_audience = SignToken(json{{"sub", "ada"}, {"exp", world.loop.Now() / 1000 + 600}}.dump());

  struct Stranger {
    std::string who, product, thread;
    Caller caller;
  };
  const std::vector<Stranger> strangers{
      {"another user", "acme", "th_1", {.token = world.Token("bob")}},
      {"another user with the owner's guest id", "acme", "th_1", {.token = world.Token("bob"), .guest = kGuest}},
      {"the owner's browser signed out", "acme", "th_1", guest},
      {"the owner past the token's end", "acme", "th_1", {.token = world.Token("ada", "", -120), .guest = kGuest}},
      {"nobody", "acme", "th_1", {}},
      {"a user whose sub is the guest's id", "acme", "th_g", {.token = world.Token(kGuest), .guest = kGuest}},
      {"a user beside the guest's id", "acme", "th_g", ada},
      {"another guest", "acme", "th_g", {.guest = "another-guest-01"}},
      {"nobody at a guest's", "acme", "th_g", {}},
      {"the same sub at another product", "other", "th_1", {.token = no_audience, .guest = kGuest}},
      {"the same guest at another product", "other", "th_g", guest},
  };
  struct Route {
    std::string method, rest, last_event_id = "", body = "";
  };
  const auto body = [](const std::string& thread, const std::string& run) {
    return World::Body({.thread = thread, .run = run, .text = kOrder});
  };
  for (const Stranger& stranger : strangers) {
    const auto routes = [&](const std::string& thread) {
      const std::string at = "/threads/" + thread;
      std::vector<Route> all{{"GET", at + "/messages"},           {"GET", at + "/events"},
                             {"GET", at + "/events?join=1"},      {"GET", at + "/events", "r_1:0"},
                             {"GET", at + "/events", "r_1:3"},    {"GET", at + "/events", "r_9:1"},
                             {"GET", at + "/events", "nonsense"}, {"POST", at + "/runs/r_1/cancel"},
                             {"POST", at + "/runs/r_9/cancel"},   {"DELETE", at}};
      // At another product, and without an id of one's own, a message begins a thread or is refused for that.
      const bool has_id = !stranger.caller.guest.empty() || !stranger.caller.token.empty();
      if (stranger.product == "acme" && has_id && thread == stranger.thread) {
        all.push_back({"POST", "/agent", "", body(thread, "r_1")});
        all.push_back({"POST", "/agent", "r_1:0", body(thread, "r_1")});
        all.push_back({"POST", "/agent", "", body(thread, "r_2")});
      }
      return all;
    };
    const auto ask = [&](const Route& route) {
      Caller caller = stranger.caller;
      caller.last_event_id = route.last_event_id;
      return world.Send(route.method, "/v1/products/" + stranger.product + route.rest, caller, route.body);
    };
    const auto theirs = routes(stranger.thread), unknown = routes("th_9");
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      CAPTURE(stranger.who, theirs[i].method, theirs[i].rest, theirs[i].last_event_id);
      const Answer refused = ask(theirs[i]);
      CHECK(refused->status == 404);
      CHECK(refused->Code() == "thread_not_found");
      if (i >= unknown.size()) continue;
      // A thread that does not exist looks the same, down to the words.
      const Answer none = ask(unknown[i]);
      json a = refused->Json(), b = none->Json();
      a.erase("request_id");
      b.erase("request_id");
      CHECK(a == b);
    }
  }
  // The list of threads names each to its owner alone.
  for (const Caller& other :
       {Caller{.token = world.Token("bob"), .guest = kGuest}, Caller{.guest = "another-guest-01"}})
    CHECK(world.Get("/threads", other)->Json()["threads"].empty());
  CHECK(world.Get("/threads", ada)->Json()["threads"].size() == 1);
  CHECK(world.Get("/threads", guest)->Json()["threads"].size() == 1);
  FinishOrder(world);
  CHECK(world.Get("/threads/th_1/messages", ada)->Json()["messages"].size() == 2);
  CHECK(world.Get("/threads/th_g/messages", guest)->Json()["messages"].size() == 2);
}

TEST_CASE("A guest's threads are the anonymous id's, and a user never sees them by it") {
  World world;
  const Caller guest{.guest = kGuest}, other{.guest = "another-guest-01"};
  const Answer answer = world.Say(guest, {});
  CHECK(answer->status == 200);
  CHECK(Events(answer->body).front().second["metadata"]["widgent"]["identity"]["state"] == "anonymous");
  world.loop.Advance(20'000);
  CHECK(world.Get("/threads/th_1/messages", guest)->Json()["messages"].size() == 2);
  CHECK(world.Get("/threads", guest)->Json()["threads"][0]["title"] == "hello");
  CHECK(world.Get("/threads/th_1/messages", other)->Code() == "thread_not_found");
  CHECK(world.Get("/threads/th_1/messages", {.token = world.Token("ada"), .guest = kGuest})->Code() ==
        "thread_not_found");
  // A user whose sub is the guest's id is still not the guest.
  CHECK(world.Get("/threads/th_1/messages", {.token = world.Token(kGuest)})->Code() == "thread_not_found");
  CHECK(world.Say({}, {.thread = "th_2"})->Code() == "invalid_input");
  CHECK(world.Get("/threads", {})->Code() == "invalid_input");
}

TEST_CASE("After its end a token opens nothing of its user, and errors say that it has ended") {
  World world;
  const Caller ada{.token = world.Token("ada", "Ada", 60), .guest = kGuest};
  world.Say(ada, {});
  world.loop.Advance(120'000);
  const Answer answer = world.Get("/threads/th_1/messages", ada);
  CHECK(answer->Code() == "thread_not_found");
  CHECK(answer->Json()["token_expired"] == true);
  CHECK(world.Say(ada, {.run = "r_2", .id = "u_2"})->Code() == "thread_not_found");
  const Answer as_guest = world.Say(ada, {.thread = "th_2", .run = "r_2", .id = "u_2"});
  CHECK(Events(as_guest->body).front().second["metadata"]["widgent"]["identity"] ==
        json{{"state", "anonymous"}, {"reason", "token_expired"}});
}

TEST_CASE("case 34: a guest is not offered a tool for signed-in users") {
  World world;
  const Answer answer = world.Say({.guest = kGuest}, {.text = kOrder});
  world.loop.Advance(20'000);
  CHECK(answer->is_finished);
  CHECK(world.client.pending.empty());
  CHECK(answer->body.find("TOOL_CALL_START") == std::string::npos);
}

TEST_CASE("Erasing a thread ends its run and leaves nothing") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  const Answer answer = StartOrder(world, ada);
  CHECK(world.Send("DELETE", "/v1/products/acme/threads/th_1", ada)->status == 204);
  CHECK(answer->is_finished);
  CHECK(Events(answer->body).back().second["outcome"]["type"] == "cancelled");
  // Not so in the audit log: what became of the call stands there.
  const auto audit = world.Audit();
  REQUIRE(audit.size() >= 2);
  CHECK(audit[audit.size() - 2].outcome == "attempt");
  CHECK(audit.back().action == "tool");
  CHECK(audit.back().outcome == "failure");
  CHECK(nlohmann::json::parse(audit.back().record)["status_detail"] == "cancelled");
  FinishOrder(world);
  CHECK(world.Audit().size() == audit.size());
  CHECK(world.Get("/threads/th_1/messages", ada)->Code() == "thread_not_found");
  CHECK(world.Get("/threads", ada)->Json()["threads"].empty());
  CHECK(world.Say(ada, {})->status == 200);
}

TEST_CASE("Too many messages, or too many replies at once, are asked to wait") {
  Product product = MakeProduct();
  product.rate_limits = {.per_user_per_min = 3, .per_ip_per_min = 5, .concurrent_runs_per_user = 2};
  World world(":memory:", product);
  const Caller ada{.token = world.Token("ada")}, bob{.token = world.Token("bob")};
  StartOrder(world, ada, {.thread = "th_1"});
  world.Say(ada, {.thread = "th_2", .text = kOrder});
  world.loop.Advance(100);
  const Answer concurrent = world.Say(ada, {.thread = "th_3"});
  CHECK(concurrent->Code() == "rate_limited");
  CHECK(concurrent->Header("Retry-After"));
  world.client.AnswerAll(R"({"id":"A-1001","status":"on its way"})");
  world.loop.Advance(1000);

  CHECK(world.Say(ada, {.thread = "th_3"})->status == 200);
  world.loop.Advance(1000);
  const Answer fourth = world.Say(ada, {.thread = "th_4"});
  CHECK(fourth->status == 429);
  CHECK(fourth->Code() == "rate_limited");
  CHECK(std::stoi(fourth->Header("Retry-After").value()) <= 20);
  CHECK(world.Say(bob, {.thread = "th_5"})->status == 200);
  world.loop.Advance(1);
  // A repeat costs nothing: it executes nothing.
  CHECK(world.Say(ada, {.thread = "th_3"})->status == 200);
  world.loop.Advance(60'000);
  CHECK(world.Say(ada, {.thread = "th_4"})->status == 200);
}

TEST_CASE("Input that cannot be used is named") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  CHECK(world.Post("/agent", ada, "{")->Code() == "invalid_input");
  CHECK(world.Post("/agent", ada, "[]")->Code() == "invalid_input");
  CHECK(world.Post("/agent", ada)->Code() == "unsupported_media_type");
  CHECK(world.Say(ada, {.text = "   "})->Code() == "invalid_input");
  CHECK(world.Say(ada, {.thread = "a b"})->Code() == "invalid_input");
  CHECK(world.Say(ada, {.run = ".."})->Code() == "invalid_input");
  CHECK(world.Say(ada, {.text = std::string(4001, 'x')})->status == 413);
  CHECK(world.Say(ada, {.text = std::string(4000, 'x')})->status == 200);
  CHECK(world.Audit().empty());
}

TEST_CASE("A server that is about to stop admits no run, and says so") {
  World world;
  const Caller ada{.token = world.Token("ada")};
  const Answer running = StartOrder(world, ada);
  world.app->Drain();
  CHECK_FALSE(world.app->IsIdle());
  const Answer refused = world.Say(ada, {.thread = "th_2"});
  CHECK(refused->status == 503);
  CHECK(refused->Code() == "draining");
  CHECK(world.Send("GET", "/readyz", {})->status == 503);
  CHECK(world.Send("GET", "/healthz", {})->status == 200);
  FinishOrder(world);
  CHECK(running->is_finished);
  CHECK(world.app->IsIdle());
}
