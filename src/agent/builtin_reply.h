// What the builtin agent says: one pure function of the prompt, so that the same conversation always goes the same way.
// It greets, says who is signed in, routes to tools by their examples and asks for what they need, quotes the owner's
// help pages with a citation, and says so when it does not know.
#pragma once
#include <string>

#include "agent/agent_model.h"

namespace widgent {

struct BuiltinReply {
  std::string text;  // empty where `turn` calls a tool
  ModelTurn turn;
};

BuiltinReply ThinkBuiltin(const Prompt& prompt);

}  // namespace widgent
