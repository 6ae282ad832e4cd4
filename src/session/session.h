// The widget's session: a state machine without clock, randomness, thread or socket. Events in, effects out.
//
// Rules (identity.md section 3)
//  1. The server decides identity. What stands here is a cache of its verdict: the only way to kUser is its answer.
//  2. One counter, the epoch, rises whenever the effective identity changes. Every request and every unsent message
//     carries the epoch it was made in; what belongs to another epoch is dropped, never shown, never sent.
//  3. Leaving kUser, whatever the reason, clears the transcript and the queue in the same step. The draft goes with
//     them on a switch and a logout, and stays when the identity merely ended.
//  4. A token's end is a point on the monotonic clock, from the server's expires_in. It is checked before each event,
//     so that none is judged under a dead token.
//  5. Where the page can be asked for tokens it is asked before the end, one call at a time. While it is asked after an
//     end, nothing is sent: no turn of a user becomes a guest's because a token came late.
//  6. What a guest has said since an identity ended goes to that user or to nobody. Tabs know users by fingerprint
//  only.
//  7. A message has one id for life. It is sent until it is acknowledged, under one run id, so that the server can tell
//     a repeat from a new message; a stream that breaks off is resumed after the last event seen.
//  8. A thread is not left while a message in it has not arrived: it would be lost, or be said in another thread.
//     Nothing else is carried over. A reply that streams goes on on the server; when its thread is opened again, the
//     history comes first and then that run from its first event.
#pragma once
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/problem.h"
#include "protocol/sse.h"
#include "session/effect.h"
#include "session/event.h"
#include "session/fingerprint.h"
#include "session/outbox.h"

namespace widgent {

class Session {
 public:
  enum class State : std::uint8_t { kNew, kGuest, kIdentifying, kUser, kRefused, kDestroyed };
  enum class Trigger : std::uint8_t {
    kInit,
    kIdentify,
    kVerified,
    kTokenExpired,
    kTokenRefused,
    kNoToken,
    kLogout,
    kProductRefused,
    kDestroy
  };
  struct Transition {
    State from;
    Trigger trigger;
    State to;
  };
  // All that the state can do. A trigger that has no row for the present state changes nothing.
  static constexpr Transition kTransitions[] = {
      {State::kNew, Trigger::kInit, State::kGuest},
      {State::kGuest, Trigger::kIdentify, State::kIdentifying},
      {State::kGuest, Trigger::kLogout, State::kGuest},
      {State::kIdentifying, Trigger::kIdentify, State::kIdentifying},
      {State::kIdentifying, Trigger::kVerified, State::kUser},
      {State::kIdentifying, Trigger::kTokenExpired, State::kGuest},
      {State::kIdentifying, Trigger::kTokenRefused, State::kGuest},
      {State::kIdentifying, Trigger::kNoToken, State::kGuest},
      {State::kIdentifying, Trigger::kLogout, State::kGuest},
      {State::kUser, Trigger::kIdentify, State::kIdentifying},
      {State::kUser, Trigger::kVerified, State::kUser},
      {State::kUser, Trigger::kTokenExpired, State::kGuest},
      {State::kUser, Trigger::kTokenRefused, State::kGuest},
      {State::kUser, Trigger::kLogout, State::kGuest},
      {State::kGuest, Trigger::kProductRefused, State::kRefused},
      {State::kIdentifying, Trigger::kProductRefused, State::kRefused},
      {State::kUser, Trigger::kProductRefused, State::kRefused},
      {State::kNew, Trigger::kDestroy, State::kDestroyed},
      {State::kGuest, Trigger::kDestroy, State::kDestroyed},
      {State::kIdentifying, Trigger::kDestroy, State::kDestroyed},
      {State::kUser, Trigger::kDestroy, State::kDestroyed},
      {State::kRefused, Trigger::kDestroy, State::kDestroyed},
  };

  // The only method that changes anything; `event` is one of event.h. What the page shall do goes to `effects`.
  template <class Event>
  void Handle(const Event& event, MonotonicMillis now, EffectWriter& effects) {
    if (!Begin(now, effects)) return;
    On(event);
    effects_ = nullptr;
  }

  // When the page shall fire TimerFired; nothing: never.
  std::optional<MonotonicMillis> wake_at() const;

  // For tests and the inspector.
  State state() const { return state_; }
  std::uint32_t epoch() const { return epoch_; }

