#include "server/approvals.h"

#include <algorithm>
#include <utility>

#include "agent/webhook_tool.h"
#include "protocol/json_writer.h"
#include "server/admission.h"
#include "server/history.h"

namespace widgent {

using State = StoredInterrupt::State;
using Decision = StoredInterrupt::Decision;

namespace {

bool HasExpired(const StoredInterrupt& interrupt, UnixMillis now) { return interrupt.expires_at <= now; }

ToolAct ActOf(const StoredInterrupt& interrupt) {
  ToolAct act;
  act.tool = interrupt.tool;
  act.call_id = interrupt.call_id;
  act.effect = static_cast<ToolConfig::Effect>(interrupt.effect);
  act.arguments_sha256 = interrupt.arguments_sha256;
  act.approval = interrupt.id;
  act.by_operator = interrupt.by_operator;
  return act;
}

}  // namespace

Approvals::Verdict Approvals::Judge(const Exchange& x, const RunAgentInput& input, bool has_new_message) {
  const ProductId& product = x.product->config.id;
  const UnixMillis now = x.Now();
  auto open = store_.FindPendingInterrupt(product, input.thread_id);
  if (open && HasExpired(*open, now)) Expire(x, input, *std::exchange(open, std::nullopt));
  for (const auto& [thread, question] : store_.ListOperatorQuestions(product, input.thread_id))
    if (HasExpired(question, now)) Expire(x, input, question);

  Verdict verdict;
  if (!input.resume) {
    if (open) verdict.refusal = "interrupt_pending";
    return verdict;
  }
  // A question to the owner's people stands in nobody's way, is nobody else's to put aside, and a run goes on from it
  // once they have decided.
  auto theirs = store_.FindInterrupt(product, input.thread_id, input.resume->interrupt_id);
  if (theirs && theirs->by_operator && theirs->state == State::kPending) {
    if (input.resume->cancelled && has_new_message) return verdict;
    if (theirs->decision == Decision::kNone || input.resume->cancelled) {
      verdict.refusal = "interrupt_pending";
      return verdict;
    }
    open = std::move(theirs);
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
    const bool says_yes = open->by_operator ? open->decision == Decision::kYes : input.resume->approved;
    const bool is_approved = says_yes && !input.resume->cancelled;
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
  // What an operator said was written down when it was said.
  if (interrupt.by_operator) return;
  Audit(x, input, interrupt, is_approved ? ToolAct::Stage::kApproved : ToolAct::Stage::kRejected,
        input.resume->cancelled ? "dismissed" : "");
}

std::vector<Interrupt> Approvals::ListOpen(const ProductId& product, const ThreadId& thread, UnixMillis now) {
  std::vector<Interrupt> all;
  for (const auto& [where, question] : store_.ListOperatorQuestions(product, thread))
    if (!HasExpired(question, now)) all.push_back(ToWire(question));
  const auto open = store_.FindPendingInterrupt(product, thread);
  if (open && !HasExpired(*open, now)) all.push_back(ToWire(*open));
  return all;
}

void Approvals::Expire(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt) {
  store_.SettleInterrupt(x.product->config.id, input.thread_id, interrupt.id, State::kExpired, {});
  Audit(x, input, interrupt, ToolAct::Stage::kDenied, "interrupt_expired");
}

void Approvals::Audit(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt,
                      ToolAct::Stage stage, const std::string& reason) {
  ToolAct act = ActOf(interrupt);
  act.stage = stage;
  act.identity = x.identity;
  act.reason = reason;
  const std::vector<ToolConfig>& tools = x.product->config.tools;
  const auto tool =
      std::find_if(tools.begin(), tools.end(), [&](const ToolConfig& config) { return config.name == interrupt.tool; });
  if (tool != tools.end()) {
    UrlTarget target = ReadUrlTarget(tool->url);
    act.host = std::move(target.host);
    act.port = target.port;
  }
  audit_.Write(ContextOf(x, input.thread_id, input.run_id.value), act, x.Now());
}

bool DecideApproval(Store& store, AuditLog& audit, const AuditContext& context, const OperatorQuestion& question,
                    bool is_approved, const std::string& by, UnixMillis now) {
  const auto& [thread, interrupt] = question;
  const Decision decision = is_approved ? Decision::kYes : Decision::kNo;
  if (HasExpired(interrupt, now) || !store.DecideInterrupt(context.product, thread, interrupt.id, decision, by))
    return false;
  ToolAct act = ActOf(interrupt);
  act.stage = is_approved ? ToolAct::Stage::kApproved : ToolAct::Stage::kRejected;
  User user;
  user.sub = interrupt.sub;
  act.identity = std::move(user);
  act.by = by;
  audit.Write({context.product, thread.value, interrupt.run.value, context.peer_address}, act, now);
  return true;
}

bool IsOpen(const StoredInterrupt& interrupt, UnixMillis now) {
  return !HasExpired(interrupt, now) && interrupt.decision == Decision::kNone;
}

std::string WriteQuestions(const std::vector<OperatorQuestion>& questions, UnixMillis now) {
  JsonWriter writer;
  writer.Open('{').Key("approvals").Open('[');
  for (const auto& [thread, interrupt] : questions) {
    if (!IsOpen(interrupt, now)) continue;
    writer.Open('{').Put("id", interrupt.id).Put("thread_id", thread.value).Put("sub", interrupt.sub);
    writer.Put("tool", interrupt.tool).Put("message", interrupt.message);
    writer.Key("arguments").Raw(interrupt.arguments_json);
    writer.Put("asked_at", WriteTime(interrupt.asked_at)).Put("expires_at", WriteTime(interrupt.expires_at));
    writer.Close('}');
  }
  return writer.Close(']').Close('}').Take();
}

}  // namespace widgent
