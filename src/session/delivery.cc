// Messages, runs and history: the half of Session that talks to a thread.
#include <algorithm>
#include <cstring>
#include <memory>

#include "protocol/ag_ui.h"
#include "session/session.h"

namespace widgent {

namespace {

constexpr std::size_t kMessageBytesMax = 16'000;
constexpr std::size_t kBodyBytesMax = 4u << 20;
constexpr int kSendAttemptsMax = 8;
constexpr int kResumeAttemptsMax = 10;
constexpr int kHistoryAttemptsMax = 3;
constexpr const char* kPeople = "op_";  // what the ids of what the site's people say begin with
constexpr const char* kWithPeople = "metadata/widgent/people";

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

// The number in "<run>:<number>"; 0 where the id is another run's.
std::int64_t ReadCursor(TextView id, const Text& run) {
  if (!id.StartsWith(run.c_str())) return 0;
  const char* at = id.c_str() + run.size();
  if (*at++ != ':') return 0;
  constexpr std::int64_t kMax = 100'000'000'000'000;
  std::int64_t number = 0;
  for (; *at; ++at) {
    if (*at < '0' || *at > '9' || number >= kMax) return 0;
    number = number * 10 + (*at - '0');
  }
  return number;
}

// Of the person who says it; empty: the agent does.
TextView NameOf(const JsonField& message) { return message.Text("metadata/widgent/operator/name"); }

}  // namespace

bool Session::IsWorthRetrying(int status) {
  return status == 0 || status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

// ---- What the visitor does

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

// ---- Sending

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

// ---- Answers

void Session::On(const ResponseStarted& event) {
  Request* request = FindRequest(event.request);
  if (!request) return;
  request->status = event.status;
  request->retry_after_s = event.retry_after_s;
}

void Session::On(const ResponseChunk& event) {
  Request* request = FindRequest(event.request);
  if (!request || request->epoch != epoch_ || !request->status) return;
  std::string_view piece = event.text;
  if (request->kind != RequestKind::kRun || request->status != 200) {
    if (request->body.size() + piece.size() <= kBodyBytesMax) request->body.Append(piece.data(), piece.size());
    return;
  }
  // An event may end the run, and with it the request: what follows in the same chunk is then nobody's.
  while (request && run_ && run_->request == event.request && request->stream.Next(piece)) {
    const std::int64_t cursor = ReadCursor(request->stream.id(), run_->id);
    JsonFields fields;
    if (!fields.Parse(request->stream.data()) || fields.root().Text("type").empty()) continue;
    if (cursor && cursor <= run_->cursor) continue;
    if (cursor) run_->cursor = cursor;
    run_->attempts = 0;
    Take(fields.root(), request->sent_at);
    request = FindRequest(event.request);
  }
  if (request && run_ && run_->request == event.request && request->stream.overflow()) {
    DropRequest(event.request);
    FailRun("agent_truncated");
  }
}

void Session::On(const ResponseEnded& event) {
  if (!FindRequest(event.request)) return;
  // Out of the list first: an answer may end the epoch, and with it all requests.
  const std::unique_ptr<Request> taken(requests_.Unlink(FindRequest(event.request)));
  Request& request = *taken;
  if (request.kind == RequestKind::kForgotten || request.epoch != epoch_) return;
  if (request.status && state_ != State::kRefused) diagnosed_ = false;
  request.answer.Parse(request.body);
  request.code = request.answer.root().Text("code");
  if (request.code.empty()) request.code.Append("http_").AppendNumber(request.status);
  switch (request.kind) {
    case RequestKind::kSession:
      return EndSession(request);
    case RequestKind::kHistory:
      return EndHistory(request);
    case RequestKind::kThreads:
      return EndThreads(request);
    case RequestKind::kFeedback:
      return EndFeedback(request);
    case RequestKind::kRun:
      return EndRunAnswer(request);
    case RequestKind::kDiagnose:
      return EndDiagnose(request);
    case RequestKind::kForgotten:
      return;
  }
}

void Session::On(const RequestFailed& event) {
  Request* request = FindRequest(event.request);
  if (!request) return;
  request->status = 0;
  if (request->kind == RequestKind::kRun && !(run_ && run_->started)) Diagnose();
  On(ResponseEnded{event.request});
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

// Problems that mean the same wherever they come up.
bool Session::TakeCommonProblem(const Request& request) {
  if (!request.status) return false;
  const JsonField& answer = request.answer.root();
  const TextView code = request.code, hint = answer.Text("hint");
  if (answer.Flag("token_expired") && state_ == State::kUser) {
    ExpireIdentity();
  } else if (request.status == 401 && (state_ == State::kUser || state_ == State::kIdentifying)) {
    RefuseToken(code, hint);
  } else if (code == "product_not_found" || (request.status == 403 && !code.StartsWith("identity_"))) {
    RefuseProduct(code, hint);
  } else {
    return false;
  }
  return true;
}

// ---- The stream

void Session::Take(const JsonField& event, MonotonicMillis asked_at) {
  const TextView id = event.Text("messageId"), call = event.Text("toolCallId"), code = event.Text("code");
  const bool is_of_reply = id == run_->reply_id;
  switch (FindEventType(event.Text("type"))) {
    case EventType::kRunStarted:
      TakeRunStarted(event.At("metadata/widgent/identity"), asked_at);
      break;
    case EventType::kTextMessageStart:
      run_->reply_id = id;
      effects_.ShowMessage(id, false, "", MessageStatus::kStreaming, 0, nullptr, {}, NameOf(event));
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

void Session::AddQuestion(TextView interrupt_id) { questions_.Append(new OutboxMessage).interrupt_id = interrupt_id; }

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

// ---- History

void Session::LoadHistory() {
  history_due_ = true;
  history_attempts_ = 0;
  SendHistory();
}

void Session::SendHistory() {
  if (!history_due_) return;
  history_request_ = Send(RequestKind::kHistory, ThreadPath("/messages")).id;
}

void Session::EndHistory(const Request& request) {
  history_request_ = 0;
  const JsonField& answer = request.answer.root();
  if (request.status != 200 || !answer.exists()) {
    if (TakeCommonProblem(request)) return;
    if (IsWorthRetrying(request.status) && ++history_attempts_ < kHistoryAttemptsMax) {
      history_at_ = RetryAt(history_attempts_, request.retry_after_s);
      return;
    }
    history_due_ = false;
    if (request.code == "thread_not_found") {
      ForgetThread();
      if (state_ == State::kUser) On(ThreadsRequested{});
    }
    return Pump();
  }
  questions_.Clear();
  ratings_.clear();
  effects_.ClearMessages();
  Text last_id;  // of the visitor's message, where it is the last one
  TextView last_text;
  for (auto* item = answer.At("messages").First(); item; item = item->Next()) {
    const TextView id = item->Text("id"), content = item->Text("content");
    const JsonField& ours = item->At("metadata/widgent");
    const bool from_user = item->Text("role") == "user";
    last_id.clear();
    if (from_user) {
      last_id = id;
      last_text = content;
      // It has arrived, whatever we made of the answer that never came.
      if (OutboxMessage* arrived = outbox_.Find(id)) {
        if (arrived->status != MessageStatus::kSent) effects_.Emit("message:sent", "id", id);
        outbox_.Remove(arrived);
      }
    }
    const TextView status = ours.Text("status"), rating = ours.Text("rating");
    const bool whole = status.empty() || status == "done";
    for (auto* tool = ours.At("tools").First(); tool; tool = tool->Next())
      effects_.ShowTool(tool->Text("id"), tool->Text("name"), tool->Text("status"));
    const JsonField& citations = ours.At("citations");
    if (!rating.empty()) ratings_.Append(RatingLine(id, rating));
    effects_.ShowMessage(id, from_user, content,
                         from_user ? MessageStatus::kSent
                         : whole   ? MessageStatus::kDone
                                   : MessageStatus::kInterrupted,
                         ours.Integer("at"), citations.count() ? &citations : nullptr, rating, NameOf(*item));
  }
  const TextView active = answer.Text("active_run");
  const JsonField& interrupts = answer.At("interrupts");
  people_ = answer.Text("people");
  if (!last_id.empty() && !interrupts.count() && (people_.empty() || !active.empty())) {
    // The last word is the visitor's: the reply is on its way, or waits for a yes, or never came and can be asked for
    // again.
    auto* last = new OutboxMessage;
    last->id = last_id;
    last->text = last_text;
    last->epoch = epoch_;
    last->stored = true;
    last->run_id = active;
    last->status = MessageStatus::kSent;
    if (active.empty()) {
      last->status = MessageStatus::kFailed;
      last->code = "agent_truncated";
      Tell(*last);
    }
    outbox_.Prepend(last);
  }
  ShowApprovals(interrupts);
  history_due_ = false;
  for (const OutboxMessage& message : outbox_)
    if (!(message.id == last_id)) Show(message);
  if (!IsValidId(active)) return Pump();
  BeginRun(active, last_id);
  run_->started = true;
  effects_.ShowBusy(true);
  ResumeRun();
}

}  // namespace widgent