 private:
  enum class RequestKind : std::uint8_t { kSession, kHistory, kThreads, kFeedback, kRun, kDiagnose, kForgotten };
  struct Request {
    int id = 0;
    RequestKind kind = RequestKind::kForgotten;
    std::uint32_t epoch = 0;
    MonotonicMillis sent_at = 0;
    int status = 0;
    std::int64_t retry_after_s = 0;
    std::string body;  // of an answer that is no stream; of kFeedback, a line of ratings_ goes before
    SseDecoder stream;
  };
  // The reply being received.
  struct Run {
    std::string id, message_id;  // message_id: of the user's message that it answers
    std::string reply_id;        // of the message being streamed; empty between two
    std::int64_t cursor = 0;     // number of the last event seen
    int request = 0;             // 0: waiting to be resumed
    int attempts = 0;
    bool started = false;  // RUN_STARTED was seen: the message is acknowledged
  };

  bool Begin(MonotonicMillis now, EffectWriter& effects);

  // session.cc: life, and what the page calls
  void On(const InitCalled& event);
  void On(const IdentifyCalled& event);
  void On(const LogoutCalled& event);
  void On(const PanelOpened&);
  void On(const PanelClosed&) { panel_open_ = false; }
  void On(const ConnectionChanged& event);
  void On(const PageResumed&);
  void On(const TimerFired&);
  void On(const BroadcastReceived& event);
  void On(const MergeAnswered& event);
  void On(const DestroyCalled&);
  void LogOut(std::string_view guest_id, bool told_elsewhere);

  // token_provider.cc: the page's getToken
  enum class Asked : std::uint8_t { kFine, kFailed, kStale };
  void On(const TokenProvided& event);
  void On(const TokenFailed& event);
  void AwaitToken(const std::string& sub);
  void AskForNewToken();
  void SendAsk();
  void FailAsk(Asked how, const char* hint);
  void StopAsking();
  void StayGuest(std::string_view reason);
  bool CanRenew() const { return can_ask_ && asked_ != Asked::kStale; }

  // identity.cc: verdicts, and what leaves with an identity
  enum class Leaving : std::uint8_t { kSwitch, kLogout, kLogoutElsewhere, kExpired, kRefused };
  bool Go(Trigger trigger);
  void Identify(const IdentifyCalled& event);
  void Verify(const WireIdentity& identity, MonotonicMillis asked_at);
  void ExpireIdentity();
  void RefuseToken(const std::string& code, const std::string& hint);
  void RefuseProduct(const std::string& code, const std::string& hint);
  void LeaveUser(Leaving why);
  void KeepUnsent(Leaving why);
  void CarryUnsent(bool same_person);
  void FailMeant();
  void ForgetConversation();
  void CloseThread();
  void ForgetThread();
  void RestoreDraft(bool restore);
  void RotateGuest(std::string_view guest_id);
  void Settled(bool ok, std::string_view code = {}, std::string_view hint = {});
  void ShowWho(std::string_view reason);
  void ShowEnd(std::string_view code);
  bool IsLocked() const;

  // session_request.cc: who am I?
  void AskForSession(const char* event);
  void WelcomeGuest();
  void SendSession();
  std::string_view ThreadToMerge() const;
  void EndSession(const Request& request);
  void TakeVerdict(const JsonFields& fields, MonotonicMillis asked_at);
  void EndDiagnose(const Request& request);
  void Diagnose();
  int TellTheServer(const std::string& path, const std::string& body, RequestKind kind = RequestKind::kForgotten);

  // delivery.cc: messages, runs, history
  void On(const MessageSubmitted& event);
  void On(const RetryRequested& event);
  void On(const ApprovalAnswered& event);
  void On(const CancelRequested&);
  void On(const MessageWithdrawn& event);
  void On(const ResponseStarted& event);
  void On(const ResponseChunk& event);
  void On(const ResponseEnded& event);
  void On(const RequestFailed& event);
  void Pump();
  void SendMessage(OutboxMessage& message);
  void ResumeRun();
  void BreakRun(std::int64_t retry_after_s, bool limited = false);
  void EndRunAnswer(const Request& request);
  void EndHistory(const Request& request);
  void Take(const AgUiEvent& event, MonotonicMillis asked_at);
  void TakeRunStarted(const AgUiEvent& event, MonotonicMillis asked_at);
  void CloseRun(MessageStatus reply_status);
  void FailRun(const std::string& code, const std::string& hint);
  void Fail(OutboxMessage& message, const std::string& code, const std::string& hint);
  void LoadHistory();
  void SendHistory();
  void Show(const OutboxMessage& message);
  void Tell(const OutboxMessage& message, std::string_view hint = {});
  void ShowOnline();
  void ShowApprovals(const std::vector<Interrupt>& interrupts);
  static bool IsWorthRetrying(int status);  // 0: no answer
  bool TakeCommonProblem(int status, const Problem& problem);
  bool TakeCommonProblem(const Request& request);

