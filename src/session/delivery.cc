// Messages, runs and history: the half of Session that talks to a thread.
#include <algorithm>
#include <utility>

#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "session/session.h"

namespace widgent {

namespace {

constexpr std::size_t kMessageBytesMax = 16'000;
constexpr std::size_t kBodyBytesMax = 4u << 20;
constexpr int kSendAttemptsMax = 8;
constexpr int kResumeAttemptsMax = 10;
constexpr int kHistoryAttemptsMax = 3;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  return begin == text.npos ? std::string_view() : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// The number in "<run>:<number>"; 0 where the id is another run's.
std::int64_t ReadCursor(std::string_view id, std::string_view run) {
  if (id.size() <= run.size() + 1 || id.size() > run.size() + 16 || !id.starts_with(run) || id[run.size()] != ':')
    return 0;
  std::int64_t number = 0;
  for (char c : id.substr(run.size() + 1)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::string Cursor(const std::string& run, std::int64_t number) {
  std::string cursor = run + ':';
  AppendDecimal(cursor, number);
  return cursor;
}

}  // namespace

bool Session::IsWorthRetrying(int status) {
  return status == 0 || status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

// ---- What the visitor does

void Session::On(const MessageSubmitted& event) {
  const std::string_view text = Trim(event.text);
  if (text.empty() || state_ == State::kNew) return;
  OutboxMessage message;
  message.id = NewId('u');
  message.run_id = "r" + message.id.substr(1);
  message.text = text;
  message.epoch = state_ == State::kIdentifying ? epoch_ + 1 : epoch_;
  if (state_ == State::kRefused) message.code = "product_refused";
  else if (IsLocked()) message.code = "identity_required";
  else if (text.size() > kMessageBytesMax) message.code = "message_too_large";
  else if (outbox_.IsFull()) message.code = "queue_full";
  if (!message.code.empty()) {
    message.status = MessageStatus::kFailed;
    Show(message);
    Reply(Emit{.name = "message:failed", .id = message.id, .code = message.code});
    return;
  }
  Show(outbox_.Add(std::move(message)));
  Pump();
}

void Session::On(const RetryRequested& event) {
  OutboxMessage* message = outbox_.Find(event.message_id);
  if (!message || message->status != MessageStatus::kFailed || message->epoch != epoch_) return;
  if (IsLocked()) return Fail(*message, "identity_required", "");
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
  if (!run_) send_at_.reset();  // or else it is the time at which a broken run is resumed
  Pump();
}

void Session::On(const ApprovalAnswered& event) {
  const auto place = std::find(interrupts_.begin(), interrupts_.end(), event.id);
  if (place == interrupts_.end() || outbox_.IsFull()) return;
  OutboxMessage answer;
  answer.interrupt_id = std::move(*place);
  interrupts_.erase(place);
  answer.id = NewId('u');
  answer.run_id = "r" + answer.id.substr(1);
  answer.epoch = epoch_;
  answer.answer = event.approved ? OutboxMessage::Answer::kYes : OutboxMessage::Answer::kNo;
  Show(outbox_.Add(std::move(answer)));
  Pump();
}

void Session::On(const CancelRequested&) {
  if (!run_) return;
  TellTheServer(ThreadPath("/runs/" + run_->id + "/cancel"), "");
  if (run_->started) return;
  DropRequest(run_->request);
  FailRun("cancelled", "");
}

// What may have arrived comes back with the history where it has.
void Session::On(const MessageWithdrawn& event) {
  const OutboxMessage* message = outbox_.Find(event.message_id);
  if (!message || (message->status != MessageStatus::kQueued && message->status != MessageStatus::kFailed)) return;
  const bool sent = message->sent;
  outbox_.Remove(event.message_id);
  Reply(RemoveMessage{event.message_id});
  if (run_) return;
  ShowOnline();
  if (sent && !thread_id_.empty()) LoadHistory();
  Pump();
}

// ---- Sending

void Session::Pump() {
  if ((state_ != State::kGuest && state_ != State::kUser) || !online_ || run_ || history_due_) return;
  if (rechecking_) return;
  if (IsLocked()) {
    for (OutboxMessage& message : outbox_.messages())
      if (message.status == MessageStatus::kQueued) Fail(message, "identity_required", "");
    return;
  }
  if (send_at_ && *send_at_ > now_) return;
  send_at_.reset();
  if (OutboxMessage* message = outbox_.Next(epoch_)) SendMessage(*message);
}

void Session::SendMessage(OutboxMessage& message) {
  if (thread_id_.empty()) {
    thread_id_ = NewId('t');
    if (state_ == State::kGuest) {
      Reply(Save{"thread_id", thread_id_});
      Reply(Save{"thread_of", ended_});
    }
  }
  message.status = MessageStatus::kSending;
  message.code.clear();
  message.sent = true;
  ++message.attempts;
  Tell(message);
  if (!interrupts_.empty() && message.IsText() && message.interrupt_id.empty()) {
    message.interrupt_id = std::move(interrupts_.back());
    interrupts_.pop_back();
    message.answer = OutboxMessage::Answer::kDismiss;
    Reply(ShowApproval{message.interrupt_id, ShowApproval::Status::kDismissed});
  }
  RunAgentInput input{{thread_id_}, {message.run_id}, {}, message.text, page_, locale_};
  if (message.IsText()) input.message_id.value = message.id;
  if (!message.interrupt_id.empty()) {
    input.resume.emplace();
    input.resume->interrupt_id = message.interrupt_id;
    input.resume->cancelled = message.answer == OutboxMessage::Answer::kDismiss;
    input.resume->approved = message.answer == OutboxMessage::Answer::kYes;
  }
  const std::string path = Path("/agent"), body = WriteRunAgentInput(input);
  run_ = Run{};
  run_->id = message.run_id;
  run_->message_id = message.id;
  run_->request = Send(RequestKind::kRun, {.path = path, .body = body, .token = token_, .stream = true});
  Reply(ShowBusy{true});
}

void Session::ResumeRun() {
  const std::string path = ThreadPath("/events"), cursor = Cursor(run_->id, run_->cursor);
  run_->request = Send(RequestKind::kRun,
                       {.method = "GET", .path = path, .token = token_, .last_event_id = cursor, .stream = true});
}

// The connection is gone, the server busy or down: try again later, from where we are.
void Session::BreakRun(std::int64_t retry_after_s, bool limited) {
  if (run_->started) {
    run_->request = 0;
    if (++run_->attempts > kResumeAttemptsMax) return FailRun("agent_truncated", "");
    send_at_ = RetryAt(run_->attempts - 1, retry_after_s);
    Reply(ShowConnection{ShowConnection::State::kReconnecting});
    return;
  }
  OutboxMessage* message = outbox_.Find(run_->message_id);
  if (!message || message->attempts >= kSendAttemptsMax) return FailRun("unreachable", "");
  message->status = MessageStatus::kQueued;
  if (limited) message->code = "rate_limited";
  send_at_ = RetryAt(message->attempts - 1, retry_after_s);
  Tell(*message);
  Reply(ShowBusy{false});
  if (limited) ShowOnline();
  else if (online_) Reply(ShowConnection{ShowConnection::State::kReconnecting});
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
  if (request->kind != RequestKind::kRun || request->status != 200) {
    if (request->body.size() + event.text.size() <= kBodyBytesMax) request->body += event.text;
    return;
  }
  const MonotonicMillis asked_at = request->sent_at;
  std::vector<std::pair<std::string, std::string>> frames;
  const bool sound = request->stream.Feed(
      event.text, [&](std::string_view id, std::string_view data) { frames.emplace_back(id, data); });
  for (const auto& [id, data] : frames) {
    // An event may end the run, and with it the request: what follows in the same chunk is then nobody's.
    if (!run_ || run_->request != event.request) return;
    const std::int64_t cursor = ReadCursor(id, run_->id);
    const auto read = ReadEvent(data);
    if (!read || (cursor && cursor <= run_->cursor)) continue;
    if (cursor) run_->cursor = cursor;
    run_->attempts = 0;
    Take(*read, asked_at);
  }
  if (!sound && run_ && run_->request == event.request) {
    DropRequest(event.request);
    FailRun("agent_truncated", "");
  }
}

void Session::On(const ResponseEnded& event) {
  if (!FindRequest(event.request)) return;
  // Out of the list first: an answer may end the epoch, and with it all requests.
  std::list<Request> taken;
  taken.splice(taken.begin(), requests_, FindPlace(event.request));
  const Request& request = taken.front();
  if (request.kind == RequestKind::kForgotten || request.epoch != epoch_) return;
  if (request.status && state_ != State::kRefused) diagnosed_ = false;
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
    outbox_.Remove(run_->message_id);
    CloseRun(MessageStatus::kInterrupted);
    return LoadHistory();
  }
  const Problem problem = ReadProblem(request.status, request.body);
  if (message && !run_->started && !IsWorthRetrying(request.status)) message->status = MessageStatus::kQueued;
  if (request.status && TakeCommonProblem(request.status, problem)) return;
  if (IsWorthRetrying(request.status))
    return BreakRun(std::max(request.retry_after_s, problem.retry_after_s), request.status == 429);
  if (problem.code == "thread_not_found") {
    ForgetThread();
    if (message && message->attempts < 2) {
      // This tab's thread is gone from the server: the message begins a new one.
      run_.reset();
      return Pump();
    }
  }
  FailRun(problem.code, problem.hint);
}

bool Session::TakeCommonProblem(const Request& request) {
  return request.status && TakeCommonProblem(request.status, ReadProblem(request.status, request.body));
}

// Problems that mean the same wherever they come up.
bool Session::TakeCommonProblem(int status, const Problem& problem) {
  if (problem.token_expired && state_ == State::kUser) {
    ExpireIdentity();
    return true;
  }
  if (status == 401 && (state_ == State::kUser || state_ == State::kIdentifying)) {
    RefuseToken(problem.code, problem.hint);
    return true;
  }
  if (problem.code == "product_not_found" || (status == 403 && !problem.code.starts_with("identity_"))) {
    RefuseProduct(problem.code, problem.hint);
    return true;
  }
  return false;
}

// ---- The stream

void Session::Take(const AgUiEvent& event, MonotonicMillis asked_at) {
  switch (event.type) {
    case EventType::kRunStarted:
      TakeRunStarted(event, asked_at);
      break;
    case EventType::kTextMessageStart:
      run_->reply_id = event.message_id.value;
      Reply(ShowMessage{run_->reply_id, false, {}, MessageStatus::kStreaming});
      Reply(Emit{.name = "reply:start", .id = run_->reply_id});
      break;
    case EventType::kTextMessageContent:
      if (event.message_id.value == run_->reply_id) Reply(AppendText{run_->reply_id, event.delta});
      break;
    case EventType::kTextMessageEnd:
      if (event.message_id.value != run_->reply_id) break;
      Reply(UpdateMessage{run_->reply_id, MessageStatus::kDone, {}, {}, &event.citations});
      Reply(Emit{.name = "reply:end", .id = std::exchange(run_->reply_id, {})});
      break;
    case EventType::kToolCallStart:
      Reply(ShowTool{event.tool_call_id, event.name, "running"});
      break;
    case EventType::kToolCallResult:
      Reply(ShowTool{event.tool_call_id, {}, !event.denied.empty() ? "denied" : event.failed ? "failed" : "done"});
      break;
    case EventType::kCustom:
      if (event.name == "widgent.handoff") Reply(ShowHandoff{event.url, event.label});
      if (event.name == "widgent.suggestions") Reply(ShowSuggestions{event.items});
      break;
    case EventType::kRunFinished:
      outbox_.Remove(run_->message_id);
      Forget(run_->request);
      CloseRun(event.outcome == Outcome::kCancelled ? MessageStatus::kInterrupted : MessageStatus::kDone);
      ShowApprovals(event.interrupts);
      Pump();
      break;
    case EventType::kRunError:
      Forget(run_->request);
      FailRun(event.code, {});
      // Another page of this user was asked something: show it here too.
      if (event.code == "interrupt_pending") LoadHistory();
      break;
    default:
      break;
  }
}

void Session::TakeRunStarted(const AgUiEvent& event, MonotonicMillis asked_at) {
  const bool as_user = event.identity && event.identity->verified;
  if (run_->started) return;  // attached to: the thread is ours, whoever asked
  // Told again what the guest was told in a thread that is the user's by now.
  const bool is_replay = !as_user && event.identity && event.identity->reason != "token_expired";
  if (state_ == State::kUser && event.identity && !as_user && !is_replay) {
    // The token ended on the way, and the server took the message as a guest's: go on there.
    const std::string thread = thread_id_, run = run_->id;
    outbox_.Remove(run_->message_id);
    ExpireIdentity();
    thread_id_ = thread;
    Reply(Save{"thread_id", thread_id_});
    Reply(Save{"thread_of", ended_});
    return LoadHistory();
  }
  if ((as_user != (state_ == State::kUser) && !is_replay) || (as_user && event.identity->sub != sub_)) {
    DropRequest(run_->request);
    return FailRun("identity_changed", {});
  }
  // The same token cannot live longer than was said before; it can end sooner, where our clock stood still in between.
  if (as_user) {
    const std::int64_t left_s = std::clamp<std::int64_t>(event.identity->expires_in, 0, 24 * 3600);
    identity_ends_at_ = std::min(*identity_ends_at_, asked_at + left_s * 1000);
  }
  run_->started = true;
  Reply(ShowConnection{ShowConnection::State::kOnline});
  if (OutboxMessage* message = outbox_.Find(run_->message_id)) {
    message->status = MessageStatus::kSent;
    message->stored = true;
    Tell(*message);
    if (message->IsText()) Reply(Emit{.name = "message:sent", .id = message->id});
  }
}

void Session::CloseRun(MessageStatus reply_status) {
  if (!run_->reply_id.empty()) Reply(UpdateMessage{run_->reply_id, reply_status});
  run_.reset();
  send_at_.reset();
  Reply(ShowBusy{false});
  ShowOnline();
}

void Session::ShowOnline() {
  Reply(ShowConnection{online_ ? ShowConnection::State::kOnline : ShowConnection::State::kOffline});
}

void Session::FailRun(const std::string& code, const std::string& hint) {
  const bool begun = run_->started;
  const std::string message_id = run_->message_id;
  CloseRun(MessageStatus::kInterrupted);
  if (OutboxMessage* message = outbox_.Find(message_id)) {
    if (begun) message->attempts = 0;
    Fail(*message, code, hint);
  }
  Pump();
}

void Session::Fail(OutboxMessage& message, const std::string& code, const std::string& hint) {
  if (!message.IsText()) {
    // No answer has arrived, and the question still stands; or the server says that it stands no more.
    const bool stands = code == "unreachable";
    if (stands) interrupts_.push_back(message.interrupt_id);
    if (message.status != MessageStatus::kSent)
      Reply(
          ShowApproval{message.interrupt_id, stands ? ShowApproval::Status::kPending : ShowApproval::Status::kExpired});
    return outbox_.Remove(message.id);
  }
  message.status = MessageStatus::kFailed;
  message.code = code;
  Tell(message, hint);
  Reply(Emit{.name = "message:failed", .id = message.id, .code = code});
}

void Session::Show(const OutboxMessage& message) {
  if (!message.IsText()) {
    const bool yes = message.answer == OutboxMessage::Answer::kYes;
    return Reply(
        ShowApproval{message.interrupt_id, yes ? ShowApproval::Status::kApproved : ShowApproval::Status::kRejected});
  }
  Reply(ShowMessage{message.id, true, message.text, message.status});
  if (!message.code.empty()) Tell(message);
}

void Session::Tell(const OutboxMessage& message, std::string_view hint) {
  const bool waits = message.status == MessageStatus::kQueued && !message.code.empty() && send_at_;
  const std::int64_t wait_s = waits ? (*send_at_ - now_ + 999) / 1000 : 0;
  if (message.IsText()) Reply(UpdateMessage{message.id, message.status, message.code, hint, nullptr, wait_s});
}

void Session::ShowApprovals(const std::vector<Interrupt>& interrupts) {
  for (const Interrupt& interrupt : interrupts) {
    interrupts_.push_back(interrupt.id);
    Reply(ShowApproval{interrupt.id, {}, interrupt.tool, interrupt.message, interrupt.expires_at});
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
  history_request_ = Get(RequestKind::kHistory, ThreadPath("/messages"));
}

void Session::EndHistory(const Request& request) {
  history_request_ = 0;
  JsonFields fields;
  if (request.status != 200 || !fields.Parse(request.body)) {
    const Problem problem = ReadProblem(request.status, request.body);
    if (request.status && TakeCommonProblem(request.status, problem)) return;
    if (IsWorthRetrying(request.status) && ++history_attempts_ < kHistoryAttemptsMax) {
      history_at_ = RetryAt(history_attempts_, request.retry_after_s);
      return;
    }
    history_due_ = false;
    if (problem.code == "thread_not_found") {
      ForgetThread();
      if (state_ == State::kUser) On(ThreadsRequested{});
    }
    return Pump();
  }
  history_due_ = false;
  interrupts_.clear();
  ratings_.clear();
  Reply(ClearMessages{});
  OutboxMessage last;
  for (int i = 0, count = fields.Count("messages"); i < count; ++i) {
    auto path = [i](std::string_view member) { return JsonFields::Path("messages", i, member); };
    auto text = [&](std::string_view member) { return std::string(fields.Text(path(member))); };
    const std::string id = text("id"), content = text("content"), status = text("metadata/widgent/status");
    const bool from_user = text("role") == "user";
    last = {};
    if (from_user) {
      last.id = id;
      last.text = content;
      // It has arrived, whatever we made of the answer that never came.
      if (OutboxMessage* arrived = outbox_.Find(id)) {
        if (arrived->status != MessageStatus::kSent) Reply(Emit{.name = "message:sent", .id = arrived->id});
        outbox_.Remove(id);
      }
    }
    const bool whole = from_user || status.empty() || status == "done";
    const std::string tools = path("metadata/widgent/tools"), rating = text("metadata/widgent/rating");
    for (int j = 0, steps = fields.Count(tools); j < steps; ++j) {
      auto tool = [&](std::string_view member) { return fields.Text(JsonFields::Path(tools, j, member)); };
      Reply(ShowTool{tool("id"), tool("name"), tool("status")});
    }
    const auto citations = ReadCitations(fields, path("metadata/widgent/citations"));
    if (!rating.empty()) ratings_ += RatingLine(id, rating);
    Reply(ShowMessage{id, from_user, content,
                      from_user ? MessageStatus::kSent
                      : whole   ? MessageStatus::kDone
                                : MessageStatus::kInterrupted,
                      fields.Integer(path("metadata/widgent/at"), 0), citations.empty() ? nullptr : &citations,
                      rating});
  }
  const std::string active(fields.Text("active_run"));
  const auto interrupts = ReadInterrupts(fields, "interrupts");
  if (!last.id.empty()) {
    // The last word is the visitor's: the reply is on its way, or waits for a yes, or never came and can be asked for
    // again.
    const bool lost = active.empty() && interrupts.empty();
    last.epoch = epoch_;
    last.stored = true;
    last.run_id = active;
    last.status = lost ? MessageStatus::kFailed : MessageStatus::kSent;
    if (lost) Reply(UpdateMessage{last.id, last.status, last.code = "agent_truncated"});
    if (interrupts.empty()) outbox_.messages().push_front(last);
  }
  ShowApprovals(interrupts);
  for (const OutboxMessage& message : outbox_.messages())
    if (message.id != last.id) Show(message);
  if (!IsValidId(active)) return Pump();
  run_ = Run{};
  run_->id = active;
  run_->message_id = last.id;
  run_->started = true;
  Reply(ShowBusy{true});
  ResumeRun();
}

}  // namespace widgent
