// What the network does to messages and streams, and two devices on one conversation.
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

constexpr char kOrder[] = "where is my order A-1001?";
constexpr char kStatus[] = R"({"id":"A-1001","status":"on its way"})";

std::string Contents(World& world, const Caller& caller) {
  std::string contents;
  const json history = world.Get("/threads/th_1/messages", caller)->Json();
  for (const json& message : history["messages"])
    contents += message["role"] == "user" ? message["content"].get<std::string>() + "|" : "reply|";
  return contents;
}

int Attempts(World& world) {
  int attempts = 0;
  for (const AuditRow& row : world.Audit()) attempts += row.action == "tool" && row.outcome == "attempt";
  return attempts;
}

}  // namespace

TEST_CASE("case 31: a message whose acknowledgement is lost is stored once and answered by one model call") {
  // When the socket is lost, and when the client says it again.
  const int lost_after_ms = GENERATE(0, 1, 100, 5'000);
  const int again_after_ms = GENERATE(0, 50, 30'000);
  CAPTURE(lost_after_ms, again_after_ms);
  World world;
  const Caller ada{.token = world.Token("ada", "Ada")};
  const auto live = [&](int ms) {
    for (int t = 0; t < ms; t += 50) {
      world.loop.Advance(50);
      world.client.AnswerAll(kStatus);
    }
  };
  const Answer lost = world.Say(ada, {.text = kOrder});
  live(lost_after_ms);
  lost->Leave();
  live(again_after_ms);
  const Answer again = world.Say(ada, {.text = kOrder});
  live(30'000);
  const Answer once_more = world.Say(ada, {.text = kOrder});
  CHECK(again->is_finished);
  CHECK(TextOf(again->body).find("on its way") != std::string::npos);
  CHECK(again->body.starts_with(lost->body));
  CHECK(once_more->body == again->body);
  CHECK(Contents(world, ada) == std::string(kOrder) + "|reply|");
  CHECK(Attempts(world) == 1);
}

TEST_CASE("Two devices: the second waits for the first one's reply, and both see the same order") {
  World world;
  const Caller phone{.token = world.Token("ada", "Ada")}, laptop{.token = world.Token("ada", "Ada", 1800)};
  const Answer first = world.Say(phone, {.text = kOrder});
  world.loop.Advance(100);
  const World::Message second{.run = "r_2", .id = "u_2", .text = "hello"};
  const Answer refused = world.Say(laptop, second);
  CHECK(refused->status == 409);
  CHECK(refused->Code() == "run_in_progress");
  CHECK(refused->Header("Retry-After") == "1");
  // Refused is not stored: it will not stand before the reply that it waits for.
  CHECK(Contents(world, phone) == std::string(kOrder) + "|");

  const Answer followed = world.Get("/threads/th_1/events?join=1", laptop);
  world.client.AnswerAll(kStatus);
  world.loop.Advance(20'000);
  CHECK(TextOf(followed->body) == TextOf(first->body));
  const Answer accepted = world.Say(laptop, second);
  CHECK(accepted->status == 200);
  // The phone follows what the laptop has begun, and neither may say the other's id again for something else.
  const Answer watched = world.Get("/threads/th_1/events", phone);
  CHECK(world.Say(phone, {.run = "r_2", .id = "u_2", .text = "bye"})->Code() == "idempotency_mismatch");
  world.loop.Advance(20'000);
  CHECK(watched->body == accepted->body);
  const std::string order = std::string(kOrder) + "|reply|hello|reply|";
  CHECK(Contents(world, phone) == order);
  CHECK(Contents(world, laptop) == order);
}

TEST_CASE("Two devices that say the same message of one outbox at once have one run") {
  World world;
  const Caller phone{.token = world.Token("ada", "Ada")}, laptop{.token = world.Token("ada", "Ada", 1800)};
  const auto end_turn = std::exchange(world.loop.on_turn_end, nullptr);
  const Answer a = world.Say(phone, {.text = "hello"});
  const Answer b = world.Say(laptop, {.text = "hello"});
  const Answer c = world.Say(laptop, {.text = "bye"});
  world.loop.on_turn_end = end_turn;
  world.loop.Advance(20'000);
  CHECK(a->status == 200);
  CHECK(a->body == b->body);
  CHECK(c->Code() == "idempotency_mismatch");
  CHECK(Contents(world, phone) == "hello|reply|");
}

TEST_CASE("A live run resumes after every frame that it has said, at every moment of its life") {
  World world;
  Caller ada{.token = world.Token("ada", "Ada")};
  const Answer whole = world.Say(ada, {.text = kOrder});
  struct Resumed {
    std::size_t after;
    Answer answer;
  };
  std::vector<Resumed> all;
  for (std::size_t seen = 0; !whole->is_finished && all.size() < 2'000;) {
    world.loop.Advance(5);
    world.client.AnswerAll(kStatus);
    const std::size_t now = Events(whole->body).size();
    if (now == seen) continue;
    seen = now;
    for (std::size_t n = 0; n <= now; ++n) {
      ada.last_event_id = "r_1:" + std::to_string(n);
      all.push_back({n, world.Get("/threads/th_1/events", ada)});
    }
  }
  world.loop.Advance(20'000);
  REQUIRE(whole->is_finished);
  REQUIRE(all.size() > 20);
  for (const auto& [after, answer] : all) {
    CAPTURE(after);
    CHECK(answer->body == FramesAfter(whole->body, after));
  }
}

TEST_CASE("A retry after Stop takes the place of the reply that broke off, for the reader and for the agent") {
  World world;
  const Caller ada{.token = world.Token("ada", "Ada")};
  world.Say(ada, {.text = "hello"});
  // Stopped in the middle of a word: something was said.
  for (int t = 0; t < 200 && world.Get("/threads/th_1/messages", ada)->Json().contains("active_run"); ++t) {
    world.loop.Advance(5);
    const auto run = world.Get("/threads/th_1/events", ada);
    if (run->body.find("TEXT_MESSAGE_CONTENT") != std::string::npos) break;
  }
  world.Post("/threads/th_1/runs/r_1/cancel", ada);
  world.loop.Advance(1'000);
  const json broken = world.Get("/threads/th_1/messages", ada)->Json()["messages"];
  REQUIRE(broken.size() == 2);
  REQUIRE(broken[1]["metadata"]["widgent"]["status"] == "interrupted");

  const Answer retry = world.Say(ada, {.run = "r_2", .text = "hello"});
  // Already while the new one is being said, the old one is gone.
  const Answer joined = world.Get("/threads/th_1/events?join=1", ada);
  CHECK(Events(joined->body)[1].second["messages"].size() == 1);
  world.loop.Advance(20'000);
  const json mended = world.Get("/threads/th_1/messages", ada)->Json()["messages"];
  REQUIRE(mended.size() == 2);
  CHECK(mended[1]["content"] == TextOf(retry->body));
  CHECK_FALSE(mended[1]["metadata"]["widgent"].contains("status"));
  // The first run's stream can still be read to its end by whoever was reading it.
  Caller late = ada;
  late.last_event_id = "r_1:0";
  CHECK(Events(world.Get("/threads/th_1/events", late)->body).back().second["outcome"]["type"] == "cancelled");
  // A reply that had ended is not touched by asking again.
  world.Say(ada, {.run = "r_3", .text = "hello"});
  world.loop.Advance(20'000);
  CHECK(world.Get("/threads/th_1/messages", ada)->Json()["messages"].size() == 3);
}

TEST_CASE("A stream that a crash cut off is told to be cut off, from every frame") {
  const TemporaryFolder folder;
  World world(folder.File("widgent.db"));
  Caller ada{.token = world.Token("ada")};
  const Answer cut = world.Say(ada, {.text = kOrder});
  world.loop.Advance(100);
  const std::size_t seen = Events(cut->body).size();
  world.Crash();
  for (std::size_t n = 0; n <= seen + 2; ++n) {
    CAPTURE(n);
    ada.last_event_id = "r_1:" + std::to_string(n);
    const Answer resumed = world.Get("/threads/th_1/events", ada);
    const auto events = Events(resumed->body);
    REQUIRE_FALSE(events.empty());
    CHECK(resumed->is_finished);
    CHECK(events.back().second["type"] == "RUN_ERROR");
    CHECK(events.back().second["code"] == "agent_truncated");
    CHECK(events.front().first == "r_1:" + std::to_string(n + 1));
  }
}
