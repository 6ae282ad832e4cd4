#include "agent/agent_run.h"

#include <set>

#include "agent/stage.h"

namespace widgent::test {

using nlohmann::json;

namespace {

json BodyOf(const http::ClientRequest& request) { return json::parse(request.body); }

std::string SpokenText(const std::vector<AgUiEvent>& events) {
  std::string text;
  for (const AgUiEvent& event : events)
    if (event.type == EventType::kTextMessageContent) text += event.delta;
  return text;
}

std::unique_ptr<AgentModel> Scripted(Stage& stage, std::vector<ScriptedModel::Line> lines, Prompt* seen = nullptr) {
  auto model = std::make_unique<ScriptedModel>(stage.loop, std::move(lines));
  model->seen = seen;
  return model;
}

}  // namespace

TEST_CASE("A user's order is looked up by a tool that is told who asks") {
  Stage stage;
  const RunResult result = stage.Run({"where is my order A-1001?"});
  CHECK(result.status == RunResult::Status::kDone);
  CHECK(result.text == "Order A-1001 is shipped.");
  CHECK_FALSE(result.message.value.empty());
  REQUIRE(stage.client.requests.size() == 1);
  const json body = BodyOf(stage.client.requests[0]);
  CHECK(body["tool"]["arguments"] == json({{"order_id", "A-1001"}, {"customer_id", "u_42"}}));
  CHECK(body["user"]["sub"] == "u_42");
  CHECK(body["user"]["email"] == "ada@example.com");
  CHECK(body["user"]["metadata"]["plan"] == "pro");
  CHECK(stage.AuditTrail() == std::vector<std::string>{"tool attempt get_order", "tool success get_order"});
  CHECK(stage.store.audit[stage.product.id][0].user == "u_42");
}

TEST_CASE("Events of a run with a tool come in order, and the arguments stay on the server") {
  Stage stage;
  stage.Run({"where is my order A-1001?"});
  const std::vector<EventType> types = stage.EventTypes();
  REQUIRE(types.size() >= 6);
  CHECK(types[0] == EventType::kToolCallStart);
  CHECK(types[1] == EventType::kToolCallEnd);
  CHECK(types[2] == EventType::kToolCallResult);
  CHECK(types[3] == EventType::kTextMessageStart);
  CHECK(types[4] == EventType::kTextMessageContent);
  CHECK(types.back() == EventType::kTextMessageEnd);
  CHECK(stage.events[0].name == "get_order");
  CHECK_FALSE(stage.events[2].failed);
  CHECK(SpokenText(stage.events) == stage.result.text);
}

TEST_CASE("The tool is not called before the audit row of the attempt is durable") {
  Stage stage;
  stage.commits = false;
  stage.Start({"where is my order A-1001?"});
  stage.loop.Advance(5'000);
  CHECK(stage.AuditTrail() == std::vector<std::string>{"tool attempt get_order"});
  CHECK(stage.client.requests.empty());
  stage.commits = true;
  stage.loop.Advance(5'000);
  CHECK(stage.client.requests.size() == 1);
  CHECK(stage.result.text == "Order A-1001 is shipped.");
}

TEST_CASE("Another customer's order gets the shop's own words") {
  Stage stage;
  stage.client.answer = [](const http::ClientRequest&) {
    return HttpAnswer(403, R"({"title":"Not yours","detail":"That order belongs to another customer.","status":403})");
  };
  CHECK(stage.Run({"where is my order A-2001?"}).text == "That order belongs to another customer.");
  CHECK(stage.AuditTrail().back() == "tool failure get_order");
}

TEST_CASE("A guest is told to sign in, and no tool is called") {
  Stage stage;
  stage.identity = MakeGuest();
  const RunResult result = stage.Run({"where is my order A-1001?"});
  CHECK(result.text == "I can do that once you are signed in. Please sign in on this page, then ask me again.");
  CHECK(stage.client.requests.empty());
  CHECK(stage.AuditTrail().empty());
}

TEST_CASE("case 34: a model is never offered what a guest may not use, and is refused when it calls it all the same") {
  Stage stage;
  stage.identity = MakeGuest();
  Prompt seen;
  stage.Run({"x"},
            Scripted(stage, {{{}, Calls({{"c1", "get_order", R"({"order_id":"A-1001"})"}})}, {{"Sorry."}, {}}}, &seen));
  CHECK(seen.tools.empty());
  REQUIRE(seen.exchanges.size() == 1);
  CHECK(seen.exchanges[0].outcome.code == "identity_required");
  CHECK(stage.client.requests.empty());
  CHECK(stage.AuditTrail() == std::vector<std::string>{"tool denied get_order"});
  CHECK(stage.store.audit[stage.product.id][0].record.find("identity_required") != std::string::npos);
  // The page is told that a tool was refused, and why.
  REQUIRE(stage.events.size() > 3);
  CHECK(stage.events[0].name == "get_order");
  CHECK(stage.events[2].type == EventType::kToolCallResult);
  CHECK(stage.events[2].failed);
  CHECK(stage.events[2].denied == "identity_required");
  CHECK(stage.events[3].type == EventType::kTextMessageStart);
}

TEST_CASE("What a hostile model asks for is refused with a code, and nothing is sent") {
  const auto [name, arguments, code] = GENERATE(table<std::string, std::string, std::string>({
      {"drop_tables", "{}", "not_offered"},
      {"get_order", "", "arguments_invalid"},
      {"get_order", "{\"order_id\":", "arguments_invalid"},
      {"get_order", "[]", "arguments_invalid"},
      {"get_order", "\"A-1001\"", "arguments_invalid"},
      {"get_order", R"({"order_id":1001})", "arguments_invalid"},
      {"get_order", R"({"order_id":"A-1001; DROP"})", "arguments_invalid"},
      {"get_order", R"({"order_id":"A-1001","admin":true})", "arguments_invalid"},
      {"get_order", std::string(20'000, '['), "arguments_invalid"},
      {"get_order", R"({"order_id":")" + std::string(17'000, 'A') + "\"}", "arguments_invalid"},
      {"get_order", R"({"order_id":)" + std::string(20, '[') + std::string(20, ']') + "}", "arguments_invalid"},
      {std::string(10'000, 'n'), "{}", "not_offered"},
  }));
  Stage stage;
  Prompt seen;
  const RunResult result =
      stage.Run({"x"}, Scripted(stage, {{{}, Calls({{"", name, arguments}})}, {{"No."}, {}}}, &seen));
  CHECK(result.status == RunResult::Status::kDone);
  REQUIRE(seen.exchanges.size() == 1);
  CHECK(seen.exchanges[0].outcome.code == code);
  CHECK(stage.client.requests.empty());
  REQUIRE(stage.AuditTrail().size() == 1);
  CHECK(stage.AuditTrail()[0].starts_with("tool denied"));
}

TEST_CASE("case 35: a model cannot name another user: bound arguments come from the verified claims alone") {
  Stage stage;
  stage.Run({"x"}, Scripted(stage, {{{}, Calls({{"c1", "get_order", R"({"order_id":"A-1001","customer_id":"u_7"})"}})},
                                    {{"Done."}, {}}}));
  REQUIRE(stage.client.requests.size() == 1);
  CHECK(BodyOf(stage.client.requests[0])["tool"]["arguments"]["customer_id"] == "u_42");
  CHECK(stage.client.requests[0].body.find("u_7") == std::string::npos);
}

TEST_CASE("The model does not see what is bound") {
  Stage stage;
  stage.product.tools[0].parameters_json =
      R"({"type":"object","required":["order_id","customer_id"],)"
      R"("properties":{"order_id":{"type":"string"},"customer_id":{"type":"string"}}})";
  Prompt seen;
  stage.Run({"x"}, Scripted(stage, {{{"Hm."}, {}}}, &seen));
  REQUIRE(seen.tools.size() == 2);
  CHECK_FALSE(seen.tools[0].schema->properties.contains("customer_id"));
  CHECK(seen.tools[0].schema->required == std::vector<std::string>{"order_id"});
}

TEST_CASE("A token that ends while the run goes on stops the next tool call") {
  Stage stage;
  User ada = MakeAda();
  ada.expires_at_s = kNow / 1000 + 1;
  stage.identity = ada;
  stage.client.latency_ms = 3'000;
  Prompt seen;
  stage.Run({"x"}, Scripted(stage,
                            {{{},
                              Calls({{"c1", "get_order", R"({"order_id":"A-1"})"},
                                     {"c2", "refund_order", R"({"order_id":"A-2","reason":"late"})"}})},
                             {{"End."}, {}}},
                            &seen));
  REQUIRE(seen.exchanges.size() == 2);
  CHECK(seen.exchanges[0].outcome.ok);
  CHECK(seen.exchanges[1].outcome.code == "token_expired");
  CHECK(stage.client.requests.size() == 1);
  CHECK(seen.tools.empty());
}

TEST_CASE("A token that ends while the attempt is being written stops the call that it was written for") {
  Stage stage;
  User ada = MakeAda();
  ada.expires_at_s = kNow / 1000 + 1;
  stage.identity = ada;
  stage.commits = false;
  stage.Start({"where is my order A-1001?"});
  stage.loop.Advance(2'000);
  stage.commits = true;
  stage.loop.Advance(2'000);
  CHECK(stage.client.requests.empty());
  CHECK(stage.AuditTrail() == std::vector<std::string>{"tool attempt get_order", "tool failure get_order"});
  CHECK(stage.result.text == "Your sign-in has ended. Please sign in again, then I can do that for you.");
}

TEST_CASE("A model that never stops calling tools is stopped after eight calls") {
  Stage stage;
  const ModelToolCall call{"same-id", "get_order", R"({"order_id":"A-1001"})"};
  const RunResult result = stage.Run({"x"}, Scripted(stage, {{{"Let me see. "}, Calls({call, call})}}));
  CHECK(result.status == RunResult::Status::kFailed);
  CHECK(result.code == "tool_limit");
  CHECK(stage.client.requests.size() == 8);
  CHECK(stage.events.back().type == EventType::kTextMessageEnd);
}

TEST_CASE("A model that calls one tool a round is stopped after six rounds") {
  Stage stage;
  const RunResult result =
      stage.Run({"x"}, Scripted(stage, {{{}, Calls({{"", "get_order", R"({"order_id":"A-1001"})"}})}}));
  CHECK(result.code == "tool_limit");
  CHECK(stage.client.requests.size() == 6);
}

TEST_CASE("Every tool call has an id of its own in the stream, whatever ids the model gives") {
  Stage stage;
  const ModelToolCall call{"dup", "get_order", R"({"order_id":"A-1001"})"};
  stage.Run({"x"}, Scripted(stage, {{{}, Calls({call, call, {"<b>", "get_order", R"({"order_id":"A-1001"})"}})},
                                    {{"."}, {}}}));
  std::set<std::string> ids;
  for (const AgUiEvent& event : stage.events)
    if (event.type == EventType::kToolCallStart) ids.insert(event.tool_call_id);
  CHECK(ids.size() == 3);
  CHECK(std::all_of(ids.begin(), ids.end(), [](const std::string& id) { return IsValidId(id); }));
}

TEST_CASE("A run is over after two minutes, with what it had said") {
  class Mute final : public AgentModel {
    void Next(const Prompt&, std::function<void(std::string_view)>, std::function<void(ModelTurn)>) override {}
  };
  Stage stage;
  stage.Start({"x"}, std::make_unique<Mute>());
  stage.loop.Advance(119'000);
  CHECK_FALSE(stage.is_done);
  stage.loop.Advance(2'000);
  REQUIRE(stage.is_done);
  CHECK(stage.result.code == "agent_timeout");
  CHECK(stage.result.message.value.empty());
}

TEST_CASE("A run cancelled in mid-stream ends its message, keeps what was said, and says nothing more") {
  Stage stage;
  stage.client.answer = [](const http::ClientRequest&) {
    return HttpAnswer(200,
                      R"({"id":"A-1001","status":"on its way to you by the slow boat that goes around the cape"})");
  };
  stage.Start({"where is my order A-1001?"});
  while (SpokenText(stage.events).size() < 20) stage.loop.Advance(1);
  const std::string said = SpokenText(stage.events);
  stage.run->Cancel();
  CHECK_FALSE(stage.is_done);
  stage.loop.Advance(10'000);
  REQUIRE(stage.is_done);
  CHECK(stage.result.status == RunResult::Status::kCancelled);
  CHECK(stage.result.text == said);
  CHECK(stage.events.back().type == EventType::kTextMessageEnd);
  CHECK(SpokenText(stage.events) == said);
}

TEST_CASE("A run cancelled while a tool works stops waiting and says so in the audit log") {
  Stage stage;
  stage.client.latency_ms = 5'000;
  stage.Start({"where is my order A-1001?"});
  stage.loop.Advance(100);
  REQUIRE(stage.client.open_count() == 1);
  stage.run->Cancel();
  stage.loop.Advance(100);
  CHECK(stage.result.status == RunResult::Status::kCancelled);
  CHECK(stage.client.open_count() == 0);
  CHECK(stage.AuditTrail() == std::vector<std::string>{"tool attempt get_order", "tool failure get_order"});
}

TEST_CASE("A run may be cancelled from within its own events") {
  Stage stage;
  stage.on_event = [&](const AgUiEvent& event) {
    if (event.type == EventType::kToolCallStart) stage.run->Cancel();
  };
  stage.Start({"where is my order A-1001?"});
  stage.loop.Advance(10'000);
  CHECK(stage.result.status == RunResult::Status::kCancelled);
}

TEST_CASE("A run that is dropped at any moment says nothing more and leaves nothing behind on the loop") {
  for (int ms = 0; ms < 400; ms += 7) {
    Stage stage;
    stage.Start({"where is my order A-1001?"});
    stage.loop.Advance(ms);
    const std::size_t said = stage.events.size();
    const bool was_done = stage.is_done;
    stage.run.reset();
    stage.loop.Advance(200'000);
    CHECK(stage.events.size() == said);
    CHECK(stage.is_done == was_done);
    CHECK(stage.loop.IsIdle());
  }
}

TEST_CASE("A reply arrives in several pieces over time, each a few words long") {
  Stage stage;
  stage.knowledge = LoadHelp();
  stage.Run({"How long does shipping take?"});
  std::vector<UnixMillis> at;
  for (std::size_t i = 0; i < stage.events.size(); ++i)
    if (stage.events[i].type == EventType::kTextMessageContent) at.push_back(stage.times[i]);
  REQUIRE(at.size() > 5);
  CHECK(at.back() - at.front() > 300);
  CHECK(SpokenText(stage.events) == stage.result.text);
}

TEST_CASE("An answer from the help pages names its source, in the event and in what is stored") {
  Stage stage;
  stage.knowledge = LoadHelp();
  const RunResult result = stage.Run({"How long does shipping take?"});
  const AgUiEvent& end = stage.events.back();
  REQUIRE(end.type == EventType::kTextMessageEnd);
  REQUIRE_FALSE(end.citations.empty());
  CHECK(end.citations[0].url == "https://shop.example/help/shipping#how-long-shipping-takes");
  const json metadata = json::parse(result.metadata_json);
  CHECK(metadata["citations"][0]["url"] == end.citations[0].url);
  CHECK(metadata["tools"].empty());
  CHECK(result.text.find("[1]") != std::string::npos);
}

TEST_CASE("A question without an answer is noted for the owner, and a person is offered") {
  Stage stage;
  stage.knowledge = LoadHelp();
  stage.Run({"Who won the chess world championship in 1972?"});
  REQUIRE(stage.store.unanswered.size() == 1);
  CHECK(stage.store.unanswered[0].second == "Who won the chess world championship in …?");
  std::vector<std::string> custom;
  for (const AgUiEvent& event : stage.events) {
    if (event.type != EventType::kCustom) continue;
    custom.push_back(event.name);
    CHECK(json::accept(event.value_json));
    if (event.name == "widgent.handoff") CHECK(json::parse(event.value_json)["url"] == "https://shop.example/contact");
  }
  CHECK(custom == std::vector<std::string>{"widgent.handoff", "widgent.suggestions"});
}

TEST_CASE("A model that fails ends the run with its code") {
  Stage stage;
  ModelTurn turn;
  turn.error_code = "agent_unavailable";
  const RunResult result = stage.Run({"x"}, Scripted(stage, {{{"Well, "}, turn}}));
  CHECK(result.status == RunResult::Status::kFailed);
  CHECK(result.code == "agent_unavailable");
  CHECK(result.text == "Well, ");
}

}  // namespace widgent::test
