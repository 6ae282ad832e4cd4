// A conversation that the site's people have taken over, as the page sees it.
#include <catch2/catch.hpp>

#include "fixture.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr char kWatch[] = "/events";

std::string Frame(const json& event) { return "data: " + event.dump() + "\n\n"; }

// A person's message, as it comes to pages that wait.
std::string Said(const std::string& id, const std::string& text, const std::string& name = "Maria") {
  return Frame({{"type", "TEXT_MESSAGE_START"},
                {"messageId", id},
                {"role", "assistant"},
                {"metadata", {{"widgent", {{"operator", {{"name", name}}}}}}}}) +
         Frame({{"type", "TEXT_MESSAGE_CONTENT"}, {"messageId", id}, {"delta", text}}) +
         Frame({{"type", "TEXT_MESSAGE_END"}, {"messageId", id}});
}
std::string Finished() {
  return Frame(
      {{"type", "RUN_FINISHED"}, {"threadId", "th_1"}, {"runId", "op_th_1"}, {"outcome", {{"type", "success"}}}});
}

// The end of a run, after which people are waited for.
std::string EndWithPeople(const std::string& run, int n, const json& outcome = {{"type", "success"}}) {
  const json event{{"type", "RUN_FINISHED"},
                   {"threadId", "th_1"},
                   {"runId", run},
                   {"outcome", outcome},
                   {"metadata", {{"widgent", {{"people", "op_"}}}}}};
  return EncodeSse(run + ":" + std::to_string(n), event.dump());
}

struct PeoplePage : PageFixture {
  // Ada asks for a person and is handed over.
  void HandOver() {
    Init();
    SignIn("ada");
    Submit("a person, please");
    const int request = Find("/agent");
    auto frames = FramesFor(request, {"Of course."});
    frames.back() = EndWithPeople(RunId(request), 5);
    Started(request, 200);
    for (const std::string& frame : frames) Chunk(request, frame);
    Ended(request);
  }
  // Answers the run that is on its way without a word of the agent.
  void AnswerInSilence() {
    const int request = Find("/agent");
    Started(request, 200);
    Chunk(request, FramesFor(request, {}).front() + EndWithPeople(RunId(request), 2));
    Ended(request);
  }
  static json History(bool is_handed_off) {
    json history = {{"messages",
                     {{{"id", "u_1"}, {"role", "user"}, {"content", "a person, please"}},
                      {{"id", "op_1"},
                       {"role", "assistant"},
                       {"content", "Hello"},
                       {"metadata", {{"widgent", {{"at", 1}, {"operator", {{"name", "Maria"}}}}}}}},
                      {{"id", "u_2"}, {"role", "user"}, {"content", "hi Maria"}}}}};
    if (is_handed_off) history["people"] = "op_1";
    return history;
  }
};

}  // namespace

TEST_CASE_METHOD(PeoplePage, "Once handed over, the page listens to people, and shows what they say as theirs") {
  HandOver();
  const int watch = Find(kWatch);
  REQUIRE(watch);
  CHECK(open.at(watch)["method"] == "GET");
  CHECK(open.at(watch)["stream"] == true);
  CHECK(open.at(watch)["last_event_id"] == "op_:0");
  CHECK_FALSE(busy);
  Started(watch, 200);
  Chunk(watch, ": hb\n\n" + Said("op_1", "Hello Ada"));
  CHECK(messages.back().text == "Hello Ada");
  CHECK(messages.back().name == "Maria");
  CHECK(messages.back().role == "assistant");
  CHECK(messages.back().status == "done");
  CHECK(messages[1].name.empty());
  // What the visitor writes goes out at once; then people are listened to again.
  Submit("hello Maria");
  AnswerInSilence();
  CHECK(LastMessage("user")->status == "sent");
  CHECK_FALSE(open.count(watch));
  const int again = Find(kWatch);
  REQUIRE(again);
  CHECK(open.at(again)["last_event_id"] == "op_1:0");
  Started(again, 200);
  Chunk(again, Said("op_2", "How can I help?"));
  CHECK(messages.back().text == "How can I help?");
}

