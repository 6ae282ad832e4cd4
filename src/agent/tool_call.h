// One tool call under the policy, from what a model asked for to what it is told. In this order (tools-and-audit.md):
// offered, arguments parse, JSON Schema, bind, requires and exp, audit "attempt" made durable, HTTP, audit result.
// This is the only way to a tool.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "agent/agent_model.h"
#include "agent/webhook_tool.h"

namespace widgent {

class ToolCall {
 public:
  // `request` and `prompt` outlive the call. `on_begin` is called when the call is allowed and about to act; `done`
  // comes once, last. Both may come before Start has returned, and `done` may destroy the call.
  ToolCall(AgentPorts& ports, const RunRequest& request, const Prompt& prompt, ModelToolCall call,
           std::function<void()> on_begin, std::function<void(ToolOutcome)> done);
  ToolCall(const ToolCall&) = delete;
  ToolCall& operator=(const ToolCall&) = delete;

  void Start();
  // Stops waiting for the answer and says why in the audit log. `done` is not called.
  void Abort(const std::string& reason);

  const ModelToolCall& call() const { return call_; }
  bool begun() const { return begun_; }

 private:
  // Fills in arguments_; otherwise why not.
  std::optional<ToolOutcome> Prepare(const OfferedTool& tool);
  void Deny(const ToolConfig* tool, ToolOutcome outcome);
  void Begin(const ToolConfig& tool);
  void Send();
  void Finish(ToolOutcome outcome, int status);
  void Audit(ToolAct::Stage stage, const ToolConfig* tool, const std::string& reason, bool success, int status);
  std::optional<std::string> Refused() const;

  AgentPorts& ports_;
  const RunRequest& request_;
  const Prompt& prompt_;
  ModelToolCall call_;
  std::function<void()> on_begin_;
  std::function<void(ToolOutcome)> done_;
  const ToolConfig* tool_ = nullptr;
  std::string webhook_id_, arguments_;
  UnixMillis started_at_ = 0;
  bool begun_ = false;
  std::unique_ptr<WebhookCall> webhook_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace widgent
