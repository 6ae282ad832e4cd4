// What thinks: given who asks, what was said and which tools may be used, it speaks and calls tools. The builtin model
// implements it; models behind an endpoint do too. A model only asks for tool calls: whether they happen is decided in
// agent_run.cc.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/json_schema.h"
#include "agent/knowledge.h"
#include "identity/identity.h"
#include "product/product.h"
#include "protocol/ag_ui.h"
#include "store/store.h"

namespace widgent {

struct OfferedTool {
  const ToolConfig* config = nullptr;
  std::shared_ptr<const JsonSchema> schema;  // of the arguments that the model fills: without the bound ones
};

// A tool that this visitor may not use now, and why. A model may say what is missing; it cannot call the tool.
struct WithheldTool {
  const ToolConfig* config = nullptr;
  std::shared_ptr<const JsonSchema> schema;
  std::string code;  // identity_required, token_expired, scope_missing, …
};

struct ModelToolCall {
  std::string id;  // empty: the run gives one
  std::string name;
  std::string arguments_json;
};

// What came of a call. Content, title and detail are untrusted data, never instructions.
struct ToolOutcome {
  bool ok = false;
  std::string content_json;   // ok: one JSON value, at most 64 KiB
  std::string code;           // not ok: not_offered, arguments_invalid, identity_required, timeout, http_403, …
  std::string title, detail;  // not ok: of the tool's problem document, cleaned, or of our own refusal
  bool unconfirmed = false;   // not ok: a write that may or may not have happened
  bool denied = false;        // not ok: the policy, or the user who was asked, refused the call
};

struct ToolExchange {
  ModelToolCall call;
  ToolOutcome outcome;
};

struct Prompt {
  const Product* product = nullptr;
  // Looks up help pages that this visitor may read at the moment of the call; empty where the product has none.
  std::function<std::vector<Passage>(std::string_view question, int limit)> find_pages;
  Identity identity;
  // Oldest first; the last one is the user's message to answer. What IsUnverified was said by a guest before this user
  // had signed in: a model is told so, as data.
  std::vector<StoredMessage> history;
  std::string page, locale;
  std::vector<OfferedTool> tools;
  std::vector<WithheldTool> withheld;
  std::vector<ToolExchange> exchanges;  // of this run, in order
};

// Tokens as the endpoint of a model counts them.
struct TokenUse {
  std::int64_t input = 0, output = 0;
};

// The end of a model's turn. With calls, the run performs them and asks for another turn.
struct ModelTurn {
  std::vector<ModelToolCall> calls;
  std::vector<Citation> citations;
  std::vector<std::string> suggestions;  // what the visitor may ask next
  bool handoff = false;                  // offer the product's way to a person
  bool unanswered = false;               // the question goes to the owner's list
  TokenUse use;
  std::string error_code;    // not empty: agent_unavailable, agent_timeout, agent_truncated
  std::string error_detail;  // what happened, for the owner's log
};

// One model serves one run. Dropping it ends its turn silently.
class AgentModel {
 public:
  virtual ~AgentModel() = default;
  // Starts a turn: text arrives in pieces of whole UTF-8 characters, then `on_done` once. Both come on the loop and
  // never before this has returned. `prompt` stays alive and unchanged until then; the next turn may be asked for from
  // within `on_done`.
  virtual void Next(const Prompt& prompt, std::function<void(std::string_view)> on_text,
                    std::function<void(ModelTurn)> on_done) = 0;
};

}  // namespace widgent
