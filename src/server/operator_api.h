// What the owner's people do: they speak in a conversation that was handed over to them, hand it back, and say yes or
// no to the calls of tools that wait for them. For the help desk's backend, behind AdminApi, which has checked the key.
#pragma once
#include <functional>
#include <string>

#include "audit/audit.h"
#include "server/commit_queue.h"
#include "server/exchange.h"
#include "server/watchers.h"
#include "store/store.h"

namespace widgent {

class OperatorApi {
 public:
  OperatorApi(Store& store, AuditLog& audit, CommitQueue& commits, Watchers& watchers,
              std::function<std::string(std::size_t bytes)> random)
      : store_(store), audit_(audit), commits_(commits), watchers_(watchers), random_(std::move(random)) {}

  // POST …/threads/{tid}/messages {"text", "name"?}: 201 {"id", "thread_id", "at"}. Again with the same
  // Idempotency-Key: the same answer, and nothing is said twice. `by` goes into the audit log: "admin key …".
  void PostMessage(const ExchangePtr& x, const ThreadId& thread, const std::string& by);

  // POST …/threads/{tid}/hand-back: the agent answers again. 200 {"thread_id", "handed_off": false}, also where it did.
  void PostHandBack(const ExchangePtr& x, const ThreadId& thread, const std::string& by);

  // GET …/approvals: 200, as WriteQuestions says.
  void ListApprovals(const ExchangePtr& x);

  // POST …/approvals/{id} {"approved": true | false, "name"?}: 200 {"id", "approved"}; the same answer again is
  // answered alike. Another one, or one that comes too late, is 409 approval_closed.
  void PostApproval(const ExchangePtr& x, const std::string& id, const std::string& by);

 private:
  void Audit(const Exchange& x, const Thread& thread, OperatorAct act);
  void TellPages(const ProductId& product, const ThreadId& thread);

  Store& store_;
  AuditLog& audit_;
  CommitQueue& commits_;
  Watchers& watchers_;
  std::function<std::string(std::size_t bytes)> random_;
};

}  // namespace widgent
