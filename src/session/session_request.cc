// Who am I? The request that asks the server for its verdict, and for what a visitor is greeted with.
#include <utility>

#include "protocol/ids.h"
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "session/session.h"

namespace widgent {

void Session::AskForSession(const char* event) {
  DropRequest(session_request_);
  session_request_ = 0;
  session_event_ = event;
  session_attempts_ = 0;
  session_at_ = now_;  // by the timer, so that calls made in one go cost one request, which carries the last
}

void Session::WelcomeGuest() {
  if (state_ == State::kGuest && panel_open_ && !greeted_) AskForSession("guest");
}

void Session::SendSession() {
  if (!session_event_) return;
  JsonWriter body;
  body.Open('{').Put("event", session_event_);
  if (const auto thread = ThreadToMerge(); !thread.empty()) {
    body.Put("merge", thread);
    if (!ended_.empty()) body.Put("append", true);
  }
  session_request_ = Send(RequestKind::kSession, "/session", body.Close('}').view()).id;
}

// The guest's thread that whoever is being identified may take over: the first user to come, or the one to come back.
TextView Session::ThreadToMerge() const {
  const TextView event = session_event_;
  if (event == "merge") return offered_thread_;
  const bool may =
      event == "identify" && !asked_sub_.empty() && (ended_.empty() || ended_ == FingerprintOf(asked_sub_, salt_));
  return may ? TextView(thread_id_) : "";
}

void Session::EndSession(const Request& request) {
  session_request_ = 0;
  const JsonField& answer = request.answer.root();
  if (request.status == 200 && answer.At("identity").exists()) return TakeVerdict(answer, request.sent_at);
  if (TakeCommonProblem(request)) return;
  if (request.status != 200 && !IsWorthRetrying(request.status)) {
    const TextView hint = answer.Text("hint");
    if (state_ != State::kGuest) return RefuseToken(request.code, hint);
    session_event_ = nullptr;
    return effects_.Report(request.code, hint);
  }
  if (!request.status) Diagnose();
  session_at_ = RetryAt(session_attempts_++, request.retry_after_s);
}

void Session::TakeVerdict(const JsonField& verdict, MonotonicMillis asked_at) {
  const JsonField& identity = verdict.At("identity");
  const bool is_verified = identity.Text("state") == "verified";
  const bool asked = !asked_token_.empty(), was_user = state_ == State::kUser;
  const bool by_page = std::exchange(ask_token_, false);
  Text guest_thread;
  if (was_user) guest_thread.Swap(offered_thread_);
  else guest_thread = thread_id_;
  session_event_ = nullptr;
  session_attempts_ = 0;
  diagnosed_ = rechecking_ = false;
  required_ = verdict.Text("policy/identity") == "required";
  lock_ = verdict.Text("policy/on_expiry") == "lock";
  if (asked && is_verified) {
    Verify(identity, asked_at);
  } else if (asked && by_page) {
    asked_token_.clear();
    return FailAsk(Asked::kStale, "getToken returned a token that is past its exp. Do not cache it.");
  } else if (asked) {
    FailCall("token_expired", "The token is past its exp. Ask your backend for a new one.");
    if (was_user) {
      asked_token_ = token_;
      return ExpireIdentity();
    }
    asked_token_.clear();
    RestoreDraft(false);
    FailMeant();
    Go(Trigger::kTokenExpired);
    ShowWho("token_expired");
    ShowEnd("identity_expired");
    effects_.Emit("identity:expired");
  } else if (IsLocked()) {
    ShowWho("");
  }
  greeted_ = true;
  effects_.ShowGreeting(verdict);
  const bool moved = was_user && verdict.Flag("merged");
  if (moved && run_) {
    DropRequest(run_->request);
    outbox_.RemoveById(run_->message_id);
    CloseRun(MessageStatus::kInterrupted);
  }
  if (state_ == State::kUser && (!was_user || moved) && IsValidId(verdict.Text("thread_id"))) {
    thread_id_ = verdict.Text("thread_id");
    LoadHistory();
  }
  if (verdict.Flag("merge_offer") && !guest_thread.empty()) {
    offered_thread_.Swap(guest_thread);
    effects_.ShowMergeOffer(true);
  }
  Pump();
}

// A browser hides why a cross-origin request failed; this answer is readable from any page.
void Session::Diagnose() {
  if (!online_ || diagnosed_) return;
  diagnosed_ = true;
  Send(RequestKind::kDiagnose, "/diagnose");
}

void Session::EndDiagnose(const Request& request) {
  const JsonField& answer = request.answer.root();
  const bool is_unknown = request.status == 404 && request.code == "product_not_found";
  const bool is_refused = request.status == 200 && !answer.Flag("allowed", true);
  if (is_unknown || is_refused) RefuseProduct(answer.Text("code"), answer.Text("hint"));
}

}  // namespace widgent
