#include "store/sqlite_store.h"

#include <algorithm>
#include <compare>
#include <exception>
#include <stdexcept>
#include <utility>

#include "store/schema.h"
#include "store/sqlite.h"

namespace widgent {
namespace {

using sqlite::Query;

constexpr std::size_t kQuestionBytesMax = 512;

// Cut where a character of UTF-8 begins.
std::string_view Cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

Thread ReadThread(const Query& row) {
  return {.product = {row.Text(0)},
          .id = {row.Text(1)},
          .owner = {static_cast<Owner::Kind>(row.Integer(2)), row.Text(3)},
          .created_at = row.Integer(4),
          .active_at = row.Integer(5),
          .title = row.Text(6),
          .handed_off_at = row.Integer(7),
          .handoffs = static_cast<int>(row.Integer(8))};
}

StoredMessage ReadMessage(const Query& row) {
  return {.id = {row.Text(0)},
          .run = {row.Text(1)},
          .role = static_cast<StoredMessage::Role>(row.Integer(2)),
          .status = static_cast<StoredMessage::Status>(row.Integer(3)),
          .text = row.Text(4),
          .metadata_json = row.Text(5),
          .at = row.Integer(6),
          .rating = static_cast<StoredMessage::Rating>(row.Integer(7)),
          .comment = row.Text(8)};
}

StoredInterrupt ReadInterrupt(const Query& row) {
  return {.id = row.Text(0),
          .run = {row.Text(1)},
          .sub = row.Text(2),
          .tool = row.Text(3),
          .call_id = row.Text(4),
          .arguments_json = row.Text(5),
          .arguments_sha256 = row.Text(6),
          .message = row.Text(7),
          .asked_at = row.Integer(8),
          .expires_at = row.Integer(9),
          .state = static_cast<StoredInterrupt::State>(row.Integer(10)),
          .answered_by = {row.Text(11)},
          .effect = static_cast<int>(row.Integer(12)),
          .by_operator = row.Integer(13) != 0,
          .decision = static_cast<StoredInterrupt::Decision>(row.Integer(14)),
          .decided_by = row.Text(15)};
}

std::string SelectInterrupt(const std::string& product = "?") {
  return "SELECT i.id, i.run, i.sub, i.tool, i.call, i.arguments, i.arguments_sha256, i.message, i.asked_at, "
         "i.expires_at, i.state, i.answered_by, i.effect, i.by_operator, i.decision, i.decided_by, t.id "
         "FROM interrupts i JOIN threads t ON t.key = i.thread WHERE t.product = " +
         product + " AND ";
}

AuditRow ReadAuditRow(const Query& row) {
  return {.seq = row.Integer(0),
          .at = row.Integer(1),
          .user = row.Text(2),
          .action = row.Text(3),
          .outcome = row.Text(4),
          .record = row.Text(5),
          .prev_hash = row.Text(6),
          .hash = row.Text(7)};
}

// Where a row stands in the order of time.
struct AuditPlace {
  UnixMillis at = INT64_MIN;
  std::int64_t seq = -1;
  auto operator<=>(const AuditPlace&) const = default;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(const std::string& path, sqlite::Database::Mode mode) : database_(path, mode) {
    if (mode == sqlite::Database::Mode::kReadOnly) {
      CheckSchema(database_);
      return;
    }
    // The schema first: a file of another program is left as it was.
    MigrateSchema(database_);
    database_.Execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
        "PRAGMA journal_size_limit = 67108864");
  }

  std::optional<Thread> FindThread(const ProductId& product, const ThreadId& thread) override {
    Query row(
        database_,
        "SELECT product, id, owner_kind, owner_id, created_at, active_at, title, handed_off_at, handoffs FROM threads "
        "WHERE product = ? AND id = ?",
        product.value, thread.value);
    if (!row.Step()) return std::nullopt;
    return ReadThread(row);
  }

  void PutThread(const Thread& thread) override {
    Write(
        "INSERT INTO threads (product, id, owner_kind, owner_id, created_at, active_at, title) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (product, id) DO UPDATE SET active_at = excluded.active_at, title = excluded.title",
        thread.product.value, thread.id.value, static_cast<std::int64_t>(thread.owner.kind), thread.owner.id,
        thread.created_at, thread.active_at, thread.title);
  }

