// What passes from a guest to a user, between tabs, and what a product may forbid a guest.
#include <catch2/catch.hpp>

#include "fixture.h"

using namespace widgent;
using namespace widgent::test;

namespace {

json BodyOf(const json& request) { return json::parse(request["body"].get<std::string>()); }

WireIdentity AsWire(const std::string& reason) {
  WireIdentity guest;
  guest.reason = reason;
  return guest;
}

struct HandoverFixture : PageFixture {
  void SayAsGuest(const std::string& text) {
    Submit(text);
    AnswerRun({"an answer"});
  }
  json LastSessionBody() const {
    for (auto request = sent.rbegin(); request != sent.rend(); ++request)
      if ((*request)["path"] == "/v1/products/acme/session") return BodyOf(*request);
    return nullptr;
  }
};

}  // namespace

// ---- Guest to user

TEST_CASE_METHOD(HandoverFixture, "The first user to come is offered the guest's thread") {
  Init();
  SayAsGuest("hello");
  const std::string thread = storage["thread_id"];
  Identify(TokenOf("ada"));
  Wait(0);
  CHECK(LastSessionBody()["merge"] == thread);
  CHECK_FALSE(LastSessionBody().contains("append"));
  json verdict = Verified("ada", 3600, thread);
  verdict["merged"] = true;
  Answer(Find("/session"), 200, verdict);
  REQUIRE(Find("/messages"));
  CHECK(open.at(Find("/messages"))["path"].get<std::string>().find(thread) != std::string::npos);
}

TEST_CASE_METHOD(HandoverFixture, "A guest who has said nothing hands nothing over") {
  Init();
  Identify(TokenOf("ada"));
  Wait(0);
  CHECK_FALSE(LastSessionBody().contains("merge"));
}

TEST_CASE_METHOD(HandoverFixture, "A switch hands nothing over") {
  Init();
  SignIn("ada");
  Submit("hello");
  AnswerRun({"for ada's eyes"});
  Identify(TokenOf("bob"));
  Wait(0);
  CHECK_FALSE(LastSessionBody().contains("merge"));
}

