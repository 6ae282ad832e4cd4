// A Store in memory, for tests that need none of SQLite. Writes are seen at once; AfterCommit waits for Commit.
#pragma once
#include <algorithm>
#include <map>
#include <utility>

#include "store/store.h"

namespace widgent::test {

class MemoryStore : public Store {
 public:
  std::optional<Thread> FindThread(const ProductId& product, const ThreadId& thread) override {
    const auto found = threads_.find({product, thread});
    return found == threads_.end() ? std::nullopt : std::optional(found->second);
  }
  void PutThread(const Thread& thread) override {
    Thread& kept = threads_[{thread.product, thread.id}];
    const Thread before = std::exchange(kept, thread);
    kept.handed_off_at = before.handed_off_at;
    kept.handoffs = before.handoffs;
    pending_ = true;
  }
  void PutHandoff(const ProductId& product, const ThreadId& thread, UnixMillis at) override {
    Thread& kept = threads_[{product, thread}];
    kept.handed_off_at = at;
    kept.handoffs += at > 0;
    pending_ = true;
  }
  std::vector<Thread> ListThreads(const ProductId& product, const Owner& owner, int limit) override {
    std::vector<Thread> threads;
    for (const auto& [key, thread] : threads_) {
      if (key.first == product && thread.owner == owner) threads.push_back(thread);
    }
    std::stable_sort(threads.begin(), threads.end(),
                     [](const Thread& a, const Thread& b) { return a.active_at > b.active_at; });
    threads.resize(std::min(threads.size(), static_cast<std::size_t>(limit)));
    return threads;
  }
  void DeleteThread(const ProductId& product, const ThreadId& thread) override {
    threads_.erase({product, thread});
    messages_.erase({product, thread});
    runs_.erase({product, thread});
    interrupts_.erase({product, thread});
    pending_ = true;
  }

  void MoveThread(const ProductId& product, const ThreadId& thread, const Owner& owner) override {
    MarkUnverified(product, thread);
    Thread& moved = threads_.at({product, thread});
    moves_[{{product, thread}, moved.owner.id}] = thread;
    moved.owner = owner;
    pending_ = true;
  }
  void AppendThread(const ProductId& product, const ThreadId& thread, const ThreadId& target) override {
    MarkUnverified(product, thread);
    const Thread source = threads_.at({product, thread});
    Thread& into = threads_.at({product, target});
    for (const StoredMessage& message : messages_[{product, thread}]) AppendMessage(product, target, message);
    runs_[{product, target}].merge(runs_[{product, thread}]);
    moves_[{{product, thread}, source.owner.id}] = target;
    into.active_at = std::max(into.active_at, source.active_at);
    DeleteThread(product, thread);
  }
  std::optional<Thread> FindMoved(const ProductId& product, const ThreadId& thread,
                                  std::string_view guest_id) override {
    const auto move = moves_.find({{product, thread}, std::string(guest_id)});
    return move == moves_.end() ? std::nullopt : FindThread(product, move->second);
  }

  void AppendMessage(const ProductId& product, const ThreadId& thread, const StoredMessage& message) override {
    if (!FindMessage(product, thread, message.id)) messages_[{product, thread}].push_back(message);
    pending_ = true;
  }
  std::optional<StoredMessage> FindMessage(const ProductId& product, const ThreadId& thread,
                                           const MessageId& message) override {
    for (const StoredMessage& stored : messages_[{product, thread}]) {
      if (stored.id == message) return stored;
    }
    return std::nullopt;
  }
  void DeleteUnfinishedReplies(const ProductId& product, const ThreadId& thread, const MessageId& message) override {
    const auto& runs = runs_[{product, thread}];
    std::erase_if(messages_[{product, thread}], [&](const StoredMessage& stored) {
      const auto run = runs.find(stored.run);
      return stored.role == StoredMessage::Role::kAssistant && stored.status != StoredMessage::Status::kDone &&
             run != runs.end() && run->second.message == message;
    });
    pending_ = true;
  }
  bool PutFeedback(const ProductId& product, const ThreadId& thread, const MessageId& reply,
                   StoredMessage::Rating rating, std::string_view comment, UnixMillis at) override {
    pending_ = true;
    for (StoredMessage& stored : messages_[{product, thread}]) {
      if (stored.id != reply || stored.role != StoredMessage::Role::kAssistant) continue;
      stored.rating = rating;
      stored.comment = comment;
      std::erase_if(feedback_, [&](const Feedback& f) { return f.reply.id == reply && f.thread.id == thread; });
      feedback_.insert(feedback_.begin(), {threads_.at({product, thread}), stored, at});
      return true;
    }
    return false;
  }
  std::vector<Feedback> ListFeedback(const ProductId& product, int limit) override {
    std::vector<Feedback> found;
    for (const Feedback& f : feedback_)
      if (f.thread.product == product && std::ssize(found) < limit) found.push_back(f);
    return found;
  }
  std::vector<StoredMessage> ListMessages(const ProductId& product, const ThreadId& thread, int limit) override {
    const auto& all = messages_[{product, thread}];
    return {all.end() - std::min<std::ptrdiff_t>(limit, std::ssize(all)), all.end()};
  }

