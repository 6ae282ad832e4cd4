// Questions to users, as the server keeps them: who may answer, once, and what is asked for in vain.
#pragma once
#include <optional>
#include <string>

#include "agent/agent.h"
#include "audit/audit.h"
#include "protocol/ag_ui.h"
#include "server/exchange.h"
#include "store/store.h"

namespace widgent {

class Approvals {
 public:
  Approvals(Store& store, AuditLog& audit) : store_(store), audit_(audit) {}

  struct Verdict {
    std::string refusal;  // code of a RUN_ERROR: no run, nothing is stored and nothing executed
    std::optional<InterruptAnswer> answer;
    MessageId question;         // the user's message that the asking run was to answer
    bool is_dismissal = false;  // the question is put aside for the message that came instead
  };
  // What becomes of `input` in the caller's own thread. A question that has expired stands in nobody's way; an open one
  // has to be answered, or dismissed ("cancelled") along with the next message.
  Verdict Judge(const Exchange& x, const RunAgentInput& input, bool has_new_message);

  // Takes the question out of the open ones and writes down what was said, all in the transaction of the run that goes
  // on from it: if that is lost, the question is open again.
  void Settle(const Exchange& x, const RunAgentInput& input, const Verdict& verdict);

  // The open question of a thread, where it can still be answered.
  std::vector<Interrupt> ListOpen(const ProductId& product, const ThreadId& thread, UnixMillis now);

 private:
  void Expire(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt);
  void Audit(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt, ToolAct::Stage stage,
             const std::string& reason);

  Store& store_;
  AuditLog& audit_;
};

}  // namespace widgent
