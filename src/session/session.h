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
#include <memory>
#include <string_view>

#include "protocol/json_fields.h"
#include "protocol/sse.h"
#include "protocol/text.h"
#include "protocol/time.h"
#include "session/effect.h"
#include "session/event.h"
#include "session/fingerprint.h"
#include "session/list.h"
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

  // The only method that changes anything; `event` is one of event.h. What the page shall do goes to effects().
  template <class Event>
  void Handle(const Event& event, MonotonicMillis now) {
    if (Begin(now)) On(event);
  }

  EffectWriter& effects() { return effects_; }
  // The effects since the last step, and when the page shall fire TimerFired.
  Text TakeStep();

  // For tests and the inspector.
  State state() const { return state_; }
  std::uint32_t epoch() const { return epoch_; }

 private:
  // From kHistory on they are asked with GET.
  enum class RequestKind : std::uint8_t { kSession, kRun, kFeedback, kForgotten, kHistory, kThreads, kDiagnose };
  struct Request : Link {
    int id = 0;
    RequestKind kind = RequestKind::kForgotten;
    std::uint32_t epoch = 0;
    MonotonicMillis sent_at = 0;
    int status = 0;  // 0: no answer
    std::int64_t retry_after_s = 0;
    SseDecoder stream;
    Text body;  // of an answer that is no stream; of kFeedback, a line of ratings_ goes before
    // Read from the body when it is whole
    JsonFields answer;
    Text code;  // of a problem document; "http_502" where it is none
  };
  // The reply being received.
  struct Run {
    Text id, message_id;      // message_id: of the user's message that it answers
    Text reply_id;            // of the message being streamed; empty between two
    std::int64_t cursor = 0;  // number of the last event seen
    int request = 0;          // 0: waiting to be resumed
    int attempts = 0;
    bool started = false;  // RUN_STARTED was seen: the message is acknowledged
  };

  bool Begin(MonotonicMillis now);

  // session.cc: life, and what the page calls
  void On(const InitCalled& event);
  void On(const IdentifyCalled& event);
  void On(const LogoutCalled& event);
  void On(const PanelAwaited&);
  void On(const PanelOpened&);
  void On(const PanelClosed&) { panel_open_ = false; }
  void On(const ConnectionChanged& event);
  void On(const PageResumed&);
  void On(const TimerFired&);
  void On(const BroadcastReceived& event);
  void On(const MergeAnswered& event);
  void On(const DestroyCalled&);
  void LogOut(TextView guest_id, bool told_elsewhere);

  // token_provider.cc: the page's getToken
  enum class Asked : std::uint8_t { kFine, kFailed, kStale };
  void On(const TokenProvided& event);
  void On(const TokenFailed& event);
  void AwaitToken(TextView sub);
  void AskForNewToken();
  void SendAsk();
  void FailAsk(Asked how, const char* hint);
  void StopAsking();
  void StayGuest(TextView reason);
  bool CanRenew() const { return can_ask_ && asked_ != Asked::kStale; }

  // identity.cc: verdicts, and what leaves with an identity
  enum class Leaving : std::uint8_t { kSwitch, kLogout, kLogoutElsewhere, kExpired, kRefused };
  bool Go(Trigger trigger);
  void Identify(CallId call, TextView token, TextView guest_id);
  void Verify(const JsonField& identity, MonotonicMillis asked_at);
  void ExpireIdentity();
  void RefuseToken(TextView code, TextView hint);
  void RefuseProduct(TextView code, TextView hint);
  void LeaveUser(Leaving why);
  void KeepUnsent(Leaving why);
  void CarryUnsent(bool same_person);
  void FailMeant();
  void ForgetConversation();
  void CloseThread();
  void ForgetThread();
  void RestoreDraft(bool restore);
  void RotateGuest(TextView guest_id);
  void Settle();
  void FailCall(TextView code, TextView hint);
  std::int64_t SecondsLeft() const;  // of the identity; 0 where nobody is identified
  void ShowWho(TextView reason);
  void ShowEnd(TextView code);
  bool IsLocked() const;

  // session_request.cc: who am I?
  void AskForSession(const char* event);
  void WelcomeGuest();
  void SendSession();
  TextView ThreadToMerge() const;
  void EndSession(const Request& request);
  void TakeVerdict(const JsonField& verdict, MonotonicMillis asked_at);
  void EndDiagnose(const Request& request);
  void Diagnose();

  // delivery.cc: messages to the server
  void On(const MessageSubmitted& event);
  void On(const RetryRequested& event);
  void On(const ApprovalAnswered& event);
  void On(const CancelRequested&);
  void On(const MessageWithdrawn& event);
  void GiveIds(OutboxMessage& message);
  void AddQuestion(TextView interrupt_id);
  void CancelRun();
  void Pump();
  void SendMessage(OutboxMessage& message);
  void Fail(OutboxMessage& message, TextView code, TextView hint = {});
  void Show(const OutboxMessage& message);
  void Tell(const OutboxMessage& message, TextView hint = {});

  // answers.cc: what comes back
  void On(const ResponseStarted& event);
  void On(const ResponseChunk& event);
  void On(const ResponseEnded& event);
  void On(const RequestFailed& event);
  bool TakeCommonProblem(const Request& request);
  static bool IsWorthRetrying(int status);

  // run.cc: a run, from its stream to its end
  static constexpr const char* kPeople = "op_";  // what the ids of what the site's people say begin with
  void BeginRun(TextView id, TextView message_id);
  void ResumeRun();
  void BreakRun(std::int64_t retry_after_s, bool limited = false);
  void EndRunAnswer(const Request& request);
  void Take(const JsonField& event, MonotonicMillis asked_at);
  void TakeRunStarted(const JsonField& identity, MonotonicMillis asked_at);
  void SaveThread();
  void CloseRun(MessageStatus reply_status);
  void ShowOnline();
  void FailRun(TextView code, TextView hint = {});
  void TakeDecision(TextView id, TextView status);
  void ShowApprovals(const JsonField& interrupts);
  // Who of the site's people says it; empty: the agent does.
  static TextView PersonOf(const JsonField& message);

  // history.cc: the conversation as the server has kept it
  void LoadHistory();
  void SendHistory();
  void EndHistory(const Request& request);

  // threads.cc: the user's threads, and judgements of replies
  void On(const ThreadsRequested&);
  void On(const ThreadChosen& event);
  void On(const FeedbackGiven& event);
  void EndThreads(const Request& request);
  void EndFeedback(const Request& request);
  static Text RatingLine(TextView id, TextView rating);

  // requests.cc: requests, ids, times
  // `path`: below the product's.
  Request& Send(RequestKind kind, TextView path, TextView body = {}, TextView last_event_id = {});
  Request* FindRequest(int id);
  void DropRequest(int id);
  void Forget(int id);
  void DropRequests();
  Text ThreadPath(TextView rest, TextView id = {}, TextView end = {}) const;
  std::uint64_t Random();
  Text NewId(char prefix);
  MonotonicMillis RetryAt(int attempts, std::int64_t retry_after_s);

  EffectWriter effects_;
  MonotonicMillis now_ = 0;
  State state_ = State::kNew;
  std::uint32_t epoch_ = 0;

  // From init
  Text product_id_, service_key_, guest_id_, page_, locale_;
  Salt random_, salt_;

  // Identity. token_ is the one that held; asked_token_ the one that the server is being asked about.
  Text token_, asked_token_, asked_sub_, sub_, name_, email_;
  Text fingerprint_;  // of sub_
  Text ended_;        // fingerprint of whose identity ended: only this user may take over the guest's turns since
  CallId asked_call_ = 0;
  MonotonicMillis identity_ends_at_ = kNever;
  MonotonicMillis renew_at_ = kNever;  // shortly before the end: the page is told, or asked for the next token
  MonotonicMillis renew_lead_ = 0;
  bool renewed_ = false;                  // that was done for this token
  bool required_ = false, lock_ = false;  // the product's rules, as the server tells them
  const char* session_event_ = nullptr;   // what the next session request tells; nullptr: none is due
  MonotonicMillis session_at_ = kNever;
  int session_request_ = 0, session_attempts_ = 0;
  bool greeted_ = false, panel_open_ = false, online_ = true, diagnosed_ = false;
  bool rechecking_ = false;  // whether the token still holds, or where a merge leads, is not known: nothing is sent
  bool draft_aside_ = false;
  Text offered_thread_;  // the guest's, which the user may take over

  // The page's getToken
  bool can_ask_ = false;
  int ask_ = 0, asks_ = 0, ask_attempts_ = 0;  // the call on its way (0: none), the last number, calls of this round
  MonotonicMillis ask_at_ = kNever;            // when to call it (again), or to give up the call on its way
  bool ask_token_ = false;                     // asked_token_ came by it
  Asked asked_ = Asked::kFine;                 // how the last round ended

  // Conversation
  Text thread_id_;
  Outbox outbox_;
  Outbox questions_;  // answers to be, to the approvals that wait for one
  Text ratings_;      // of replies in this thread, as lines of "id up|down"; the last line of an id counts
  std::unique_ptr<Run> run_;
  Text people_;  // where the site's people are waited for in this thread: id of the last message of theirs, or "op_"
  MonotonicMillis send_at_ = kNever;  // the first queued message, or the broken run, is tried again
  bool history_due_ = false;
  int history_request_ = 0, history_attempts_ = 0;
  MonotonicMillis history_at_ = kNever;

  List<Request> requests_;
  int next_request_ = 1;
};

// "guest", "kVerified" as in the diagram of ARCHITECTURE.md.
std::string_view StateName(Session::State state);
std::string_view TriggerName(Session::Trigger trigger);

}  // namespace widgent
