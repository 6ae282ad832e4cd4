// One tool call under the policy, from what a model asked for to what it is told. In this order (tools-and-audit.md):
// offered, arguments parse, JSON Schema, bind, requires and exp, per-user limit, approval, audit "attempt" made
// durable, HTTP, audit result. This is the only way to a tool.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "agent/agent_model.h"
#include "agent/tool_outcome.h"

namespace widgent {

class ToolCall {
 public:
  struct Callbacks {
    std::function<void()> on_begin;  // the call is allowed and about to act
    // One of the two comes once, last.
    std::function<void(const StoredInterrupt&)> on_ask;  // nothing was done: the user is asked first
    std::function<void(ToolOutcome)> done;
  };
  // `request` and `prompt` outlive the call. Callbacks may come before Start has returned, and the last one may destroy
  // the call. With `approved` the call is the one that the user said yes to; it outlives the call too.
  ToolCall(AgentPorts& ports, const RunRequest& request, const Prompt& prompt, ModelToolCall call,
           const StoredInterrupt* approved, Callbacks callbacks);
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
  std::optional<ToolOutcome> Spend();
  void Deny(const ToolConfig* tool, ToolOutcome outcome);
  void Ask(const ToolConfig& tool);
  void Begin(const ToolConfig& tool);
  void Send();
  void Finish(ToolOutcome outcome, int status);
  void Audit(ToolAct::Stage stage, const ToolConfig* tool, const std::string& reason, bool success, int status);
  std::optional<std::string> Refused() const;

  AgentPorts& ports_;
  const RunRequest& request_;
  const Prompt& prompt_;
  ModelToolCall call_;
  const StoredInterrupt* approved_;
  Callbacks callbacks_;
  const ToolConfig* tool_ = nullptr;
  std::string request_id_, arguments_;
  UnixMillis started_at_ = 0;
  bool begun_ = false;
  std::unique_ptr<SentCall> sent_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace widgent
