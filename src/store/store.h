// What is kept: threads, messages, runs, audit rows. One interface; SqliteStore is the default implementation.
//
// Calls come from one thread, answer at once, and see their own writes. Writes gather in one transaction that Commit()
// makes durable; the server commits once per turn of its loop and answers a request only from AfterCommit, so that
// what was acknowledged survives a crash and many requests share one fsync.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.h"
#include "protocol/time.h"

namespace widgent {

// Who owns a thread: a verified user or a guest of one product, never both.
struct Owner {
  enum class Kind : std::uint8_t { kUser, kGuest };
  Kind kind = Kind::kGuest;
  std::string id;  // sub, or anonymous id
  bool operator==(const Owner&) const = default;
};

struct Thread {
  ProductId product;
  ThreadId id;
  Owner owner;
  UnixMillis created_at = 0, active_at = 0;
  std::string title;             // the first message, cut to 80 characters
  UnixMillis handed_off_at = 0;  // to the owner's people, who answer since; 0: the agent answers
  int handoffs = 0;              // how often it was
};

struct StoredMessage {
  enum class Role : std::uint8_t { kUser, kAssistant, kOperator };
  enum class Status : std::uint8_t { kDone, kInterrupted, kFailed };
  MessageId id;
  RunId run;
  Role role = Role::kUser;
  Status status = Status::kDone;
  std::string text;
  // A reply's {"citations":[…],"tools":[…]}, an operator's {"name":"…"}, a user's kUnverifiedTurn, or empty.
  std::string metadata_json;
  UnixMillis at = 0;
  enum class Rating : std::uint8_t { kNone, kUp, kDown } rating = Rating::kNone;  // a reply's, by the thread's owner
  std::string comment;                                                            // with the rating
};

// A reply as the thread's owner has judged it.
struct Feedback {
  Thread thread;
  StoredMessage reply;
  UnixMillis at = 0;
};

// The metadata of what a guest had said in a thread that a user took over later: it is not that user's word.
inline constexpr std::string_view kUnverifiedTurn = R"({"unverified":true})";
inline bool IsUnverified(const StoredMessage& message) {
  return message.role == StoredMessage::Role::kUser && message.metadata_json == kUnverifiedTurn;
}

struct StoredRun {
  enum class Status : std::uint8_t { kRunning, kDone, kFailed, kCancelled, kInterrupted };
  RunId id;
  std::string input_sha256;  // of what the client sent: tells a repeat from a misuse of the id
  MessageId message;         // the user's message that it answers
  Status status = Status::kRunning;
  std::string events;  // once ended: its whole stream as SSE frames, for replay and resume
  UnixMillis started_at = 0;
};

// A tool call that waits for the word of the user it is made for, or of the owner's people, or has had it. Nothing but
// `state`, `answered_by` and what an operator decides ever changes: what is executed in the end is what was shown.
//
// An operator's word alone executes nothing: the interrupt stays pending until a run of that user, under a token that
// holds, goes on from it.
struct StoredInterrupt {
  enum class State : std::uint8_t { kPending, kApproved, kRejected, kExpired };
  enum class Decision : std::uint8_t { kNone, kYes, kNo };
  std::string id;
  RunId run;                     // that asked
  std::string sub;               // of the user who may answer
  std::string tool, call_id;     // the tool's name, and the model's id of the call
  std::string arguments_json;    // with the bound ones
  std::string arguments_sha256;  // hex, of arguments_json
  std::string message;           // what the user was shown
  UnixMillis asked_at = 0, expires_at = 0;
  State state = State::kPending;
  RunId answered_by;  // the run that brought the answer; its stored stream is the result
  int effect = 0;     // of the tool (ToolConfig::Effect), for the audit log
  bool by_operator = false;
  Decision decision = Decision::kNone;  // of by_operator
  std::string decided_by;               // "admin key 1a2b3c4d", "command line"
};

// A question to the owner's people, and the conversation it comes from.
struct OperatorQuestion {
  ThreadId thread;
  StoredInterrupt interrupt;
};

struct AuditRow {
  std::int64_t seq = 0;  // 1, 2, 3 … per product
  UnixMillis at = 0;
  std::string user;             // verified sub; empty for a guest
  std::string action;           // identify, sign_out, switch, merge, refused, tool
  std::string outcome;          // success, failure, …
  std::string record;           // canonical JSON, one line
  std::string prev_hash, hash;  // hex
};

struct AuditHead {
  std::int64_t count = 0;
  std::string hash;  // of the last record; 64 zeros before the first
};

struct AuditQuery {
  std::string user, action, outcome;  // empty: any
  UnixMillis since = 0, until = INT64_MAX;
  int limit = 100;
  // Seqs of rows that stand just outside, on the later and on the earlier side; nothing: no such bound.
  std::optional<std::int64_t> before, after;
};

// What has happened to a verification secret; the secret itself is never in the store.
struct SecretRecord {
  std::string kid;
  UnixMillis used_at = 0;     // when it last verified a user, to the minute; 0: never
  UnixMillis leaked_at = 0;   // when a browser first sent it in place of the service key; 0: never
  std::string leaked_origin;  // of that browser's page
};

// A question without an answer, as often as it was asked.
struct UnansweredQuestion {
  std::string text;
  std::int64_t times = 0;
  UnixMillis first_at = 0, last_at = 0;
};

// Tokens that a user got before `at` are refused.
struct Revocation {
  ProductId product;
  std::string sub;
  UnixMillis at = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual std::optional<Thread> FindThread(const ProductId& product, const ThreadId& thread) = 0;
  virtual void PutThread(const Thread& thread) = 0;  // creates, or updates active_at and title
  // The owner's people answer in the thread from `at` on; at 0 the agent does again. The thread must exist.
  virtual void PutHandoff(const ProductId& product, const ThreadId& thread, UnixMillis at) = 0;
  // Newest activity first.
  virtual std::vector<Thread> ListThreads(const ProductId& product, const Owner& owner, int limit) = 0;
  virtual void DeleteThread(const ProductId& product, const ThreadId& thread) = 0;

