// Threads of a user, messages taken back, judgements, and what comes back with the history.
#include <catch2/catch.hpp>

#include "fixture.h"

using namespace widgent;
using namespace widgent::test;

namespace {

json Listed(const std::vector<std::string>& ids) {
  json threads = json::array();
  for (const std::string& id : ids) threads.push_back({{"id", id}, {"title", "title of " + id}, {"at", 1'000}});
  return {{"threads", threads}};
}

json Said(const std::string& id, const std::string& role, const std::string& text, json widgent = json::object()) {
  widgent["at"] = 1'767'225'600'000;
  return {{"id", id}, {"role", role}, {"content", text}, {"metadata", {{"widgent", widgent}}}};
}

struct Signed : PageFixture {
  Signed() {
    Init();
    SignIn("ada", 3600, "th_new");
    Answer(Find("/threads/th_new/messages"), 200,
           {{"messages", {Said("u_1", "user", "newest question"), Said("m_1", "assistant", "newest answer")}}});
  }
  std::size_t CountSent(const std::string& path_end) const {
    std::size_t count = 0;
    for (const json& request : sent) count += request["path"].get<std::string>().ends_with(path_end);
    return count;
  }
};

}  // namespace

TEST_CASE_METHOD(Signed, "A user sees the list of threads, and which one is open") {
  AskForThreads();
  REQUIRE(Find("/products/acme/threads"));
  Answer(Find("/threads"), 200, Listed({"th_new", "th_old"}));
  CHECK(threads["current"] == "th_new");
  CHECK(threads["threads"][1] == json{{"id", "th_old"}, {"title", "title of th_old"}, {"at", 1'000}});
  CHECK_FALSE(threads.contains("failed"));
  AskForThreads();
  Failed(Find("/threads"));
  CHECK(threads["failed"] == true);
  CHECK(threads["threads"].empty());
}

TEST_CASE_METHOD(PageFixture, "A guest's list is empty, without a request") {
  Init();
  AskForThreads();
  CHECK(threads["threads"] == json::array());
  ChooseThread("th_1");
  CHECK(sent.empty());
}

TEST_CASE_METHOD(Signed, "A chosen thread takes the transcript's place, and messages go there from then on") {
  ChooseThread("th_old");
  CHECK(messages.empty());
  Answer(Find("/threads/th_old/messages"), 200, {{"messages", {Said("u_0", "user", "older question")}}});
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].at == 1'767'225'600'000);
  Submit("go on");
  CHECK(ThreadId(Find("/agent")) == "th_old");
}

TEST_CASE_METHOD(Signed, "The next message after a new thread was chosen begins one, and nothing is carried over") {
  ChooseNewThread();
  CHECK(messages.empty());
  Submit("something else");
  const std::string thread = ThreadId(Find("/agent"));
  CHECK(thread != "th_new");
  CHECK_FALSE(thread.empty());
  AnswerRun({"fine"});
  Submit("and more");
  CHECK(ThreadId(Find("/agent")) == thread);
}

TEST_CASE_METHOD(PageFixture, "A guest's new thread is the one that the page comes back to") {
  Init();
  Submit("one");
  const std::string first = storage.at("thread_id");
  AnswerRun({"1"});
  ChooseNewThread();
  CHECK(storage.count("thread_id") == 0);
  Submit("two");
  CHECK(storage.at("thread_id") != first);
}

TEST_CASE_METHOD(Signed, "A thread that is not the user's any more opens nothing, and the list is loaded again") {
  ChooseThread("th_gone");
  Answer(Find("/threads/th_gone/messages"), 404, ProblemOf("thread_not_found", 404));
  REQUIRE(Find("/threads"));
  Answer(Find("/threads"), 200, Listed({"th_new"}));
  CHECK_FALSE(threads.contains("current"));
  CHECK(threads["threads"].size() == 1);
}

TEST_CASE_METHOD(Signed, "A reply that streams is left, goes on on the server, and is resumed when one comes back") {
  Submit("tell me");
  const int request = Find("/agent");
  const std::string run = RunId(request), id = LastMessage("user")->id;
  const auto frames = FramesFor(request, {"a", "b", "c"});
  Started(request, 200);
  for (std::size_t i = 0; i < 4; ++i) Chunk(request, frames[i]);
  ChooseNewThread();
  CHECK(open.count(request) == 0);
  CHECK(CountSent("/cancel") == 0);
  CHECK_FALSE(busy);
  CHECK(messages.empty());
  ChooseThread("th_new");
  Answer(Find("/threads/th_new/messages"), 200, {{"messages", {Said(id, "user", "tell me")}}, {"active_run", run}});
  const int resumed = Find("/events");
  REQUIRE(resumed != 0);
  CHECK(open.at(resumed)["last_event_id"] == run + ":0");
  CHECK(busy);
  Started(resumed, 200);
  for (const std::string& frame : frames) Chunk(resumed, frame);
  CHECK(LastMessage("assistant")->text == "abc");
  CHECK(LastMessage("assistant")->status == "done");
}

TEST_CASE_METHOD(Signed, "A broken reply does not keep the next thread reconnecting") {
  Submit("tell me");
  const int request = Find("/agent");
  Started(request, 200);
  Chunk(request, FramesFor(request, {"a"})[0]);
  Failed(request);
  CHECK(connection == "reconnecting");
  ChooseNewThread();
  CHECK(connection == "online");
  Wait(60'000);
  CHECK(CountSent("/events") == 0);
}

TEST_CASE_METHOD(Signed, "A thread is not left while a message in it has not arrived") {
  Online(false);
  Submit("wait");
  ChooseNewThread();
  CHECK(notice == "unsent_message");
  CHECK(LastMessage("user")->text == "wait");
  Online(true);
  Wait(0);
  Answer(Find("/session"), 200, Verified("ada"));
  CHECK(ThreadId(Find("/agent")) == "th_new");
  ChooseThread("th_old");
  CHECK(CountSent("/threads/th_old/messages") == 0);
  Answer(Find("/agent"), 400, ProblemOf("invalid_input", 400));
  ChooseThread("th_old");
  CHECK(CountSent("/threads/th_old/messages") == 0);
  Withdraw(LastMessage("user")->id);
  Answer(Find("/threads/th_new/messages"), 200, {{"messages", json::array()}});
  ChooseThread("th_old");
  CHECK(CountSent("/threads/th_old/messages") == 1);
  CHECK(notice.empty());
}

TEST_CASE_METHOD(Signed, "The history of a thread that was left again is not shown") {
  ChooseThread("th_old");
  const int history = Find("/threads/th_old/messages");
  ChooseThread("th_older");
  CHECK(open.count(history) == 0);
  Answer(history, 200, {{"messages", {Said("u_0", "user", "left")}}});
  CHECK(messages.empty());
}

TEST_CASE_METHOD(Signed, "Another user sees neither the list of threads nor what returns for it") {
  AskForThreads();
  Answer(Find("/threads"), 200, Listed({"th_new"}));
  AskForThreads();
  ChooseThread("th_old");
  const int list = Find("/threads"), history = Find("/threads/th_old/messages");
  SignIn("bob");
  CHECK(Visible().find("title of") == std::string::npos);
  Answer(list, 200, Listed({"th_new"}));
  Answer(history, 200, {{"messages", {Said("u_0", "user", "ada's own")}}});
  CHECK(Visible().find("title of") == std::string::npos);
  CHECK(Visible().find("ada's own") == std::string::npos);
  Submit("hello");
  CHECK(ThreadId(Find("/agent")) != "th_old");
}

TEST_CASE_METHOD(PageFixture, "A message that waits can be taken back, and is never sent") {
  Init();
  Online(false);
  Submit("one");
  Submit("two");
  Withdraw(messages[0].id);
  REQUIRE(messages.size() == 1);
  Online(true);
  Wait(0);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].dump().find("two") != std::string::npos);
  Withdraw(messages[0].id);
  CHECK(messages.size() == 1);  // it is on its way
  AnswerRun({"2"});
  Withdraw(messages[0].id);
  CHECK(messages.size() == 2);  // it has arrived
}

TEST_CASE_METHOD(PageFixture, "A message taken back that had arrived after all comes back with the history") {
  Init();
  Submit("hello");
  const json body = json::parse(open.at(Find("/agent"))["body"].get<std::string>());
  Failed(Find("/agent"));
  CHECK(connection == "reconnecting");
  const std::string id = LastMessage("user")->id;
  Withdraw(id);
  CHECK(messages.empty());
  CHECK(connection == "online");
  Answer(Find("/messages"), 200, {{"messages", {Said(id, "user", "hello")}}, {"active_run", body["runId"]}});
  CHECK(LastMessage("user")->status == "sent");
  CHECK(Find("/events") != 0);
}

TEST_CASE_METHOD(PageFixture, "A message that is too much at once says when it is sent again, and is") {
  Init();
  Submit("hello");
  Answer(Find("/agent"), 429, ProblemOf("rate_limited", 429), 20);
  CHECK(LastMessage("user")->status == "queued");
  CHECK(LastMessage("user")->code == "rate_limited");
  CHECK(LastMessage("user")->retry_in == 20);
  CHECK(connection == "online");
  CHECK_FALSE(busy);
  Wait(20'000);
  REQUIRE(Find("/agent") != 0);
  CHECK(LastMessage("user")->status == "sending");
  CHECK(LastMessage("user")->code.empty());
  CHECK(LastMessage("user")->retry_in == 0);
}

TEST_CASE_METHOD(Signed, "A judgement goes to the server") {
  Rate("m_1", "down", "not about my order");
  const int request = Find("/threads/th_new/messages/m_1/feedback");
  REQUIRE(request != 0);
  CHECK(json::parse(open.at(request)["body"].get<std::string>()) ==
        json{{"rating", "down"}, {"comment", "not about my order"}});
  Answer(request, 204, nullptr);
  Rate("m_1", "up");
  CHECK(json::parse(open.at(Find("/feedback"))["body"].get<std::string>()) == json{{"rating", "up"}});
}

TEST_CASE_METHOD(Signed, "A judgement that was not taken gives way to what stood before") {
  Rate("m_1", "up");
  json effects = json::array();
  Started(Find("/feedback"), 429);
  effects = Ended(Find("/feedback"));
  CHECK(effects[0] == json{{"type", "show_rating"}, {"id", "m_1"}});
  Rate("m_1", "down");
  Answer(Find("/feedback"), 204, nullptr);
  Rate("m_1", "up");
  CHECK(Failed(Find("/feedback"))[0] == json{{"type", "show_rating"}, {"id", "m_1"}, {"rating", "down"}});
  ChooseThread("th_new");
  Answer(Find("/threads/th_new/messages"), 200,
         {{"messages", {Said("m_1", "assistant", "x"), Said("m_10", "assistant", "y", {{"rating", "up"}})}}});
  CHECK(LastMessage("assistant")->rating == "up");
  Rate("m_10", "down");
  CHECK(Failed(Find("/feedback"))[0] == json{{"type", "show_rating"}, {"id", "m_10"}, {"rating", "up"}});
  Rate("m_1", "down");
  CHECK(Failed(Find("/feedback"))[0] == json{{"type", "show_rating"}, {"id", "m_1"}});
}

TEST_CASE_METHOD(Signed, "Tool steps, sources and judgements come back with the history") {
  ChooseThread("th_old");
  const json ours = {{"tools", {{{"id", "c_1"}, {"name", "get_order"}, {"status", "done"}}}},
                     {"citations", {{{"n", 1}, {"title", "Help"}, {"url", "https://shop.example/help"}}}},
                     {"rating", "down"}};
  Answer(Find("/threads/th_old/messages"), 200,
         {{"messages", {Said("u_0", "user", "q"), Said("m_0", "assistant", "a [1]", ours)}}});
  CHECK(tools.at("c_1") == "done");
  CHECK(LastMessage("assistant")->citations == ours["citations"]);
  CHECK(LastMessage("assistant")->rating == "down");
  CHECK(LastMessage("user")->citations.is_null());
}