TEST_CASE_METHOD(PeoplePage, "A stream that breaks off is taken up after the last message heard") {
  HandOver();
  const int watch = Find(kWatch);
  Started(watch, 200);
  Chunk(watch, Said("op_1", "Hello Ada"));
  Failed(watch);
  CHECK_FALSE(Find(kWatch));
  Wait(2'000);
  REQUIRE(Find(kWatch));
  CHECK(open.at(Find(kWatch))["last_event_id"] == "op_1:0");
  Answer(Find(kWatch), 503, ProblemOf("draining", 503), 2);
  Wait(1'000);
  CHECK_FALSE(Find(kWatch));
  Wait(60'000);
  CHECK(Find(kWatch));
  Online(false);
  Failed(Find(kWatch));
  Wait(60'000);
  CHECK_FALSE(Find(kWatch));
  Online(true);
  Answer(Find("/session"), 200, Verified("ada"));
  Wait(0);
  CHECK(Find(kWatch));
}

TEST_CASE_METHOD(PeoplePage, "A conversation that is handed back is listened to no more") {
  HandOver();
  const int watch = Find(kWatch);
  Started(watch, 200);
  Chunk(watch, Finished());
  Ended(watch);
  Wait(600'000);
  CHECK_FALSE(Find(kWatch));
}

TEST_CASE_METHOD(PeoplePage, "Where it was handed back while nobody listened the history tells what was missed") {
  HandOver();
  Answer(Find(kWatch), 204, nullptr);
  REQUIRE(Find("/messages"));
  Answer(Find("/messages"), 200, History(false));
  CHECK(messages[1].name == "Maria");
  CHECK_FALSE(Find(kWatch));
}

TEST_CASE_METHOD(PeoplePage,
                 "After a reload people are listened to, and the visitor's last word waits for them in peace") {
  Init();
  SignIn("ada", 3600, "th_1");
  Answer(Find("/messages"), 200, History(true));
  CHECK(messages[1].name == "Maria");
  CHECK(messages[2].status == "sent");
  REQUIRE(Find(kWatch));
  CHECK(open.at(Find(kWatch))["last_event_id"] == "op_1:0");
}

TEST_CASE_METHOD(PeoplePage, "Whoever comes after the user hears nothing of what people say to her") {
  HandOver();
  const int watch = Find(kWatch);
  Started(watch, 200);
  Logout();
  CHECK_FALSE(open.count(watch));
  Chunk(watch, Said("op_1", "Hello Ada"));
  CHECK(Visible().find("Hello Ada") == std::string::npos);
  Open();
  Wait(60'000);
  CHECK_FALSE(Find(kWatch));
}

TEST_CASE_METHOD(PeoplePage, "Another conversation of the same user is not the people's") {
  HandOver();
  const int watch = Find(kWatch);
  ChooseNewThread();
  CHECK_FALSE(open.count(watch));
  Wait(60'000);
  CHECK_FALSE(Find(kWatch));
}

namespace {

struct WaitingPage : PeoplePage {
  static json Question(const std::string& decided = "") {
    json ours = {{"tool", "refund_order"}, {"by", "operator"}};
    if (!decided.empty()) ours["decided"] = decided;
    return {{"id", "int_1"},
            {"message", "Refund?"},
            {"expiresAt", "2026-01-01T01:00:00Z"},
            {"metadata", {{"widgent", ours}}}};
  }
  static std::string Decided(const std::string& status) {
    return Frame({{"type", "CUSTOM"}, {"name", "widgent.approval"}, {"value", {{"id", "int_1"}, {"status", status}}}});
  }
  // Ada asks for what the shop's people must agree to.
  void Ask() {
    Init();
    SignIn("ada");
    Submit("refund, please");
    const int request = Find("/agent");
    Started(request, 200);
    Chunk(request, FramesFor(request, {}).front());
    Chunk(request, EndWithPeople(RunId(request), 2, {{"type", "interrupt"}, {"interrupts", {Question()}}}));
    Ended(request);
  }
};

}  // namespace

TEST_CASE_METHOD(WaitingPage, "What waits for the site's people is shown as waiting, and goes on by itself") {
  Ask();
  CHECK(approvals.at("int_1")["status"] == "waiting");
  REQUIRE(Find(kWatch));
  // It is no question to the visitor: what is written meanwhile dismisses nothing.
  Submit("how are you?");
  CHECK_FALSE(json::parse(open.at(Find("/agent"))["body"].get<std::string>()).contains("resume"));
  AnswerInSilence();
  const int watch = Find(kWatch);
  Started(watch, 200);
  const bool granted = GENERATE(true, false);
  Chunk(watch, Decided(granted ? "granted" : "refused"));
  CHECK(approvals.at("int_1")["status"] == (granted ? "approved" : "rejected"));
  const json body = json::parse(open.at(Find("/agent"))["body"].get<std::string>());
  CHECK(body["resume"][0]["interruptId"] == "int_1");
  CHECK(body["resume"][0]["status"] == "resolved");
  CHECK(body["messages"].empty());
  AnswerRun({"Done."});
  CHECK(LastMessage("assistant")->text == "Done.");
}

TEST_CASE_METHOD(WaitingPage, "What nobody has agreed to in time is over, as the server says") {
  Ask();
  const int watch = Find(kWatch);
  Started(watch, 200);
  Chunk(watch, Decided("expired"));
  const int request = Find("/agent");
  REQUIRE(request);
  AgUiEvent event;
  event.type = EventType::kRunError;
  event.code = "interrupt_expired";
  Started(request, 200);
  Chunk(request, EncodeSse(RunId(request) + ":1", WriteEvent(event)));
  Ended(request);
  CHECK(approvals.at("int_1")["status"] == "expired");
}

TEST_CASE_METHOD(WaitingPage, "A reload finds what waits, and goes on from what was decided meanwhile") {
  Init();
  SignIn("ada", 3600, "th_1");
  const bool is_decided = GENERATE(false, true);
  json history = History(true);
  history["interrupts"] = json::array({Question(is_decided ? "granted" : "")});
  Answer(Find("/messages"), 200, history);
  CHECK(approvals.at("int_1")["status"] == (is_decided ? "approved" : "waiting"));
  CHECK((Find("/agent") != 0) == is_decided);
  CHECK((Find(kWatch) != 0) != is_decided);
}

TEST_CASE_METHOD(WaitingPage, "After a switch nothing goes on from what was decided for the user before") {
  Ask();
  const int watch = Find(kWatch);
  Started(watch, 200);
  Identify(TokenOf("bob"));
  CHECK_FALSE(open.count(watch));
  Chunk(watch, Decided("granted"));
  Wait(0);
  CHECK_FALSE(Find("/agent"));
}