  // A guest's thread becomes `owner`'s as it is; what the guest said in it IsUnverified from now on. The thread must
  // exist.
  virtual void MoveThread(const ProductId& product, const ThreadId& thread, const Owner& owner) = 0;
  // The same into the owner's thread `target`: messages and runs go to its end, with their ids and in their order; what
  // `target` has already is left out. `thread` is gone afterwards. Both must exist.
  virtual void AppendThread(const ProductId& product, const ThreadId& thread, const ThreadId& target) = 0;
  // Where the thread is now that was moved, and was this guest's before under the id `thread`.
  virtual std::optional<Thread> FindMoved(const ProductId& product, const ThreadId& thread,
                                          std::string_view guest_id) = 0;

  // The thread must exist. A message whose id the thread has already stays as it is.
  virtual void AppendMessage(const ProductId& product, const ThreadId& thread, const StoredMessage& message) = 0;
  virtual std::optional<StoredMessage> FindMessage(const ProductId& product, const ThreadId& thread,
                                                   const MessageId& message) = 0;
  // Removes the replies to this message of the user that were interrupted or failed: it is about to be answered again.
  virtual void DeleteUnfinishedReplies(const ProductId& product, const ThreadId& thread, const MessageId& message) = 0;
  // The later judgement replaces the earlier one. False where the thread has no such reply.
  virtual bool PutFeedback(const ProductId& product, const ThreadId& thread, const MessageId& reply,
                           StoredMessage::Rating rating, std::string_view comment, UnixMillis at) = 0;
  // Newest first.
  virtual std::vector<Feedback> ListFeedback(const ProductId& product, int limit) = 0;
  // The newest `limit`, oldest of them first.
  virtual std::vector<StoredMessage> ListMessages(const ProductId& product, const ThreadId& thread, int limit) = 0;

  virtual std::optional<StoredRun> FindRun(const ProductId& product, const ThreadId& thread, const RunId& run) = 0;
  // Creates or replaces; the thread must exist.
  virtual void PutRun(const ProductId& product, const ThreadId& thread, const StoredRun& run) = 0;
  // At start: runs that a crash left running become interrupted. Answers how many.
  virtual int InterruptRunningRuns() = 0;

