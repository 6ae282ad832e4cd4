// The request of one round of Chat Completions. What stays the same stands first (instructions, rules, tools), so that
// an endpoint can keep it; what is about this user comes behind it; what is looked up for this question comes last.
// Claims, help pages and tool results are quoted as JSON: data, whoever wrote them.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "agent/agent_model.h"
#include "agent/knowledge.h"

namespace widgent {

// What the model itself has said in earlier rounds of this run, and which of the exchanges came of each.
struct ChatRound {
  std::string text;
  std::size_t exchanges_before = 0;  // how many exchanges the prompt had when the round began
};

struct ChatRequest {
  const Prompt* prompt = nullptr;
  const std::vector<ChatRound>* rounds = nullptr;
  const std::vector<Passage>* passages = nullptr;  // cited as [1], [2] …
  bool asks_for_use = true;                        // stream_options: some endpoints refuse it
};

// The body, one JSON document.
std::string WriteChatRequest(const ChatRequest& request);

}  // namespace widgent