  // threads.cc: the user's threads, and judgements of replies
  void On(const ThreadsRequested&);
  void On(const ThreadChosen& event);
  void On(const FeedbackGiven& event);
  void EndThreads(const Request& request);
  void EndFeedback(const Request& request);
  static std::string RatingLine(std::string_view id, std::string_view rating);

  // requests.cc: requests, ids, times
  int Send(RequestKind kind, SendRequest effect);  // `effect` without request, service_key and guest_id
  int Get(RequestKind kind, const std::string& path);
  std::list<Request>::iterator FindPlace(int id);
  Request* FindRequest(int id);
  void DropRequest(int id);
  void Forget(int id);
  void DropRequests();
  template <class Effect>
  void Reply(const Effect& effect) {
    effects_->Add(effect);
  }
  std::string Path(std::string_view rest) const;
  std::string ThreadPath(std::string_view rest) const;
  std::uint64_t Random();
  std::string NewId(char prefix);
  MonotonicMillis RetryAt(int attempts, std::int64_t retry_after_s);

  EffectWriter* effects_ = nullptr;
  MonotonicMillis now_ = 0;
  State state_ = State::kNew;
  std::uint32_t epoch_ = 0;

  // From init
  std::string product_id_, service_key_, guest_id_, page_, locale_;
  Salt random_, salt_;

  // Identity. token_ is the one that held; asked_token_ the one that the server is being asked about.
  std::string token_, asked_token_, asked_sub_, sub_, name_, email_;
  std::string fingerprint_;  // of sub_
  std::string ended_;  // fingerprint of whose identity ended: only this user may take over the guest's turns since
  CallId asked_call_ = 0;
  std::optional<MonotonicMillis> identity_ends_at_;
  std::optional<MonotonicMillis> renew_at_;  // shortly before the end: the page is told, or asked for the next token
  MonotonicMillis renew_lead_ = 0;
  bool renewed_ = false;                  // that was done for this token
  bool required_ = false, lock_ = false;  // the product's rules, as the server tells them
  const char* session_event_ = nullptr;   // what the next session request tells; nullptr: none is due
  std::optional<MonotonicMillis> session_at_;
  int session_request_ = 0, session_attempts_ = 0;
  bool greeted_ = false, panel_open_ = false, online_ = true, diagnosed_ = false;
  bool rechecking_ = false;  // whether the token still holds, or where a merge leads, is not known: nothing is sent
  bool draft_aside_ = false;
  std::string offered_thread_;  // the guest's, which the user may take over

  // The page's getToken
  bool can_ask_ = false;
  int ask_ = 0, asks_ = 0, ask_attempts_ = 0;  // the call on its way (0: none), the last number, calls of this round
  std::optional<MonotonicMillis> ask_at_;      // when to call it (again), or to give up the call on its way
  bool ask_token_ = false;                     // asked_token_ came by it
  Asked asked_ = Asked::kFine;                 // how the last round ended

  // Conversation
  std::string thread_id_;
  Outbox outbox_;
  std::vector<std::string> interrupts_;  // approvals that wait for an answer
  std::string ratings_;  // of replies in this thread, as lines of "id up|down"; the last line of an id counts
  std::optional<Run> run_;
  std::optional<MonotonicMillis> send_at_;  // the first queued message, or the broken run, is tried again
  bool history_due_ = false;
  int history_request_ = 0, history_attempts_ = 0;
  std::optional<MonotonicMillis> history_at_;

  std::list<Request> requests_;
  int next_request_ = 1;
};

// "guest", "kVerified" as in the diagram of ARCHITECTURE.md.
std::string_view StateName(Session::State state);
std::string_view TriggerName(Session::Trigger trigger);

}  // namespace widgent