  void PutHandoff(const ProductId& product, const ThreadId& thread, UnixMillis at) override {
    RequireThread(product, thread);
    Write("UPDATE threads SET handed_off_at = ?1, handoffs = handoffs + (?1 > 0) WHERE product = ?2 AND id = ?3", at,
          product.value, thread.value);
  }

  std::vector<Thread> ListThreads(const ProductId& product, const Owner& owner, int limit) override {
    Query row(
        database_,
        "SELECT product, id, owner_kind, owner_id, created_at, active_at, title, handed_off_at, handoffs FROM threads "
        "WHERE product = ? AND owner_kind = ? AND owner_id = ? ORDER BY active_at DESC, key DESC LIMIT ?",
        product.value, static_cast<std::int64_t>(owner.kind), owner.id, std::int64_t{limit});
    std::vector<Thread> threads;
    while (row.Step()) threads.push_back(ReadThread(row));
    return threads;
  }

  void DeleteThread(const ProductId& product, const ThreadId& thread) override {
    Write("DELETE FROM threads WHERE product = ? AND id = ?", product.value, thread.value);
  }

  void MoveThread(const ProductId& product, const ThreadId& thread, const Owner& owner) override {
    RequireThread(product, thread);
    MarkUnverified(product, thread);
    RememberMove(product, thread, thread);
    Write("UPDATE threads SET owner_kind = ?, owner_id = ? WHERE product = ? AND id = ?",
          static_cast<std::int64_t>(owner.kind), owner.id, product.value, thread.value);
  }

  void AppendThread(const ProductId& product, const ThreadId& thread, const ThreadId& target) override {
    RequireThread(product, thread);
    RequireThread(product, target);
    MarkUnverified(product, thread);
    Write(
        "INSERT INTO messages (thread, id, run, role, status, text, metadata, at, rating, comment, rated_at) "
        "SELECT t.key, m.id, m.run, m.role, m.status, m.text, m.metadata, m.at, m.rating, m.comment, m.rated_at "
        "FROM messages m "
        "JOIN threads g ON g.key = m.thread JOIN threads t ON t.product = g.product "
        "WHERE g.product = ? AND g.id = ? AND t.id = ? ORDER BY m.key ON CONFLICT (thread, id) DO NOTHING",
        product.value, thread.value, target.value);
    Write(
        "INSERT INTO runs (thread, id, input_sha256, message, status, events, started_at) "
        "SELECT t.key, r.id, r.input_sha256, r.message, r.status, r.events, r.started_at FROM runs r "
        "JOIN threads g ON g.key = r.thread JOIN threads t ON t.product = g.product "
        "WHERE g.product = ? AND g.id = ? AND t.id = ? ORDER BY r.key ON CONFLICT (thread, id) DO NOTHING",
        product.value, thread.value, target.value);
    RememberMove(product, thread, target);
    Write(
        "UPDATE threads SET active_at = max(active_at, (SELECT active_at FROM threads WHERE product = ?1 AND id = ?2)) "
        "WHERE product = ?1 AND id = ?3",
        product.value, thread.value, target.value);
    DeleteThread(product, thread);
  }

  std::optional<Thread> FindMoved(const ProductId& product, const ThreadId& thread,
                                  std::string_view guest_id) override {
    Query row(database_,
              "SELECT t.product, t.id, t.owner_kind, t.owner_id, t.created_at, t.active_at, t.title, t.handed_off_at, "
              "t.handoffs "
              "FROM moves m "
              "JOIN threads t ON t.key = m.target WHERE m.product = ? AND m.thread = ? AND m.guest = ?",
              product.value, thread.value, guest_id);
    if (!row.Step()) return std::nullopt;
    return ReadThread(row);
  }

  void AppendMessage(const ProductId& product, const ThreadId& thread, const StoredMessage& message) override {
    const bool is_written = Write(
        "INSERT INTO messages (thread, id, run, role, status, text, metadata, at) "
        "SELECT key, ?, ?, ?, ?, ?, ?, ? FROM threads WHERE product = ? AND id = ? "
        "ON CONFLICT (thread, id) DO NOTHING",
        message.id.value, message.run.value, static_cast<std::int64_t>(message.role),
        static_cast<std::int64_t>(message.status), message.text, message.metadata_json, message.at, product.value,
        thread.value);
    if (is_written && database_.Changes() == 0) RequireThread(product, thread);
  }

