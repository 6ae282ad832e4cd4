#include "session/session.h"

#include <algorithm>
#include <utility>

#include "protocol/ids.h"

namespace widgent {

std::string_view StateName(Session::State state) {
  constexpr std::string_view kNames[] = {"new", "guest", "identifying", "user", "refused", "destroyed"};
  return kNames[static_cast<int>(state)];
}

std::string_view TriggerName(Session::Trigger trigger) {
  constexpr std::string_view kNames[] = {"init",     "identify", "verified",        "token expired", "token refused",
                                         "no token", "logout",   "product refused", "destroy"};
  return kNames[static_cast<int>(trigger)];
}

bool Session::Begin(MonotonicMillis now) {
  if (state_ == State::kDestroyed) return false;
  now_ = std::max(now_, now);
  if (identity_ends_at_ <= now_) ExpireIdentity();
  return true;
}

Text Session::TakeStep() {
  return effects_.Take(std::min({identity_ends_at_, renew_at_, ask_at_, session_at_, send_at_, history_at_}));
}

bool Session::Go(Trigger trigger) {
  for (const Transition& transition : kTransitions) {
    if (transition.from != state_ || transition.trigger != trigger) continue;
    state_ = transition.to;
    return true;
  }
  return false;
}

void Session::On(const InitCalled& event) {
  TextView code, hint;
  if (event.service_key.StartsWith("wvs_")) {
    code = "secret_in_browser";
    hint =
        "That is the Verification Secret. It must never reach a browser: rotate it, and give init the service key "
        "(pk_...).";
  } else if (!IsValidId(event.product_id) || !IsValidId(event.service_key)) {
    code = "invalid_config";
    hint = "init needs { productId, serviceKey }, as the dashboard or `widgentd product show` gives them.";
  }
  if (!code.empty()) {
    effects_.SettleFailed(event.call, code, hint);
    effects_.Report(code, hint);
    return;
  }
  if (state_ != State::kNew) {
    const bool same = event.product_id == product_id_;
    if (same) return effects_.Settle(event.call, sub_, 0);
    return effects_.SettleFailed(event.call, "already_initialised",
                                 "This page already has a Widgent of another product. Call destroy() first.");
  }
  product_id_ = event.product_id;
  service_key_ = event.service_key;
  guest_id_ = event.guest_id;
  if (IsValidId(event.thread_id)) {
    thread_id_ = event.thread_id;
    ended_ = event.thread_of;
  }
  page_ = event.page;
  locale_ = event.locale;
  random_ = ReadSalt(event.seed);
  salt_ = ReadSalt(event.salt);
  Go(Trigger::kInit);
  effects_.Save("guest_id", guest_id_);
  effects_.Settle(event.call, "", 0);
  effects_.Emit("ready");
  const bool given = !asked_token_.empty() || (asked_call_ && !can_ask_);
  can_ask_ |= event.get_token;
  if (given) {
    const Text token = std::move(asked_token_);
    Identify(asked_call_, token, guest_id_);
  } else if (can_ask_) {
    AwaitToken("");
  } else {
    ShowWho("");
  }
  if (panel_open_) On(PanelOpened{});
}

void Session::On(const IdentifyCalled& event) {
  if (state_ == State::kRefused) {
    return effects_.SettleFailed(event.call, "product_refused", "The server refuses this page; see the first error.");
  }
  FailCall("superseded", "identify was called again before the server had answered.");
  asked_call_ = event.call;
  can_ask_ |= event.get_token;
  if (state_ == State::kNew) {
    asked_token_ = event.token;
    return;
  }
  if (!event.get_token) {
    StopAsking();
    return Identify(event.call, event.token, event.guest_id);
  }
  if (state_ == State::kUser) return AskForNewToken();
  // Whatever the server is just being asked about is not the last word any more.
  session_event_ = nullptr;
  DropRequest(session_request_);
  session_request_ = 0;
  AwaitToken(state_ == State::kIdentifying ? TextView(asked_sub_) : "");
}

void Session::On(const LogoutCalled& event) {
  FailCall("superseded", "logout was called before the server had answered.");
  LogOut(event.guest_id, false);
  effects_.Settle(event.call, "", 0);
}

// `told_elsewhere`: another tab has told the server and all tabs.
void Session::LogOut(TextView guest_id, bool told_elsewhere) {
  const State before = state_;
  StopAsking();
  if (before == State::kNew) asked_token_.clear();
  const Text fingerprint = before == State::kUser ? fingerprint_ : ended_;
  if (!Go(Trigger::kLogout)) return;
  if (before == State::kUser) {
    LeaveUser(told_elsewhere ? Leaving::kLogoutElsewhere : Leaving::kLogout);
  } else {
    ForgetConversation();
  }
  if (!fingerprint.empty() && !told_elsewhere) effects_.Broadcast("signed_out", fingerprint);
  asked_token_.clear();
  ended_.clear();
  asked_ = Asked::kFine;
  session_event_ = nullptr;
  RotateGuest(guest_id);
  effects_.ChangeDraft("clear");
  ShowWho("signed_out");
  if (before != State::kGuest) ShowEnd("signed_out");
  WelcomeGuest();
}

void Session::On(const BroadcastReceived& event) {
  const bool ours = event.fingerprint == (state_ == State::kUser ? fingerprint_ : ended_) && !event.fingerprint.empty();
  if (event.kind == "signed_out") {
    if (!ours) return;
    FailCall("signed_out", "The user was signed out in another tab.");
    LogOut(event.guest_id, true);
  } else if (event.kind == "identified" && state_ == State::kUser && !ours) {
    effects_.Emit("identity:conflict");
  }
}

void Session::On(const MergeAnswered& event) {
  for (const OutboxMessage& message : outbox_) {
    const bool pending = message.attempts > 0 && !message.stored && message.status != MessageStatus::kFailed;
    if (event.accepted && pending) return;  // it would lose its place, and may be there already
  }
  effects_.ShowMergeOffer(false);
  if (!event.accepted || state_ != State::kUser) return offered_thread_.clear();
  rechecking_ = true;  // what is said now belongs behind the guest's words
  asked_token_ = token_;
  AskForSession("merge");
}

// So that the greeting, and what was said before, are there when it opens.
void Session::On(const PanelAwaited&) {
  if (state_ != State::kGuest || greeted_) return;
  if (!session_event_) AskForSession("guest");
  if (!thread_id_.empty() && !history_due_ && !run_ && outbox_.empty()) LoadHistory();
}

void Session::On(const PanelOpened&) {
  panel_open_ = true;
  On(PanelAwaited{});
}

void Session::On(const ConnectionChanged& event) {
  if (event.online == online_) return;
  online_ = event.online;
  effects_.ShowConnection(online_ ? "online" : "offline");
  if (!online_) return;
  On(PageResumed{});
  if (session_event_ && !session_request_) session_at_ = now_;
  if (history_due_ && !history_request_) history_at_ = now_;
  if ((run_ && !run_->request) || outbox_.NextToSend(epoch_)) send_at_ = now_;
}

void Session::On(const PageResumed&) {
  if (asked_ != Asked::kFine) {
    if (state_ == State::kGuest) return AwaitToken("");
    AskForNewToken();
  }
  // The clock may have stood still while the machine slept: only the server knows how much of the token is left.
  if (state_ != State::kUser || session_event_) return;
  rechecking_ = true;
  asked_token_ = token_;
  AskForSession("refresh");
}

void Session::On(const TimerFired&) {
  auto is_due = [this](MonotonicMillis& at) {
    if (at > now_) return false;
    at = kNever;
    return true;
  };
  if (is_due(renew_at_)) {
    renewed_ = true;
    effects_.EmitExpiring(SecondsLeft());
    if (can_ask_) AskForNewToken();
  }
  if (is_due(ask_at_)) {
    if (ask_) FailAsk(Asked::kFailed, "getToken has not answered within 10 s.");
    else SendAsk();
  }
  if (is_due(session_at_) && online_) SendSession();
  if (is_due(history_at_) && online_) SendHistory();
  if (is_due(send_at_) && online_) {
    if (run_ && !run_->request) ResumeRun();
    else Pump();
  }
}

void Session::On(const DestroyCalled&) {
  FailCall("destroyed", "The widget was destroyed.");
  DropRequests();
  Go(Trigger::kDestroy);
  token_.clear();
  asked_token_.clear();
  run_.reset();
  outbox_.Clear();
  identity_ends_at_ = renew_at_ = ask_at_ = session_at_ = send_at_ = history_at_ = kNever;
}

}  // namespace widgent
