#include "session/session.h"

#include <algorithm>
#include <utility>

#include "protocol/claims.h"
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"

namespace widgent {

namespace {

constexpr std::size_t kTokenBytesMax = 8192;
constexpr std::int64_t kExpiresInMax = 24 * 3600;

// A header can carry it. What is wrong with it otherwise, the server says best.
bool IsSendable(std::string_view token) {
  return !token.empty() && token.size() <= kTokenBytesMax &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string EventBody(const char* event) {
  JsonWriter writer;
  return writer.Open('{').Put("event", event).Close('}').Take();
}

}  // namespace

std::string_view StateName(Session::State state) {
  constexpr std::string_view kNames[] = {"new", "guest", "identifying", "user", "refused", "destroyed"};
  return kNames[static_cast<int>(state)];
}

std::string_view TriggerName(Session::Trigger trigger) {
  constexpr std::string_view kNames[] = {"init",          "identify", "verified",        "token expired",
                                         "token refused", "logout",   "product refused", "destroy"};
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
  for (const auto& due : {identity_ends_at_, session_at_, send_at_, history_at_})
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

// ---- What the page calls

void Session::On(const InitCalled& event) {
  if (state_ != State::kNew) {
    const bool same = event.product_id == product_id_;
    Reply(Settle{event.call, same, sub_, 0, same ? "" : "already_initialised",
                 same ? "" : "This page already has a Widgent of another product. Call destroy() first."});
    return;
  }
  std::string code, hint;
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
  product_id_ = event.product_id;
  service_key_ = event.service_key;
  guest_id_ = event.guest_id;
  thread_id_ = IsValidId(event.thread_id) ? event.thread_id : "";
  page_ = event.page;
  locale_ = event.locale;
  for (std::size_t i = 0; i < event.seed.size(); ++i) {
    const char c = event.seed[i];
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    random_[i / 16 % 2] = random_[i / 16 % 2] << 4 ^ static_cast<unsigned>(digit);
  }
  Go(Trigger::kInit);
  Reply(Save{"guest_id", guest_id_});
  Reply(Settle{event.call});
  Reply(Emit{.name = "ready"});
  if (asked_call_ || !asked_token_.empty()) {
    const std::string token = std::move(asked_token_);
    const IdentifyCalled early{asked_call_, token, guest_id_};
    asked_call_ = 0;
    Identify(early);
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
  if (asked_call_) Settled(false, "superseded", "identify was called again before the server had answered.");
  if (state_ == State::kNew) {
    asked_call_ = event.call;
    asked_token_ = event.token;
    return;
  }
  Identify(event);
}

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
  const bool other = state_ == State::kIdentifying && (sub.empty() || sub != asked_sub_);
  if (was_user) {
    LeaveUser(Leaving::kSwitch);
    if (!sub.empty()) Reply(ClearDraft{});
    RotateGuest(event.guest_id);
  } else if (other) {
    ForgetConversation();
  }
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

void Session::On(const LogoutCalled& event) {
  if (asked_call_) Settled(false, "superseded", "logout was called before the server had answered.");
  const State before = state_;
  if (before == State::kNew) asked_token_.clear();
  if (Go(Trigger::kLogout)) {
    if (before == State::kUser) {
      LeaveUser(Leaving::kLogout);
    } else {
      ForgetConversation();
    }
    asked_token_.clear();
    ended_sub_.clear();
    RotateGuest(event.guest_id);
    Reply(ClearDraft{});
    ShowWho("signed_out");
    if (before != State::kGuest) Reply(ShowNotice{"signed_out"});
    WelcomeGuest();
  }
  Reply(Settle{event.call});
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
  if (session_event_ && !session_request_) session_at_ = now_;
  if (history_due_ && !history_request_) history_at_ = now_;
  if ((run_ && !run_->request) || outbox_.Next(epoch_)) send_at_ = now_;
}

void Session::On(const PageResumed&) {
  // The clock may have stood still while the machine slept: only the server knows how much of the token is left.
  if (state_ != State::kUser || session_event_) return;
  asked_token_ = token_;
  AskForSession("refresh");
}

void Session::On(const TimerFired&) {
  auto is_due = [this](std::optional<MonotonicMillis>& at) {
    if (!at || *at > now_) return false;
    at.reset();
    return online_;
  };
  if (is_due(session_at_)) SendSession();
  if (is_due(history_at_)) SendHistory();
  if (is_due(send_at_)) {
    if (run_ && !run_->request) ResumeRun();
    else Pump();
  }
}

void Session::On(const DestroyCalled&) {
  if (asked_call_) Settled(false, "destroyed", "The widget was destroyed.");
  DropRequests();
  Go(Trigger::kDestroy);
  token_.clear();
  asked_token_.clear();
  run_.reset();
  outbox_.Clear();
  identity_ends_at_ = session_at_ = send_at_ = history_at_ = std::nullopt;
}

// ---- Identity

void Session::Verify(const WireIdentity& identity, MonotonicMillis asked_at) {
  const bool refresh = state_ == State::kUser && identity.sub == sub_;
  if (state_ == State::kUser && !refresh) LeaveUser(Leaving::kSwitch);
  if (!refresh) {
    DropRequests();
    run_.reset();
    history_due_ = false;
    history_at_ = send_at_ = std::nullopt;
    CarryUnsent(ended_sub_.empty() || ended_sub_ == identity.sub);
    ++epoch_;
    ended_sub_.clear();
    thread_id_.clear();
    Reply(Save{"thread_id", ""});
    Reply(ClearMessages{});
    Reply(ShowBusy{false});
    Reply(ShowNotice{""});
  }
  Go(Trigger::kVerified);
  token_ = std::move(asked_token_);
  asked_token_.clear();
  sub_ = identity.sub;
  name_ = identity.name;
  email_ = identity.email;
  identity_ends_at_ = asked_at + std::clamp<std::int64_t>(identity.expires_in, 0, kExpiresInMax) * 1000;
  ShowWho("");
  Settled(true);
  if (!refresh) {
    for (const OutboxMessage& message : outbox_.messages()) Show(message);
    Reply(Emit{.name = "identity:change", .state = "user", .sub = sub_});
  }
}

void Session::ExpireIdentity() {
  // A refresh that is still under way goes on as an identify of its own.
  const std::string token = asked_token_ == token_ ? "" : asked_token_, guest_id = guest_id_;
  const CallId call = asked_call_;
  ended_sub_ = sub_;
  LeaveUser(Leaving::kExpired);
  Go(Trigger::kTokenExpired);
  if (!token.empty()) return Identify({call, token, guest_id});
  ShowWho("token_expired");
  Reply(ShowNotice{"identity_expired"});
  Reply(Emit{.name = "identity:expired"});
  WelcomeGuest();
}

void Session::RefuseToken(const std::string& code, const std::string& hint) {
  Reply(Report{code, hint});
  Settled(false, code, hint);
  if (state_ == State::kUser) {
    LeaveUser(Leaving::kRefused);
  } else {
    for (OutboxMessage& message : outbox_.messages()) {
      if (message.epoch == epoch_) continue;
      message.epoch = epoch_;
      Fail(message, "identity_refused", "");
    }
  }
  asked_token_.clear();
  session_event_ = nullptr;
  Go(Trigger::kTokenRefused);
  ShowWho("identity_refused");
  Reply(ShowNotice{"identity_refused"});
  Reply(Emit{.name = "identity:error", .code = code, .hint = hint});
  WelcomeGuest();
  Pump();
}

void Session::RefuseProduct(const std::string& code, const std::string& hint) {
  if (!Go(Trigger::kProductRefused)) return;
  Reply(Report{code, hint});
  Settled(false, code, hint);
  DropRequests();
  run_.reset();
  token_.clear();
  asked_token_.clear();
  session_event_ = nullptr;
  identity_ends_at_ = session_at_ = send_at_ = history_at_ = std::nullopt;
  for (OutboxMessage& message : outbox_.messages()) Fail(message, code, "");
  Reply(ShowBusy{false});
  Reply(ShowNotice{code});
  Reply(Emit{.name = "error", .code = code, .hint = hint});
}

void Session::LeaveUser(Leaving why) {
  const bool at_will = why == Leaving::kSwitch || why == Leaving::kLogout;
  if (at_will && run_) TellTheServer(ThreadPath("/runs/" + run_->id + "/cancel"), "");
  if (why == Leaving::kLogout) TellTheServer(Path("/session"), EventBody("sign_out"));
  if (at_will) {
    ForgetConversation();
  } else {
    KeepUnsent(why);
  }
  token_.clear();
  asked_token_.clear();
  sub_.clear();
  name_.clear();
  email_.clear();
  identity_ends_at_.reset();
  session_event_ = nullptr;
  session_at_.reset();
}

// The identity ended while messages waited: they stay in sight, and go out as a guest's only if the visitor says so.
void Session::KeepUnsent(Leaving why) {
  std::list<OutboxMessage> kept;
  for (OutboxMessage& message : outbox_.messages()) {
    const bool unsent = message.status == MessageStatus::kQueued || message.status == MessageStatus::kFailed;
    if (unsent) kept.push_back(std::move(message));
  }
  outbox_.Clear();
  ForgetConversation();
  for (OutboxMessage& message : kept) {
    message.epoch = epoch_;
    message.status = MessageStatus::kFailed;
    message.code = why == Leaving::kExpired ? "identity_expired" : "identity_refused";
    Show(outbox_.Add(std::move(message)));
  }
}

// On the way from guest to user: what was typed since identify was called is this user's already. What the same person
// typed before goes along; where it may have reached the guest's thread, it is sent again only if the visitor says so.
void Session::CarryUnsent(bool same_person) {
  std::list<OutboxMessage> carried;
  for (OutboxMessage& message : outbox_.messages()) {
    if (message.status == MessageStatus::kSent) continue;
    const bool is_meant = message.epoch == epoch_ + 1;
    if (!is_meant && !same_person) {
      Reply(Emit{.name = "message:dropped", .id = message.id, .reason = "identity_changed"});
      continue;
    }
    if (message.attempts > 0 && message.status != MessageStatus::kFailed) {
      message.status = MessageStatus::kFailed;
      message.code = "identity_changed";
    }
    message.epoch = epoch_ + 1;
    carried.push_back(std::move(message));
  }
  outbox_.Clear();
  for (OutboxMessage& message : carried) outbox_.Add(std::move(message));
}

// Everything said so far leaves the page and the memory, and a new epoch begins.
void Session::ForgetConversation() {
  for (const OutboxMessage& message : outbox_.messages()) {
    if (message.status != MessageStatus::kSent)
      Reply(Emit{.name = "message:dropped", .id = message.id, .reason = "identity_changed"});
  }
  ++epoch_;
  DropRequests();
  run_.reset();
  outbox_.Clear();
  thread_id_.clear();
  history_due_ = false;
  history_at_ = send_at_ = std::nullopt;
  Reply(Save{"thread_id", ""});
  Reply(ClearMessages{});
  Reply(ShowBusy{false});
  greeted_ = false;
  Reply(ShowGreeting{});
}

void Session::RotateGuest(std::string_view guest_id) {
  guest_id_ = guest_id;
  Reply(Save{"guest_id", guest_id_});
}

void Session::Settled(bool ok, const std::string& code, const std::string& hint) {
  if (!asked_call_) return;
  const std::int64_t left = identity_ends_at_ ? (*identity_ends_at_ - now_) / 1000 : 0;
  Reply(Settle{std::exchange(asked_call_, 0), ok, ok ? sub_ : "", ok ? left : 0, code, hint});
}

void Session::ShowWho(const std::string& reason) {
  ShowIdentity who;
  who.reason = reason;
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

void Session::WelcomeGuest() {
  if (state_ == State::kGuest && panel_open_ && !greeted_) AskForSession("guest");
}

// ---- The session request

void Session::AskForSession(const char* event) {
  DropRequest(session_request_);
  session_request_ = 0;
  session_event_ = event;
  session_attempts_ = 0;
  session_at_ = now_;  // by the timer, so that calls made in one go cost one request, which carries the last
}

void Session::SendSession() {
  if (!session_event_) return;
  const std::string path = Path("/session"), body = EventBody(session_event_);
  session_request_ = Send(RequestKind::kSession, {.path = path, .body = body, .token = asked_token_});
}

void Session::EndSession(const Request& request) {
  session_request_ = 0;
  JsonFields fields;
  if (request.status == 200 && fields.Parse(request.body) && fields.Has("identity")) {
    const bool asked = !asked_token_.empty();
    const WireIdentity identity = ReadIdentity(fields, "identity");
    const bool refresh = state_ == State::kUser;
    session_event_ = nullptr;
    session_attempts_ = 0;
    diagnosed_ = false;
    if (asked && identity.verified) {
      Verify(identity, request.sent_at);
    } else if (asked && refresh) {
      asked_token_ = token_;
      Settled(false, "token_expired", "The token is past its exp. Ask your backend for a new one.");
      ExpireIdentity();
      return;
    } else if (asked) {
      asked_token_.clear();
      Settled(false, "token_expired", "The token is past its exp. Ask your backend for a new one.");
      for (OutboxMessage& message : outbox_.messages()) {
        if (message.epoch == epoch_) continue;
        message.epoch = epoch_;
        Fail(message, "identity_expired", "");
      }
      Go(Trigger::kTokenExpired);
      ShowWho("token_expired");
      Reply(ShowNotice{"identity_expired"});
      Reply(Emit{.name = "identity:expired"});
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
    if (state_ == State::kUser && !refresh && IsValidId(fields.Text("thread_id"))) {
      thread_id_ = fields.Text("thread_id");
      LoadHistory();
    }
    Pump();
    return;
  }
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

// ---- Requests and small helpers

int Session::Send(RequestKind kind, SendRequest effect) {
  Request request;
  request.id = effect.request = next_request_++;
  request.kind = kind;
  request.epoch = epoch_;
  request.sent_at = now_;
  if (kind != RequestKind::kDiagnose) {
    effect.service_key = service_key_;
    effect.guest_id = guest_id_;
  }
  requests_.push_back(std::move(request));
  Reply(effect);
  return next_request_ - 1;
}

void Session::TellTheServer(const std::string& path, const std::string& body) {
  Send(RequestKind::kForgotten, {.path = path, .body = body, .token = token_});
}

std::list<Session::Request>::iterator Session::FindPlace(int id) {
  return std::find_if(requests_.begin(), requests_.end(), [id](const Request& request) { return request.id == id; });
}

Session::Request* Session::FindRequest(int id) {
  const auto place = FindPlace(id);
  return place == requests_.end() ? nullptr : &*place;
}

void Session::DropRequest(int id) {
  const auto place = FindPlace(id);
  if (place == requests_.end()) return;
  requests_.erase(place);
  Reply(CancelRequest{id});
}

// Its answer has said all that we want to know, and may end in peace.
void Session::Forget(int id) {
  if (Request* request = FindRequest(id)) request->kind = RequestKind::kForgotten;
}

// All but those that go on without us.
void Session::DropRequests() {
  auto dropped = [this](const Request& request) {
    if (request.kind == RequestKind::kForgotten) return false;
    Reply(CancelRequest{request.id});
    return true;
  };
  requests_.remove_if(dropped);
  session_request_ = history_request_ = 0;
}

std::string Session::Path(std::string_view rest) const {
  return std::string("/v1/products/").append(product_id_).append(rest);
}

std::string Session::ThreadPath(std::string_view rest) const {
  return Path("/threads/").append(thread_id_).append(rest);
}

// xorshift128+ over the page's seed: ids need no secrecy, for every thread route checks its owner.
std::uint64_t Session::Random() {
  std::uint64_t a = random_[0] | 1;
  const std::uint64_t b = random_[1];
  random_[0] = b;
  a ^= a << 23;
  random_[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
  return random_[1] + b;
}

std::string Session::NewId(char prefix) {
  constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuv";
  std::string id{prefix, '_'};
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = Random();
    for (int i = 0; i < 12; ++i, bits >>= 5) id += kAlphabet[bits & 31];
  }
  return id;
}

MonotonicMillis Session::RetryAt(int attempts, std::int64_t retry_after_s) {
  constexpr MonotonicMillis kFirst = 500, kLongest = 30'000, kRetryAfterMax = 300;
  const MonotonicMillis delay = std::min(kLongest, kFirst << std::min(attempts, 6));
  const auto jitter = static_cast<MonotonicMillis>(Random() % static_cast<std::uint64_t>(delay / 2));
  return now_ + std::max(delay - delay / 4 + jitter, std::min(retry_after_s, kRetryAfterMax) * 1000);
}

}  // namespace widgent
