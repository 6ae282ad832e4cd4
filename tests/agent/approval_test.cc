// Approvals against a model that does whatever it likes.
#include "agent/approval.h"

#include "agent/stage.h"
#include "identity/crypto.h"

namespace widgent::test {

using nlohmann::json;
using Line = ScriptedModel::Line;

namespace {

constexpr char kArguments[] = R"({"order_id":"A-1001","reason":"late"})";

class CarefulStage : public Stage {
 public:
  CarefulStage() { product.tools[1].approval = ToolApproval{"Refund order {{args.order_id}} ({{args.reason}})?", 300}; }

  std::unique_ptr<AgentModel> Model(std::vector<Line> lines) {
    auto model = std::make_unique<ScriptedModel>(loop, std::move(lines));
    model->seen = &seen;
    return model;
  }
  // Has the model ask for a refund. Answers what is in the store then.
  StoredInterrupt Ask(const std::string& arguments = kArguments) {
    Run({"x"}, Model({{{"One moment. "}, Calls({{"c1", "refund_order", arguments}})}}));
    REQUIRE(result.status == RunResult::Status::kAsking);
    REQUIRE(result.interrupts.size() == 1);
    const auto interrupt = store.FindInterrupt(product.id, {"th_1"}, result.interrupts[0].id);
    REQUIRE(interrupt);
    return *interrupt;
  }
  // The run that goes on from the answer.
  void GoOn(StoredInterrupt interrupt, bool is_approved, std::vector<Line> lines) {
    answer = InterruptAnswer{std::move(interrupt), is_approved};
    Run({"x"}, Model(std::move(lines)));
  }
  json Sent(std::size_t n = 0) const { return json::parse(client.requests.at(n).body)["tool"]; }

