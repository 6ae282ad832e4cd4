// The identity loop in one process: the real session against the real server, on a clock moved by hand.
#include "support/pair.h"

#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr char kShipped[] = R"({"id":"A-1001","status":"shipped"})";

struct PairFixture {
  TemporaryFolder folder;
  World world{folder.File("widgent.db")};
  Visitor visitor{world};

  // The tool's backend answers as soon as it is asked.
  void Run(std::int64_t ms, const std::string& answer = kShipped) {
    for (std::int64_t t = 0; t < ms; t += 50) {
      world.loop.Advance(50);
      for (const auto& [id, pending] : world.client.pending)
        tool_calls.push_back(nlohmann::json::parse(pending.request.body));
      world.client.AnswerAll(answer);
    }
  }
  void SignIn(const std::string& sub, std::int64_t lifetime_s = 3600) {
    visitor.Identify(world.Token(sub, sub + " Name", lifetime_s));
    Run(200);
  }
  std::vector<StoredMessage> Stored() {
    std::vector<StoredMessage> all;
    for (const char* sub : {"ada", "bob"})
      for (const Thread& thread : world.store->ListThreads({"acme"}, {Owner::Kind::kUser, sub}, 10))
        for (StoredMessage& message : world.store->ListMessages({"acme"}, thread.id, 100))
          all.push_back(std::move(message));
    return all;
  }
  std::string Reply() const {
    const Page::Message* message = visitor.page.LastMessage("assistant");
    return message ? message->text : "";
  }
  std::vector<nlohmann::json> tool_calls;
};

}  // namespace

