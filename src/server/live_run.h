// A run while it goes on: its agent, the frames that it has said so far, and those who watch. It outlives any socket.
//
// Admitted, the run waits for the commit that makes its message durable (Begin or Abandon). At its end the reply and
// the whole stream are stored in one transaction, and only then does a viewer learn of the end.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "server/commit_queue.h"
#include "server/exchange.h"
#include "server/run_stream.h"

namespace widgent {

class LiveRun : public std::enable_shared_from_this<LiveRun> {
 public:
  // `ended` is called once, last; it must keep the run alive until control is back in the loop.
  LiveRun(AgentPorts ports, CommitQueue& commits, ServedProductPtr served, RunRequest request, StoredRun record,
          Owner owner, std::function<void(LiveRun&)> ended);
  ~LiveRun();
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;

  const ProductId& product() const { return request_.product->id; }
  const ThreadId& thread() const { return request_.thread; }
  const RunId& id() const { return record_.id; }
  const Owner& owner() const { return owner_; }
  const Identity& identity() const { return request_.identity; }
  const TokenPolicy& token_policy() const { return request_.product->token_policy; }
  const KeyRing& keys() const { return request_.product->keys; }

  // What it was admitted with is durable: the agent starts.
  void Begin();
  // It is not: every viewer gets a problem document, and nothing was executed.
  void Abandon();
  void Cancel();
  // Ends it at once without storing anything: its thread is being erased.
  void Drop();

  // Shows `viewer` all frames after number `cursor`, and whatever follows.
  void Attach(const ExchangePtr& viewer, std::size_t cursor);
  // The same for a client that comes in the middle and knows nothing: RUN_STARTED, the history, what is being said.
  void Join(const ExchangePtr& viewer, std::string messages_json);

 private:
  enum class State { kAdmitted, kRunning, kEnding, kEnded };
  // What a latecomer must be told again.
  struct Said {
    MessageId id;
    std::string text;
    bool open = true;
  };
  struct OpenTool {
    std::string id, name;
  };

  void OnEvent(const AgUiEvent& event);
  void OnDone(const RunResult& result);
  void Remember(const AgUiEvent& event);
  void CloseOpenItems();
  void Store(const RunResult& result);
  void Settle(bool is_stored);
  void End();

  void Publish();
  // What a stream needs of its request, which may go: thousands may watch for long.
  using Viewer = std::shared_ptr<http::Responder>;
  void Start(Exchange& viewer);
  void Show(const Viewer& viewer, std::string_view frames);
  void Watch(const Viewer& viewer);
  void BeatAfterAWhile();
  AgUiEvent Started() const;

  AgentPorts ports_;
  CommitQueue& commits_;
  ServedProductPtr served_;  // what the request points into
  RunRequest request_;
  StoredRun record_;
  Owner owner_;
  std::function<void(LiveRun&)> ended_;
  std::unique_ptr<AgentRun> agent_;
  State state_ = State::kAdmitted;
  bool cancel_requested_ = false;

  RunStream stream_;
  std::size_t published_ = 0;         // frames that viewers may see
  std::vector<ExchangePtr> waiting_;  // until it begins
  std::vector<Viewer> viewers_;
  http::TimerId heartbeat_timer_ = 0;
  std::vector<Said> said_;
  std::vector<OpenTool> open_tools_;
};

}  // namespace widgent
