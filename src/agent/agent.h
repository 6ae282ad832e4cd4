// One run of the agent: model and tools in turn, until the model has spoken. The policy around tools is here and
// nowhere else. Everything is called and calls back on the loop's one thread.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "http/client.h"
#include "http/event_loop.h"
#include "identity/identity.h"
#include "product/product.h"
#include "protocol/ag_ui.h"
#include "store/store.h"

namespace widgent {

class Knowledge;
class ToolGuard;
struct Prompt;

// What an agent needs from outside.
struct AgentPorts {
  http::EventLoop& loop;
  http::Client& client;
  Store& store;
  AuditLog& audit;
  ToolGuard& guard;                                      // one for all runs
  std::function<std::string(std::size_t bytes)> random;  // for call ids
  std::int64_t delta_interval_ms = 25;                   // between the words of the builtin model
  std::function<void(const std::string& line)> warn;     // what the owner should know of; may be empty
};

// What the user said to the question that an earlier run ended with. Whoever makes one has taken the interrupt out of
// the store's pending ones: it is good for one run.
struct InterruptAnswer {
  StoredInterrupt interrupt;
  bool is_approved = false;
};

struct RunRequest {
  const Product* product = nullptr;  // outlives the run
  const Knowledge* knowledge = nullptr;
  Identity identity;  // fixed when the request was admitted; `exp` is asked again before each tool call
  ThreadId thread;
  RunId run;
  std::vector<StoredMessage> history;  // oldest first; the last one is the user's message to answer
  std::string page, locale;
  std::string peer_address;
  bool is_handed_off = false;             // the message goes to the owner's help desk, and the agent is silent
  std::string traceparent;                // of the requests that tools get
  std::optional<InterruptAnswer> answer;  // the run goes on from here, in place of thinking about the message
};

struct RunResult {
  enum class Status : std::uint8_t { kDone, kFailed, kCancelled, kAsking };
  Status status = Status::kDone;
  std::string code;                   // kFailed: agent_unavailable, agent_timeout, tool_limit, … (RUN_ERROR)
  std::string text;                   // what was said, also in part
  std::string metadata_json;          // {"citations":[…],"tools":[…],"usage":{"input":…,"output":…}}, or empty
  MessageId message;                  // of the reply; empty where nothing was said
  std::vector<Interrupt> interrupts;  // kAsking: what the user is asked; it is in the store
};

// A run in progress. Dropping it cancels it silently.
class AgentRun {
 public:
  virtual ~AgentRun() = default;
  // Ends the run at the next opportunity with kCancelled; a write tool already sent is not undone.
  virtual void Cancel() = 0;
  // Ends it at once and silently; of a tool call that goes on the audit log says how it ended. Never to be called from
  // a callback of the run.
  virtual void Abort() = 0;
};

// Starts a run. `emit` gets the events between RUN_STARTED and RUN_FINISHED / RUN_ERROR (which are the caller's), in
// order, never before this function has returned; `done` is called once, last, and must not destroy the AgentRun
// before it returns control to the loop. Neither callback may destroy the AgentRun; both may Cancel it.
std::unique_ptr<AgentRun> StartRun(AgentPorts ports, RunRequest request, std::function<void(const AgUiEvent&)> emit,
                                   std::function<void(RunResult)> done);

// As the user is shown it.
Interrupt ToWire(const StoredInterrupt& interrupt);

// ---- Policy

// For the start of the server: nothing, or a sentence that names the tool whose schema the agent does not understand,
// and the place in it. Such a tool is never offered.
std::optional<std::string> RefuseToolSchemas(const Product& product);

// Fills in the tools of the prompt: those that this visitor may use now, and those that are withheld.
void OfferTools(const Product& product, const Identity& identity, UnixMillis now, Prompt& prompt);

// Nothing: this identity may use the tool now. Otherwise why not: identity_required, token_expired, scope_missing, …
std::optional<std::string> RefuseTool(const ToolConfig& tool, const Identity& identity, UnixMillis now);

// The same for what is required of a user, of a tool or of a help page.
std::optional<std::string> RefuseUser(const Requirement& required, const User& user, UnixMillis now);

}  // namespace widgent
