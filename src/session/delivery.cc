// Messages: from the visitor to the server.
#include <algorithm>
#include <cstring>
#include <memory>

#include "protocol/ag_ui.h"
#include "session/session.h"

namespace widgent {

namespace {

constexpr std::size_t kMessageBytesMax = 16'000;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Text Trim(TextView text) {
  const char* begin = text.c_str();
  while (IsBlank(*begin)) ++begin;
  std::size_t size = std::strlen(begin);
  while (size && IsBlank(begin[size - 1])) --size;
  Text trimmed;
  trimmed.Append(begin, size);
  return trimmed;
}

}  // namespace

void Session::On(const MessageSubmitted& event) {
  Text text = Trim(event.text);
  if (text.empty() || state_ == State::kNew) return;
  auto message = std::make_unique<OutboxMessage>();
  GiveIds(*message);
  message->text.Swap(text);
  if (state_ == State::kIdentifying) ++message->epoch;
  if (state_ == State::kRefused) message->code = "product_refused";
  else if (IsLocked()) message->code = "identity_required";
  else if (message->text.size() > kMessageBytesMax) message->code = "message_too_large";
  else if (outbox_.IsFull()) message->code = "queue_full";
  if (!message->code.empty()) {
    message->status = MessageStatus::kFailed;
    Show(*message);
    effects_.Emit("message:failed", "id", message->id, "code", message->code);
    return;
  }
  Show(outbox_.Append(message.release()));
  Pump();
}

void Session::GiveIds(OutboxMessage& message) {
  message.id = NewId('u');
  message.run_id.push_back('r');
  message.run_id.Append(message.id.c_str() + 1);
  message.epoch = epoch_;
}

void Session::On(const RetryRequested& event) {
  OutboxMessage* message = outbox_.Find(event.message_id);
  if (!message || message->status != MessageStatus::kFailed || message->epoch != epoch_) return;
  if (IsLocked()) return Fail(*message, "identity_required");
  // A run that the server has begun is over for good, and a guest's run is no user's: the same message is asked again
  // under a new run.
  if (message->attempts == 0 || state_ == State::kIdentifying) {
    message->run_id = NewId('r');
    message->interrupt_id.clear();
    message->answer = OutboxMessage::Answer::kNone;
    message->attempts = 0;
  }
  // A run that may have begun may still have: it does not go along to somebody else by itself.
  message->attempts = std::min(message->attempts, 1);
  message->epoch = state_ == State::kIdentifying ? epoch_ + 1 : epoch_;
  message->code.clear();
  message->meant_for.clear();
  message->status = MessageStatus::kQueued;
  Tell(*message);
  if (!run_) send_at_ = kNever;  // or else it is the time at which a broken run is resumed
  Pump();
}

void Session::On(const ApprovalAnswered& event) {
  for (OutboxMessage& answer : questions_) {
    if (!(answer.interrupt_id == event.id) || outbox_.IsFull()) continue;
    questions_.Unlink(&answer);
    GiveIds(answer);
    answer.answer = event.approved ? OutboxMessage::Answer::kYes : OutboxMessage::Answer::kNo;
    Show(outbox_.Append(&answer));
    return Pump();
  }
}

void Session::AddQuestion(TextView interrupt_id) { questions_.Append(new OutboxMessage).interrupt_id = interrupt_id; }

void Session::On(const CancelRequested&) {
  if (!run_) return;
  CancelRun();
  if (run_->started) return;
  DropRequest(run_->request);
  FailRun("cancelled");
}

// Tells the server alone.
void Session::CancelRun() { Send(RequestKind::kForgotten, ThreadPath("/runs/", run_->id, "/cancel")); }

// What may have arrived comes back with the history where it has.
void Session::On(const MessageWithdrawn& event) {
  const OutboxMessage* message = outbox_.Find(event.message_id);
  if (!message || (message->status != MessageStatus::kQueued && message->status != MessageStatus::kFailed)) return;
  const bool sent = message->sent;
  outbox_.RemoveById(event.message_id);
  effects_.RemoveMessage(event.message_id);
  if (run_) return;
  ShowOnline();
  if (sent && !thread_id_.empty()) LoadHistory();
  Pump();
}

