// Verdicts, and what leaves with an identity.
#include <algorithm>
#include <utility>

#include "protocol/claims.h"
#include "session/session.h"

namespace widgent {

namespace {

constexpr std::size_t kTokenBytesMax = 8192;
constexpr std::int64_t kExpiresInMax = 24 * 3600;
constexpr MonotonicMillis kRenewLeadMax = 60'000;

// A header can carry it. What is wrong with it otherwise, the server says best.
bool IsSendable(TextView token) {
  const char* at = token.c_str();
  while (*at > 0x20 && *at < 0x7F) ++at;
  const auto size = static_cast<std::size_t>(at - token.c_str());
  return !*at && size > 0 && size <= kTokenBytesMax;
}

}  // namespace

void Session::Identify(CallId call, TextView token, TextView guest_id) {
  asked_call_ = call;
  const Text sub = PeekSubject(token);
  const bool was_user = state_ == State::kUser;
  if (was_user && !sub.empty() && sub == sub_ && IsSendable(token)) {
    asked_token_ = token;
    AskForSession("refresh");
    return;
  }
  const bool anybody = asked_sub_.empty() && asked_token_.empty();
  const bool other = state_ == State::kIdentifying && !anybody && (sub.empty() || sub != asked_sub_);
  // What was typed since somebody's identity ended is for that user alone.
  const bool stranger = !was_user && !ended_.empty() && ended_ != FingerprintOf(sub, salt_);
  if (was_user) {
    LeaveUser(Leaving::kSwitch);
  } else if (other || stranger) {
    ForgetConversation();
  }
  if ((was_user || stranger) && !sub.empty()) {
    effects_.ChangeDraft("stash");
    draft_aside_ = true;
  }
  if (was_user || stranger) RotateGuest(guest_id);
  Go(Trigger::kIdentify);
  asked_token_ = token;
  asked_sub_ = sub;
  if (!IsSendable(token)) {
    const bool large = std::string_view(token).size() > kTokenBytesMax;
    RefuseToken(large ? "token_too_large" : "token_malformed",
                large ? "A token has at most 8 KiB. Keep metadata small."
                      : "identify takes the compact JWT as your backend returns it.");
    return;
  }
  ShowWho("");
  const bool still_switch = session_event_ && TextView(session_event_) == "switch";
  AskForSession(was_user || still_switch ? "switch" : "identify");
}

void Session::Verify(const JsonField& identity, MonotonicMillis asked_at) {
  const TextView sub = identity.Text("sub");
  const bool refresh = state_ == State::kUser && sub == sub_;
  if (state_ == State::kUser && !refresh) LeaveUser(Leaving::kSwitch);
  if (!refresh) {
    fingerprint_ = FingerprintOf(sub, salt_);
    DropRequests();
    run_.reset();
    history_due_ = false;
    history_at_ = send_at_ = kNever;
    CarryUnsent(ended_.empty() || ended_ == fingerprint_);
    ++epoch_;
    ended_.clear();
    ForgetThread();
    RestoreDraft(false);
    effects_.ClearMessages();
    effects_.ShowBusy(false);
    effects_.ShowNotice("");
  }
  Go(Trigger::kVerified);
  const bool same_token = asked_token_ == token_;
  token_ = std::move(asked_token_);
  asked_token_.clear();
  sub_ = sub;
  name_ = identity.Text("name");
  email_ = identity.Text("email");
  const MonotonicMillis life = std::clamp<std::int64_t>(identity.Integer("expires_in"), 0, kExpiresInMax) * 1000;
  identity_ends_at_ = asked_at + life;
  if (!same_token) {
    renew_lead_ = std::min(kRenewLeadMax, life / 5);
    renewed_ = false;
    asked_ = Asked::kFine;
  }
  if (!renewed_) renew_at_ = identity_ends_at_ - renew_lead_;
  ShowWho("");
  Settle();
  if (!refresh) {
    for (const OutboxMessage& message : outbox_) Show(message);
    effects_.Emit("identity:change", "state", "user", "sub", sub_);
    effects_.Broadcast("identified", fingerprint_);
  }
}

void Session::ExpireIdentity() {
  // A refresh that is still under way goes on as an identify of its own.
  const Text token(asked_token_ == token_ ? "" : TextView(asked_token_)), sub = sub_;
  const CallId call = asked_call_;
  LeaveUser(Leaving::kExpired);
  Go(Trigger::kTokenExpired);
  if (!token.empty()) return Identify(call, token, guest_id_);
  if (CanRenew()) return AwaitToken(sub);
  FailCall("token_expired", "The token ended before the server had answered.");
  ShowWho("token_expired");
  ShowEnd("identity_expired");
  effects_.Emit("identity:expired");
  WelcomeGuest();
}

void Session::RefuseToken(TextView code, TextView hint) {
  effects_.Report(code, hint);
  FailCall(code, hint);
  StopAsking();
  if (state_ == State::kUser) {
    LeaveUser(Leaving::kRefused);
  } else {
    FailMeant();
  }
  asked_token_.clear();
  session_event_ = nullptr;
  Go(Trigger::kTokenRefused);
  RestoreDraft(true);
  ShowWho("identity_refused");
  ShowEnd("identity_refused");
  effects_.Emit("identity:error", "code", code, "hint", hint);
  WelcomeGuest();
  Pump();
}

void Session::RefuseProduct(TextView code, TextView hint) {
  if (!Go(Trigger::kProductRefused)) return;
  effects_.Report(code, hint);
  FailCall(code, hint);
  DropRequests();
  StopAsking();
  run_.reset();
  token_.clear();
  asked_token_.clear();
  session_event_ = nullptr;
  identity_ends_at_ = renew_at_ = session_at_ = send_at_ = history_at_ = kNever;
  for (OutboxMessage& message : outbox_) Fail(message, code);
  effects_.ShowBusy(false);
  ShowWho("");
  effects_.ShowNotice(code);
  effects_.Emit("error", "code", code, "hint", hint);
}

void Session::LeaveUser(Leaving why) {
  const bool at_will = why != Leaving::kExpired && why != Leaving::kRefused;
  if (at_will && run_) CancelRun();
  if (why == Leaving::kLogout) Send(RequestKind::kForgotten, "/session", R"({"event":"sign_out"})");
  if (at_will) {
    ForgetConversation();
  } else {
    ended_ = fingerprint_;
    KeepUnsent(why);
  }
  if (!offered_thread_.empty()) effects_.ShowMergeOffer(false);
  offered_thread_.clear();
  effects_.ShowThreads();
  token_.clear();
  asked_token_.clear();
  sub_.clear();
  name_.clear();
  email_.clear();
  fingerprint_.clear();
  rechecking_ = false;
  session_event_ = nullptr;
  identity_ends_at_ = renew_at_ = session_at_ = kNever;
}

// The identity ended while messages waited, or were on their way. They stay in sight: to be sent under the next token
// where one is coming, or else as a guest's, but only if the visitor says so.
void Session::KeepUnsent(Leaving why) {
  Outbox kept;
  for (OutboxMessage& message : outbox_) {
    if (message.IsText() && !message.stored) kept.Append(outbox_.Unlink(&message));
  }
  outbox_.Clear();
  ForgetConversation();
  const bool expired = why == Leaving::kExpired, held = expired && CanRenew();
  for (OutboxMessage& message : kept) {
    message.epoch = held ? epoch_ + 1 : epoch_;
    if (message.status == MessageStatus::kSending) message.status = MessageStatus::kQueued;
    if (!held || message.status == MessageStatus::kFailed) {
      message.status = MessageStatus::kFailed;
      message.code = expired ? "identity_expired" : "identity_refused";
      message.meant_for = ended_;
    }
    Show(outbox_.Append(kept.Unlink(&message)));
  }
}

// On the way from guest to user: what was typed since identify was called is this user's already. What the same person
// typed before goes along; where it may have reached the guest's thread, it is sent again only if the visitor says so.
void Session::CarryUnsent(bool same_person) {
  for (OutboxMessage& message : outbox_) {
    if (message.stored) {  // it stays in the thread where it is
      outbox_.Remove(&message);
      continue;
    }
    const bool is_meant = message.epoch == epoch_ + 1;
    const bool is_others = !message.meant_for.empty() && message.meant_for != fingerprint_;
    if (is_others || (!is_meant && !same_person)) {
      effects_.Emit("message:dropped", "id", message.id, "reason", "identity_changed");
      outbox_.Remove(&message);
      continue;
    }
    if (message.attempts > 0 && message.status != MessageStatus::kFailed) {
      message.status = MessageStatus::kFailed;
      message.code = "identity_changed";
    }
    // The guest's run, if there was one, stays the guest's.
    if (!is_meant) message.run_id = NewId('r');
    message.epoch = epoch_ + 1;
  }
}

// What was typed for a user who did not come: it stays in sight, and goes out as a guest's only if the visitor says so.
void Session::FailMeant() {
  for (OutboxMessage& message : outbox_) {
    if (message.epoch == epoch_) continue;
    message.epoch = epoch_;
    message.meant_for = FingerprintOf(asked_sub_, salt_);
    Fail(message, "identity_expired");
  }
}

// Everything said so far leaves the page and the memory, and a new epoch begins.
void Session::ForgetConversation() {
  for (const OutboxMessage& message : outbox_) {
    if (message.status != MessageStatus::kSent && message.IsText())
      effects_.Emit("message:dropped", "id", message.id, "reason", "identity_changed");
  }
  ++epoch_;
  DropRequests();
  CloseThread();
  greeted_ = false;
  effects_.ShowGreeting(JsonField::Nothing());
}

void Session::CloseThread() {
  run_.reset();
  outbox_.Clear();
  questions_.Clear();
  history_due_ = false;
  history_at_ = send_at_ = kNever;
  ForgetThread();
  effects_.ClearMessages();
  effects_.ShowBusy(false);
}

void Session::ForgetThread() {
  thread_id_.clear();
  ratings_.clear();
  people_.clear();
  effects_.Save("thread_id");
  effects_.Save("thread_of");
}

void Session::RestoreDraft(bool restore) {
  if (!std::exchange(draft_aside_, false)) return;
  effects_.ChangeDraft(restore ? "restore" : "drop");
}

void Session::RotateGuest(TextView guest_id) {
  guest_id_ = guest_id;
  effects_.Save("guest_id", guest_id_);
}

// What the page waits for has come out well: its call is settled.
void Session::Settle() {
  if (asked_call_) effects_.Settle(std::exchange(asked_call_, 0), sub_, SecondsLeft());
}

void Session::FailCall(TextView code, TextView hint) {
  if (asked_call_) effects_.SettleFailed(std::exchange(asked_call_, 0), code, hint);
}

std::int64_t Session::SecondsLeft() const {
  return identity_ends_at_ == kNever ? 0 : (identity_ends_at_ - now_) / 1000;
}

void Session::ShowWho(TextView reason) {
  EffectWriter::Who who;
  who.state = state_ == State::kUser ? "user" : state_ == State::kIdentifying ? "identifying" : "guest";
  who.reason = reason;
  who.locked = IsLocked();
  if (state_ == State::kUser) {
    who.sub = sub_;
    who.name = name_;
    who.email = email_;
    who.expires_in = SecondsLeft();
  }
  effects_.ShowIdentity(who);
  if (state_ == State::kGuest && !reason.empty()) effects_.Emit("identity:change", "state", "guest", "reason", reason);
}

// Why nobody is identified any more, and whether one may go on all the same.
void Session::ShowEnd(TextView code) { effects_.ShowNotice(IsLocked() ? TextView("identity_locked") : code); }

bool Session::IsLocked() const { return state_ == State::kGuest && (required_ || (lock_ && !ended_.empty())); }

}  // namespace widgent
