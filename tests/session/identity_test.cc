#include <catch2/catch.hpp>

#include "fixture.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE_METHOD(PageFixture, "init alone sends nothing") {
  Init();
  Wait(10'000);
  CHECK(sent.empty());
  CHECK(settled.at(1)["ok"] == true);
  CHECK(identity["state"] == "guest");
}

TEST_CASE_METHOD(PageFixture, "A verification secret in the browser is refused on the spot") {
  Event({{"type", "init_called"}, {"call", 1}, {"product_id", "acme"}, {"service_key", "wvs_abc"}});
  CHECK(settled.at(1)["code"] == "secret_in_browser");
  CHECK(reports.size() == 1);
  CHECK(sent.empty());
  Init();
  CHECK(settled.at(1)["ok"] == true);
}

TEST_CASE_METHOD(PageFixture, "A service key that no header can carry is refused on the spot") {
  Event({{"type", "init_called"}, {"call", 1}, {"product_id", "acme"}, {"service_key", "pk_\u00e9\n"}});
  CHECK(settled.at(1)["code"] == "invalid_config");
  CHECK(sent.empty());
}

TEST_CASE_METHOD(PageFixture, "init again is harmless for the same product and refused for another") {
  Init();
  Init();
  CHECK(settled.at(2)["ok"] == true);
  Event({{"type", "init_called"}, {"call", 9}, {"product_id", "other"}, {"service_key", "pk_x"}});
  CHECK(settled.at(9)["code"] == "already_initialised");
}

TEST_CASE_METHOD(PageFixture, "Identify calls before init coalesce: only the last token leaves the page") {
  Identify(TokenOf("ada"));
  Identify(TokenOf("bob"));
  CHECK(settled.at(1)["code"] == "superseded");
  Init();
  Wait(0);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0]["token"] == TokenOf("bob"));
}

TEST_CASE_METHOD(PageFixture, "Identify calls in one go cost one request, with the last token") {
  Init();
  Identify(TokenOf("ada"));
  Identify(TokenOf("bob"));
  Wait(0);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0]["token"] == TokenOf("bob"));
}

TEST_CASE_METHOD(PageFixture, "A verified user is greeted by name and the promise resolves with sub and lifetime") {
  Init();
  Identify(TokenOf("ada"));
  CHECK(identity["state"] == "identifying");
  Wait(0);
  Answer(Find("/session"), 200, Verified("ada", 1800));
  CHECK(identity["state"] == "user");
  CHECK(identity["name"] == "ada Name");
  CHECK(greeting["text"] == "Hi ada, how can I help?");
  CHECK(settled.at(2)["sub"] == "ada");
  CHECK(settled.at(2)["expires_in"] == 1800);
  CHECK(Emitted("identity:change", "sub", "ada"));
}

TEST_CASE_METHOD(PageFixture, "An answer that asking again cannot change ends the question") {
  Init();
  Identify(TokenOf("ada"));
  Wait(0);
  Answer(Find("/session"), 415, ProblemOf("unsupported_media_type", 415, "A proxy changed the request."));
  CHECK(settled.at(2)["code"] == "unsupported_media_type");
  CHECK(identity["state"] == "guest");
  Open();
  Wait(0);
  Answer(Find("/session"), 415, ProblemOf("unsupported_media_type", 415));
  Wait(600'000);
  CHECK(open.empty());
  CHECK_FALSE(wake_at.has_value());
}

TEST_CASE_METHOD(PageFixture, "Of two racing identifies the last wins, whatever the order of the answers") {
  Init();
  Identify(TokenOf("ada"));
  Wait(0);
  const int first = Find("/session");
  Identify(TokenOf("bob"));
  Wait(0);
  const int second = Find("/session");
  REQUIRE(second != first);
  Answer(second, 200, Verified("bob"));
  Answer(first, 200, Verified("ada"));
  CHECK(identity["sub"] == "bob");
  CHECK(settled.at(2)["code"] == "superseded");
  CHECK(settled.at(3)["sub"] == "bob");
}

TEST_CASE_METHOD(PageFixture, "A forged token is refused: guest, with code and hint") {
  Init();
  Identify(TokenOf("ada"));
  Wait(0);
  Answer(Find("/session"), 401, ProblemOf("invalid_signature", 401, "Sign with this product's secret."));
  CHECK(identity["state"] == "guest");
  CHECK(settled.at(2)["code"] == "invalid_signature");
  CHECK(settled.at(2)["hint"] == "Sign with this product's secret.");
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].dump().find(TokenOf("ada")) == std::string::npos);
  CHECK(notice == "identity_refused");
}

