#include "agent/tool_call.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/approval.h"
#include "agent/call_id.h"
#include "agent/handoff.h"
#include "agent/json.h"
#include "agent/mcp_tool.h"
#include "agent/text.h"
#include "agent/tool_guard.h"
#include "agent/webhook_tool.h"
#include "identity/claims_pointer.h"
#include "identity/crypto.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kArgumentsBytesMax = 16 * 1024;
constexpr std::size_t kToolNameCodePointsMax = 64;
constexpr int kTranscriptMessagesMax = 200;

ToolOutcome Failed(std::string code, std::string detail = {}) {
  ToolOutcome outcome;
  outcome.code = std::move(code);
  outcome.detail = std::move(detail);
  return outcome;
}

ToolOutcome Denied(std::string code, std::string detail = {}) {
  ToolOutcome outcome = Failed(std::move(code), std::move(detail));
  outcome.denied = true;
  return outcome;
}

// A refusal by the shop's rules is an answer; a tool that was not asked has not failed.
bool HasFailed(const ToolResponse& result) {
  const std::string& code = result.outcome.code;
  return result.status >= 500 ||
         (!result.outcome.ok && result.status / 100 != 4 && code != "egress_refused" && code != "secret_invalid");
}

// What the model filled in, without what it has no say in, and then the bound claims in the customer's own words.
// Nothing where a claim is missing.
std::optional<std::string> BindArguments(const ToolConfig& tool, const json& arguments, const Identity& identity) {
  JsonWriter writer;
  writer.Open('{');
  for (const auto& [name, value] : arguments.items()) writer.Key(name).Raw(DumpJson(value));
  const User* user = AsUser(identity);
  for (const auto& [name, pointer] : tool.bind) {
    const std::optional<std::string> claim = user ? ClaimAt(*user, pointer) : std::nullopt;
    if (!claim) return std::nullopt;
    writer.Key(name).Raw(*claim);
  }
  return writer.Close('}').Take();
}

}  // namespace

ToolCall::ToolCall(AgentPorts& ports, const RunRequest& request, const Prompt& prompt, ModelToolCall call,
                   const StoredInterrupt* approved, Callbacks callbacks)
    : ports_(ports),
      request_(request),
      prompt_(prompt),
      call_(std::move(call)),
      approved_(approved),
      callbacks_(std::move(callbacks)),
      request_id_("tcall_" + MakeUlid(ports.loop.Now(), ports.random(kCallIdRandomBytes))),
      arguments_(approved ? approved->arguments_json : call_.arguments_json),
      started_at_(ports.loop.Now()) {}

void ToolCall::Start() {
  const auto offered = std::find_if(prompt_.tools.begin(), prompt_.tools.end(),
                                    [&](const OfferedTool& tool) { return tool.config->name == call_.name; });
  if (offered == prompt_.tools.end()) {
    const auto withheld = std::find_if(prompt_.withheld.begin(), prompt_.withheld.end(),
                                       [&](const WithheldTool& tool) { return tool.config->name == call_.name; });
    if (withheld != prompt_.withheld.end()) return Deny(withheld->config, Denied(withheld->code));
    return Deny(nullptr, Failed("not_offered", "There is no such tool."));
  }
  if (std::optional<ToolOutcome> refused = Prepare(*offered)) return Deny(offered->config, std::move(*refused));
  if (offered->config->approval && !approved_) {
    if (auto refusal = RefuseQuestion(ports_, request_, *offered->config, arguments_))
      return Deny(offered->config, Denied("approval_waiting", *refusal));
    return Ask(*offered->config);
  }
  Begin(*offered->config);
}

std::optional<ToolOutcome> ToolCall::Prepare(const OfferedTool& tool) {
  const std::string& text = call_.arguments_json;
  std::optional<json> arguments = ParseJson(text.empty() ? "{}" : text, kArgumentsBytesMax);
  if (!arguments || !arguments->is_object())
    return Failed("arguments_invalid", "The arguments are not a JSON object of at most 16 KiB and 16 levels.");
  for (const auto& [name, pointer] : tool.config->bind) arguments->erase(name);
  if (auto refusal = tool.schema->Refuse(*arguments)) return Failed("arguments_invalid", *refusal);
  std::optional<std::string> bound = BindArguments(*tool.config, *arguments, request_.identity);
  tool_ = tool.config;
  if (tool_->hands_off) {
    if (const auto thread = ports_.store.FindThread(request_.product->id, request_.thread))
      request_id_ = HandoffId(*thread);
  }
  if (auto code = Refused()) return Denied(*code);
  if (!bound) return Denied("claim_missing");
  // The schema, the rules and the claims may be others than when the user was asked.
  if (approved_ && RefuseApproval(*approved_, call_.name, *bound, request_.identity))
    return Denied("approval_mismatch",
                  "That is no longer what you said yes to, so nothing was done. Please ask again.");
  arguments_ = std::move(*bound);
  return Spend();
}

