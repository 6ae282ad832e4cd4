#include <catch2/catch.hpp>

#include "fixture.h"

using namespace widgent;
using namespace widgent::test;

namespace {

struct ProviderFixture : PageFixture {
  // A page with getToken on which `sub` is signed in by it.
  void SignInByFunction(const std::string& sub, std::int64_t expires_in = 3600) {
    Init("", true);
    REQUIRE(asks.size() == 1);
    Provide(asks.back(), TokenOf(sub));
    Wait(0);
    Answer(Find("/session"), 200, Verified(sub, expires_in));
  }
  void AnswerSession(const json& body) {
    Wait(0);
    REQUIRE(Find("/session"));
    Answer(Find("/session"), 200, body);
  }
};

}  // namespace

TEST_CASE_METHOD(ProviderFixture, "With getToken the first request is already the user's") {
  Init("", true);
  CHECK(identity["state"] == "identifying");
  CHECK(sent.empty());
  Provide(asks.back(), TokenOf("ada"));
  Wait(0);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0]["token"] == TokenOf("ada"));
}

TEST_CASE_METHOD(ProviderFixture, "getToken is asked 60 s before the end, once, and the identity never lapses") {
  SignInByFunction("ada", 600);
  const std::int64_t start = now;
  WaitUntil(start + 539'000);
  CHECK(asks.size() == 1);
  WaitUntil(start + 540'500);
  REQUIRE(asks.size() == 2);
  CHECK(Emitted("identity:expiring"));
  Provide(asks.back(), TokenOf("ada", "second"));
  AnswerSession(Verified("ada", 600));
  WaitUntil(start + 900'000);
  CHECK(identity["state"] == "user");
  CHECK(asks.size() == 2);
  CHECK_FALSE(Emitted("identity:expired"));
}

TEST_CASE_METHOD(ProviderFixture, "Of a shorter life a fifth is left when getToken is asked") {
  SignInByFunction("ada", 100);
  const std::int64_t start = now;
  WaitUntil(start + 79'000);
  CHECK(asks.size() == 1);
  WaitUntil(start + 80'500);
  CHECK(asks.size() == 2);
}

TEST_CASE_METHOD(ProviderFixture, "A page without getToken is told in time") {
  Init();
  SignIn("ada", 600);
  Wait(541'000);
  CHECK(asks.empty());
  CHECK(Emitted("identity:expiring"));
  int times = 0;
  Wait(30'000);
  for (const json& e : emitted) times += e["name"] == "identity:expiring";
  CHECK(times == 1);
}

TEST_CASE_METHOD(ProviderFixture, "getToken has ten seconds, and three tries; the identity holds until its end") {
  SignInByFunction("ada", 600);
  Wait(540'500);
  REQUIRE(asks.size() == 2);
  Wait(9'000);
  CHECK(asks.size() == 2);
  Wait(3'000);
  CHECK(asks.size() == 3);
  FailToProvide(asks.back());
  Wait(5'000);
  REQUIRE(asks.size() == 4);
  FailToProvide(asks.back());
  Wait(10'000);
  CHECK(asks.size() == 4);
  CHECK(Emitted("identity:error", "code", "get_token_failed"));
  CHECK(identity["state"] == "user");
}

TEST_CASE_METHOD(ProviderFixture, "Where the end comes without a token, nothing is sent until getToken has answered") {
  SignInByFunction("ada", 600);
  Submit("hello");
  AnswerRun({"for ada's eyes"});
  Wait(540'500);
  for (int i = 0; i < 3; ++i) {
    FailToProvide(asks.back());
    Wait(3'000);
  }
  Wait(60'000);
  // The end: asked anew, as only the network had failed.
  CHECK(identity["state"] == "identifying");
  CHECK(Visible().find("ada's eyes") == std::string::npos);
  REQUIRE(asks.size() == 5);
  const auto before = sent.size();
  Submit("where is my order");
  CHECK(sent.size() == before);
  Provide(asks.back(), TokenOf("ada", "second"));
  AnswerSession(Verified("ada"));
  REQUIRE(Find("/agent"));
  CHECK(open.at(Find("/agent"))["token"] == TokenOf("ada", "second"));
  CHECK_FALSE(Emitted("identity:expired"));
}

TEST_CASE_METHOD(ProviderFixture, "What waited to be sent when the identity ended goes out under the next token") {
  SignInByFunction("ada", 600);
  Online(false);
  Submit("typed offline");
  Wait(605'000);
  CHECK(identity["state"] == "identifying");
  Online(true);
  Provide(asks.back(), TokenOf("ada", "second"));
  AnswerSession(Verified("ada"));
  REQUIRE(Find("/agent"));
  CHECK(open.at(Find("/agent"))["body"].get<std::string>().find("typed offline") != std::string::npos);
  CHECK(open.at(Find("/agent"))["token"] == TokenOf("ada", "second"));
}

TEST_CASE_METHOD(ProviderFixture,
                 "What was on its way when the identity ended is not lost, and not sent twice by itself") {
  SignInByFunction("ada", 600);
  Submit("on its way");
  Submit("behind it");
  Wait(605'000);
  Provide(asks.back(), TokenOf("ada", "second"));
  AnswerSession(Verified("ada"));
  CHECK(Visible().find("on its way") != std::string::npos);
  REQUIRE(Find("/agent"));
  CHECK(open.at(Find("/agent"))["body"].get<std::string>().find("behind it") != std::string::npos);
  CHECK_FALSE(Emitted("message:dropped"));
}

TEST_CASE_METHOD(ProviderFixture, "What waited for one user is never sent as another that getToken gives instead") {
  SignInByFunction("ada", 600);
  Online(false);
  Submit("ada's words");
  Wait(605'000);
  Online(true);
  Provide(asks.back(), TokenOf("bob"));
  AnswerSession(Verified("bob"));
  Wait(10'000);
  for (const json& request : sent) CHECK(request.value("body", "").find("ada's words") == std::string::npos);
  CHECK(Emitted("message:dropped", "reason", "identity_changed"));
  CHECK(Visible().find("ada") == std::string::npos);
}

TEST_CASE_METHOD(ProviderFixture, "The same token again is stale_token after three calls, without a loop") {
  SignInByFunction("ada", 600);
  Wait(540'500);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(asks.size() == static_cast<std::size_t>(i + 2));
    Provide(asks.back(), TokenOf("ada"));
    Wait(5'000);
  }
  CHECK(Emitted("identity:error", "code", "stale_token"));
  CHECK(identity["state"] == "user");
  Wait(600'000);
  CHECK(asks.size() == 4);
  CHECK(identity["state"] == "guest");
  CHECK(Emitted("identity:expired"));
}

TEST_CASE_METHOD(ProviderFixture, "A token that the server calls expired counts as stale") {
  Init("", true);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(asks.size() == static_cast<std::size_t>(i + 1));
    Provide(asks.back(), TokenOf("ada", "old"));
    AnswerSession(AsGuest("token_expired"));
    Wait(5'000);
  }
  CHECK(Emitted("identity:error", "code", "stale_token"));
  CHECK(identity["state"] == "guest");
  CHECK(asks.size() == 3);
  Wait(600'000);
  CHECK(asks.size() == 3);
}

TEST_CASE_METHOD(ProviderFixture, "null from getToken signs the user out") {
  SignInByFunction("ada", 600);
  Submit("hello");
  AnswerRun({"for ada's eyes"});
  draft = "half a thought";
  Wait(540'500);
  Provide(asks.back(), "");
  CHECK(identity["state"] == "guest");
  CHECK(messages.empty());
  CHECK(draft.empty());
  CHECK(storage["guest_id"] != "guest-guest-guest-0001");
}

TEST_CASE_METHOD(ProviderFixture,
                 "null from getToken at the start is a visitor who is not signed in, and keeps the guest") {
  Init("t_mine", true);
  Submit("hello");
  CHECK(sent.empty());
  Provide(asks.back(), "");
  CHECK(identity["state"] == "guest");
  CHECK(storage["guest_id"] == "guest-guest-guest-0001");
  CHECK_FALSE(Emitted("identity:change", "reason", "signed_out"));
  REQUIRE(Find("/agent"));
  CHECK(ThreadId(Find("/agent")) == "t_mine");
}

TEST_CASE_METHOD(ProviderFixture, "getToken that gives another user is a switch") {
  SignInByFunction("ada", 600);
  Submit("hello");
  AnswerRun({"for ada's eyes"});
  Wait(540'500);
  Provide(asks.back(), TokenOf("bob"));
  CHECK(messages.empty());
  AnswerSession(Verified("bob"));
  CHECK(identity["sub"] == "bob");
  CHECK(Visible().find("ada") == std::string::npos);
}

TEST_CASE_METHOD(ProviderFixture, "identify(fn) resolves with the verdict on what it gives") {
  Init();
  IdentifyByFunction();
  Provide(asks.back(), TokenOf("ada"));
  AnswerSession(Verified("ada", 900));
  CHECK(settled.at(2)["ok"] == true);
  CHECK(settled.at(2)["sub"] == "ada");
}

TEST_CASE_METHOD(ProviderFixture, "identify(token) makes a pending answer of getToken worthless") {
  Init("", true);
  const int asked = asks.back();
  Identify(TokenOf("bob"));
  Provide(asked, TokenOf("ada"));
  AnswerSession(Verified("bob"));
  CHECK(identity["sub"] == "bob");
  for (const json& request : sent) CHECK(request.value("token", "") != TokenOf("ada"));
}

TEST_CASE_METHOD(ProviderFixture, "logout while getToken is asked stays a logout") {
  SignInByFunction("ada", 600);
  Wait(540'500);
  const int asked = asks.back();
  Logout();
  Provide(asked, TokenOf("ada", "second"));
  Wait(10'000);
  CHECK(identity["state"] == "guest");
  for (const json& request : sent) CHECK(request.value("token", "") != TokenOf("ada", "second"));
}

TEST_CASE_METHOD(ProviderFixture, "After a sleep nothing is sent before the server has said how much is left") {
  SignInByFunction("ada", 600);
  // The monotonic clock stood still.
  Event({{"type", "page_resumed"}});
  Submit("where is my order");
  CHECK_FALSE(Find("/agent"));
  AnswerSession(AsGuest("token_expired"));
  CHECK(identity["state"] == "identifying");
  CHECK_FALSE(Find("/agent"));
  REQUIRE(asks.size() == 2);
  Provide(asks.back(), TokenOf("ada", "second"));
  AnswerSession(Verified("ada"));
  REQUIRE(Find("/agent"));
  CHECK(open.at(Find("/agent"))["token"] == TokenOf("ada", "second"));
}

TEST_CASE_METHOD(ProviderFixture, "After a round that failed, a page that is back asks again") {
  Init("", true);
  for (int i = 0; i < 3; ++i) {
    FailToProvide(asks.back());
    Wait(5'000);
  }
  CHECK(identity["state"] == "guest");
  CHECK(asks.size() == 3);
  Online(false);
  Online(true);
  REQUIRE(asks.size() == 4);
  Provide(asks.back(), TokenOf("ada"));
  AnswerSession(Verified("ada"));
  CHECK(identity["state"] == "user");
}
