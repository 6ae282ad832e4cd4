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
bool IsSendable(std::string_view token) {
  return !token.empty() && token.size() <= kTokenBytesMax &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

void Session::Identify(const IdentifyCalled& event) {
  asked_call_ = event.call;
  const auto claims = PeekClaims(event.token);
  const std::string sub = claims ? claims->sub : "";
  const bool was_user = state_ == State::kUser;
  if (was_user && !sub.empty() && sub == sub_ && IsSendable(event.token)) {
    asked_token_ = event.token;
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
    Reply(ChangeDraft{ChangeDraft::Change::kStash});
    draft_aside_ = true;
  }
  if (was_user || stranger) RotateGuest(event.guest_id);
  Go(Trigger::kIdentify);
  asked_token_ = event.token;
  asked_sub_ = sub;
  if (!IsSendable(event.token)) {
    const bool large = event.token.size() > kTokenBytesMax;
    RefuseToken(large ? "token_too_large" : "token_malformed",
                large ? "A token has at most 8 KiB. Keep metadata small."
                      : "identify takes the compact JWT as your backend returns it.");
    return;
  }
  ShowWho("");
  const bool still_switch = session_event_ && std::string_view(session_event_) == "switch";
  AskForSession(was_user || still_switch ? "switch" : "identify");
}

void Session::Verify(const WireIdentity& identity, MonotonicMillis asked_at) {
  const bool refresh = state_ == State::kUser && identity.sub == sub_;
  if (state_ == State::kUser && !refresh) LeaveUser(Leaving::kSwitch);
  if (!refresh) {
    fingerprint_ = FingerprintOf(identity.sub, salt_);
    DropRequests();
    run_.reset();
    history_due_ = false;
    history_at_ = send_at_ = std::nullopt;
    CarryUnsent(ended_.empty() || ended_ == fingerprint_);
    ++epoch_;
    ended_.clear();
    ForgetThread();
    RestoreDraft(false);
    Reply(ClearMessages{});
    Reply(ShowBusy{false});
    Reply(ShowNotice{""});
  }
  Go(Trigger::kVerified);
  const bool same_token = asked_token_ == token_;
  token_ = std::move(asked_token_);
  asked_token_.clear();
  sub_ = identity.sub;
  name_ = identity.name;
  email_ = identity.email;
  const MonotonicMillis life = std::clamp<std::int64_t>(identity.expires_in, 0, kExpiresInMax) * 1000;
  identity_ends_at_ = asked_at + life;
  if (!same_token) {
    renew_lead_ = std::min(kRenewLeadMax, life / 5);
    renewed_ = false;
    asked_ = Asked::kFine;
  }
  if (!renewed_) renew_at_ = *identity_ends_at_ - renew_lead_;
  ShowWho("");
  Settled(true);
  if (!refresh) {
    for (const OutboxMessage& message : outbox_.messages()) Show(message);
    Reply(Emit{.name = "identity:change", .state = "user", .sub = sub_});
    Reply(Broadcast{"identified", fingerprint_});
  }
}

void Session::ExpireIdentity() {
  // A refresh that is still under way goes on as an identify of its own.
  const std::string token = asked_token_ == token_ ? "" : asked_token_, guest_id = guest_id_, sub = sub_;
  const CallId call = asked_call_;
  LeaveUser(Leaving::kExpired);
  Go(Trigger::kTokenExpired);
  if (!token.empty()) return Identify({call, token, guest_id});
  if (CanRenew()) return AwaitToken(sub);
  Settled(false, "token_expired", "The token ended before the server had answered.");
  ShowWho("token_expired");
  ShowEnd("identity_expired");
  Reply(Emit{.name = "identity:expired"});
  WelcomeGuest();
}

void Session::RefuseToken(const std::string& code, const std::string& hint) {
  Reply(Report{code, hint});
  Settled(false, code, hint);
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
  Reply(Emit{.name = "identity:error", .code = code, .hint = hint});
  WelcomeGuest();
  Pump();
}

void Session::RefuseProduct(const std::string& code, const std::string& hint) {
  if (!Go(Trigger::kProductRefused)) return;
  Reply(Report{code, hint});
  Settled(false, code, hint);
  DropRequests();
  StopAsking();
  run_.reset();
  token_.clear();
  asked_token_.clear();
  session_event_ = nullptr;
  identity_ends_at_ = renew_at_ = session_at_ = send_at_ = history_at_ = std::nullopt;
  for (OutboxMessage& message : outbox_.messages()) Fail(message, code, "");
  Reply(ShowBusy{false});
  ShowWho("");
  Reply(ShowNotice{code});
  Reply(Emit{.name = "error", .code = code, .hint = hint});
}

void Session::LeaveUser(Leaving why) {
  const bool at_will = why != Leaving::kExpired && why != Leaving::kRefused;
  if (at_will && run_) TellTheServer(ThreadPath("/runs/" + run_->id + "/cancel"), "");
  if (why == Leaving::kLogout) TellTheServer(Path("/session"), R"({"event":"sign_out"})");
  if (at_will) {
    ForgetConversation();
  } else {
    ended_ = fingerprint_;
    KeepUnsent(why);
  }
  if (!offered_thread_.empty()) Reply(ShowMergeOffer{false});
  offered_thread_.clear();
  Reply(ShowThreads{});
  token_.clear();
  asked_token_.clear();
  sub_.clear();
  name_.clear();
  email_.clear();
  fingerprint_.clear();
  rechecking_ = false;
  session_event_ = nullptr;
  identity_ends_at_ = renew_at_ = session_at_ = std::nullopt;
}

// The identity ended while messages waited, or were on their way. They stay in sight: to be sent under the next token
// where one is coming, or else as a guest's, but only if the visitor says so.
void Session::KeepUnsent(Leaving why) {
  std::list<OutboxMessage> kept;
  for (OutboxMessage& message : outbox_.messages()) {
    if (message.IsText() && !message.stored) kept.push_back(std::move(message));
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
    Show(outbox_.Add(std::move(message)));
  }
}

// On the way from guest to user: what was typed since identify was called is this user's already. What the same person
// typed before goes along; where it may have reached the guest's thread, it is sent again only if the visitor says so.
void Session::CarryUnsent(bool same_person) {
  std::list<OutboxMessage> carried;
  for (OutboxMessage& message : outbox_.messages()) {
    if (message.stored) continue;  // it stays in the thread where it is
    const bool is_meant = message.epoch == epoch_ + 1;
    const bool is_others = !message.meant_for.empty() && message.meant_for != fingerprint_;
    if (is_others || (!is_meant && !same_person)) {
      Reply(Emit{.name = "message:dropped", .id = message.id, .reason = "identity_changed"});
      continue;
    }
    if (message.attempts > 0 && message.status != MessageStatus::kFailed) {
      message.status = MessageStatus::kFailed;
      message.code = "identity_changed";
    }
    // The guest's run, if there was one, stays the guest's.
    if (!is_meant) message.run_id = NewId('r');
    message.epoch = epoch_ + 1;
    carried.push_back(std::move(message));
  }
  outbox_.Clear();
  for (OutboxMessage& message : carried) outbox_.Add(std::move(message));
}

// What was typed for a user who did not come: it stays in sight, and goes out as a guest's only if the visitor says so.
void Session::FailMeant() {
  for (OutboxMessage& message : outbox_.messages()) {
    if (message.epoch == epoch_) continue;
    message.epoch = epoch_;
    message.meant_for = FingerprintOf(asked_sub_, salt_);
    Fail(message, "identity_expired", "");
  }
}

// Everything said so far leaves the page and the memory, and a new epoch begins.
void Session::ForgetConversation() {
  for (const OutboxMessage& message : outbox_.messages()) {
    if (message.status != MessageStatus::kSent && message.IsText())
      Reply(Emit{.name = "message:dropped", .id = message.id, .reason = "identity_changed"});
  }
  ++epoch_;
  DropRequests();
  CloseThread();
  greeted_ = false;
  Reply(ShowGreeting{});
}

void Session::CloseThread() {
  run_.reset();
  outbox_.Clear();
  interrupts_.clear();
  history_due_ = false;
  history_at_ = send_at_ = std::nullopt;
  ForgetThread();
  Reply(ClearMessages{});
  Reply(ShowBusy{false});
}

void Session::ForgetThread() {
  thread_id_.clear();
  ratings_.clear();
  Reply(Save{"thread_id", ""});
  Reply(Save{"thread_of", ""});
}

void Session::RestoreDraft(bool restore) {
  if (!std::exchange(draft_aside_, false)) return;
  Reply(ChangeDraft{restore ? ChangeDraft::Change::kRestore : ChangeDraft::Change::kDrop});
}

void Session::RotateGuest(std::string_view guest_id) {
  guest_id_ = guest_id;
  Reply(Save{"guest_id", guest_id_});
}

void Session::Settled(bool ok, std::string_view code, std::string_view hint) {
  if (!asked_call_) return;
  const std::int64_t left = identity_ends_at_ ? (*identity_ends_at_ - now_) / 1000 : 0;
  Reply(Settle{std::exchange(asked_call_, 0), ok, ok ? sub_ : "", ok ? left : 0, code, hint});
}

void Session::ShowWho(std::string_view reason) {
  ShowIdentity who;
  who.reason = reason;
  who.locked = IsLocked();
  if (state_ == State::kIdentifying) who.state = ShowIdentity::State::kIdentifying;
  if (state_ == State::kUser) {
    who.state = ShowIdentity::State::kUser;
    who.sub = sub_;
    who.name = name_;
    who.email = email_;
    who.expires_in = identity_ends_at_ ? (*identity_ends_at_ - now_) / 1000 : 0;
  }
  Reply(who);
  if (state_ == State::kGuest && !reason.empty())
    Reply(Emit{.name = "identity:change", .state = "guest", .reason = reason});
}

// Why nobody is identified any more, and whether one may go on all the same.
void Session::ShowEnd(std::string_view code) { Reply(ShowNotice{IsLocked() ? "identity_locked" : code}); }

bool Session::IsLocked() const { return state_ == State::kGuest && (required_ || (lock_ && !ended_.empty())); }

}  // namespace widgent