TEST_CASE_METHOD(PageFixture, "A forged token ends the identity that was there before, and resends nothing") {
  Init();
  SignIn("ada");
  Submit("my secret question");
  AnswerRun({"my secret answer"});
  draft = "half a thought";
  Identify("not-a-token");
  Wait(0);
  CHECK(Visible().find("secret") == std::string::npos);
  Answer(Find("/session"), 401, ProblemOf("token_malformed", 401));
  Wait(60'000);
  CHECK(identity["state"] == "guest");
  CHECK(draft == "half a thought");
  CHECK(Find("/agent") == 0);
}

TEST_CASE_METHOD(PageFixture, "A token that no header can carry is refused without a request") {
  Init();
  Identify("a\nb");
  CHECK(settled.at(2)["code"] == "token_malformed");
  Identify(std::string(9000, 'a'));
  CHECK(settled.at(3)["code"] == "token_too_large");
  Wait(1000);
  CHECK(sent.empty());
}

TEST_CASE_METHOD(PageFixture,
                 "The same user again is a refresh: the stream goes on, the next request has the new token") {
  Init();
  SignIn("ada");
  Submit("hello");
  const int run = Find("/agent");
  const auto frames = FramesFor(run, {"one ", "two"});
  Started(run, 200);
  for (int i = 0; i < 3; ++i) Chunk(run, frames[static_cast<std::size_t>(i)]);
  const auto epoch = session.epoch();
  Identify(TokenOf("ada", "newer"));
  Wait(0);
  Answer(Find("/session"), 200, Verified("ada"));
  CHECK(session.epoch() == epoch);
  for (std::size_t i = 3; i < frames.size(); ++i) Chunk(run, frames[i]);
  CHECK(LastMessage("assistant")->text == "one two");
  CHECK(LastMessage("assistant")->status == "done");
  Submit("again");
  CHECK(open.at(Find("/agent"))["token"] == TokenOf("ada", "newer"));
}

TEST_CASE_METHOD(PageFixture, "A switch in mid-stream: nothing of the first user is shown, sent or kept any more") {
  Init();
  SignIn("ada");
  Submit("ada asks");
  const int run = Find("/agent");
  const auto frames = FramesFor(run, {"ada answer one", "ada answer two"});
  Started(run, 200);
  for (int i = 0; i < 3; ++i) Chunk(run, frames[static_cast<std::size_t>(i)]);
  REQUIRE(Visible().find("ada answer one") != std::string::npos);
  Submit("ada queued");
  draft = "ada draft";

  const auto sent_before = sent.size();
  Identify(TokenOf("bob"));
  CHECK(messages.empty());
  CHECK(draft.empty());
  CHECK(Visible().find("ada") == std::string::npos);
  CHECK(open.count(run) == 0);
  CHECK(Emitted("message:dropped", "reason", "identity_changed"));
  // The server is told, with the token of the user whose run it is.
  CHECK(Find("/cancel") != 0);
  CHECK(open.at(Find("/cancel"))["token"] == TokenOf("ada"));

  // What still arrives of the old stream is dropped.
  Chunk(run, frames[3]);
  Ended(run);
  CHECK(messages.empty());
  Wait(0);
  Answer(Find("/session"), 200, Verified("bob"));
  Wait(60'000);
  for (std::size_t i = sent_before; i < sent.size(); ++i) {
    if (sent[i].value("token", "") == TokenOf("bob")) CHECK(sent[i].dump().find("ada") == std::string::npos);
  }
  CHECK(Find("/agent") == 0);
  CHECK(Visible().find("ada") == std::string::npos);
}

TEST_CASE_METHOD(PageFixture, "Messages queued offline by one user are not sent as another") {
  Init();
  SignIn("ada");
  Online(false);
  Submit("from ada");
  Identify(TokenOf("bob"));
  Online(true);
  Wait(0);
  Answer(Find("/session"), 200, Verified("bob"));
  Wait(60'000);
  for (const json& request : sent) CHECK(request.dump().find("from ada") == std::string::npos);
}

TEST_CASE_METHOD(
    PageFixture,
    "What a guest typed offline goes along to the user; what may have arrived is not sent again by itself") {
  Init();
  Submit("may have arrived");
  Failed(Find("/agent"));
  Online(false);
  Submit("never left");
  Identify(TokenOf("ada"));
  Online(true);
  Wait(0);
  Answer(Find("/session"), 200, Verified("ada"));
  REQUIRE(Find("/agent") != 0);
  CHECK(open.at(Find("/agent")).dump().find("never left") != std::string::npos);
  CHECK(open.at(Find("/agent"))["token"] == TokenOf("ada"));
  CHECK(messages.at(0).text == "may have arrived");
  CHECK(messages.at(0).code == "identity_changed");
  AnswerRun({"ok"});
  Wait(60'000);
  CHECK(Find("/agent") == 0);
}

TEST_CASE_METHOD(PageFixture, "What is typed while identity is being asked for is sent as the user who was meant") {
  Init();
  Identify(TokenOf("ada"));
  Submit("where is my order?");
  CHECK(Find("/agent") == 0);
  Wait(0);
  Answer(Find("/session"), 200, Verified("ada"));
  REQUIRE(Find("/agent") != 0);
  CHECK(open.at(Find("/agent"))["token"] == TokenOf("ada"));
  CHECK(LastMessage("user")->text == "where is my order?");
}

TEST_CASE_METHOD(PageFixture, "What is typed while a token is being refused waits for the visitor's word") {
  Init();
  Identify(TokenOf("ada"));
  Submit("where is my order?");
  Wait(0);
  Answer(Find("/session"), 401, ProblemOf("revoked", 401));
  Wait(60'000);
  CHECK(Find("/agent") == 0);
  REQUIRE(LastMessage("user") != nullptr);
  CHECK(LastMessage("user")->status == "failed");
  Retry(LastMessage("user")->id);
  REQUIRE(Find("/agent") != 0);
  CHECK(open.at(Find("/agent")).value("token", "") == "");
}

TEST_CASE_METHOD(PageFixture,
                 "An identity ends on the monotonic clock: guest from then on, the transcript gone, the draft kept") {
  Init();
  SignIn("ada", 60);
  Submit("my order");
  AnswerRun({"shipped"});
  draft = "and";
  Wait(59'000);
  CHECK(identity["state"] == "user");
  Wait(1'001);
  CHECK(identity["state"] == "guest");
  CHECK(identity["reason"] == "token_expired");
  CHECK(notice == "identity_expired");
  CHECK(messages.empty());
  CHECK(draft == "and");
  CHECK(Emitted("identity:expired"));
  Submit("next");
  const json& request = open.at(Find("/agent"));
  CHECK(request.value("token", "") == "");
  CHECK(request["guest_id"] == "guest-guest-guest-0001");
}

TEST_CASE_METHOD(PageFixture, "No event is judged under a dead token, even if the timer comes late") {
  Init();
  SignIn("ada", 60);
  now += 61'000;
  Submit("late");
  CHECK(open.at(Find("/agent")).value("token", "") == "");
}

TEST_CASE_METHOD(PageFixture, "A message that waited when the identity ended is kept and not sent by itself") {
  Init();
  SignIn("ada", 60);
  Online(false);
  Submit("waiting");
  Wait(61'000);
  Online(true);
  Wait(60'000);
  CHECK(Find("/agent") == 0);
  REQUIRE(LastMessage("user") != nullptr);
  CHECK(LastMessage("user")->code == "identity_expired");
}

TEST_CASE_METHOD(PageFixture, "A message that was on its way when the identity ended stays in sight, with Retry") {
  Init();
  SignIn("ada", 60);
  Submit("on its way");
  Wait(61'000);
  REQUIRE(LastMessage("user") != nullptr);
  CHECK(LastMessage("user")->status == "failed");
  CHECK(LastMessage("user")->code == "identity_expired");
  CHECK_FALSE(Emitted("message:dropped"));
  SignIn("ada");
  CHECK(LastMessage("user")->text == "on its way");
  CHECK(Find("/agent") == 0);
  Retry(LastMessage("user")->id);
  CHECK(Find("/agent"));
}

TEST_CASE_METHOD(PageFixture, "What waited when an identity ended goes to the same user again, and never to another") {
  for (const std::string next : {"ada", "bob"}) {
    PageFixture page;
    page.Init();
    page.SignIn("ada", 60);
    page.Online(false);
    page.Submit("waiting");
    page.Wait(61'000);
    page.Online(true);
    page.SignIn(next);
    CHECK((page.Visible().find("waiting") != std::string::npos) == (next == "ada"));
    CHECK(page.Emitted("message:dropped") == (next == "bob"));
  }
}

TEST_CASE_METHOD(PageFixture, "The same user again gets the thread back") {
  Init();
  SignIn("ada", 60, "th_ada");
  REQUIRE(Find("/threads/th_ada/messages") != 0);
  Answer(Find("/messages"), 200,
         {{"messages",
           {{{"id", "u1"}, {"role", "user"}, {"content", "hi"}},
            {{"id", "m1"}, {"role", "assistant"}, {"content", "hello ada"}}}}});
  CHECK(messages.size() == 2);
  Wait(61'000);
  CHECK(messages.empty());
  SignIn("ada", 3600, "th_ada");
  Answer(Find("/messages"), 200,
         {{"messages",
           {{{"id", "u1"}, {"role", "user"}, {"content", "hi"}},
            {{"id", "m1"}, {"role", "assistant"}, {"content", "hello ada"}}}}});
  CHECK(LastMessage("assistant")->text == "hello ada");
  Submit("more");
  CHECK(ThreadId(Find("/agent")) == "th_ada");
}

TEST_CASE_METHOD(PageFixture, "An expired token is a guest's, and says so") {
  Init();
  Identify(TokenOf("ada"));
  Wait(0);
  Answer(Find("/session"), 200, AsGuest("token_expired"));
  CHECK(identity["state"] == "guest");
  CHECK(settled.at(2)["code"] == "token_expired");
  CHECK(notice == "identity_expired");
}

TEST_CASE_METHOD(PageFixture, "Logout wipes everything, changes the guest, and tells the server") {
  Init();
  SignIn("ada");
  Submit("private");
  AnswerRun({"reply"});
  draft = "draft";
  Logout();
  CHECK(messages.empty());
  CHECK(draft.empty());
  CHECK(identity["state"] == "guest");
  CHECK(storage.at("guest_id") != "guest-guest-guest-0001");
  CHECK(Visible().find("ada") == std::string::npos);
  const json& told = open.at(Find("/session"));
  CHECK(told["token"] == TokenOf("ada"));
  CHECK(told["body"] == R"({"event":"sign_out"})");
  CHECK(settled.rbegin()->second["ok"] == true);
  Submit("as a guest");
  CHECK(open.at(Find("/agent")).value("token", "") == "");
}

TEST_CASE_METHOD(PageFixture, "After sleep the server is asked how much of the token is left") {
  Init();
  SignIn("ada", 3600);
  Event({{"type", "page_resumed"}});
  Wait(0);
  Answer(Find("/session"), 200, AsGuest("token_expired"));
  CHECK(identity["state"] == "guest");
  CHECK(notice == "identity_expired");
}

TEST_CASE_METHOD(PageFixture, "A refused origin is named on the console and stops everything") {
  Init();
  Open();
  Wait(0);
  Failed(Find("/session"));
  REQUIRE(Find("/diagnose") != 0);
  CHECK_FALSE(open.at(Find("/diagnose")).contains("service_key"));
  Answer(Find("/diagnose"), 200,
         {{"origin", "https://evil.example"},
          {"allowed", false},
          {"code", "origin_not_allowed"},
          {"hint", "Register https://evil.example"}});
  CHECK(session.state() == Session::State::kRefused);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0]["hint"] == "Register https://evil.example");
  Submit("hello?");
  CHECK(LastMessage("user")->status == "failed");
  Wait(100'000);
  CHECK(open.empty());
  CHECK_FALSE(wake_at.has_value());
}

TEST_CASE_METHOD(PageFixture,
                 "A product that does not exist is named on the console, instead of asked for again and again") {
  Init();
  Identify(TokenOf("ada"));
  Wait(0);
  Failed(Find("/session"));
  Answer(Find("/diagnose"), 404, ProblemOf("product_not_found", 404, "Check the productId given to init."));
  CHECK(settled.rbegin()->second["code"] == "product_not_found");
  REQUIRE(reports.size() == 1);
  CHECK(reports[0]["code"] == "product_not_found");
  const auto before = sent.size();
  Wait(600'000);
  CHECK(sent.size() == before);
}

TEST_CASE_METHOD(PageFixture, "After destroy nothing happens any more") {
  Init();
  SignIn("ada");
  Submit("x");
  Event({{"type", "destroy_called"}});
  CHECK(open.empty());
  CHECK_FALSE(wake_at.has_value());
  CHECK(Submit("y").empty());
}

TEST_CASE_METHOD(PageFixture, "Text that is no event is reported and changes nothing") {
  for (const char* bad :
       {"", "{", "[]", "nul", "{\"type\":1}", "{\"type\":\"no_such_event\"}", "{\"type\":\"\\ud800\"}"}) {
    const json step = json::parse(std::string_view(HandleJson(session, bad)));
    CHECK(step["effects"][0]["code"] == "invalid_event");
  }
  CHECK(session.state() == Session::State::kNew);
}

TEST_CASE_METHOD(PageFixture, "Who is called like another up to a U+0000 is somebody else") {
  Init();
  SignIn("ada");
  const auto before = session.epoch();
  Identify(TokenOf(std::string("ada\0x", 5)));
  CHECK(session.state() == Session::State::kIdentifying);
  CHECK(session.epoch() > before);
}