  // The thread must exist and have no interrupt of this id.
  virtual void AppendInterrupt(const ProductId& product, const ThreadId& thread, const StoredInterrupt& interrupt) = 0;
  virtual std::optional<StoredInterrupt> FindInterrupt(const ProductId& product, const ThreadId& thread,
                                                       const std::string& id) = 0;
  // The newest one that waits for the user's answer, also where it has expired.
  virtual std::optional<StoredInterrupt> FindPendingInterrupt(const ProductId& product, const ThreadId& thread) = 0;
  // Those of the owner's people that are pending, oldest first, also where they have expired or are decided: of the
  // thread, or of all where it is empty.
  virtual std::vector<OperatorQuestion> ListOperatorQuestions(const ProductId& product, const ThreadId& thread) = 0;
  // What an operator has said to a question of the thread, once and for all. False where it is not pending any more, or
  // is decided.
  virtual bool DecideInterrupt(const ProductId& product, const ThreadId& thread, const std::string& id,
                               StoredInterrupt::Decision decision, const std::string& by) = 0;
  // Takes an interrupt out of kPending, once and for all. False where it was not pending any more.
  virtual bool SettleInterrupt(const ProductId& product, const ThreadId& thread, const std::string& id,
                               StoredInterrupt::State state, const RunId& answered_by) = 0;

  virtual AuditHead FindAuditHead(const ProductId& product) = 0;
  // Throws where the product has a row of this seq already: the caller read the head before another writer moved it.
  virtual void AppendAudit(const ProductId& product, const AuditRow& row) = 0;
  // Newest first; with `after` oldest first, and in the order of the chain where nothing else is asked.
  virtual std::vector<AuditRow> FindAudit(const ProductId& product, const AuditQuery& query) = 0;
  // All rows in order of seq; stops where `visit` answers false.
  virtual void VisitAudit(const ProductId& product, const std::function<bool(const AuditRow&)>& visit) = 0;

  // Every product that has rows, in order of id.
  virtual std::vector<ProductId> ListAuditedProducts() = 0;

  // Questions to which there was no answer, for the owner to write about. Of each product those are kept that were
  // asked last, kUnansweredMax of them.
  static constexpr int kUnansweredMax = 1000;
  virtual void RecordUnanswered(const ProductId& product, std::string_view question, UnixMillis at) = 0;
  // The most frequent first.
  virtual std::vector<UnansweredQuestion> ListUnanswered(const ProductId& product, int limit) = 0;
  virtual void DeleteUnanswered(const ProductId& product) = 0;

  virtual void RecordSecretUse(const ProductId& product, const std::string& kid, UnixMillis at) = 0;
  // The first leak of a secret is kept.
  virtual void RecordSecretLeak(const ProductId& product, const std::string& kid, UnixMillis at,
                                std::string_view origin) = 0;
  virtual std::vector<SecretRecord> ListSecretRecords(const ProductId& product) = 0;

  // A later revocation of the same user replaces the earlier one; an earlier one does nothing.
  virtual void PutRevocation(const Revocation& revocation) = 0;
  virtual std::optional<UnixMillis> FindRevocation(const ProductId& product, std::string_view sub) = 0;
  // All of `since` and later, whichever process wrote them.
  virtual std::vector<Revocation> ListRevocations(UnixMillis since) = 0;

  // From here to EndReading, or to the next write, what is read is of one moment, and many reads lock the file once.
  // Nothing where a transaction goes on.
  virtual void BeginReading() = 0;
  virtual void EndReading() = 0;

  // Begins the transaction that the next Commit ends, unless one goes on: what is read from here on cannot be changed
  // by another process before that. False where the store refuses; Commit will then answer false.
  virtual bool BeginWriting() = 0;

  // `done` is called by the Commit that made everything written so far durable (at once where nothing is pending).
  virtual void AfterCommit(std::function<void()> done) = 0;
  // Answers false, and keeps nothing of the transaction, where the disk refused; the `done`s are then not called.
  virtual bool Commit() = 0;
  virtual bool HasPending() const = 0;
  // For the log: why the latest Commit answered false.
  virtual std::string LastError() const = 0;
};

}  // namespace widgent
