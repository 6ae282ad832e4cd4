// A store in memory that fails as a disk and a process do: at the next commit the process may die just before or just
// after it, and for a while the disk may refuse to keep anything.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "support/memory_store.h"

namespace widgent::test {

class SimStore final : public MemoryStore {
 public:
  enum class Doom { kNone, kBeforeCommit, kAfterCommit };

  SimStore() = default;
  // As found by a process that starts.
  explicit SimStore(const MemoryStore& disk) : MemoryStore(disk) { ForgetPending(); }

  // Called with each thread whose owner or messages have changed, once that is durable.
  std::function<void(const ThreadId&)> on_change;

  void DieAtCommit(Doom doom) {
    doom_ = doom;
    disk_ = std::make_unique<MemoryStore>(*this);
  }
  // The process has died in a commit: nothing that it says or writes from then on counts.
  bool is_dead() const { return is_dead_; }
  void Refuse() {
    if (!is_full_) disk_ = std::make_unique<MemoryStore>(*this);
    is_full_ = true;
  }
  void Accept() { is_full_ = false; }
  // What the next process finds.
  std::unique_ptr<SimStore> Reopen() const {
    return std::make_unique<SimStore>(is_dead_ || is_full_ ? *disk_ : static_cast<const MemoryStore&>(*this));
  }

  bool Commit() override {
    const auto changed = std::exchange(changed_, {});
    if (is_full_) {
      MemoryStore::operator=(*disk_);
      ForgetPending();
      return false;
    }
    if (doom_ != Doom::kNone) {
      is_dead_ = true;
      if (doom_ == Doom::kBeforeCommit) return true;
      disk_ = std::make_unique<MemoryStore>(*this);
    }
    MemoryStore::Commit();
    for (const ThreadId& thread : changed)
      if (on_change) on_change(thread);
    return true;
  }
  bool HasPending() const override { return !is_dead_ && MemoryStore::HasPending(); }

  void MoveThread(const ProductId& product, const ThreadId& thread, const Owner& owner) override {
    MemoryStore::MoveThread(product, thread, owner);
    Changed(thread);
  }
  void AppendThread(const ProductId& product, const ThreadId& thread, const ThreadId& target) override {
    MemoryStore::AppendThread(product, thread, target);
    Changed(target);
  }
  void AppendMessage(const ProductId& product, const ThreadId& thread, const StoredMessage& message) override {
    MemoryStore::AppendMessage(product, thread, message);
    Changed(thread);
  }

 private:
  void Changed(const ThreadId& thread) { changed_.insert(thread); }

  Doom doom_ = Doom::kNone;
  bool is_dead_ = false, is_full_ = false;
  std::unique_ptr<MemoryStore> disk_;
  std::set<ThreadId> changed_;
};

}  // namespace widgent::test
