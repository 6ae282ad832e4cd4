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
    threads_[{thread.product, thread.id}] = thread;
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
    pending_ = true;
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
    const auto& rows = audit[product];
    for (auto row = rows.rbegin(); row != rows.rend() && std::ssize(found) < query.limit; ++row) {
      if (fits(query.user, row->user) && fits(query.action, row->action) && fits(query.outcome, row->outcome) &&
          row->at >= query.since && row->at <= query.until) {
        found.push_back(*row);
      }
    }
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
  std::string LastError() const override { return ""; }

  // Open to tests, which tamper with them.
  std::map<ProductId, std::vector<AuditRow>> audit;
  std::vector<std::pair<ProductId, std::string>> unanswered;

 private:
  using ThreadKey = std::pair<ProductId, ThreadId>;
  std::map<ThreadKey, Thread> threads_;
  std::map<ThreadKey, std::vector<StoredMessage>> messages_;
  std::map<ThreadKey, std::map<RunId, StoredRun>> runs_;
  std::vector<std::function<void()>> waiting_;
  bool pending_ = false;
};

}  // namespace widgent::test
