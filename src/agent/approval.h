// The question to a user, or to the owner's people, whether a tool may be called, and what an answer to it is worth.
#pragma once
#include <optional>
#include <string>

#include "agent/agent.h"

namespace widgent {

// Nothing: the question may be put. Otherwise why not, in words for the model: the owner's people have the same one
// before them already, or as many of this conversation as they may have.
std::optional<std::string> RefuseQuestion(AgentPorts& ports, const RunRequest& request, const ToolConfig& tool,
                                          const std::string& arguments_json);

// Puts the question for a call that the policy allows, and keeps it in the store: by the owner's template over the
// arguments that were validated and bound, for this user alone.
StoredInterrupt AskUser(AgentPorts& ports, const RunRequest& request, const ToolConfig& tool,
                        const std::string& call_id, const std::string& arguments_json);

// Nothing: `interrupt` is this user's yes, or the people's to this user, to exactly these arguments. Otherwise
// identity_changed or approval_mismatch.
std::optional<std::string> RefuseApproval(const StoredInterrupt& interrupt, const std::string& tool,
                                          const std::string& arguments_json, const Identity& identity);

// The arguments of an interrupt as the model had filled them in.
std::string WithoutBound(const Product& product, const StoredInterrupt& interrupt);

}  // namespace widgent