  std::optional<StoredRun> FindRun(const ProductId& product, const ThreadId& thread, const RunId& run) override {
    const auto& runs = runs_[{product, thread}];
    const auto found = runs.find(run);
    return found == runs.end() ? std::nullopt : std::optional(found->second);
  }
  void PutRun(const ProductId& product, const ThreadId& thread, const StoredRun& run) override {
    runs_[{product, thread}][run.id] = run;
    pending_ = true;
  }
  int InterruptRunningRuns() override {
    int count = 0;
    for (auto& [key, runs] : runs_) {
      for (auto& [id, run] : runs) {
        if (run.status != StoredRun::Status::kRunning) continue;
        run.status = StoredRun::Status::kInterrupted;
        ++count;
      }
    }
    return count;
  }

  void AppendInterrupt(const ProductId& product, const ThreadId& thread, const StoredInterrupt& interrupt) override {
    interrupts_[{product, thread}].push_back(interrupt);
    pending_ = true;
  }
  std::optional<StoredInterrupt> FindInterrupt(const ProductId& product, const ThreadId& thread,
                                               const std::string& id) override {
    for (const StoredInterrupt& interrupt : interrupts_[{product, thread}])
      if (interrupt.id == id) return interrupt;
    return std::nullopt;
  }
  std::optional<StoredInterrupt> FindPendingInterrupt(const ProductId& product, const ThreadId& thread) override {
    std::optional<StoredInterrupt> newest;
    for (const StoredInterrupt& interrupt : interrupts_[{product, thread}])
      if (interrupt.state == StoredInterrupt::State::kPending && !interrupt.by_operator) newest = interrupt;
    return newest;
  }
  std::vector<OperatorQuestion> ListOperatorQuestions(const ProductId& product, const ThreadId& thread) override {
    std::vector<OperatorQuestion> questions;
    for (const auto& [key, interrupts] : interrupts_) {
      if (key.first != product || (!thread.value.empty() && key.second != thread)) continue;
      for (const StoredInterrupt& interrupt : interrupts)
        if (interrupt.state == StoredInterrupt::State::kPending && interrupt.by_operator)
          questions.push_back({key.second, interrupt});
    }
    return questions;
  }
  bool DecideInterrupt(const ProductId& product, const ThreadId& thread, const std::string& id,
                       StoredInterrupt::Decision decision, const std::string& by) override {
    pending_ = true;
    for (StoredInterrupt& interrupt : interrupts_[{product, thread}]) {
      if (interrupt.id != id || interrupt.state != StoredInterrupt::State::kPending || !interrupt.by_operator ||
          interrupt.decision != StoredInterrupt::Decision::kNone)
        continue;
      interrupt.decision = decision;
      interrupt.decided_by = by;
      return true;
    }
    return false;
  }
  bool SettleInterrupt(const ProductId& product, const ThreadId& thread, const std::string& id,
                       StoredInterrupt::State state, const RunId& answered_by) override {
    pending_ = true;
    for (StoredInterrupt& interrupt : interrupts_[{product, thread}]) {
      if (interrupt.id != id || interrupt.state != StoredInterrupt::State::kPending) continue;
      interrupt.state = state;
      interrupt.answered_by = answered_by;
      return true;
    }
    return false;
  }