  std::optional<StoredMessage> FindMessage(const ProductId& product, const ThreadId& thread,
                                           const MessageId& message) override {
    Query row(database_,
              "SELECT m.id, m.run, m.role, m.status, m.text, m.metadata, m.at, m.rating, m.comment FROM messages m "
              "JOIN threads t ON t.key = m.thread WHERE t.product = ? AND t.id = ? AND m.id = ?",
              product.value, thread.value, message.value);
    if (!row.Step()) return std::nullopt;
    return ReadMessage(row);
  }

  void DeleteUnfinishedReplies(const ProductId& product, const ThreadId& thread, const MessageId& message) override {
    Write(
        "DELETE FROM messages WHERE thread = (SELECT key FROM threads WHERE product = ?1 AND id = ?2) "
        "AND role = ?3 AND status <> ?4 AND run IN (SELECT r.id FROM runs r WHERE r.thread = messages.thread AND "
        "r.message = ?5)",
        product.value, thread.value, static_cast<std::int64_t>(StoredMessage::Role::kAssistant),
        static_cast<std::int64_t>(StoredMessage::Status::kDone), message.value);
  }

  bool PutFeedback(const ProductId& product, const ThreadId& thread, const MessageId& reply,
                   StoredMessage::Rating rating, std::string_view comment, UnixMillis at) override {
    const bool is_written = Write(
        "UPDATE messages SET rating = ?, comment = ?, rated_at = ? WHERE thread = (SELECT key FROM threads WHERE "
        "product = ? AND id = ?) AND id = ? AND role = ?",
        static_cast<std::int64_t>(rating), comment, at, product.value, thread.value, reply.value,
        static_cast<std::int64_t>(StoredMessage::Role::kAssistant));
    return !is_written || database_.Changes() > 0;
  }

  std::vector<Feedback> ListFeedback(const ProductId& product, int limit) override {
    Query row(database_,
              "SELECT m.id, m.run, m.role, m.status, m.text, m.metadata, m.at, m.rating, m.comment, m.rated_at, t.id, "
              "t.owner_kind, t.owner_id, t.title FROM messages m JOIN threads t ON t.key = m.thread "
              "WHERE m.rating <> 0 AND t.product = ? ORDER BY m.rated_at DESC, m.key DESC LIMIT ?",
              product.value, std::int64_t{limit});
    std::vector<Feedback> all;
    while (row.Step()) {
      Feedback& feedback = all.emplace_back();
      feedback.reply = ReadMessage(row);
      feedback.at = row.Integer(9);
      feedback.thread.product = product;
      feedback.thread.id = {row.Text(10)};
      feedback.thread.owner = {static_cast<Owner::Kind>(row.Integer(11)), row.Text(12)};
      feedback.thread.title = row.Text(13);
    }
    return all;
  }

  std::vector<StoredMessage> ListMessages(const ProductId& product, const ThreadId& thread, int limit) override {
    Query row(database_,
              "SELECT id, run, role, status, text, metadata, at, rating, comment FROM messages "
              "WHERE thread = (SELECT key FROM threads WHERE product = ? AND id = ?) ORDER BY key DESC LIMIT ?",
              product.value, thread.value, std::int64_t{limit});
    std::vector<StoredMessage> messages;
    while (row.Step()) messages.push_back(ReadMessage(row));
    return {std::make_move_iterator(messages.rbegin()), std::make_move_iterator(messages.rend())};
  }

  std::optional<StoredRun> FindRun(const ProductId& product, const ThreadId& thread, const RunId& run) override {
    Query row(database_,
              "SELECT r.id, r.input_sha256, r.message, r.status, r.events, r.started_at FROM runs r "
              "JOIN threads t ON t.key = r.thread WHERE t.product = ? AND t.id = ? AND r.id = ?",
              product.value, thread.value, run.value);
    if (!row.Step()) return std::nullopt;
    return StoredRun{.id = {row.Text(0)},
                     .input_sha256 = row.Text(1),
                     .message = {row.Text(2)},
                     .status = static_cast<StoredRun::Status>(row.Integer(3)),
                     .events = row.Text(4),
                     .started_at = row.Integer(5)};
  }

