// A run: its stream, what it asks, where it breaks off and how it ends.
#include <algorithm>
#include <memory>

#include "protocol/ag_ui.h"
#include "session/session.h"

namespace widgent {

namespace {

constexpr int kSendAttemptsMax = 8;
constexpr int kResumeAttemptsMax = 10;
constexpr const char* kWithPeople = "metadata/widgent/people";

}  // namespace

void Session::BeginRun(TextView id, TextView message_id) {
  run_ = std::make_unique<Run>();
  run_->id = id;
  run_->message_id = message_id;
}

void Session::ResumeRun() {
  Text cursor = run_->id;
  cursor.push_back(':');
  cursor.AppendNumber(run_->cursor);
  run_->request = Send(RequestKind::kRun, ThreadPath("/events"), "", cursor).id;
}

// The connection is gone, the server busy or down: try again later, from where we are.
void Session::BreakRun(std::int64_t retry_after_s, bool limited) {
  if (run_->started) {
    run_->request = 0;
    if (++run_->attempts > kResumeAttemptsMax) return FailRun("agent_truncated");
    send_at_ = RetryAt(run_->attempts - 1, retry_after_s);
    effects_.ShowConnection("reconnecting");
    return;
  }
  OutboxMessage* message = outbox_.Find(run_->message_id);
  if (!message || message->attempts >= kSendAttemptsMax) return FailRun("unreachable");
  message->status = MessageStatus::kQueued;
  if (limited) message->code = "rate_limited";
  send_at_ = RetryAt(message->attempts - 1, retry_after_s);
  Tell(*message);
  effects_.ShowBusy(false);
  if (limited) ShowOnline();
  else if (online_) effects_.ShowConnection("reconnecting");
  run_.reset();
}

void Session::EndRunAnswer(const Request& request) {
  if (!run_ || run_->request != request.id) return;
  if (request.status == 200) return BreakRun(0);  // a stream without its end is one cut off
  OutboxMessage* message = outbox_.Find(run_->message_id);
  if (run_->started && (request.status == 204 || request.status == 404 || request.status == 410)) {
    // Nothing to follow: what the server kept of the reply is in the history.
    outbox_.RemoveById(run_->message_id);
    CloseRun(MessageStatus::kInterrupted);
    return LoadHistory();
  }
  const JsonField& answer = request.answer.root();
  if (message && !run_->started && !IsWorthRetrying(request.status)) message->status = MessageStatus::kQueued;
  if (TakeCommonProblem(request)) return;
  if (IsWorthRetrying(request.status))
    return BreakRun(std::max(request.retry_after_s, answer.Integer("retry_after")), request.status == 429);
  if (request.code == "thread_not_found") {
    ForgetThread();
    if (message && message->attempts < 2) {
      // This tab's thread is gone from the server: the message begins a new one.
      run_.reset();
      return Pump();
    }
  }
  FailRun(request.code, answer.Text("hint"));
}

void Session::Take(const JsonField& event, MonotonicMillis asked_at) {
  const TextView id = event.Text("messageId"), call = event.Text("toolCallId"), code = event.Text("code");
  const bool is_of_reply = id == run_->reply_id;
  switch (FindEventType(event.Text("type"))) {
    case EventType::kRunStarted:
      TakeRunStarted(event.At("metadata/widgent/identity"), asked_at);
      break;
    case EventType::kTextMessageStart:
      run_->reply_id = id;
      effects_.ShowMessage(id, false, "", MessageStatus::kStreaming, 0, nullptr, {}, PersonOf(event));
      if (id.StartsWith(kPeople)) run_->id = people_ = id;
      effects_.Emit("reply:start", "id", id);
      break;
    case EventType::kTextMessageContent:
      if (is_of_reply) effects_.AppendText(id, event.Text("delta"));
      break;
    case EventType::kTextMessageEnd:
      if (!is_of_reply) break;
      run_->reply_id.clear();
      effects_.UpdateMessage(id, MessageStatus::kDone, "", "", &event.At("metadata/widgent/citations"));
      effects_.Emit("reply:end", "id", id);
      break;
    case EventType::kToolCallStart:
      effects_.ShowTool(call, event.Text("toolCallName"), "running");
      break;
    case EventType::kToolCallResult: {
      const bool is_denied = !event.Text("metadata/widgent/denied").empty(), failed = event.Text("content") == "failed";
      effects_.ShowTool(call, "", is_denied ? "denied" : failed ? "failed" : "done");
      break;
    }
    case EventType::kCustom: {
      const TextView name = event.Text("name");
      if (name == "widgent.handoff") effects_.ShowHandoff(event.Text("value/url"), event.Text("value/label"));
      if (name == "widgent.approval") TakeDecision(event.Text("value/id"), event.Text("value/status"));
      if (name == "widgent.suggestions") effects_.ShowSuggestions(event.At("value/items"));
      break;
    }
    case EventType::kRunFinished:
      outbox_.RemoveById(run_->message_id);
      Forget(run_->request);
      CloseRun(event.Text("outcome/type") == "cancelled" ? MessageStatus::kInterrupted : MessageStatus::kDone);
      ShowApprovals(event.At("outcome/interrupts"));
      if (event.Text(kWithPeople).empty()) people_.clear();
      else if (people_.empty()) people_ = kPeople;
      Pump();
      break;
    case EventType::kRunError:
      Forget(run_->request);
      FailRun(code);
      // Another page of this user was asked something: show it here too.
      if (code == "interrupt_pending") LoadHistory();
      break;
    default:
      break;
  }
}

TextView Session::PersonOf(const JsonField& message) { return message.Text("metadata/widgent/operator/name"); }

void Session::TakeRunStarted(const JsonField& identity, MonotonicMillis asked_at) {
  if (run_->started) return;  // attached to: the thread is ours, whoever asked
  const bool is_told = identity.exists(), as_user = identity.Text("state") == "verified";
  // Told again what the guest was told in a thread that is the user's by now.
  const bool is_replay = is_told && !as_user && !(identity.Text("reason") == "token_expired");
  if (state_ == State::kUser && is_told && !as_user && !is_replay) {
    // The token ended on the way, and the server took the message as a guest's: go on there.
    const Text thread = thread_id_;
    outbox_.RemoveById(run_->message_id);
    ExpireIdentity();
    thread_id_ = thread;
    SaveThread();
    return LoadHistory();
  }
  if ((as_user != (state_ == State::kUser) && !is_replay) || (as_user && !(identity.Text("sub") == sub_))) {
    DropRequest(run_->request);
    return FailRun("identity_changed");
  }
  // The same token cannot live longer than was said before; it can end sooner, where our clock stood still in between.
  if (as_user) {
    const std::int64_t left_s = std::clamp<std::int64_t>(identity.Integer("expires_in"), 0, 24 * 3600);
    identity_ends_at_ = std::min(identity_ends_at_, asked_at + left_s * 1000);
  }
  run_->started = true;
  effects_.ShowConnection("online");
  if (OutboxMessage* message = outbox_.Find(run_->message_id)) {
    message->status = MessageStatus::kSent;
    message->stored = true;
    Tell(*message);
    if (message->IsText()) effects_.Emit("message:sent", "id", message->id);
  }
}

// A guest's, for this tab's next page.
void Session::SaveThread() {
  effects_.Save("thread_id", thread_id_);
  effects_.Save("thread_of", ended_);
}

void Session::CloseRun(MessageStatus reply_status) {
  if (!run_->reply_id.empty()) effects_.UpdateMessage(run_->reply_id, reply_status);
  run_.reset();
  send_at_ = kNever;
  effects_.ShowBusy(false);
  ShowOnline();
}

void Session::ShowOnline() { effects_.ShowConnection(online_ ? "online" : "offline"); }

void Session::FailRun(TextView code, TextView hint) {
  const bool begun = run_->started;
  const Text message_id = run_->message_id;
  CloseRun(MessageStatus::kInterrupted);
  if (OutboxMessage* message = outbox_.Find(message_id)) {
    if (begun) message->attempts = 0;
    Fail(*message, code, hint);
  }
  Pump();
}

// Of the site's people, to a question that only they can answer: goes on from it under this user's token. Where it has
// expired the server says so.
void Session::TakeDecision(TextView id, TextView status) {
  AddQuestion(id);
  On(ApprovalAnswered{id, status == "granted"});
}

void Session::ShowApprovals(const JsonField& interrupts) {
  for (auto* item = interrupts.First(); item; item = item->Next()) {
    const TextView id = item->Text("id");
    const JsonField& ours = item->At("metadata/widgent");
    const TextView decided = ours.Text("decided");
    const bool is_theirs = !ours.Text("by").empty();
    effects_.ShowApproval(id, is_theirs ? "waiting" : "pending", ours.Text("tool"), item->Text("message"),
                          item->Text("expiresAt"));
    if (!is_theirs) AddQuestion(id);
    else if (!decided.empty()) TakeDecision(id, decided);
  }
}

}  // namespace widgent