TEST_CASE_METHOD(PairFixture, "A verified user is greeted by name, and the tool gets the user from the token") {
  visitor.Init();
  SignIn("ada");
  CHECK(visitor.page.greeting["text"] == "Hi ada Name, how can I help?");
  visitor.Open();
  visitor.Say("where is my order A-1001?");
  Run(5'000);
  CHECK(Reply().find("shipped") != std::string::npos);
  REQUIRE(tool_calls.size() == 1);
  CHECK(tool_calls[0]["user"]["sub"] == "ada");
  CHECK(tool_calls[0]["user"]["verified"] == true);
  CHECK_FALSE(visitor.page.busy);
  CHECK_FALSE(VerifyAudit(*world.store, {"acme"}).has_value());
}

TEST_CASE_METHOD(PairFixture, "init and an unopened widget write nothing on the server") {
  visitor.Init();
  Run(5'000);
  visitor.Open();
  Run(5'000);
  CHECK(visitor.page.greeting["text"] == "Hi! Ask me anything.");
  CHECK(world.Audit().empty());
}

TEST_CASE_METHOD(PairFixture,
                 "A switch in mid-stream: the first user's reply is kept as interrupted, and nobody else sees it") {
  visitor.Init();
  SignIn("ada");
  visitor.Say("where is my order A-1001?");
  for (int i = 0; i < 100 && Reply().empty(); ++i) Run(50);
  REQUIRE_FALSE(Reply().empty());
  const std::string part = Reply();
  REQUIRE(visitor.page.busy);
  SignIn("bob");
  Run(5'000);
  CHECK(visitor.page.identity["sub"] == "bob");
  CHECK(visitor.page.Visible().find(part) == std::string::npos);
  CHECK(visitor.page.Visible().find("ada") == std::string::npos);
  const auto stored = Stored();
  REQUIRE(stored.size() == 2);
  CHECK(stored[1].status == StoredMessage::Status::kInterrupted);
  CHECK(stored[1].text.substr(0, part.size()) == part);

  SignIn("ada");
  Run(1'000);
  CHECK(visitor.page.LastMessage("user")->text == "where is my order A-1001?");
  CHECK(visitor.page.LastMessage("assistant")->status == "interrupted");
}

TEST_CASE_METHOD(PairFixture,
                 "After the end of the token the visitor goes on as a guest, and the tool is not to be had") {
  visitor.Init();
  SignIn("ada", 60);
  visitor.Say("where is my order A-1001?");
  Run(5'000);
  REQUIRE(tool_calls.size() == 1);
  Run(60'000);
  CHECK(visitor.page.identity["state"] == "guest");
  CHECK(visitor.page.messages.empty());
  visitor.Say("where is my order A-1001?");
  Run(5'000);
  CHECK(tool_calls.size() == 1);
  CHECK(Reply().find("ign") != std::string::npos);  // "Sign in …" / "signed in"
  CHECK(Reply().find("shipped") == std::string::npos);

  // Her conversation is back, and what was said as a guest stands at its end.
  SignIn("ada");
  Run(1'000);
  REQUIRE(visitor.page.messages.size() == 4);
  CHECK(visitor.page.messages[1].text.find("shipped") != std::string::npos);
  CHECK(Reply().find("ign") != std::string::npos);
}

TEST_CASE_METHOD(PairFixture, "A forged token: 401 with code and hint, a guest, and nothing executed") {
  visitor.Init();
  visitor.Identify(SignToken(R"({"sub":"ada","exp":1767229200})", "wvs_another_secret_of_at_least_32_bytes"));
  visitor.Say("where is my order A-1001?");
  Run(5'000);
  CHECK(visitor.page.identity["state"] == "guest");
  CHECK(visitor.page.settled.at(2)["code"] == "invalid_signature");
  REQUIRE(visitor.page.reports.size() == 1);
  CHECK(visitor.page.reports[0]["code"] == "invalid_signature");
  CHECK_FALSE(visitor.page.reports[0]["hint"].get<std::string>().empty());
  CHECK(tool_calls.empty());
  const auto audit = world.Audit();
  REQUIRE(audit.size() == 1);
  CHECK(audit[0].action == "refused");
}

TEST_CASE_METHOD(PairFixture, "A lost acknowledgement: one message, one tool call, one reply") {
  visitor.Init();
  SignIn("ada");
  visitor.lose_answers = true;
  visitor.Say("where is my order A-1001?");
  Run(300);
  visitor.lose_answers = false;
  Run(10'000);
  CHECK(tool_calls.size() == 1);
  CHECK(Stored().size() == 2);
  CHECK(visitor.page.messages.size() == 2);
  CHECK(Reply().find("shipped") != std::string::npos);
}

TEST_CASE_METHOD(PairFixture,
                 "A connection that breaks at any time is resumed, and the reply is shown once and whole") {
  visitor.Init();
  SignIn("ada");
  visitor.Say("where is my order A-1001?");
  Run(10'000);
  const std::string whole = Reply();
  for (int after_ms = 0; after_ms < 1'500; after_ms += 50) {
    World other(":memory:");
    Visitor another(other);
    another.Init();
    another.Identify(other.Token("ada", "ada Name"));
    other.loop.Advance(200);
    another.Say("where is my order A-1001?");
    for (int t = 0; t < 30'000; t += 50) {
      other.loop.Advance(50);
      other.client.AnswerAll(kShipped);
      if (t == after_ms) another.Cut();
    }
    INFO("cut after " << after_ms << " ms");
    REQUIRE(another.page.messages.size() == 2);
    CHECK(another.page.messages[1].text == whole);
    CHECK(another.page.messages[1].status == "done");
    CHECK_FALSE(another.page.wake_at.value_or(INT64_MAX) < another.page.now + 1'000'000);
  }
}

TEST_CASE_METHOD(PairFixture,
                 "A server that dies in mid-stream: the message is there once, and Retry completes the reply") {
  visitor.Init();
  SignIn("ada");
  visitor.Say("where is my order A-1001?");
  for (int i = 0; i < 100 && Reply().empty(); ++i) Run(50);
  world.Crash();
  visitor.Cut();
  Run(10'000);
  REQUIRE(visitor.page.LastMessage("user") != nullptr);
  CHECK(visitor.page.LastMessage("user")->status == "failed");
  CHECK(visitor.page.LastMessage("user")->code == "agent_truncated");
  visitor.Retry(visitor.page.LastMessage("user")->id);
  Run(10'000);
  CHECK(Reply().find("shipped") != std::string::npos);
  int from_user = 0;
  for (const StoredMessage& message : Stored()) from_user += message.role == StoredMessage::Role::kUser;
  CHECK(from_user == 1);
  CHECK_FALSE(VerifyAudit(*world.store, {"acme"}).has_value());
}

TEST_CASE_METHOD(PairFixture, "What is typed offline is sent on reconnect, once and in order") {
  visitor.Init();
  SignIn("ada");
  visitor.Online(false);
  visitor.Say("first");
  visitor.Say("second");
  Run(30'000);
  CHECK(Stored().empty());
  visitor.Online(true);
  Run(20'000);
  std::vector<std::string> said;
  for (const StoredMessage& message : Stored())
    if (message.role == StoredMessage::Role::kUser) said.push_back(message.text);
  CHECK(said == std::vector<std::string>{"first", "second"});
}

TEST_CASE_METHOD(PairFixture, "A reload in mid-reply shows the conversation and the rest of the reply") {
  visitor.Init();
  visitor.Open();
  Run(500);
  visitor.Say("hello");
  for (int i = 0; i < 100 && Reply().empty(); ++i) Run(50);
  const std::string thread = visitor.page.storage.at("thread_id");
  Visitor reloaded(world);
  reloaded.Init(thread);
  reloaded.Open();
  Run(10'000);
  REQUIRE(reloaded.page.messages.size() == 2);
  CHECK(reloaded.page.messages[0].text == "hello");
  CHECK(reloaded.page.messages[1].text == Reply());
  CHECK(reloaded.page.messages[1].status == "done");
}

TEST_CASE_METHOD(PairFixture,
                 "From an origin that is not registered nothing works, and the page learns which one to register") {
  visitor.origin = "https://elsewhere.example";
  visitor.Init();
  visitor.Identify(world.Token("ada"));
  visitor.Say("hello");
  Run(10'000);
  CHECK(visitor.page.identity["state"] != "user");
  REQUIRE(visitor.page.reports.size() == 1);
  CHECK(visitor.page.reports[0]["code"] == "origin_not_allowed");
  CHECK(visitor.page.reports[0]["hint"].get<std::string>().find("https://elsewhere.example") != std::string::npos);
  CHECK(Stored().empty());
}

TEST_CASE_METHOD(PairFixture, "A user finds every thread again, each with what was said in it") {
  visitor.Init();
  SignIn("ada");
  visitor.Open();
  visitor.Say("where is my order A-1001?");
  Run(5'000);
  visitor.Do([](Page& p) { p.ChooseNewThread(); });
  CHECK(visitor.page.messages.empty());
  visitor.Say("hello");
  Run(5'000);
  visitor.Do([](Page& p) { p.AskForThreads(); });
  Run(200);
  const nlohmann::json list = visitor.page.threads;
  REQUIRE(list["threads"].size() == 2);
  CHECK(list["current"] == list["threads"][0]["id"]);
  CHECK(list["threads"][0]["title"] == "hello");
  CHECK(list["threads"][0]["at"] > list["threads"][1]["at"]);
  const std::string first = list["threads"][1]["id"];
  visitor.Do([&](Page& p) { p.ChooseThread(first); });
  Run(200);
  CHECK(Reply().find("shipped") != std::string::npos);
  CHECK(visitor.page.messages[0].at >= kStart);
  CHECK(visitor.page.tools.size() == 1);
  CHECK(visitor.page.tools.begin()->second == "done");
  const std::string reply = visitor.page.LastMessage("assistant")->id;
  visitor.Do([&](Page& p) { p.Rate(reply, "up"); });
  Run(200);
  // After a reload the newest thread is open.
  Visitor reloaded(world);
  reloaded.Init();
  reloaded.Identify(world.Token("ada", "Ada"));
  Run(200);
  CHECK(reloaded.page.messages[0].text == "hello");
  reloaded.Do([&](Page& p) { p.ChooseThread(first); });
  Run(200);
  CHECK(reloaded.page.LastMessage("assistant")->rating == "up");
  // Nobody else opens it.
  Visitor other(world, "guest-of-visitor-2");
  other.Init();
  other.Identify(world.Token("bob", "Bob"));
  Run(200);
  other.Do([&](Page& p) { p.ChooseThread(first); });
  Run(400);
  CHECK(other.page.messages.empty());
  CHECK(other.page.threads["threads"].empty());
}

TEST_CASE_METHOD(PairFixture, "A reply that streams in a thread that was left is whole when one comes back") {
  visitor.Init();
  SignIn("ada");
  visitor.Open();
  visitor.Say("where is my order A-1001?");
  for (int t = 0; t < 100 && visitor.page.tools.empty(); ++t) world.loop.Advance(5);
  REQUIRE(visitor.page.tools.size() == 1);
  visitor.Do([](Page& p) { p.AskForThreads(); });
  world.loop.Advance(100);
  const std::string thread = visitor.page.threads["current"];
  visitor.Do([](Page& p) { p.ChooseNewThread(); });
  world.loop.Advance(100);
  visitor.Do([&](Page& p) { p.ChooseThread(thread); });
  world.loop.Advance(100);
  CHECK(visitor.page.busy);
  Run(5'000);
  CHECK(Reply().find("shipped") != std::string::npos);
  CHECK(visitor.page.LastMessage("assistant")->status == "done");
  CHECK(tool_calls.size() == 1);
}

TEST_CASE("A visitor who says too much at once sees when the message goes out, and it does") {
  Product product = MakeProduct();
  product.rate_limits.per_user_per_min = 2;
  World world(":memory:", std::move(product));
  Visitor visitor(world);
  visitor.Init();
  visitor.Open();
  for (const char* text : {"one", "two", "three"}) {
    visitor.Say(text);
    world.loop.Advance(5'000);
  }
  const Page::Message* last = visitor.page.LastMessage("user");
  CHECK(last->status == "queued");
  CHECK(last->code == "rate_limited");
  CHECK(last->retry_in > 0);
  world.loop.Advance(last->retry_in * 1000 + 5'000);
  CHECK(visitor.page.LastMessage("user")->status == "sent");
  CHECK(visitor.page.LastMessage("assistant")->status == "done");
}