// A call that the user has said yes to was counted when it was asked for.
std::optional<ToolOutcome> ToolCall::Spend() {
  const UnixMillis now = ports_.loop.Now();
  if (ports_.guard.IsPaused(request_.product->id, *tool_, now))
    return Failed("tool_unavailable", "That does not work at the moment. Please try again in a minute.");
  if (approved_ || ports_.guard.TakeCall(request_.product->id, *tool_, request_.identity, now)) return std::nullopt;
  return Denied("rate_limited", "That was asked for too often. Please try again in a minute.");
}

std::optional<std::string> ToolCall::Refused() const {
  return RefuseTool(*tool_, request_.identity, ports_.loop.Now());
}

void ToolCall::Deny(const ToolConfig* tool, ToolOutcome outcome) {
  Audit(ToolAct::Stage::kDenied, tool, outcome.code, false, 0);
  const auto done = std::move(callbacks_.done);
  done(std::move(outcome));
}

void ToolCall::Ask(const ToolConfig& tool) {
  const StoredInterrupt interrupt = AskUser(ports_, request_, tool, call_.id, arguments_);
  const auto on_ask = std::move(callbacks_.on_ask);
  on_ask(interrupt);
}

void ToolCall::Begin(const ToolConfig& tool) {
  begun_ = true;
  Audit(ToolAct::Stage::kAttempt, &tool, {}, false, 0);
  callbacks_.on_begin();
  ports_.store.AfterCommit([this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) Send();
  });
}

void ToolCall::Send() {
  // The commit took a moment, and retries take more: a token that has ended in between stops the call.
  if (auto code = Refused()) return Finish(Denied(*code), 0);
  ToolRequest request;
  request.product = request_.product;
  request.tool = tool_;
  request.identity = request_.identity;
  request.thread = request_.thread;
  request.run = request_.run;
  request.request_id = request_id_;
  request.traceparent = request_.traceparent;
  request.call_id = call_.id;
  request.arguments_json = arguments_;
  if (approved_) {
    request.approval = approved_->id;
    request.by_operator = approved_->by_operator;
  }
  if (tool_->hands_off)
    request.transcript = ports_.store.ListMessages(request_.product->id, request_.thread, kTranscriptMessagesMax);
  auto done = [this](ToolResponse response) {
    ports_.guard.Report(request_.product->id, *tool_, HasFailed(response), ports_.loop.Now());
    Finish(std::move(response.outcome), response.status);
  };
  if (!tool_->mcp_name.empty()) {
    sent_ = CallMcpTool(ports_.loop, ports_.client, request, std::move(done));
  } else {
    sent_ = CallWebhook(
        ports_.loop, ports_.client, std::move(request), [this] { return !Refused(); }, std::move(done));
  }
}

void ToolCall::Finish(ToolOutcome outcome, int status) {
  Audit(ToolAct::Stage::kResult, tool_, outcome.code, outcome.ok, status);
  if (const std::string_view remedy = RemedyFor(outcome.code, tool_->hands_off); !remedy.empty() && ports_.warn) {
    ports_.warn("tool product=" + request_.product->id.value + " tool=" + tool_->name + " run=" + request_.run.value +
                ": " + outcome.code + ". " + std::string(remedy));
  }
  if (tool_->hands_off && outcome.ok) ports_.store.PutHandoff(request_.product->id, request_.thread, ports_.loop.Now());
  const auto done = std::move(callbacks_.done);
  done(std::move(outcome));
}

void ToolCall::Abort(const std::string& reason) {
  sent_.reset();
  alive_.reset();
  if (begun_) Audit(ToolAct::Stage::kResult, tool_, reason, false, 0);
}

void ToolCall::Audit(ToolAct::Stage stage, const ToolConfig* tool, const std::string& reason, bool success,
                     int status) {
  const UnixMillis now = ports_.loop.Now();
  ToolAct act;
  act.stage = stage;
  act.identity = request_.identity;
  act.tool = CleanLine(call_.name, kToolNameCodePointsMax);
  act.call_id = request_id_;
  act.arguments_sha256 = Hex(Sha256(arguments_));
  if (tool) {
    act.effect = tool->effect;
    UrlTarget target = ReadUrlTarget(tool->url);
    act.host = std::move(target.host);
    act.port = target.port;
  }
  act.success = success;
  act.status_code = status;
  if (stage == ToolAct::Stage::kResult) act.duration_ms = now - started_at_;
  act.reason = reason;
  if (approved_) {
    act.approval = approved_->id;
    act.by_operator = approved_->by_operator;
  }
  ports_.audit.Write({request_.product->id, request_.thread.value, request_.run.value, request_.peer_address}, act,
                     now);
}

}  // namespace widgent