  void PutRun(const ProductId& product, const ThreadId& thread, const StoredRun& run) override {
    const bool is_written = Write(
        "INSERT INTO runs (thread, id, input_sha256, message, status, events, started_at) "
        "SELECT key, ?, ?, ?, ?, ?, ? FROM threads WHERE product = ? AND id = ? "
        "ON CONFLICT (thread, id) DO UPDATE SET input_sha256 = excluded.input_sha256, "
        "message = excluded.message, status = excluded.status, events = excluded.events, "
        "started_at = excluded.started_at",
        run.id.value, run.input_sha256, run.message.value, static_cast<std::int64_t>(run.status), run.events,
        run.started_at, product.value, thread.value);
    if (is_written && database_.Changes() == 0) RequireThread(product, thread);
  }

  int InterruptRunningRuns() override {
    static_assert(static_cast<int>(StoredRun::Status::kRunning) == 0);  // the partial index of the schema
    const bool is_written = Write("UPDATE runs SET status = ? WHERE status = 0",
                                  static_cast<std::int64_t>(StoredRun::Status::kInterrupted));
    return is_written ? database_.Changes() : 0;
  }

  void AppendInterrupt(const ProductId& product, const ThreadId& thread, const StoredInterrupt& interrupt) override {
    const bool is_written = Write(
        "INSERT INTO interrupts (thread, id, run, sub, tool, call, arguments, arguments_sha256, message, asked_at, "
        "expires_at, state, answered_by, effect, by_operator, decision, decided_by) "
        "SELECT key, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM threads WHERE product = ? AND id = ?",
        interrupt.id, interrupt.run.value, interrupt.sub, interrupt.tool, interrupt.call_id, interrupt.arguments_json,
        interrupt.arguments_sha256, interrupt.message, interrupt.asked_at, interrupt.expires_at,
        static_cast<std::int64_t>(interrupt.state), interrupt.answered_by.value, std::int64_t{interrupt.effect},
        std::int64_t{interrupt.by_operator}, static_cast<std::int64_t>(interrupt.decision), interrupt.decided_by,
        product.value, thread.value);
    if (is_written && database_.Changes() == 0) RequireThread(product, thread);
  }

  std::optional<StoredInterrupt> FindInterrupt(const ProductId& product, const ThreadId& thread,
                                               const std::string& id) override {
    Query row(database_, SelectInterrupt() + "t.id = ? AND i.id = ?", product.value, thread.value, id);
    if (!row.Step()) return std::nullopt;
    return ReadInterrupt(row);
  }

  std::optional<StoredInterrupt> FindPendingInterrupt(const ProductId& product, const ThreadId& thread) override {
    static_assert(static_cast<int>(StoredInterrupt::State::kPending) == 0);  // the partial index of the schema
    Query row(database_,
              SelectInterrupt() + "t.id = ? AND i.state = 0 AND i.by_operator = 0 ORDER BY i.key DESC LIMIT 1",
              product.value, thread.value);
    if (!row.Step()) return std::nullopt;
    return ReadInterrupt(row);
  }

  std::vector<OperatorQuestion> ListOperatorQuestions(const ProductId& product, const ThreadId& thread) override {
    std::string where = "i.state = 0 AND i.by_operator = 1 AND ?2 = ?2";
    if (!thread.value.empty()) where += " AND t.id = ?2";
    Query row(database_, SelectInterrupt("?1") + where + " ORDER BY i.key", product.value, thread.value);
    std::vector<OperatorQuestion> questions;
    while (row.Step()) questions.push_back({{row.Text(16)}, ReadInterrupt(row)});
    return questions;
  }

  bool DecideInterrupt(const ProductId& product, const ThreadId& thread, const std::string& id,
                       StoredInterrupt::Decision decision, const std::string& by) override {
    const bool is_written = Write(
        "UPDATE interrupts SET decision = ?, decided_by = ? WHERE thread = (SELECT key FROM threads WHERE product = ? "
        "AND id = ?) AND id = ? AND state = 0 AND by_operator = 1 AND decision = 0",
        static_cast<std::int64_t>(decision), by, product.value, thread.value, id);
    return is_written && database_.Changes() > 0;
  }

