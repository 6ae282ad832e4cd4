#include "server/approvals.h"

#include <algorithm>
#include <utility>

#include "agent/webhook_tool.h"
#include "server/admission.h"

namespace widgent {

using State = StoredInterrupt::State;

namespace {

bool HasExpired(const StoredInterrupt& interrupt, UnixMillis now) { return interrupt.expires_at <= now; }

}  // namespace

Approvals::Verdict Approvals::Judge(const Exchange& x, const RunAgentInput& input, bool has_new_message) {
  const ProductId& product = x.product->config.id;
  const UnixMillis now = x.Now();
  auto open = store_.FindPendingInterrupt(product, input.thread_id);
  if (open && HasExpired(*open, now)) Expire(x, input, *std::exchange(open, std::nullopt));

  Verdict verdict;
  if (!input.resume) {
    if (open) verdict.refusal = "interrupt_pending";
    return verdict;
  }
  if (open && open->id == input.resume->interrupt_id) {
    const User* user = AsUser(x.identity);
    if (!user || user->sub != open->sub) {
      verdict.refusal = "identity_changed";
      return verdict;
    }
    if (const auto asking = store_.FindRun(product, input.thread_id, open->run)) verdict.question = asking->message;
    // A stock client sends the whole conversation along: the last message of that is the one that led to the question.
    const MessageId& message = input.message_id;
    verdict.is_dismissal = input.resume->cancelled && !message.value.empty() && message != verdict.question;
    const bool is_approved = input.resume->approved && !input.resume->cancelled;
    verdict.answer = InterruptAnswer{std::move(*open), is_approved};
    return verdict;
  }
  // Dismissing what is not open any more changes nothing: the message that came along is answered.
  if (!open && input.resume->cancelled && has_new_message) return verdict;
  const auto asked = store_.FindInterrupt(product, input.thread_id, input.resume->interrupt_id);
  const bool has_expired = asked && asked->state == State::kExpired;
  verdict.refusal = open && has_new_message ? "interrupt_pending"
                    : has_expired           ? "interrupt_expired"
                                            : "interrupt_unknown";
  return verdict;
}

void Approvals::Settle(const Exchange& x, const RunAgentInput& input, const Verdict& verdict) {
  if (!verdict.answer) return;
  const auto& [interrupt, is_approved] = *verdict.answer;
  store_.SettleInterrupt(x.product->config.id, input.thread_id, interrupt.id,
                         is_approved ? State::kApproved : State::kRejected, input.run_id);
  Audit(x, input, interrupt, is_approved ? ToolAct::Stage::kApproved : ToolAct::Stage::kRejected,
        input.resume->cancelled ? "dismissed" : "");
}

std::vector<Interrupt> Approvals::ListOpen(const ProductId& product, const ThreadId& thread, UnixMillis now) {
  const auto open = store_.FindPendingInterrupt(product, thread);
  if (!open || HasExpired(*open, now)) return {};
  return {ToWire(*open)};
}

void Approvals::Expire(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt) {
  store_.SettleInterrupt(x.product->config.id, input.thread_id, interrupt.id, State::kExpired, {});
  Audit(x, input, interrupt, ToolAct::Stage::kDenied, "interrupt_expired");
}

void Approvals::Audit(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt,
                      ToolAct::Stage stage, const std::string& reason) {
  ToolAct act;
  act.stage = stage;
  act.identity = x.identity;
  act.tool = interrupt.tool;
  act.call_id = interrupt.call_id;
  act.arguments_sha256 = interrupt.arguments_sha256;
  act.reason = reason;
  act.approval = interrupt.id;
  const std::vector<ToolConfig>& tools = x.product->config.tools;
  const auto tool =
      std::find_if(tools.begin(), tools.end(), [&](const ToolConfig& config) { return config.name == interrupt.tool; });
  if (tool != tools.end()) {
    act.effect = tool->effect;
    UrlTarget target = ReadUrlTarget(tool->url);
    act.host = std::move(target.host);
    act.port = target.port;
  }
  audit_.Write(ContextOf(x, input.thread_id, input.run_id.value), act, x.Now());
}

}  // namespace widgent
