#include <catch2/catch.hpp>

#include "fixture.h"

using namespace widgent;
using namespace widgent::test;

namespace {

struct ApprovalFixture : PageFixture {
  // Ada asks for a refund, and the agent for her yes.
  void AskForApproval() {
    Init();
    SignIn("ada");
    Submit("refund A-1001");
    EndRunByInterrupt("int_1");
  }
  void EndRunByInterrupt(const std::string& id) {
    const int request = Find("/agent");
    AgUiEvent started, finished;
    started.type = EventType::kRunStarted;
    started.thread_id = {ThreadId(request)};
    started.run_id = {RunId(request)};
    started.identity = UserIdentity("ada");
    finished.type = EventType::kRunFinished;
    finished.thread_id = started.thread_id;
    finished.run_id = started.run_id;
    finished.outcome = Outcome::kInterrupt;
    finished.interrupts = {InterruptOf(id)};
    Started(request, 200);
    Chunk(request, EncodeSse(RunId(request) + ":1", WriteEvent(started)));
    Chunk(request, EncodeSse(RunId(request) + ":2", WriteEvent(finished)));
    Ended(request);
  }
  static Interrupt InterruptOf(const std::string& id) {
    Interrupt interrupt;
    interrupt.id = id;
    interrupt.tool = "refund_order";
    interrupt.message = "Refund order A-1001?";
    interrupt.expires_at = "2026-01-01T00:05:00Z";
    return interrupt;
  }
  json Decide(const std::string& id, bool approved) {
    return Event({{"type", "approval_answered"}, {"id", id}, {"approved", approved}});
  }
  json Body(int request) const { return json::parse(open.at(request)["body"].get<std::string>()); }
};

}  // namespace

TEST_CASE_METHOD(ApprovalFixture, "An interrupt is shown, and the visitor's yes is sent once") {
  AskForApproval();
  REQUIRE(approvals.count("int_1"));
  CHECK(approvals["int_1"]["status"] == "pending");
  CHECK(approvals["int_1"]["message"] == "Refund order A-1001?");
  CHECK_FALSE(busy);
  Decide("int_1", true);
  CHECK(approvals["int_1"]["status"] == "approved");
  const int request = Find("/agent");
  REQUIRE(request);
  CHECK(Body(request)["messages"].empty());
  CHECK(Body(request)["resume"][0]["interruptId"] == "int_1");
  CHECK(Body(request)["resume"][0]["payload"]["approved"] == true);
  const auto before = sent.size();
  Decide("int_1", true);
  Decide("int_1", false);
  CHECK(sent.size() == before);
  int told = 0;
  AnswerRun({"refunded"});
  CHECK(LastMessage("assistant")->text == "refunded");
  for (const json& e : emitted) told += e["name"] == "message:sent";
  CHECK(told == 1);
}

TEST_CASE_METHOD(ApprovalFixture, "A lost answer is sent again under the same run") {
  AskForApproval();
  Decide("int_1", false);
  const std::string run = RunId(Find("/agent"));
  Failed(Find("/agent"));
  Wait(5'000);
  REQUIRE(Find("/agent"));
  CHECK(RunId(Find("/agent")) == run);
  CHECK(Body(Find("/agent"))["resume"][0]["payload"]["approved"] == false);
}

TEST_CASE_METHOD(ApprovalFixture, "Writing on dismisses the question, and the repeat of that message says so again") {
  AskForApproval();
  Submit("never mind, where is it?");
  CHECK(approvals["int_1"]["status"] == "dismissed");
  CHECK(Body(Find("/agent"))["resume"][0]["status"] == "cancelled");
  Failed(Find("/agent"));
  Wait(5'000);
  REQUIRE(Find("/agent"));
  CHECK(Body(Find("/agent"))["resume"][0]["status"] == "cancelled");
  CHECK(Body(Find("/agent"))["messages"][0]["content"] == "never mind, where is it?");
}

TEST_CASE_METHOD(ApprovalFixture, "case 34: after a switch the question is gone, and its answer goes nowhere") {
  AskForApproval();
  Identify(TokenOf("bob"));
  CHECK(approvals.empty());
  Wait(0);
  Answer(Find("/session"), 200, Verified("bob"));
  const auto before = sent.size();
  Decide("int_1", true);
  CHECK(sent.size() == before);
}

TEST_CASE_METHOD(ApprovalFixture, "case 34: a yes that waits to be sent is not sent as another user") {
  AskForApproval();
  Online(false);
  Decide("int_1", true);
  Identify(TokenOf("bob"));
  Online(true);
  Wait(0);
  Answer(Find("/session"), 200, Verified("bob"));
  Wait(10'000);
  for (const json& request : sent) CHECK(request.value("body", "").find("resume") == std::string::npos);
}

TEST_CASE_METHOD(ApprovalFixture, "A question that the server no longer knows is shown as such") {
  AskForApproval();
  Decide("int_1", true);
  Answer(Find("/agent"), 403, ProblemOf("identity_changed", 403));
  CHECK(approvals["int_1"]["status"] == "expired");
  const auto before = sent.size();
  Wait(60'000);
  CHECK(sent.size() == before);
}

TEST_CASE_METHOD(ApprovalFixture, "After a reload the question that waits is shown again, and nothing counts as lost") {
  Init();
  SignIn("ada", 3600, "t_adas");
  Answer(Find("/messages"), 200,
         {{"messages", {{{"id", "u_1"}, {"role", "user"}, {"content", "refund A-1001"}}}},
          {"interrupts",
           {{{"id", "int_1"}, {"message", "Refund order A-1001?"}, {"expiresAt", "2026-01-01T00:05:00Z"}}}}});
  CHECK(approvals["int_1"]["status"] == "pending");
  CHECK(LastMessage("user")->status == "sent");
  Decide("int_1", true);
  CHECK(Body(Find("/agent"))["resume"][0]["interruptId"] == "int_1");
}

TEST_CASE_METHOD(ApprovalFixture, "A question that was put on another device is shown here when it stands in the way") {
  Init();
  SignIn("ada", 3600, "t_adas");
  Answer(Find("/messages"), 200, {{"messages", json::array()}});
  Submit("where is my order");
  const int request = Find("/agent");
  AgUiEvent error;
  error.type = EventType::kRunError;
  error.code = "interrupt_pending";
  Started(request, 200);
  Chunk(request, EncodeSse(RunId(request) + ":1", WriteEvent(error)));
  Ended(request);
  REQUIRE(Find("/messages"));
  Answer(Find("/messages"), 200,
         {{"messages", {{{"id", "u_1"}, {"role", "user"}, {"content", "refund A-1001"}}}},
          {"interrupts", {{{"id", "int_1"}, {"message", "Refund order A-1001?"}}}}});
  CHECK(approvals["int_1"]["status"] == "pending");
  CHECK(LastMessage("user")->text == "where is my order");
  CHECK(LastMessage("user")->status == "failed");
}

TEST_CASE_METHOD(ApprovalFixture,
                 "Where the server refuses the page, a yes that waits is taken back and all else fails") {
  AskForApproval();
  Online(false);
  Decide("int_1", true);
  Submit("and one more thing");
  Online(true);
  Wait(0);
  Answer(Find("/session"), 403, ProblemOf("origin_not_allowed", 403));
  CHECK(session.state() == Session::State::kRefused);
  CHECK(approvals["int_1"]["status"] == "expired");
  CHECK(LastMessage("user")->status == "failed");
}