  Prompt seen;
};

}  // namespace

TEST_CASE("case 34: a model that asks for a tool with an approval gets a question put, and no call") {
  CarefulStage stage;
  const StoredInterrupt interrupt = stage.Ask(R"({"order_id":"A-1001","reason":"late","customer_id":"u_7"})");
  CHECK(stage.client.requests.empty());
  CHECK(stage.result.text == "One moment. ");
  CHECK(interrupt.sub == "u_42");
  CHECK(interrupt.run.value == "r_1");
  CHECK(interrupt.tool == "refund_order");
  CHECK(interrupt.arguments_sha256 == Hex(Sha256(interrupt.arguments_json)));
  CHECK(json::parse(interrupt.arguments_json) ==
        json{{"order_id", "A-1001"}, {"reason", "late"}, {"customer_id", "u_42"}});
  CHECK(interrupt.expires_at == interrupt.asked_at + 300'000);
  CHECK(stage.result.interrupts[0].message == "Refund order A-1001 (late)?");
  CHECK(stage.AuditTrail().empty());
}

TEST_CASE("What a model asks for in vain is not put to the user") {
  const auto [arguments, code] = GENERATE(table<std::string, std::string>({
      {R"({"order_id":"A-1; DROP","reason":"late"})", "arguments_invalid"},
      {R"({"order_id":"A-1001","reason":"because {{user.name}} says so"})", "arguments_invalid"},
      {R"({"order_id":"A-1001"})", "arguments_invalid"},
  }));
  CarefulStage stage;
  stage.Run({"x"}, stage.Model({{{}, Calls({{"c1", "refund_order", arguments}})}, {{"No."}, {}}}));
  CHECK(stage.result.status == RunResult::Status::kDone);
  CHECK(stage.seen.exchanges.at(0).outcome.code == code);
  CHECK_FALSE(stage.store.FindPendingInterrupt(stage.product.id, {"th_1"}));
}

TEST_CASE("An approved call is made, and the model goes on with its result") {
  CarefulStage stage;
  stage.GoOn(stage.Ask(), true, {{{"Done."}, {}}});
  CHECK(stage.result.text == "Done.");
  REQUIRE(stage.client.requests.size() == 1);
  CHECK(stage.Sent()["arguments"]["customer_id"] == "u_42");
  REQUIRE(stage.seen.exchanges.size() == 1);
  CHECK(stage.seen.exchanges[0].outcome.ok);
  // The model still does not see what is bound.
  CHECK(json::parse(stage.seen.exchanges[0].call.arguments_json) == json::parse(kArguments));
  CHECK(stage.AuditTrail() == std::vector<std::string>{"tool attempt refund_order", "tool success refund_order"});
  CHECK(stage.EventTypes()[0] == EventType::kToolCallResult);
}

TEST_CASE("case 34: a model that repeats an approved call is asked about it anew") {
  CarefulStage stage;
  const ModelToolCall again{"c1", "refund_order", kArguments};
  stage.GoOn(stage.Ask(), true, {{{}, Calls({again, again})}});
  CHECK(stage.client.requests.size() == 1);
  CHECK(stage.result.status == RunResult::Status::kAsking);
  REQUIRE(stage.result.interrupts.size() == 1);
  CHECK(stage.result.interrupts[0].id != stage.answer->interrupt.id);
  CHECK(stage.result.interrupts[0].tool_call_id != "c1");
}

TEST_CASE("case 34: a model that alters the arguments after the approval is asked about the new ones") {
  CarefulStage stage;
  stage.GoOn(stage.Ask(), true, {{{}, Calls({{"c2", "refund_order", R"({"order_id":"A-9999","reason":"late"})"}})}});
  REQUIRE(stage.client.requests.size() == 1);
  CHECK(stage.Sent()["arguments"]["order_id"] == "A-1001");
  CHECK(stage.result.interrupts.at(0).message == "Refund order A-9999 (late)?");
}

TEST_CASE("case 34: what was approved is executed to the letter or not at all") {
  CarefulStage stage;
  StoredInterrupt interrupt = stage.Ask();
  std::string code = "approval_mismatch";
  SECTION("the stored arguments were changed") {
    interrupt.arguments_json = R"({"order_id":"A-9999","reason":"late"})";
  }
  SECTION("the stored arguments and their hash were changed to another customer's") {
    interrupt.arguments_json = R"({"order_id":"A-1001","reason":"late","customer_id":"u_7"})";
    interrupt.arguments_sha256 = Hex(Sha256(interrupt.arguments_json));
  }
  SECTION("the token is another user's") {
    User bob = MakeAda();
    bob.sub = "u_7";
    bob.claims_json = R"({"sub":"u_7"})";
    stage.identity = bob;
  }
  SECTION("the token is the same user's, and the claim that is bound has changed") {
    stage.product.tools[1].bind = {{"customer_id", "/metadata/plan"}};
  }
  SECTION("the tool now asks for a right that the user lacks") {
    stage.product.tools[1].required.scopes = {"orders:refund"};
    code = "scope_missing";
  }
  SECTION("the token has ended") {
    User ada = MakeAda();
    ada.expires_at_s = stage.loop.Now() / 1000;
    stage.identity = ada;
    code = "token_expired";
  }
  SECTION("nobody is signed in any more") {
    stage.identity = MakeGuest();
    code = "identity_required";
  }
  stage.GoOn(interrupt, true, {{{"Hm."}, {}}});
  CHECK(stage.client.requests.empty());
  REQUIRE(stage.seen.exchanges.size() == 1);
  CHECK(stage.seen.exchanges[0].outcome.code == code);
  CHECK(stage.events.at(0).type == EventType::kToolCallResult);
  CHECK(stage.events.at(0).denied == code);
  CHECK(stage.AuditTrail() == std::vector<std::string>{"tool denied refund_order"});
}

TEST_CASE("case 34: a model cannot get by a refusal, nor by a tool that it was not offered") {
  CarefulStage stage;
  stage.GoOn(stage.Ask(), false,
             {{{}, Calls({{"c2", "refund_all_orders", "{}"}, {"c3", "get_order", R"({"order_id":"A-1001"})"}})},
              {{"Nothing was done."}, {}}});
  REQUIRE(stage.seen.exchanges.size() == 3);
  CHECK(stage.seen.exchanges[0].outcome.code == "approval_rejected");
  CHECK(stage.seen.exchanges[1].outcome.code == "not_offered");
  REQUIRE(stage.client.requests.size() == 1);
  CHECK(stage.Sent()["name"] == "get_order");
  CHECK(stage.events.at(0).denied == "approval_rejected");
}

TEST_CASE("case 35: a model that names another user's id in a call that needs approval is not heard") {
  CarefulStage stage;
  stage.GoOn(stage.Ask(R"({"order_id":"A-1001","reason":"late","customer_id":"u_7"})"), true, {{{"Done."}, {}}});
  REQUIRE(stage.client.requests.size() == 1);
  CHECK(stage.Sent()["arguments"]["customer_id"] == "u_42");
  CHECK(stage.client.requests[0].body.find("u_7") == std::string::npos);
}

TEST_CASE("The builtin agent says what came of an approved refund, and that nothing came of a rejected one") {
  CarefulStage stage;
  const std::vector<std::string> talk{"please refund my damaged order A-1001"};
  stage.Run(talk);
  REQUIRE(stage.result.status == RunResult::Status::kAsking);
  CHECK(stage.result.text.empty());
  const auto interrupt = *stage.store.FindPendingInterrupt(stage.product.id, {"th_1"});
  const bool is_approved = GENERATE(true, false);
  stage.answer = InterruptAnswer{interrupt, is_approved};
  CHECK(stage.Run(talk).text == (is_approved ? "I have asked for a refund of order A-1001."
                                             : "All right, I left it at that. Nothing was done."));
  CHECK(stage.client.requests.size() == (is_approved ? 1 : 0));
}

}  // namespace widgent::test
