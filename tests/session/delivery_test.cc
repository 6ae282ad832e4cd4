#include <catch2/catch.hpp>

#include "fixture.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE_METHOD(PageFixture, "Retry of one message does not keep a broken reply from being resumed") {
  Init();
  Submit("one");
  Answer(Find("/agent"), 400, ProblemOf("invalid_input", 400));
  const std::string failed = LastMessage("user")->id;
  Submit("two");
  const int request = Find("/agent");
  const auto frames = FramesFor(request, {"an answer"});
  Started(request, 200);
  Chunk(request, frames[0]);
  Failed(request);
  Retry(failed);
  Wait(5'000);
  CHECK(Find("/events"));
}

TEST_CASE_METHOD(PageFixture, "A guest's message is sent, acknowledged and answered") {
  Init();
  Submit("  hello  ");
  const int request = Find("/agent");
  REQUIRE(request != 0);
  const json body = json::parse(open.at(request)["body"].get<std::string>());
  CHECK(body["messages"][0]["content"] == "hello");
  CHECK(body["runId"].get<std::string>().substr(2) == body["messages"][0]["id"].get<std::string>().substr(2));
  CHECK(open.at(request)["service_key"] == "pk_acme");
  CHECK(storage.at("thread_id") == body["threadId"]);
  CHECK(busy);
  AnswerRun({"Hi ", "there"});
  CHECK(messages.size() == 2);
  CHECK(LastMessage("user")->status == "sent");
  CHECK(LastMessage("assistant")->text == "Hi there");
  CHECK(LastMessage("assistant")->status == "done");
  CHECK_FALSE(busy);
}