  AuditHead FindAuditHead(const ProductId& product) override {
    const auto& rows = audit[product];
    return rows.empty() ? AuditHead{0, std::string(64, '0')} : AuditHead{rows.back().seq, rows.back().hash};
  }
  void AppendAudit(const ProductId& product, const AuditRow& row) override {
    audit[product].push_back(row);
    pending_ = true;
  }
  std::vector<AuditRow> FindAudit(const ProductId& product, const AuditQuery& query) override {
    const auto fits = [](const std::string& asked, const std::string& value) {
      return asked.empty() || asked == value;
    };
    std::vector<AuditRow> found;
    for (const AuditRow& row : audit[product]) {
      if (fits(query.user, row.user) && fits(query.action, row.action) && fits(query.outcome, row.outcome) &&
          row.at >= query.since && row.at <= query.until && row.seq < query.before.value_or(INT64_MAX) &&
          row.seq > query.after.value_or(0)) {
        found.push_back(row);
      }
    }
    if (!query.after) std::reverse(found.begin(), found.end());
    if (std::ssize(found) > query.limit) found.resize(static_cast<std::size_t>(query.limit));
    return found;
  }
  void VisitAudit(const ProductId& product, const std::function<bool(const AuditRow&)>& visit) override {
    for (const AuditRow& row : audit[product]) {
      if (!visit(row)) return;
    }
  }
  std::vector<ProductId> ListAuditedProducts() override {
    std::vector<ProductId> products;
    for (const auto& [product, rows] : audit) {
      if (!rows.empty()) products.push_back(product);
    }
    return products;
  }

  void RecordUnanswered(const ProductId& product, std::string_view question, UnixMillis) override {
    unanswered.emplace_back(product, question);
    pending_ = true;
  }
  std::vector<UnansweredQuestion> ListUnanswered(const ProductId&, int) override { return {}; }
  void DeleteUnanswered(const ProductId&) override { unanswered.clear(); }

  void RecordSecretUse(const ProductId& product, const std::string& kid, UnixMillis at) override {
    SecretRecord& record = secrets_[product][kid];
    record.used_at = std::max(record.used_at, at);
    pending_ = true;
  }
  void RecordSecretLeak(const ProductId& product, const std::string& kid, UnixMillis at,
                        std::string_view origin) override {
    SecretRecord& record = secrets_[product][kid];
    if (record.leaked_at == 0) {
      record.leaked_at = at;
      record.leaked_origin = origin;
    }
    pending_ = true;
  }
  std::vector<SecretRecord> ListSecretRecords(const ProductId& product) override {
    std::vector<SecretRecord> records;
    for (const auto& [kid, record] : secrets_[product]) {
      records.push_back(record);
      records.back().kid = kid;
    }
    return records;
  }
  void PutRevocation(const Revocation& revocation) override {
    UnixMillis& at = revocations_[{revocation.product, revocation.sub}];
    at = std::max(at, revocation.at);
    pending_ = true;
  }
  std::optional<UnixMillis> FindRevocation(const ProductId& product, std::string_view sub) override {
    const auto found = revocations_.find({product, std::string(sub)});
    return found == revocations_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<Revocation> ListRevocations(UnixMillis since) override {
    std::vector<Revocation> revocations;
    for (const auto& [user, at] : revocations_) {
      if (at >= since) revocations.push_back({user.first, user.second, at});
    }
    return revocations;
  }
  void BeginReading() override {}
  void EndReading() override {}
  bool BeginWriting() override { return pending_ = true; }

  void AfterCommit(std::function<void()> done) override {
    if (!pending_) return done();
    waiting_.push_back(std::move(done));
  }
  bool Commit() override {
    pending_ = false;
    for (auto& done : std::exchange(waiting_, {})) done();
    return true;
  }
  bool HasPending() const override { return pending_; }
  // What waits for a commit waits in vain: its process is gone.
  void ForgetPending() {
    pending_ = false;
    waiting_.clear();
  }
  std::string LastError() const override { return ""; }

  // Open to tests, which tamper with them.
  std::map<ProductId, std::vector<AuditRow>> audit;
  std::vector<std::pair<ProductId, std::string>> unanswered;

 private:
  void MarkUnverified(const ProductId& product, const ThreadId& thread) {
    for (StoredMessage& message : messages_[{product, thread}])
      if (message.role == StoredMessage::Role::kUser) message.metadata_json = kUnverifiedTurn;
  }

  using ThreadKey = std::pair<ProductId, ThreadId>;
  std::map<ThreadKey, Thread> threads_;
  std::map<ThreadKey, std::vector<StoredMessage>> messages_;
  std::map<ThreadKey, std::map<RunId, StoredRun>> runs_;
  std::map<ThreadKey, std::vector<StoredInterrupt>> interrupts_;
  std::vector<Feedback> feedback_;                               // newest first
  std::map<std::pair<ThreadKey, std::string>, ThreadId> moves_;  // by the guest's thread and anonymous id
  std::map<ProductId, std::map<std::string, SecretRecord>> secrets_;
  std::map<std::pair<ProductId, std::string>, UnixMillis> revocations_;
  std::vector<std::function<void()>> waiting_;
  bool pending_ = false;
};

}  // namespace widgent::test