void Session::Pump() {
  if ((state_ != State::kGuest && state_ != State::kUser) || !online_ || history_due_ || rechecking_) return;
  OutboxMessage* message = outbox_.NextToSend(epoch_);
  if (run_ && message && TextView(run_->id).StartsWith(kPeople)) {
    // People are listened to again once it has arrived.
    DropRequest(run_->request);
    CloseRun(MessageStatus::kDone);
  }
  if (run_) return;
  if (IsLocked()) {
    for (OutboxMessage& queued : outbox_)
      if (queued.status == MessageStatus::kQueued) Fail(queued, "identity_required");
    return;
  }
  if (send_at_ != kNever && send_at_ > now_) return;
  send_at_ = kNever;
  if (message) return SendMessage(*message);
  if (people_.empty()) return;
  // A run of theirs, which goes on as long as they are waited for.
  BeginRun(people_, "");
  run_->started = true;
  ResumeRun();
}

void Session::SendMessage(OutboxMessage& message) {
  if (thread_id_.empty()) {
    thread_id_ = NewId('t');
    if (state_ == State::kGuest) SaveThread();
  }
  message.status = MessageStatus::kSending;
  message.code.clear();
  message.sent = true;
  ++message.attempts;
  Tell(message);
  if (OutboxMessage* question = questions_.first(); question && message.IsText() && message.interrupt_id.empty()) {
    while (question->next) question = static_cast<OutboxMessage*>(question->next);
    message.interrupt_id.Swap(question->interrupt_id);
    questions_.Remove(question);
    message.answer = OutboxMessage::Answer::kDismiss;
    effects_.ShowApproval(message.interrupt_id, "dismissed");
  }
  JsonWriter body;
  WriteRunInput<TextView>(body, {.thread_id = thread_id_,
                                 .run_id = message.run_id,
                                 .message_id = message.IsText() ? TextView(message.id) : "",
                                 .text = message.text,
                                 .page = page_,
                                 .locale = locale_,
                                 .interrupt_id = message.interrupt_id,
                                 .cancelled = message.answer == OutboxMessage::Answer::kDismiss,
                                 .approved = message.answer == OutboxMessage::Answer::kYes});
  BeginRun(message.run_id, message.id);
  run_->request = Send(RequestKind::kRun, "/agent", body.view()).id;
  effects_.ShowBusy(true);
}

void Session::Fail(OutboxMessage& message, TextView code, TextView hint) {
  if (!message.IsText()) {
    // No answer has arrived, and the question still stands; or the server says that it stands no more.
    const bool stands = code == "unreachable";
    if (stands) AddQuestion(message.interrupt_id);
    if (message.status != MessageStatus::kSent)
      effects_.ShowApproval(message.interrupt_id, stands ? "pending" : "expired");
    return outbox_.Remove(&message);
  }
  message.status = MessageStatus::kFailed;
  message.code = code;
  Tell(message, hint);
  effects_.Emit("message:failed", "id", message.id, "code", code);
}

void Session::Show(const OutboxMessage& message) {
  if (!message.IsText()) {
    const bool yes = message.answer == OutboxMessage::Answer::kYes;
    return effects_.ShowApproval(message.interrupt_id, yes ? "approved" : "rejected");
  }
  effects_.ShowMessage(message.id, true, message.text, message.status);
  if (!message.code.empty()) Tell(message);
}

void Session::Tell(const OutboxMessage& message, TextView hint) {
  const bool waits = message.status == MessageStatus::kQueued && !message.code.empty() && send_at_ != kNever;
  const std::int64_t wait_s = waits ? (send_at_ - now_ + 999) / 1000 : 0;
  if (message.IsText()) effects_.UpdateMessage(message.id, message.status, message.code, hint, nullptr, wait_s);
}

}  // namespace widgent