TEST_CASE_METHOD(PageFixture, "Blank messages are nothing, and too long ones stay in sight as failed") {
  Init();
  Submit(" \n\t ");
  CHECK(messages.empty());
  Submit(std::string(20'000, 'x'));
  CHECK(LastMessage("user")->code == "message_too_large");
  CHECK(sent.empty());
}

TEST_CASE_METHOD(PageFixture, "A stream may be cut at any character") {
  Init();
  Submit("hello");
  const int request = Find("/agent");
  std::string stream;
  for (const std::string& frame : FramesFor(request, {"h\xC3\xA9llo ", "w\xC3\xB6rld"})) stream += frame;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    if (cut < stream.size() && (stream[cut] & 0xC0) == 0x80) continue;  // the page's TextDecoder hands out whole ones
    PageFixture page;
    page.Init();
    page.Submit("hello");
    page.Started(request, 200);
    page.Chunk(request, stream.substr(0, cut));
    page.Chunk(request, stream.substr(cut));
    REQUIRE(page.LastMessage("assistant") != nullptr);
    CHECK(page.LastMessage("assistant")->text == "h\xC3\xA9llo w\xC3\xB6rld");
    CHECK(page.LastMessage("assistant")->status == "done");
  }
}

TEST_CASE_METHOD(PageFixture,
                 "A stream that breaks off is resumed after the last event seen, and nothing is shown twice") {
  Init();
  Submit("hello");
  const int request = Find("/agent");
  const auto frames = FramesFor(request, {"a", "b", "c"});
  const std::string run = RunId(request);
  Started(request, 200);
  for (std::size_t i = 0; i < 4; ++i) Chunk(request, frames[i]);
  Failed(request);
  CHECK(connection == "reconnecting");
  Wait(2'000);
  const int resumed = Find("/events");
  REQUIRE(resumed != 0);
  CHECK(open.at(resumed)["last_event_id"] == run + ":4");
  Started(resumed, 200);
  for (std::size_t i = 2; i < frames.size(); ++i) Chunk(resumed, frames[i]);
  CHECK(LastMessage("assistant")->text == "abc");
  CHECK(LastMessage("assistant")->status == "done");
  CHECK(connection == "online");
}

TEST_CASE_METHOD(PageFixture, "A stream without its end is one cut off, even if it ended well for HTTP") {
  Init();
  Submit("hello");
  const int request = Find("/agent");
  const auto frames = FramesFor(request, {"a"});
  Started(request, 200);
  Chunk(request, frames[0] + frames[1]);
  Ended(request);
  Wait(2'000);
  CHECK(Find("/events") != 0);
}

TEST_CASE_METHOD(PageFixture, "A lost acknowledgement is asked again under the same ids") {
  Init();
  Submit("hello");
  const json first = open.at(Find("/agent"));
  Failed(Find("/agent"));
  CHECK(LastMessage("user")->status == "queued");
  Wait(2'000);
  const json again = open.at(Find("/agent"));
  CHECK(again["body"] == first["body"]);
  AnswerRun({"ok"});
  CHECK(messages.size() == 2);
}

TEST_CASE_METHOD(PageFixture, "Offline, messages wait, and go out in order on reconnect") {
  Init();
  Online(false);
  Submit("one");
  Submit("two");
  Wait(60'000);
  CHECK(sent.empty());
  CHECK(connection == "offline");
  Online(true);
  Wait(0);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].dump().find("one") != std::string::npos);
  AnswerRun({"1"});
  REQUIRE(Find("/agent") != 0);
  CHECK(open.at(Find("/agent")).dump().find("two") != std::string::npos);
  AnswerRun({"2"});
  CHECK(Find("/agent") == 0);
}

TEST_CASE_METHOD(PageFixture, "A busy server is asked again after the time it names") {
  Init();
  Submit("hello");
  Answer(Find("/agent"), 429, ProblemOf("rate_limited", 429), 20);
  Wait(19'000);
  CHECK(Find("/agent") == 0);
  Wait(3'000);
  CHECK(Find("/agent") != 0);
}

TEST_CASE_METHOD(PageFixture, "A server that cannot be reached for long leaves the message in sight, with Retry") {
  Init();
  Submit("hello");
  for (int i = 0; i < 20; ++i) {
    if (const int request = Find("/agent")) Failed(request);
    if (const int request = Find("/diagnose")) Failed(request);
    Wait(60'000);
  }
  CHECK(LastMessage("user")->status == "failed");
  CHECK(LastMessage("user")->code == "unreachable");
  CHECK_FALSE(wake_at.has_value());
  Retry(LastMessage("user")->id);
  CHECK(Find("/agent") != 0);
  AnswerRun({"ok"});
  CHECK(LastMessage("user")->status == "sent");
}

TEST_CASE_METHOD(PageFixture, "A refused message keeps its code, and the next one is sent") {
  Init();
  Submit("one");
  Submit("two");
  Answer(Find("/agent"), 422, ProblemOf("idempotency_mismatch", 422));
  CHECK(messages[0].code == "idempotency_mismatch");
  REQUIRE(Find("/agent") != 0);
  CHECK(open.at(Find("/agent")).dump().find("two") != std::string::npos);
}

TEST_CASE_METHOD(PageFixture, "A run that failed is retried as a new run of the same message") {
  Init();
  Submit("hello");
  const int request = Find("/agent");
  const auto frames = FramesFor(request, {"par"});
  const std::string run = RunId(request);
  const json body = json::parse(open.at(request)["body"].get<std::string>());
  Started(request, 200);
  for (std::size_t i = 0; i < 3; ++i) Chunk(request, frames[i]);
  AgUiEvent error;
  error.type = EventType::kRunError;
  error.code = "agent_timeout";
  Chunk(request, EncodeSse(run + ":4", WriteEvent(error)));
  CHECK(LastMessage("assistant")->status == "interrupted");
  CHECK(LastMessage("user")->status == "failed");
  Retry(LastMessage("user")->id);
  const json again = json::parse(open.at(Find("/agent"))["body"].get<std::string>());
  CHECK(again["messages"][0]["id"] == body["messages"][0]["id"]);
  CHECK(again["runId"] != body["runId"]);
}

TEST_CASE_METHOD(PageFixture, "Stop cancels the run on the server, and the reply stays as far as it came") {
  Init();
  Submit("hello");
  const int request = Find("/agent");
  const auto frames = FramesFor(request, {"half", " rest"});
  const std::string run = RunId(request);
  Started(request, 200);
  for (std::size_t i = 0; i < 3; ++i) Chunk(request, frames[i]);
  Event({{"type", "cancel_requested"}});
  CHECK(Find("/runs/" + run + "/cancel") != 0);
  AgUiEvent finished;
  finished.type = EventType::kRunFinished;
  finished.outcome = Outcome::kCancelled;
  Chunk(request, EncodeSse(run + ":4", WriteEvent(finished)));
  CHECK(LastMessage("assistant")->text == "half");
  CHECK(LastMessage("assistant")->status == "interrupted");
  CHECK_FALSE(busy);
}

TEST_CASE_METHOD(PageFixture, "A stream that shows another user's run is dropped") {
  Init();
  SignIn("ada");
  Submit("hello");
  const int request = Find("/agent");
  const auto frames = Frames(RunId(request), ThreadId(request), {"bob's secret"}, UserIdentity("bob"));
  Started(request, 200);
  for (const std::string& frame : frames) Chunk(request, frame);
  CHECK(Visible().find("bob") == std::string::npos);
  CHECK(LastMessage("user")->code == "identity_changed");
}

TEST_CASE_METHOD(PageFixture, "A reloaded page takes up the guest's thread and the run that is still going") {
  Init("th_guest");
  Open();
  Wait(0);
  REQUIRE(Find("/threads/th_guest/messages") != 0);
  Answer(Find("/session"), 200, AsGuest());
  Answer(Find("/messages"), 200,
         {{"messages", {{{"id", "u_1"}, {"role", "user"}, {"content", "hi"}}}}, {"active_run", "r_1"}});
  const int resumed = Find("/events");
  REQUIRE(resumed != 0);
  CHECK(open.at(resumed)["last_event_id"] == "r_1:0");
  CHECK(busy);
  Started(resumed, 200);
  for (const std::string& frame : Frames("r_1", "th_guest", {"hello again"})) Chunk(resumed, frame);
  CHECK(LastMessage("assistant")->text == "hello again");
  CHECK_FALSE(busy);
}

TEST_CASE_METHOD(PageFixture, "What is there when the panel opens is asked for when it is awaited, and once") {
  Init("th_guest");
  Await();
  Wait(0);
  const int session = Find("/session"), history = Find("/messages");
  REQUIRE((session && history));
  Await();
  Open();
  Wait(0);
  CHECK(open.size() == 2);
  Answer(session, 200, AsGuest());
  Answer(history, 200, {{"messages", {{{"id", "u_1"}, {"role", "user"}, {"content", "hi"}}}}, {"active_run", nullptr}});
  Await();
  Open();
  Wait(0);
  CHECK(open.empty());
}

TEST_CASE_METHOD(PageFixture, "A question that never got its answer can be asked again after a reload") {
  Init("th_guest");
  Open();
  Wait(0);
  Answer(Find("/messages"), 200, {{"messages", {{{"id", "u_1"}, {"role", "user"}, {"content", "hi"}}}}});
  CHECK(LastMessage("user")->status == "failed");
  Retry("u_1");
  const json body = json::parse(open.at(Find("/agent"))["body"].get<std::string>());
  CHECK(body["messages"][0]["id"] == "u_1");
  CHECK(body["threadId"] == "th_guest");
}

TEST_CASE_METHOD(PageFixture, "A guest's thread that the server no longer knows is begun anew with the message kept") {
  Init("th_gone");
  Submit("hello");
  Answer(Find("/agent"), 404, ProblemOf("thread_not_found", 404));
  REQUIRE(Find("/agent") != 0);
  CHECK(ThreadId(Find("/agent")) != "th_gone");
  AnswerRun({"ok"});
  CHECK(LastMessage("user")->status == "sent");
}

TEST_CASE_METHOD(PageFixture, "Citations, tools, suggestions and hand-off reach the panel") {
  Init();
  Submit("order?");
  const int request = Find("/agent");
  const std::string run = RunId(request);
  Started(request, 200);
  int n = 0;
  auto feed = [&](const AgUiEvent& event) {
    Chunk(request, EncodeSse(run + ":" + std::to_string(++n), WriteEvent(event)));
  };
  AgUiEvent event;
  event.type = EventType::kRunStarted;
  event.identity = WireIdentity{};
  feed(event);
  event = {};
  event.type = EventType::kToolCallStart;
  event.tool_call_id = "c1";
  event.name = "get_order";
  feed(event);
  CHECK(tools.at("c1") == "running");
  event.type = EventType::kToolCallResult;
  feed(event);
  CHECK(tools.at("c1") == "done");
  event = {};
  event.type = EventType::kTextMessageStart;
  event.message_id = {"m"};
  feed(event);
  event.type = EventType::kTextMessageEnd;
  event.citations = {{1, "Tracking", "https://shop.example/help#track"}};
  feed(event);
  CHECK(LastMessage("assistant")->citations[0]["title"] == "Tracking");
  event = {};
  event.type = EventType::kCustom;
  event.name = "widgent.handoff";
  event.value_json = R"({"url":"https://shop.example/contact","label":"Contact us"})";
  feed(event);
  CHECK(handoff["url"] == "https://shop.example/contact");
  event.name = "widgent.suggestions";
  event.value_json = R"({"items":["a","b"]})";
  feed(event);
  CHECK(suggestions == json({"a", "b"}));
}

TEST_CASE_METHOD(PageFixture, "U+0000 in what a visitor writes and an agent says arrives") {
  Init();
  const std::string text("a\0b", 3);
  Submit(text);
  CHECK(LastMessage("user")->text == text);
  CHECK(json::parse(open.at(Find("/agent"))["body"].get<std::string>())["messages"][0]["content"] == text);
  AnswerRun({text});
  CHECK(LastMessage("assistant")->text == text);
}
