// Runs: a message in, a stream of AG-UI events out; following, resuming and cancelling it.
#pragma once
#include <optional>

#include "agent/limits.h"
#include "protocol/ag_ui.h"
#include "server/approvals.h"
#include "server/exchange.h"
#include "server/run_hub.h"
#include "server/watchers.h"
#include "store/store.h"

namespace widgent {

class RunApi {
 public:
  RunApi(Store& store, AuditLog& audit, Limits& limits, RunHub& hub, Watchers& watchers)
      : store_(store), approvals_(store, audit), limits_(limits), hub_(hub), watchers_(watchers) {}

  void PostAgent(const ExchangePtr& x);
  // The same in the words of the AI SDK.
  void PostChat(const ExchangePtr& x);
  void GetEvents(const ExchangePtr& x);
  void PostCancel(const ExchangePtr& x);

  // From now on no new run is admitted: the server is about to stop.
  void Drain() { is_draining_ = true; }

 private:
  void Start(const ExchangePtr& x, const RunAgentInput& input);
  // The run's id was used before: shows the same run again instead of executing it twice.
  void Repeat(const ExchangePtr& x, const ThreadId& thread, const StoredRun& run);
  // Shows `run` from `cursor` on, whether it goes on, has ended, or was cut off by a crash.
  void Show(const ExchangePtr& x, const ThreadId& thread, const StoredRun& run, std::size_t cursor);
  std::optional<Problem> CheckLimits(Exchange& x, const Owner& owner);
  void WriteMessage(const Exchange& x, const RunAgentInput& input, std::optional<Thread> thread, const Owner& owner,
                    bool is_new_message);
  void TouchThread(const Exchange& x, Thread thread);
  std::vector<StoredMessage> HistoryUpTo(const ProductId& product, const ThreadId& thread, const MessageId& question);

  Store& store_;
  Approvals approvals_;
  Limits& limits_;
  RunHub& hub_;
  Watchers& watchers_;
  bool is_draining_ = false;
};

}  // namespace widgent