  bool SettleInterrupt(const ProductId& product, const ThreadId& thread, const std::string& id,
                       StoredInterrupt::State state, const RunId& answered_by) override {
    const bool is_written = Write(
        "UPDATE interrupts SET state = ?, answered_by = ? WHERE thread = (SELECT key FROM threads WHERE product = ? "
        "AND id = ?) AND id = ? AND state = 0",
        static_cast<std::int64_t>(state), answered_by.value, product.value, thread.value, id);
    return is_written && database_.Changes() > 0;
  }

  AuditHead FindAuditHead(const ProductId& product) override {
    Query row(database_, "SELECT seq, hash FROM audit WHERE product = ? ORDER BY seq DESC LIMIT 1", product.value);
    if (!row.Step()) return {.count = 0, .hash = std::string(64, '0')};
    return {.count = row.Integer(0), .hash = row.Text(1)};
  }

  void AppendAudit(const ProductId& product, const AuditRow& row) override {
    Write(
        "INSERT INTO audit (product, seq, at, user, action, outcome, record, prev_hash, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        product.value, row.seq, row.at, row.user, row.action, row.outcome, row.record, row.prev_hash, row.hash);
  }

  std::vector<AuditRow> FindAudit(const ProductId& product, const AuditQuery& query) override {
    const bool is_forward = query.after.has_value();
    const bool is_whole_chain = is_forward && query.user.empty() && query.action.empty() && query.outcome.empty() &&
                                query.since == 0 && query.until == INT64_MAX;
    const AuditPlace first =
        std::max(AuditPlace{query.since, -1}, is_forward ? FindAuditPlace(product, *query.after) : AuditPlace());
    const AuditPlace last = query.before
                                ? std::min(AuditPlace{query.until, INT64_MAX}, FindAuditPlace(product, *query.before))
                                : AuditPlace{query.until, INT64_MAX};
    // One text per set of filters, so that each uses the index that fits; '+' keeps the planner off the others. All of
    // them end with at and seq, so that a page is found where the one before has ended.
    std::string sql =
        "SELECT seq, at, user, action, outcome, record, prev_hash, hash FROM audit WHERE product = ?1 "
        "AND ?2 = ?2 AND ?4 = ?4 AND ?7 = ?7 AND ?8 = ?8 AND ?9 = ?9";
    if (is_whole_chain) sql += " AND seq > ?3 AND seq < ?5";
    else sql += " AND (at, seq) > (?2, ?3) AND (at, seq) < (?4, ?5)";
    if (!query.user.empty()) sql += " AND user = ?7 AND user <> ''";
    if (!query.action.empty()) sql += query.user.empty() ? " AND action = ?8" : " AND +action = ?8";
    if (!query.outcome.empty()) sql += " AND outcome = ?9";
    sql += is_whole_chain ? " ORDER BY seq" : is_forward ? " ORDER BY at, seq" : " ORDER BY at DESC, seq DESC";
    Query row(database_, sql + " LIMIT ?6", product.value, first.at, first.seq, last.at, last.seq,
              std::int64_t{query.limit}, query.user, query.action, query.outcome);
    std::vector<AuditRow> rows;
    while (row.Step()) rows.push_back(ReadAuditRow(row));
    return rows;
  }

  void VisitAudit(const ProductId& product, const std::function<bool(const AuditRow&)>& visit) override {
    Query row(database_,
              "SELECT seq, at, user, action, outcome, record, prev_hash, hash FROM audit WHERE product = ? "
              "ORDER BY seq",
              product.value);
    while (row.Step() && visit(ReadAuditRow(row))) {
    }
  }

  std::vector<ProductId> ListAuditedProducts() override {
    // One step down the index per product: DISTINCT would read every row.
    std::vector<ProductId> products;
    for (;;) {
      const std::string last = products.empty() ? "" : products.back().value;
      Query row(database_, "SELECT product FROM audit WHERE product > ? ORDER BY product LIMIT 1", last);
      if (!row.Step()) return products;
      products.push_back({row.Text(0)});
    }
  }

  void RecordUnanswered(const ProductId& product, std::string_view question, UnixMillis at) override {
    Write(
        "INSERT INTO unanswered (product, question, times, first_at, last_at) VALUES (?1, ?2, 1, ?3, ?3) "
        "ON CONFLICT (product, question) DO UPDATE SET times = times + 1, last_at = excluded.last_at",
        product.value, Cut(question, kQuestionBytesMax), at);
    Write(
        "DELETE FROM unanswered WHERE product = ?1 AND last_at < "
        "(SELECT last_at FROM unanswered WHERE product = ?1 ORDER BY last_at DESC LIMIT 1 OFFSET ?2)",
        product.value, std::int64_t{kUnansweredMax - 1});
  }

  std::vector<UnansweredQuestion> ListUnanswered(const ProductId& product, int limit) override {
    Query row(database_,
              "SELECT question, times, first_at, last_at FROM unanswered WHERE product = ? "
              "ORDER BY times DESC, last_at DESC, question LIMIT ?",
              product.value, std::int64_t{limit});
    std::vector<UnansweredQuestion> all;
    while (row.Step()) all.push_back({row.Text(0), row.Integer(1), row.Integer(2), row.Integer(3)});
    return all;
  }

  void DeleteUnanswered(const ProductId& product) override {
    Write("DELETE FROM unanswered WHERE product = ?", product.value);
  }

  void RecordSecretUse(const ProductId& product, const std::string& kid, UnixMillis at) override {
    Write(
        "INSERT INTO secrets (product, kid, used_at) VALUES (?, ?, ?) "
        "ON CONFLICT (product, kid) DO UPDATE SET used_at = max(used_at, excluded.used_at)",
        product.value, kid, at);
  }

  void RecordSecretLeak(const ProductId& product, const std::string& kid, UnixMillis at,
                        std::string_view origin) override {
    Write(
        "INSERT INTO secrets (product, kid, leaked_at, leaked_origin) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (product, kid) DO UPDATE SET leaked_at = excluded.leaked_at, "
        "leaked_origin = excluded.leaked_origin WHERE leaked_at = 0",
        product.value, kid, at, origin);
  }

  std::vector<SecretRecord> ListSecretRecords(const ProductId& product) override {
    Query row(database_, "SELECT kid, used_at, leaked_at, leaked_origin FROM secrets WHERE product = ? ORDER BY kid",
              product.value);
    std::vector<SecretRecord> records;
    while (row.Step()) {
      records.push_back(
          {.kid = row.Text(0), .used_at = row.Integer(1), .leaked_at = row.Integer(2), .leaked_origin = row.Text(3)});
    }
    return records;
  }

  void PutRevocation(const Revocation& revocation) override {
    Write(
        "INSERT INTO revocations (product, sub, at) VALUES (?, ?, ?) "
        "ON CONFLICT (product, sub) DO UPDATE SET at = max(at, excluded.at)",
        revocation.product.value, revocation.sub, revocation.at);
    // What was asked for under a revoked token is not to be had by a later yes.
    Write(
        "UPDATE interrupts SET expires_at = min(expires_at, ?1) WHERE state = 0 AND sub = ?2 "
        "AND thread IN (SELECT key FROM threads WHERE product = ?3)",
        revocation.at, revocation.sub, revocation.product.value);
  }

  std::optional<UnixMillis> FindRevocation(const ProductId& product, std::string_view sub) override {
    Query row(database_, "SELECT at FROM revocations WHERE product = ? AND sub = ?", product.value, sub);
    if (!row.Step()) return std::nullopt;
    return row.Integer(0);
  }

  std::vector<Revocation> ListRevocations(UnixMillis since) override {
    Query row(database_, "SELECT product, sub, at FROM revocations WHERE at >= ? ORDER BY at", since);
    std::vector<Revocation> revocations;
    while (row.Step()) revocations.push_back({{row.Text(0)}, row.Text(1), row.Integer(2)});
    return revocations;
  }

  void BeginReading() override {
    if (state_ != State::kIdle || is_reading_) return;
    Query(database_, "BEGIN").Step();
    is_reading_ = true;
  }

  void EndReading() override {
    if (std::exchange(is_reading_, false)) Query(database_, "COMMIT").Step();
  }

  bool BeginWriting() override { return state_ == State::kOpen || Write("SELECT 1"); }

  void AfterCommit(std::function<void()> done) override {
    if (!HasPending()) return done();
    after_commit_.push_back(std::move(done));
  }

  bool Commit() override {
    if (!HasPending()) return true;
    const State state = std::exchange(state_, State::kIdle);
    // Taken first: a callback may write and wait for the next Commit.
    const std::vector<std::function<void()>> callbacks = std::exchange(after_commit_, {});
    if (state == State::kRefused || !TryCommit()) {
      Rollback();
      return false;
    }
    std::exception_ptr thrown;
    for (const auto& done : callbacks) {
      try {
        done();
      } catch (...) {
        if (!thrown) thrown = std::current_exception();
      }
    }
    if (thrown) std::rethrow_exception(thrown);
    return true;
  }

  bool HasPending() const override { return state_ != State::kIdle; }
  std::string LastError() const override { return last_error_; }

 private:
  // kRefused: the disk refused a part of the transaction, so that nothing of it may be kept.
  enum class State : std::uint8_t { kIdle, kOpen, kRefused };

  // Answers false, and remembers it for Commit, where the disk refuses.
  template <class... Arguments>
  bool Write(std::string_view sql, const Arguments&... arguments) {
    if (state_ == State::kRefused) return false;
    try {
      if (state_ == State::kIdle) {
        EndReading();
        state_ = State::kOpen;
        Query(database_, "BEGIN IMMEDIATE").Step();
      }
      Query(database_, sql, arguments...).Step();
      return true;
    } catch (const sqlite::Error& error) {
      if (!error.IsRefusal()) throw;
      last_error_ = error.what();
      state_ = State::kRefused;
      return false;
    }
  }

  // The row of this seq, or the next one that there is; before the first one the beginning, behind the last one the
  // end.
  AuditPlace FindAuditPlace(const ProductId& product, std::int64_t seq) {
    if (seq < 1) return {};
    Query row(database_, "SELECT at, seq FROM audit WHERE product = ? AND seq >= ? ORDER BY seq LIMIT 1", product.value,
              seq);
    if (!row.Step()) return {INT64_MAX, INT64_MAX};
    return {row.Integer(0), row.Integer(1)};
  }

  void MarkUnverified(const ProductId& product, const ThreadId& thread) {
    Write(
        "UPDATE messages SET metadata = ? WHERE thread = (SELECT key FROM threads WHERE product = ? AND id = ?) "
        "AND role = ?",
        kUnverifiedTurn, product.value, thread.value, static_cast<std::int64_t>(StoredMessage::Role::kUser));
  }

  // To be called while the thread is still the guest's.
  void RememberMove(const ProductId& product, const ThreadId& thread, const ThreadId& target) {
    Write(
        "INSERT OR REPLACE INTO moves (product, thread, guest, target) SELECT g.product, g.id, g.owner_id, t.key "
        "FROM threads g JOIN threads t ON t.product = g.product WHERE g.product = ? AND g.id = ? AND t.id = ?",
        product.value, thread.value, target.value);
  }

  void RequireThread(const ProductId& product, const ThreadId& thread) {
    if (!FindThread(product, thread)) throw std::runtime_error("store: there is no thread " + thread.value);
  }

  bool TryCommit() {
    try {
      Query(database_, "COMMIT").Step();
      return true;
    } catch (const sqlite::Error& error) {
      last_error_ = error.what();
      return false;
    }
  }

  void Rollback() {
    if (database_.IsAutocommit()) return;  // SQLite rolled back by itself
    try {
      Query(database_, "ROLLBACK").Step();
    } catch (const sqlite::Error& error) {
      last_error_ = error.what();
    }
  }

  sqlite::Database database_;
  State state_ = State::kIdle;
  bool is_reading_ = false;
  std::vector<std::function<void()>> after_commit_;
  std::string last_error_;
};

std::unique_ptr<Store> Open(const std::string& path, sqlite::Database::Mode mode) {
  try {
    return std::make_unique<SqliteStore>(path, mode);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("The store " + path + " cannot be opened: " + error.what() + ".");
  }
}

}  // namespace

std::unique_ptr<Store> OpenSqliteStore(const std::string& path) {
  return Open(path, sqlite::Database::Mode::kReadWrite);
}

std::unique_ptr<Store> OpenSqliteStoreReadOnly(const std::string& path) {
  return Open(path, sqlite::Database::Mode::kReadOnly);
}

}  // namespace widgent
