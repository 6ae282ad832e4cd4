// Who am I? The request that asks the server for its verdict, and for what a visitor is greeted with.
#include <utility>

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
  const std::string path = Path("/session"), text = body.Close('}').Take();
  session_request_ = Send(RequestKind::kSession, {.path = path, .body = text, .token = asked_token_});
}

// The guest's thread that whoever is being identified may take over: the first user to come, or the one to come back.
std::string_view Session::ThreadToMerge() const {
  const std::string_view event = session_event_;
  if (event == "merge") return offered_thread_;
  const bool may =
      event == "identify" && !asked_sub_.empty() && (ended_.empty() || ended_ == FingerprintOf(asked_sub_, salt_));
  return may ? std::string_view(thread_id_) : std::string_view();
}

void Session::EndSession(const Request& request) {
  session_request_ = 0;
  JsonFields fields;
  if (request.status == 200 && fields.Parse(request.body) && fields.Has("identity"))
    return TakeVerdict(fields, request.sent_at);
  const Problem problem = ReadProblem(request.status, request.body);
  if (request.status && TakeCommonProblem(request.status, problem)) return;
  if (request.status != 200 && !IsWorthRetrying(request.status)) {
    if (state_ != State::kGuest) return RefuseToken(problem.code, problem.hint);
    session_event_ = nullptr;
    Reply(Report{problem.code, problem.hint});
    return;
  }
  if (!request.status) Diagnose();
  session_at_ = RetryAt(session_attempts_++, request.retry_after_s);
}

void Session::TakeVerdict(const JsonFields& fields, MonotonicMillis asked_at) {
  const WireIdentity identity = ReadIdentity(fields, "identity");
  const bool asked = !asked_token_.empty(), was_user = state_ == State::kUser;
  const bool by_page = std::exchange(ask_token_, false);
  const std::string guest_thread = was_user ? std::exchange(offered_thread_, {}) : thread_id_;
  session_event_ = nullptr;
  session_attempts_ = 0;
  diagnosed_ = rechecking_ = false;
  required_ = fields.Text("policy/identity") == "required";
  lock_ = fields.Text("policy/on_expiry") == "lock";
  if (asked && identity.verified) {
    Verify(identity, asked_at);
  } else if (asked && by_page) {
    asked_token_.clear();
    return FailAsk(Asked::kStale, "getToken returned a token that is past its exp. Do not cache it.");
  } else if (asked) {
    Settled(false, "token_expired", "The token is past its exp. Ask your backend for a new one.");
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
    Reply(Emit{.name = "identity:expired"});
  } else if (IsLocked()) {
    ShowWho("");
  }
  greeted_ = true;
  ShowGreeting greeting{.text = fields.Text("greeting"),
                        .agent = fields.Text("agent/name"),
                        .accent = fields.Text("appearance/accent"),
                        .handoff_url = fields.Text("handoff/url"),
                        .handoff_label = fields.Text("handoff/label")};
  for (int i = 0, count = fields.Count("suggestions"); i < count; ++i)
    greeting.suggestions.push_back(fields.Text(JsonFields::Path("suggestions", i, "")));
  Reply(greeting);
  const bool moved = was_user && fields.Flag("merged");
  if (moved && run_) {
    DropRequest(run_->request);
    outbox_.Remove(run_->message_id);
    CloseRun(MessageStatus::kInterrupted);
  }
  if (state_ == State::kUser && (!was_user || moved) && IsValidId(fields.Text("thread_id"))) {
    thread_id_ = fields.Text("thread_id");
    LoadHistory();
  }
  if (fields.Flag("merge_offer") && !guest_thread.empty()) {
    offered_thread_ = guest_thread;
    Reply(ShowMergeOffer{true});
  }
  Pump();
}

// A browser hides why a cross-origin request failed; this answer is readable from any page.
void Session::Diagnose() {
  if (!online_ || diagnosed_) return;
  diagnosed_ = true;
  const std::string path = Path("/diagnose");
  Send(RequestKind::kDiagnose, {.method = "GET", .path = path});
}

void Session::EndDiagnose(const Request& request) {
  if (request.status == 404) {
    const Problem problem = ReadProblem(request.status, request.body);
    if (problem.code == "product_not_found") RefuseProduct(problem.code, problem.hint);
    return;
  }
  JsonFields fields;
  if (request.status != 200 || !fields.Parse(request.body) || fields.Flag("allowed", true)) return;
  RefuseProduct(std::string(fields.Text("code")), std::string(fields.Text("hint")));
}

int Session::TellTheServer(const std::string& path, const std::string& body, RequestKind kind) {
  return Send(kind, {.path = path, .body = body, .token = token_});
}

}  // namespace widgent
