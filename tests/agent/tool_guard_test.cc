#include "agent/tool_guard.h"

#include "agent/stage.h"

namespace widgent::test {

namespace {

using Line = ScriptedModel::Line;

Line Asks(int count, const std::string& tool, const std::string& arguments) {
  std::vector<ModelToolCall> calls;
  for (int i = 0; i < count; ++i) calls.push_back({"", tool, arguments});
  return {{}, Calls(std::move(calls))};
}

std::vector<std::string> Codes(const Prompt& seen) {
  std::vector<std::string> codes;
  for (const ToolExchange& exchange : seen.exchanges)
    codes.push_back(exchange.outcome.ok ? "ok" : exchange.outcome.code);
  return codes;
}

// One run in which the model asks `count` times for the order.
std::vector<std::string> AskForOrder(Stage& stage, int count) {
  Prompt seen;
  auto model = std::make_unique<ScriptedModel>(
      stage.loop, std::vector<Line>{Asks(count, "get_order", R"({"order_id":"A-1001"})"), {{"."}, {}}});
  model->seen = &seen;
  stage.Start({"x"}, std::move(model));
  stage.loop.Advance(1'000);
  REQUIRE(stage.is_done);
  return Codes(seen);
}

}  // namespace

TEST_CASE(
    "A user has so many calls of a tool in a minute, whichever run they come from, and nobody else's are touched") {
  Stage stage;
  stage.product.tools[0].per_user_per_min = 3;
  CHECK(AskForOrder(stage, 2) == std::vector<std::string>{"ok", "ok"});
  CHECK(AskForOrder(stage, 2) == std::vector<std::string>{"ok", "rate_limited"});
  CHECK(stage.client.requests.size() == 3);
  CHECK(stage.AuditTrail().back() == "tool success get_order");
  CHECK(stage.events.size() > 3);
  User bob = MakeAda();
  bob.sub = "u_7";
  stage.identity = bob;
  CHECK(AskForOrder(stage, 1) == std::vector<std::string>{"ok"});
  stage.identity = MakeAda();
  stage.loop.Advance(60'000);
  CHECK(AskForOrder(stage, 3) == std::vector<std::string>{"ok", "ok", "ok"});
}

TEST_CASE("A refused call is audited as denied, with the reason") {
  Stage stage;
  stage.product.tools[0].per_user_per_min = 1;
  AskForOrder(stage, 1);
  AskForOrder(stage, 1);
  CHECK(stage.AuditTrail().back() == "tool denied get_order");
  CHECK(stage.store.audit[stage.product.id].back().record.find("rate_limited") != std::string::npos);
}

TEST_CASE("A call that was asked for and approved counts once") {
  Stage stage;
  stage.product.tools[1].approval = ToolApproval{"Refund?", 300};
  stage.product.tools[1].per_user_per_min = 1;
  const std::string arguments = R"({"order_id":"A-1001","reason":"late"})";
  stage.Run({"x"}, std::make_unique<ScriptedModel>(stage.loop, std::vector<Line>{Asks(1, "refund_order", arguments)}));
  REQUIRE(stage.result.status == RunResult::Status::kAsking);
  stage.answer =
      InterruptAnswer{*stage.store.FindInterrupt(stage.product.id, {"th_1"}, stage.result.interrupts[0].id), true};
  stage.Run({"x"}, std::make_unique<ScriptedModel>(stage.loop, std::vector<Line>{{{"Done."}, {}}}));
  CHECK(stage.client.requests.size() == 1);
}

TEST_CASE("Five failures within half a minute leave a tool alone for half a minute, for all users") {
  Stage stage;
  stage.product.tools[0].retries = 0;
  const auto [answer, is_failure] = GENERATE(table<http::ClientResult, bool>({
      {HttpAnswer(500, "{}"), true},
      {HttpAnswer(503, "{}"), true},
      {HttpAnswer(200, "<html>"), true},
      {HttpAnswer(302, ""), true},
      {HttpFailure(http::ClientResult::Error::kConnect, false), true},
      {HttpFailure(http::ClientResult::Error::kTimeout, true), true},
      {HttpFailure(http::ClientResult::Error::kTooLarge, true), true},
      {HttpFailure(http::ClientResult::Error::kRefusedByEgress, false), false},
      {HttpAnswer(403, "{}"), false},
      {HttpAnswer(404, "{}"), false},
      {HttpAnswer(204, ""), false},
  }));
  stage.client.answer = [answer = answer](const http::ClientRequest&) { return answer; };
  for (int i = 0; i < 5; ++i) AskForOrder(stage, 1);
  CHECK(stage.client.requests.size() == 5);
  User bob = MakeAda();
  bob.sub = "u_7";
  stage.identity = bob;
  const std::vector<std::string> codes = AskForOrder(stage, 1);
  CHECK((codes == std::vector<std::string>{"tool_unavailable"}) == is_failure);
  CHECK(stage.client.requests.size() == (is_failure ? 5 : 6));
  if (!is_failure) return;
  CHECK(stage.AuditTrail().back() == "tool denied get_order");
  stage.loop.Advance(ToolGuard::kPauseMs);
  stage.client.answer = [](const http::ClientRequest&) { return HttpAnswer(200, "{}"); };
  CHECK(AskForOrder(stage, 1) == std::vector<std::string>{"ok"});
}

TEST_CASE("Failures count that came within half a minute, and a success forgets them") {
  ToolGuard guard;
  const ProductId product{"acme"};
  const ToolConfig tool = MakeGetOrder();
  for (int i = 0; i < 20; ++i) guard.Report(product, tool, true, i * 8'000);
  CHECK_FALSE(guard.IsPaused(product, tool, 160'000));
  for (int i = 0; i < 4; ++i) guard.Report(product, tool, true, 200'000);
  guard.Report(product, tool, false, 200'000);
  guard.Report(product, tool, true, 200'000);
  CHECK_FALSE(guard.IsPaused(product, tool, 200'000));
  for (int i = 0; i < 4; ++i) guard.Report(product, tool, true, 200'000);
  CHECK(guard.IsPaused(product, tool, 200'000 + ToolGuard::kPauseMs - 1));
  CHECK_FALSE(guard.IsPaused(product, tool, 200'000 + ToolGuard::kPauseMs));
  CHECK_FALSE(guard.IsPaused({"other"}, tool, 200'001));
  CHECK_FALSE(guard.IsPaused(product, MakeRefundOrder(), 200'001));
}

TEST_CASE("Calls that only read go out together, and the model sees their results in the order it asked") {
  Stage stage;
  stage.client.latency_ms = 100;
  Prompt seen;
  auto model = std::make_unique<ScriptedModel>(
      stage.loop, std::vector<Line>{{{},
                                     Calls({{"c1", "get_order", R"({"order_id":"A-1"})"},
                                            {"c2", "get_order", R"({"order_id":"bad"})"},
                                            {"c3", "get_order", R"({"order_id":"A-3"})"}})},
                                    {{"."}, {}}});
  model->seen = &seen;
  stage.Start({"x"}, std::move(model));
  stage.loop.Advance(50);
  CHECK(stage.client.open_count() == 2);
  CHECK(stage.EventTypes() == std::vector<EventType>{EventType::kToolCallStart, EventType::kToolCallEnd,
                                                     EventType::kToolCallStart, EventType::kToolCallEnd});
  stage.loop.Advance(100);
  REQUIRE(stage.is_done);
  CHECK(Codes(seen) == std::vector<std::string>{"ok", "arguments_invalid", "ok"});
  CHECK(seen.exchanges[2].call.id == "c3");
}

TEST_CASE("A call that changes something goes out alone, after what was asked for before it") {
  Stage stage;
  stage.client.latency_ms = 100;
  const std::string refund = R"({"order_id":"A-1","reason":"late"})", order = R"({"order_id":"A-1"})";
  stage.Start({"x"},
              std::make_unique<ScriptedModel>(stage.loop, std::vector<Line>{{{},
                                                                             Calls({{"c1", "get_order", order},
                                                                                    {"c2", "get_order", order},
                                                                                    {"c3", "refund_order", refund},
                                                                                    {"c4", "refund_order", refund},
                                                                                    {"c5", "get_order", order}})},
                                                                            {{"."}, {}}}));
  std::vector<std::size_t> open;
  for (int i = 0; i < 4; ++i) {
    stage.loop.Advance(i == 0 ? 50 : 110);
    open.push_back(stage.client.open_count());
  }
  CHECK(open == std::vector<std::size_t>{2, 1, 1, 1});
  stage.loop.Advance(1'000);
  CHECK(stage.client.requests.size() == 5);
}

TEST_CASE("A run that is cancelled ends all calls that go on, each with its own line in the audit log") {
  Stage stage;
  stage.client.latency_ms = 5'000;
  stage.Start({"x"}, std::make_unique<ScriptedModel>(stage.loop,
                                                     std::vector<Line>{Asks(3, "get_order", R"({"order_id":"A-1"})")}));
  stage.loop.Advance(100);
  REQUIRE(stage.client.open_count() == 3);
  stage.run->Cancel();
  stage.loop.Advance(100);
  CHECK(stage.client.open_count() == 0);
  const std::vector<std::string> trail = stage.AuditTrail();
  CHECK(std::count(trail.begin(), trail.end(), "tool attempt get_order") == 3);
  CHECK(std::count(trail.begin(), trail.end(), "tool failure get_order") == 3);
  CHECK(std::count_if(stage.events.begin(), stage.events.end(), [](const AgUiEvent& event) {
          return event.type == EventType::kToolCallResult && event.failed;
        }) == 3);
}

}  // namespace widgent::test
