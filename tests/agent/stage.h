// What the agent's tests share: a shop with two tools, its people, and a run on a loop moved by hand.
#pragma once
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/agent_run.h"
#include "agent/knowledge.h"
#include "agent/tool_guard.h"
#include "support/fake_client.h"
#include "support/memory_store.h"
#include "support/sim_event_loop.h"

namespace widgent::test {

inline constexpr UnixMillis kNow = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
inline constexpr char kToolSecret[] = "whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh";

inline User MakeAda() {
  User user;
  user.sub = "u_42";
  user.name = "Ada";
  user.email = "ada@example.com";
  user.metadata_json = R"({"plan": "pro", "n": 1e2})";
  user.claims_json = R"({"sub":"u_42","name":"Ada","scope":"orders:read orders:write","roles":["member"],)"
                     R"("metadata":{"plan": "pro", "n": 1e2}})";
  user.issued_at_s = kNow / 1000 - 60;
  user.expires_at_s = kNow / 1000 + 3600;
  return user;
}

inline Anonymous MakeGuest() { return {Anonymous::Reason::kTokenMissing, "guest-0123456789"}; }

inline ToolConfig MakeGetOrder() {
  ToolConfig tool;
  tool.name = "get_order";
  tool.description = "Status of one of the signed-in user's orders";
  tool.url = "https://shop.example/widgent/tools/get_order";
  tool.secret = kToolSecret;
  tool.idempotent = true;
  tool.retries = 2;
  tool.parameters_json =
      R"({"type":"object","additionalProperties":false,"required":["order_id"],"properties":{"order_id":
      {"type":"string","pattern":"^A-[0-9]{1,8}$","maxLength":10,"description":"order number, like A-1001"}}})";
  tool.required.identified = true;
  tool.bind = {{"customer_id", "/sub"}};
  tool.examples = {"where is my order", "track my order", "what is the status of my order", "when will my order arrive",
                   "has my order shipped"};
  tool.answer = "Order {{result.id}} is {{result.status}}.";
  return tool;
}

inline ToolConfig MakeRefundOrder() {
  ToolConfig tool = MakeGetOrder();
  tool.name = "refund_order";
  tool.description = "Refund an order";
  tool.url = "https://shop.example:8443/widgent/tools/refund_order";
  tool.effect = ToolConfig::Effect::kUpdate;
  tool.idempotent = false;
  tool.parameters_json =
      R"({"type":"object","additionalProperties":false,"required":["order_id","reason"],"properties":{"order_id":
      {"type":"string","pattern":"^A-[0-9]{1,8}$","maxLength":10,"description":"order number, like A-1001"},
      "reason":{"type":"string","enum":["damaged","late","wrong size"]}}})";
  tool.examples = {"refund my order", "I want my money back for my order", "please refund my damaged order"};
  tool.answer = "I have asked for a refund of order {{args.order_id}}.";
  return tool;
}

inline Product MakeShop() {
  Product product;
  product.id = {"acme"};
  product.name = "Acme";
  product.handoff_url = "https://shop.example/contact";
  product.handoff_label = "Write to us";
  product.suggestions_verified = {"Where is my order?"};
  product.suggestions_anonymous = {"What does shipping cost?"};
  product.egress.allow_hosts = {"shop.example"};
  product.tools = {MakeGetOrder(), MakeRefundOrder()};
  return product;
}

inline std::unique_ptr<Knowledge> LoadHelp() {
  return LoadKnowledge({WIDGENT_SOURCE_DIR "/demo/help", "https://shop.example/help/", 0.5});
}

// A conversation so far: the visitor speaks first, then both in turn.
inline std::vector<StoredMessage> Talk(const std::vector<std::string>& texts) {
  std::vector<StoredMessage> history;
  for (const std::string& text : texts) {
    StoredMessage message;
    message.role = history.size() % 2 ? StoredMessage::Role::kAssistant : StoredMessage::Role::kUser;
    message.text = text;
    history.push_back(std::move(message));
  }
  return history;
}

