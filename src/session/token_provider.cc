// The page's getToken: one call on its way, ten seconds for it, three calls a round. A round begins shortly before the
// identity ends, where it has ended, and where the page says so.
#include "session/session.h"

namespace widgent {

namespace {

constexpr int kAskAttemptsMax = 3;
constexpr MonotonicMillis kAskMillisMax = 10'000;

}  // namespace

void Session::On(const TokenProvided& event) {
  if (!ask_ || event.ask != ask_) return;
  ask_ = 0;
  ask_at_ = kNever;
  if (event.token.empty()) {
    StopAsking();
    const bool had_user = state_ == State::kUser || !ended_.empty() || !asked_sub_.empty();
    if (had_user) LogOut(event.guest_id, false);
    Settle();
    if (!had_user) StayGuest("");
    return;
  }
  if (event.token == token_)
    return FailAsk(Asked::kStale, "getToken returned the token that is about to end. Do not cache it.");
  ask_token_ = true;
  Identify(asked_call_, event.token, event.guest_id);
}

void Session::On(const TokenFailed& event) {
  if (ask_ && event.ask == ask_) FailAsk(Asked::kFailed, "getToken threw, or its promise was rejected.");
}

// Until the token is there nobody is identified and nothing is sent. `sub`: who is expected; empty: anybody.
void Session::AwaitToken(TextView sub) {
  Go(Trigger::kIdentify);
  asked_sub_ = sub;
  asked_token_.clear();
  ShowWho("");
  AskForNewToken();
}

void Session::AskForNewToken() {
  if (ask_ || ask_at_ != kNever) return;
  ask_attempts_ = 0;
  asked_ = Asked::kFine;
  SendAsk();
}

void Session::SendAsk() {
  ++ask_attempts_;
  ask_ = ++asks_;
  ask_at_ = now_ + kAskMillisMax;
  effects_.AskForToken(ask_);
}

void Session::FailAsk(Asked how, const char* hint) {
  ask_ = 0;
  if (ask_attempts_ < kAskAttemptsMax) {
    ask_at_ = RetryAt(ask_attempts_, 0);
    return;
  }
  StopAsking();
  asked_ = how;
  // The server is being asked about a token all the same: its verdict counts.
  if (state_ == State::kIdentifying && !asked_token_.empty()) return;
  const char* code = how == Asked::kStale ? "stale_token" : "get_token_failed";
  effects_.Report(code, hint);
  FailCall(code, hint);
  effects_.Emit("identity:error", "code", code, "hint", hint);
  if (state_ == State::kIdentifying) StayGuest(ended_.empty() ? "" : "token_expired");
}

void Session::StopAsking() {
  ask_ = 0;
  ask_at_ = kNever;
  ask_token_ = false;
}

// No token came: the visitor goes on as a guest. What was typed meanwhile is sent if nobody was ever identified.
void Session::StayGuest(TextView reason) {
  if (!Go(Trigger::kNoToken)) return;
  if (reason.empty() && asked_sub_.empty()) {
    for (OutboxMessage& message : outbox_) message.epoch = epoch_;
  } else {
    FailMeant();
    if (!reason.empty()) {
      ShowEnd("identity_expired");
      effects_.Emit("identity:expired");
    }
  }
  ShowWho(reason);
  WelcomeGuest();
  Pump();
}

}  // namespace widgent
