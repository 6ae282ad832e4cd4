// Questions to users and to the owner's people, as the server keeps them: who may answer, once, and what is asked for
// in vain.
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

  // The open questions of a thread, where they can still be answered; an operator's also where it is decided and no run
  // has gone on from it.
  std::vector<Interrupt> ListOpen(const ProductId& product, const ThreadId& thread, UnixMillis now);

 private:
  void Expire(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt);
  void Audit(const Exchange& x, const RunAgentInput& input, const StoredInterrupt& interrupt, ToolAct::Stage stage,
             const std::string& reason);

  Store& store_;
  AuditLog& audit_;
};

// What one of the owner's people has said, once and for all, and who it was, in the audit log. False, and nothing has
// changed, where the question has expired or was decided.
bool DecideApproval(Store& store, AuditLog& audit, const AuditContext& context, const OperatorQuestion& question,
                    bool is_approved, const std::string& by, UnixMillis now);

// True where it still waits for somebody's word.
bool IsOpen(const StoredInterrupt& interrupt, UnixMillis now);

// {"approvals": [{id, thread_id, sub, tool, message, arguments, asked_at, expires_at}]} of those that wait.
std::string WriteQuestions(const std::vector<OperatorQuestion>& questions, UnixMillis now);

}  // namespace widgent