// Does as it is told: one scripted turn after the other.
class ScriptedModel final : public AgentModel {
 public:
  struct Line {
    std::vector<std::string> texts;
    ModelTurn turn;
  };
  ScriptedModel(http::EventLoop& loop, std::vector<Line> lines) : loop_(loop), lines_(std::move(lines)) {}
  ~ScriptedModel() override {
    if (timer_) loop_.Cancel(timer_);
  }
  void Next(const Prompt& prompt, std::function<void(std::string_view)> on_text,
            std::function<void(ModelTurn)> on_done) override {
    if (seen) *seen = prompt;
    Line line = next_ < lines_.size() ? lines_[next_++] : lines_.back();
    timer_ = loop_.After(0, [this, line, on_text, on_done] {
      timer_ = 0;
      for (const std::string& text : line.texts) on_text(text);
      on_done(line.turn);
    });
  }
  Prompt* seen = nullptr;  // where set: the latest prompt

 private:
  http::EventLoop& loop_;
  std::vector<Line> lines_;
  std::size_t next_ = 0;
  http::TimerId timer_ = 0;
};

inline ModelTurn Calls(std::vector<ModelToolCall> calls) {
  ModelTurn turn;
  turn.calls = std::move(calls);
  return turn;
}

class Stage {
 public:
  Stage() {
    loop.on_turn_end = [this] {
      if (commits && store.HasPending()) store.Commit();
    };
    client.answer = [](const http::ClientRequest&) { return HttpAnswer(200, R"({"id":"A-1001","status":"shipped"})"); };
  }

  RunRequest Request(const std::vector<std::string>& talk) {
    RunRequest request;
    request.product = &product;
    request.knowledge = knowledge.get();
    request.identity = identity;
    request.thread = {"th_1"};
    request.run = {"r_1"};
    request.history = Talk(talk);
    request.peer_address = "203.0.113.7";
    request.answer = answer;
    return request;
  }

  void Start(const std::vector<std::string>& talk, std::unique_ptr<AgentModel> model = nullptr,
             RunLimits limits = RunLimits()) {
    const auto emit = [this](const AgUiEvent& event) {
      events.push_back(event);
      times.push_back(loop.Now());
      if (on_event) on_event(event);
    };
    const auto done = [this](RunResult end) {
      REQUIRE_FALSE(is_done);
      is_done = true;
      result = std::move(end);
    };
    events.clear();
    times.clear();
    is_done = false;
    run = model ? StartRunWith(std::move(model), limits, Ports(), Request(talk), emit, done)
                : StartRun(Ports(), Request(talk), emit, done);
    REQUIRE(events.empty());
  }

  RunResult Run(const std::vector<std::string>& talk, std::unique_ptr<AgentModel> model = nullptr) {
    Start(talk, std::move(model));
    loop.Advance(130'000);
    REQUIRE(is_done);
    return result;
  }

  // "tool attempt", "tool denied identity_required" …, oldest first.
  std::vector<std::string> AuditTrail() {
    std::vector<std::string> trail;
    for (const AuditRow& row : store.audit[product.id]) {
      const nlohmann::json record = nlohmann::json::parse(row.record);
      trail.push_back(row.action + ' ' + row.outcome + ' ' + record["api"].value("operation", ""));
    }
    return trail;
  }

  std::vector<EventType> EventTypes() const {
    std::vector<EventType> types;
    for (const AgUiEvent& event : events) types.push_back(event.type);
    return types;
  }

  AgentPorts Ports() {
    return {loop,  client, store,
            audit, guard,  [this](std::size_t bytes) { return std::string(bytes, static_cast<char>(++random_)); }};
  }

  SimEventLoop loop{kNow};
  ScriptedClient client{loop};
  MemoryStore store;
  AuditLog audit{store};
  ToolGuard guard;
  Product product = MakeShop();
  std::unique_ptr<Knowledge> knowledge;
  Identity identity = MakeAda();
  std::optional<InterruptAnswer> answer;
  bool commits = true;
  std::unique_ptr<AgentRun> run;
  std::vector<AgUiEvent> events;
  std::vector<UnixMillis> times;
  std::function<void(const AgUiEvent&)> on_event;
  bool is_done = false;
  RunResult result;

 private:
  int random_ = 0;
};

}  // namespace widgent::test