TEST_CASE_METHOD(HandoverFixture, "case 09: same sub again restores, and takes over what the guest has said since") {
  Init();
  SignIn("ada", 60);
  Wait(61'000);
  SayAsGuest("as a guest");
  const std::string thread = storage["thread_id"];
  Identify(TokenOf("ada", "second"));
  Wait(0);
  CHECK(LastSessionBody()["merge"] == thread);
  CHECK(LastSessionBody()["append"] == true);
  Answer(Find("/session"), 200, Verified("ada", 3600, "t_adas"));
  REQUIRE(Find("/messages"));
  CHECK(open.at(Find("/messages"))["path"].get<std::string>().find("t_adas") != std::string::npos);
}

TEST_CASE_METHOD(HandoverFixture, "case 10: another sub never gets the guest's turns since an identity ended") {
  Init();
  SignIn("ada", 60);
  Wait(61'000);
  SayAsGuest("ada as a guest");
  const std::string guest = storage["guest_id"];
  draft = "half a thought";
  Identify(TokenOf("bob"));
  CHECK(messages.empty());
  CHECK(draft.empty());
  Wait(0);
  CHECK_FALSE(LastSessionBody().contains("merge"));
  CHECK(storage["guest_id"] != guest);
  Answer(Find("/session"), 200, Verified("bob"));
  CHECK(Visible().find("ada as a guest") == std::string::npos);
}

TEST_CASE_METHOD(HandoverFixture, "case 10: not even after the page was loaded again") {
  Init();
  SignIn("ada", 60);
  Wait(61'000);
  SayAsGuest("ada as a guest");
  HandoverFixture reloaded;
  reloaded.storage = storage;
  reloaded.Init(storage["thread_id"]);
  reloaded.Identify(TokenOf("bob"));
  reloaded.Wait(0);
  CHECK_FALSE(reloaded.LastSessionBody().contains("merge"));

  HandoverFixture hers;
  hers.storage = storage;
  hers.Init(storage["thread_id"]);
  hers.Identify(TokenOf("ada"));
  hers.Wait(0);
  CHECK(hers.LastSessionBody()["merge"] == storage["thread_id"]);
}

TEST_CASE_METHOD(HandoverFixture,
                 "case 10: nor what was taken as a guest's because the token ended on the way, after a reload") {
  Init();
  SignIn("ada", 60);
  Submit("ada's words");
  const int request = Find("/agent");
  const auto frames = Frames(RunId(request), ThreadId(request), {"an answer"}, AsWire("token_expired"));
  Started(request, 200);
  for (const std::string& frame : frames) Chunk(request, frame);
  REQUIRE(identity["state"] == "guest");
  REQUIRE_FALSE(storage["thread_id"].empty());

  HandoverFixture reloaded;
  reloaded.storage = storage;
  reloaded.Init(storage["thread_id"]);
  reloaded.Identify(TokenOf("bob"));
  reloaded.Wait(0);
  CHECK_FALSE(reloaded.LastSessionBody().contains("merge"));
  CHECK(reloaded.storage["thread_id"].empty());
}

TEST_CASE_METHOD(HandoverFixture, "A guest's message that the user sends again is a run of the user's") {
  Init();
  SayAsGuest("hello");
  Submit("again");
  const std::string run = RunId(Find("/agent"));
  Event({{"type", "cancel_requested"}});
  Identify(TokenOf("ada"));
  Retry(LastMessage("user")->id);
  Wait(0);
  json verdict = Verified("ada", 3600, storage["thread_id"]);
  verdict["merged"] = true;
  Answer(Find("/session"), 200, verdict);
  Answer(Find("/messages"), 200, {{"messages", json::array()}});
  REQUIRE(Find("/agent"));
  CHECK(RunId(Find("/agent")) != run);
}

TEST_CASE_METHOD(HandoverFixture, "A message that the history has has arrived: it is shown once, and not sent again") {
  Init();
  SayAsGuest("hello");
  Submit("again");
  const std::string id = LastMessage("user")->id;
  Event({{"type", "cancel_requested"}});
  Identify(TokenOf("ada"));
  Wait(0);
  Answer(Find("/session"), 200, Verified("ada", 3600, "t_adas"));
  Answer(Find("/messages"), 200,
         {{"messages",
           {{{"id", id}, {"role", "user"}, {"content", "again"}},
            {{"id", "a_1"}, {"role", "assistant"}, {"content", "half a"}}}}});
  int shown = 0;
  for (const Message& message : messages) shown += message.id == id;
  CHECK(shown == 1);
  CHECK(LastMessage("user")->status == "sent");
  const auto before = sent.size();
  Retry(id);
  CHECK(sent.size() == before);
}

TEST_CASE_METHOD(HandoverFixture, "What the guest was told is told again to the user whose thread it is, who stays") {
  Init();
  SignIn("ada");
  Submit("hello");
  const int request = Find("/agent");
  const auto frames = Frames(RunId(request), ThreadId(request), {"an answer"}, AsWire("token_missing"));
  Started(request, 200);
  for (const std::string& frame : frames) Chunk(request, frame);
  CHECK(identity["state"] == "user");
  CHECK(LastMessage("assistant")->text == "an answer");
}

TEST_CASE_METHOD(HandoverFixture, "Where the product asks, the guest's thread is moved only at the visitor's yes") {
  Init();
  SayAsGuest("hello");
  const std::string thread = storage["thread_id"];
  Identify(TokenOf("ada"));
  Wait(0);
  json verdict = Verified("ada", 3600, "t_old");
  verdict["merge_offer"] = true;
  Answer(Find("/session"), 200, verdict);
  CHECK(merge_offer);
  Answer(Find("/messages"), 200, {{"messages", json::array()}});
  AnswerMerge(true);
  CHECK_FALSE(merge_offer);
  Wait(0);
  CHECK(LastSessionBody() == json{{"event", "merge"}, {"merge", thread}});
  json moved = Verified("ada", 3600, thread);
  moved["merged"] = true;
  Answer(Find("/session"), 200, moved);
  REQUIRE(Find("/messages"));
  CHECK(open.at(Find("/messages"))["path"].get<std::string>().find(thread) != std::string::npos);
}

TEST_CASE_METHOD(HandoverFixture, "What is said while the guest's thread is being moved is sent once, behind it") {
  Init();
  SayAsGuest("hello");
  const std::string thread = storage["thread_id"];
  Identify(TokenOf("ada"));
  Wait(0);
  json verdict = Verified("ada");
  verdict["merge_offer"] = true;
  Answer(Find("/session"), 200, verdict);
  json moved = Verified("ada", 3600, thread);
  moved["merged"] = true;
  SECTION("said after the yes") {
    AnswerMerge(true);
    Submit("more");
    CHECK_FALSE(Find("/agent"));
    Wait(0);
    Answer(Find("/session"), 200, moved);
    Answer(Find("/messages"), 200, {{"messages", json::array()}});
    REQUIRE(Find("/agent"));
    CHECK(ThreadId(Find("/agent")) == thread);
  }
  SECTION("said before the yes, and perhaps stored already") {
    Submit("more");
    Failed(Find("/agent"));
    AnswerMerge(true);
    CHECK(merge_offer);
    Wait(10'000);
    CHECK_FALSE(Find("/session"));
    AnswerRun({"an answer"});
    AnswerMerge(true);
    Wait(0);
    CHECK(Find("/session"));
  }
}

TEST_CASE_METHOD(HandoverFixture, "No to the offer is the end of it, and an offer leaves with its user") {
  Init();
  SayAsGuest("hello");
  Identify(TokenOf("ada"));
  Wait(0);
  json verdict = Verified("ada");
  verdict["merge_offer"] = true;
  Answer(Find("/session"), 200, verdict);
  REQUIRE(merge_offer);
  const auto before = sent.size();
  SECTION("no") {
    AnswerMerge(false);
    Wait(1'000);
    CHECK(sent.size() == before);
    AnswerMerge(true);
    Wait(0);
    CHECK_FALSE(LastSessionBody().value("merge", "").size());
  }
  SECTION("a switch") { Identify(TokenOf("bob")); }
  SECTION("a logout") { Logout(); }
  CHECK_FALSE(merge_offer);
}

// ---- Drafts

TEST_CASE_METHOD(HandoverFixture, "A forged token that names somebody else gives the draft back") {
  Init();
  SignIn("ada");
  draft = "half a thought";
  Identify(TokenOf("bob"));
  CHECK(draft.empty());
  Wait(0);
  Answer(Find("/session"), 401, ProblemOf("invalid_signature", 401));
  CHECK(draft == "half a thought");
}

TEST_CASE_METHOD(HandoverFixture, "A verified switch forgets the draft for good") {
  Init();
  SignIn("ada");
  draft = "half a thought";
  Identify(TokenOf("bob"));
  Wait(0);
  Answer(Find("/session"), 200, Verified("bob"));
  CHECK(draft.empty());
  CHECK(stash.empty());
}

// ---- Rules of the product

TEST_CASE_METHOD(HandoverFixture, "identity: required locks the composer until somebody is identified") {
  Init();
  Open();
  Wait(0);
  json guest = AsGuest();
  guest["policy"]["identity"] = "required";
  Answer(Find("/session"), 200, guest);
  CHECK(identity["locked"] == true);
  Submit("let me in");
  CHECK(LastMessage("user")->code == "identity_required");
  CHECK_FALSE(Find("/agent"));
  Retry(LastMessage("user")->id);
  CHECK_FALSE(Find("/agent"));
  json verdict = Verified("ada");
  verdict["policy"]["identity"] = "required";
  Identify(TokenOf("ada"));
  Wait(0);
  Answer(Find("/session"), 200, verdict);
  CHECK_FALSE(identity.value("locked", false));
  Submit("hello");
  CHECK(Find("/agent"));
  Logout();
  CHECK(identity["locked"] == true);
}

TEST_CASE_METHOD(HandoverFixture, "on_expiry: lock disables the composer at the end, and identify opens it") {
  Init();
  json verdict = Verified("ada", 60);
  verdict["policy"]["on_expiry"] = "lock";
  Identify(TokenOf("ada"));
  Wait(0);
  Answer(Find("/session"), 200, verdict);
  draft = "half a thought";
  Wait(61'000);
  CHECK(identity["state"] == "guest");
  CHECK(identity["locked"] == true);
  CHECK(draft == "half a thought");
  Submit("hello");
  CHECK_FALSE(Find("/agent"));
  Identify(TokenOf("ada", "second"));
  Wait(0);
  Answer(Find("/session"), 200, verdict);
  CHECK_FALSE(identity.value("locked", false));
}

// ---- Tabs

TEST_CASE_METHOD(HandoverFixture, "case 19: logout in one tab clears the same user's other tab, and no other") {
  Init();
  SignIn("ada");
  Submit("hello");
  AnswerRun({"for ada's eyes"});
  draft = "half a thought";
  PageFixture same, other;
  same.Init();
  same.SignIn("ada");
  other.Init();
  other.SignIn("bob");
  same.Logout();
  REQUIRE(same.broadcasts.back()["kind"] == "signed_out");
  CHECK(same.broadcasts.back().dump().find("ada") == std::string::npos);
  Hear(same.broadcasts.back());
  other.Hear(same.broadcasts.back());
  CHECK(identity["state"] == "guest");
  CHECK(messages.empty());
  CHECK(draft.empty());
  CHECK(broadcasts.back()["kind"] != "signed_out");
  CHECK(other.identity["state"] == "user");
}

TEST_CASE_METHOD(HandoverFixture, "A tab whose identity has ended leaves with its user too") {
  Init();
  SignIn("ada", 60);
  Wait(61'000);
  SayAsGuest("ada as a guest");
  PageFixture same;
  same.Init();
  same.SignIn("ada");
  same.Logout();
  Hear(same.broadcasts.back());
  CHECK(messages.empty());
}

TEST_CASE_METHOD(HandoverFixture, "Another tab that identifies somebody else is a conflict; the same user is none") {
  Init();
  SignIn("ada");
  PageFixture same, other;
  same.Init();
  same.SignIn("ada");
  Hear(same.broadcasts.back());
  CHECK_FALSE(Emitted("identity:conflict"));
  other.Init();
  other.SignIn("bob");
  Hear(other.broadcasts.back());
  CHECK(Emitted("identity:conflict"));
  CHECK(identity["sub"] == "ada");
}

TEST_CASE_METHOD(HandoverFixture, "A broadcast without a fingerprint, or of no kind we know, changes nothing") {
  Init();
  Hear({{"kind", "signed_out"}, {"fingerprint", ""}});
  SignIn("ada");
  Hear({{"kind", "signed_out"}, {"fingerprint", ""}});
  Hear({{"kind", "signed_out"}, {"fingerprint", "0123456789abcdef"}});
  Hear({{"kind", "dance"}, {"fingerprint", broadcasts.back()["fingerprint"]}});
  CHECK(identity["state"] == "user");
}
