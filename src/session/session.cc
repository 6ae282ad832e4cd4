#include "session/session.h"

#include <algorithm>
#include <utility>

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

bool Session::Begin(MonotonicMillis now, EffectWriter& effects) {
  if (state_ == State::kDestroyed) return false;
  effects_ = &effects;
  now_ = std::max(now_, now);
  if (identity_ends_at_ && *identity_ends_at_ <= now_) ExpireIdentity();
  return true;
}

std::optional<MonotonicMillis> Session::wake_at() const {
  std::optional<MonotonicMillis> first;
  for (const auto& due : {identity_ends_at_, renew_at_, ask_at_, session_at_, send_at_, history_at_})
    if (due && (!first || *due < *first)) first = due;
  return first;
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
  std::string_view code, hint;
  if (event.service_key.starts_with("wvs_")) {
    code = "secret_in_browser";
    hint =
        "That is the Verification Secret. It must never reach a browser: rotate it, and give init the service key "
        "(pk_...).";
  } else if (!IsValidId(event.product_id) || !IsValidId(event.service_key)) {
    code = "invalid_config";
    hint = "init needs { productId, serviceKey }, as the dashboard or `widgentd product show` gives them.";
  }
  if (!code.empty()) {
    Reply(Settle{event.call, false, {}, 0, code, hint});
    Reply(Report{code, hint});
    return;
  }
  if (state_ != State::kNew) {
    const bool same = event.product_id == product_id_;
    Reply(Settle{event.call, same, sub_, 0, same ? "" : "already_initialised",
                 same ? "" : "This page already has a Widgent of another product. Call destroy() first."});
    return;
  }
  product_id_ = event.product_id;
  service_key_ = event.service_key;
  guest_id_ = event.guest_id;
  thread_id_ = IsValidId(event.thread_id) ? event.thread_id : "";
  if (!thread_id_.empty()) ended_ = event.thread_of;
  page_ = event.page;
  locale_ = event.locale;
  random_ = ReadSalt(event.seed);
  salt_ = ReadSalt(event.salt);
  Go(Trigger::kInit);
  Reply(Save{"guest_id", guest_id_});
  Reply(Settle{event.call});
  Reply(Emit{.name = "ready"});
  const bool given = !asked_token_.empty() || (asked_call_ && !can_ask_);
  can_ask_ |= event.get_token;
  if (given) {
    const std::string token = std::move(asked_token_);
    Identify({asked_call_, token, guest_id_});
  } else if (can_ask_) {
    AwaitToken("");
  } else {
    ShowWho("");
  }
  if (panel_open_) On(PanelOpened{});
}

void Session::On(const IdentifyCalled& event) {
  if (state_ == State::kRefused) {
    Reply(Settle{event.call, false, {}, 0, "product_refused", "The server refuses this page; see the first error."});
    return;
  }
  Settled(false, "superseded", "identify was called again before the server had answered.");
  asked_call_ = event.call;
  can_ask_ |= event.get_token;
  if (state_ == State::kNew) {
    asked_token_ = event.token;
    return;
  }
  if (!event.get_token) {
    StopAsking();
    return Identify(event);
  }
  if (state_ == State::kUser) return AskForNewToken();
  // Whatever the server is just being asked about is not the last word any more.
  session_event_ = nullptr;
  DropRequest(session_request_);
  session_request_ = 0;
  AwaitToken(state_ == State::kIdentifying ? asked_sub_ : "");
}

void Session::On(const LogoutCalled& event) {
  Settled(false, "superseded", "logout was called before the server had answered.");
  LogOut(event.guest_id, false);
  Reply(Settle{event.call});
}

// `told_elsewhere`: another tab has told the server and all tabs.
void Session::LogOut(std::string_view guest_id, bool told_elsewhere) {
  const State before = state_;
  StopAsking();
  if (before == State::kNew) asked_token_.clear();
  const std::string fingerprint = before == State::kUser ? fingerprint_ : ended_;
  if (!Go(Trigger::kLogout)) return;
  if (before == State::kUser) {
    LeaveUser(told_elsewhere ? Leaving::kLogoutElsewhere : Leaving::kLogout);
  } else {
    ForgetConversation();
  }
  if (!fingerprint.empty() && !told_elsewhere) Reply(Broadcast{"signed_out", fingerprint});
  asked_token_.clear();
  ended_.clear();
  asked_ = Asked::kFine;
  session_event_ = nullptr;
  RotateGuest(guest_id);
  Reply(ChangeDraft{});
  ShowWho("signed_out");
  if (before != State::kGuest) ShowEnd("signed_out");
  WelcomeGuest();
}

void Session::On(const BroadcastReceived& event) {
  const bool ours = event.fingerprint == (state_ == State::kUser ? fingerprint_ : ended_) && !event.fingerprint.empty();
  if (event.kind == "signed_out") {
    if (!ours) return;
    Settled(false, "signed_out", "The user was signed out in another tab.");
    LogOut(event.guest_id, true);
  } else if (event.kind == "identified" && state_ == State::kUser && !ours) {
    Reply(Emit{.name = "identity:conflict"});
  }
}

void Session::On(const MergeAnswered& event) {
  for (const OutboxMessage& message : outbox_.messages()) {
    const bool pending = message.attempts > 0 && !message.stored && message.status != MessageStatus::kFailed;
    if (event.accepted && pending) return;  // it would lose its place, and may be there already
  }
  Reply(ShowMergeOffer{false});
  if (!event.accepted || state_ != State::kUser) return offered_thread_.clear();
  rechecking_ = true;  // what is said now belongs behind the guest's words
  asked_token_ = token_;
  AskForSession("merge");
}

void Session::On(const PanelOpened&) {
  panel_open_ = true;
  if (state_ != State::kGuest || greeted_) return;
  if (!session_event_) AskForSession("guest");
  if (!thread_id_.empty() && !run_ && outbox_.messages().empty()) LoadHistory();
}

void Session::On(const ConnectionChanged& event) {
  if (event.online == online_) return;
  online_ = event.online;
  Reply(ShowConnection{online_ ? ShowConnection::State::kOnline : ShowConnection::State::kOffline});
  if (!online_) return;
  On(PageResumed{});
  if (session_event_ && !session_request_) session_at_ = now_;
  if (history_due_ && !history_request_) history_at_ = now_;
  if ((run_ && !run_->request) || outbox_.Next(epoch_)) send_at_ = now_;
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
  auto is_due = [this](std::optional<MonotonicMillis>& at) {
    if (!at || *at > now_) return false;
    at.reset();
    return true;
  };
  if (is_due(renew_at_)) {
    renewed_ = true;
    Reply(Emit{.name = "identity:expiring", .expires_in = (*identity_ends_at_ - now_) / 1000});
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
  Settled(false, "destroyed", "The widget was destroyed.");
  DropRequests();
  Go(Trigger::kDestroy);
  token_.clear();
  asked_token_.clear();
  run_.reset();
  outbox_.Clear();
  identity_ends_at_ = renew_at_ = ask_at_ = session_at_ = send_at_ = history_at_ = std::nullopt;
}

}  // namespace widgent
