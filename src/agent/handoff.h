// A conversation in the hands of people: what the owner's help desk is told when it is handed over (handoff.requested),
// and what the visitor says from then on (handoff.message).
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "agent/agent.h"
#include "agent/tool_outcome.h"

namespace widgent {

// The product's tool that hands_off, or nullptr.
const ToolConfig* FindHelpDesk(const Product& product);

// The webhook-id of a hand-off. The same until the conversation has been handed over once more, so that a help desk
// that has taken it, although its answer was lost, does not open a second ticket.
std::string HandoffId(const Thread& thread);

// The body of handoff.requested: who, in which conversation, and all that was said in it.
std::string WriteHandoffBody(const ToolRequest& request, UnixMillis now);

// A run in a conversation that was handed over: passes the visitor's message on to the help desk and says nothing. It
// fails with handoff_undelivered where the help desk has not taken it; sending the message again has the same id there.
std::unique_ptr<AgentRun> ForwardMessage(AgentPorts ports, RunRequest request, std::function<void(RunResult)> done);

}  // namespace widgent
