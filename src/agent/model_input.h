// What a model outside of this server is told, whichever way it is spoken to.
#pragma once
#include <string>

#include "agent/agent_model.h"

namespace widgent {

// The JSON Schema of a tool's arguments, without the bound ones: those are filled in from the verified claims, and no
// model sees them.
std::string WriteParameters(const ToolConfig& tool);

// What came of a call, as the content of a tool message.
std::string WriteOutcome(const ToolOutcome& outcome);

// What a model may know of this user: {"state":"verified","name":"Ada",…} or {"state":"guest"}. Only the claims that
// the product lists, at most 4 KiB in all, without control characters.
std::string WriteUserContext(const Prompt& prompt);

// A message of the history; what a guest had said before this user signed in, or one of the owner's people, says so.
std::string WriteSaid(const StoredMessage& message);

}  // namespace widgent
