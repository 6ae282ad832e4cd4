#include "server/commit_queue.h"

#include <utility>

namespace widgent {

void CommitQueue::After(std::function<void()> committed, std::function<void()> failed) {
  if (!store_.HasPending()) return committed();
  auto waiting = std::make_shared<Waiting>(Waiting{std::move(committed), std::move(failed)});
  waiting_.push_back(waiting);
  store_.AfterCommit([weak = std::weak_ptr<Waiting>(waiting)] {
    if (const auto still_waiting = weak.lock()) still_waiting->committed();
  });
}

bool CommitQueue::EndTurn() {
  bool kept = true;
  // What is acknowledged may cause further writes; they belong to the same turn.
  while (store_.HasPending()) {
    const auto waiting = std::exchange(waiting_, {});
    if (store_.Commit()) continue;
    kept = false;
    for (const auto& lost : waiting) lost->failed();
    if (waiting_.empty()) break;
  }
  return kept;
}

}  // namespace widgent
