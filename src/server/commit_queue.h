// Answers that wait until what they acknowledge is on disk. Writes of one turn of the loop share one transaction.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "store/store.h"

namespace widgent {

class CommitQueue {
 public:
  explicit CommitQueue(Store& store) : store_(store) {}

  // Calls `committed` once everything written so far is durable (at once where nothing is pending), or `failed` where
  // the disk refused. Neither is called after this queue is gone: a crash answers nobody.
  void After(std::function<void()> committed, std::function<void()> failed);

  // To be called at the end of each turn of the loop. False where a transaction was lost.
  bool EndTurn();

 private:
  struct Waiting {
    std::function<void()> committed, failed;
  };
  Store& store_;
  std::vector<std::shared_ptr<Waiting>> waiting_;
};

}  // namespace widgent
