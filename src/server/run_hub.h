// The runs that go on in this process: at most one per thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "server/live_run.h"

namespace widgent {

class RunHub {
 public:
  RunHub(AgentPorts ports, CommitQueue& commits) : ports_(std::move(ports)), commits_(commits) {}

  // The thread's run, or nothing.
  std::shared_ptr<LiveRun> Find(const ProductId& product, const ThreadId& thread) const;
  int CountOf(const ProductId& product, const Owner& owner) const;
  bool IsEmpty() const { return runs_.empty(); }
  std::size_t size() const { return runs_.size(); }

  // Takes a run whose message has just been written. It begins when that is durable. Its thread has none. `served` is
  // what the request points into.
  std::shared_ptr<LiveRun> Admit(ServedProductPtr served, RunRequest request, StoredRun record, Owner owner);

  // Cancels the user's runs that began with a token which this revocation ends. Answers how many.
  int CancelRevoked(const Revocation& revocation, UnixMillis now);

  // Cancels the runs whose user was verified with a secret that is not live in this form of the product. Answers how
  // many.
  int CancelUnkeyed(const Product& product, UnixMillis now);

 private:
  int CancelWhere(const std::function<bool(const LiveRun& run, const User& user)>& is_over);
  void Bury(LiveRun& run);

  AgentPorts ports_;
  CommitQueue& commits_;
  std::map<std::pair<ProductId, ThreadId>, std::shared_ptr<LiveRun>> runs_;
  // Ended ones, until control is back in the loop: an agent must not be destroyed by its own last word.
  std::vector<std::shared_ptr<LiveRun>> buried_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace widgent
