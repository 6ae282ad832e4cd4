// The process dies and comes back over the same store.
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr char kOrder[] = "where is my order A-1001?";

}  // namespace

TEST_CASE("A crash in mid-run: the message is there once, and the run says that it was cut off") {
  const TemporaryFolder folder;
  World world(folder.File("widgent.db"));
  Caller ada{.token = world.Token("ada")};
  const Answer cut = world.Say(ada, {.text = kOrder});
  world.loop.Advance(100);
  const std::size_t seen = Events(cut->body).size();
  REQUIRE(seen >= 2);
  world.Crash();
  world.loop.Advance(60'000);
  CHECK_FALSE(cut->is_finished);

  const auto history = world.Get("/threads/th_1/messages", ada)->Json();
  CHECK(history["messages"].size() == 1);
  CHECK_FALSE(history.contains("active_run"));

  ada.last_event_id = "r_1:" + std::to_string(seen);
  for (const Answer& resumed : {world.Get("/threads/th_1/events", ada), world.Say(ada, {.text = kOrder})}) {
    const auto events = Events(resumed->body);
    REQUIRE(events.size() == 1);
    CHECK(events[0].first == "r_1:" + std::to_string(seen + 1));
    CHECK(events[0].second["type"] == "RUN_ERROR");
    CHECK(events[0].second["code"] == "agent_truncated");
  }
  ada.last_event_id.clear();
  const auto again = Events(world.Say(ada, {.text = kOrder})->body);
  REQUIRE(again.size() == 2);
  CHECK(again[0].second["type"] == "RUN_STARTED");
  CHECK(again[1].second["code"] == "agent_truncated");
  CHECK(world.client.pending.empty());

  const Answer retry = world.Say(ada, {.run = "r_2", .text = kOrder});
  world.loop.Advance(100);
  world.client.AnswerAll(R"({"id":"A-1001","status":"on its way"})");
  world.loop.Advance(20'000);
  CHECK(TextOf(retry->body).find("on its way") != std::string::npos);
  CHECK(world.Get("/threads/th_1/messages", ada)->Json()["messages"].size() == 2);
}

TEST_CASE("A crash before the commit: nobody was answered, nothing is there, and the repeat is a first time") {
  const TemporaryFolder folder;
  World world(folder.File("widgent.db"));
  const Caller ada{.token = world.Token("ada")};
  world.loop.on_turn_end = nullptr;
  const Answer lost = world.Say(ada, {});
  CHECK(lost->status == 0);
  world.Crash();
  CHECK(lost->status == 0);
  CHECK(world.Get("/threads/th_1/messages", ada)->Code() == "thread_not_found");
  const Answer again = world.Say(ada, {});
  world.loop.Advance(20'000);
  CHECK(again->status == 200);
  CHECK(world.Get("/threads/th_1/messages", ada)->Json()["messages"].size() == 2);
}

TEST_CASE("A crash at any moment of a run loses no acknowledged message and doubles none") {
  for (int crash_at_ms = 0; crash_at_ms < 400; crash_at_ms += 7) {
    CAPTURE(crash_at_ms);
    const TemporaryFolder folder;
    World world(folder.File("widgent.db"));
    Caller ada{.token = world.Token("ada", "Ada")};
    const Answer first = world.Say(ada, {.text = "hello"});
    world.loop.Advance(crash_at_ms);
    const bool was_acknowledged = first->status == 200;
    const bool was_finished = first->body.find("RUN_FINISHED") != std::string::npos;
    world.Crash();
    const Answer again = world.Say(ada, {.text = "hello"});
    world.loop.Advance(20'000);
    CHECK(again->is_finished);
    if (was_finished) CHECK(again->body == first->body);
    const auto messages = world.Get("/threads/th_1/messages", ada)->Json()["messages"];
    int questions = 0, replies = 0;
    for (const auto& message : messages) (message["role"] == "user" ? questions : replies) += 1;
    CHECK(questions == 1);
    CHECK(replies <= 1);
    CHECK(was_acknowledged);
  }
}

TEST_CASE("An App that goes away leaves nothing behind in the loop that hurts") {
  World world;
  const Answer answer = world.Say({.token = world.Token("ada")}, {.text = kOrder});
  world.loop.Advance(100);
  world.loop.on_turn_end = nullptr;
  world.app.reset();
  world.loop.Advance(120'000);
  answer->Leave();
  CHECK(world.loop.IsIdle());
}
