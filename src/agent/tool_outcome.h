// What all tools have in common, however they are called: the request as the policy let it through, who it is for, and
// how an answer becomes an outcome.
#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "agent/agent_model.h"
#include "http/client.h"
#include "identity/identity.h"
#include "product/product.h"
#include "protocol/json_writer.h"

namespace widgent {

struct ToolRequest {
  const Product* product = nullptr;
  const ToolConfig* tool = nullptr;
  Identity identity;
  ThreadId thread;
  RunId run;
  std::string request_id;                 // "tcall_…": the same for every attempt
  std::string call_id;                    // the model's
  std::string arguments_json;             // with the bound ones
  std::vector<StoredMessage> transcript;  // for a tool that hands_off: the conversation so far
  std::string traceparent;                // may be empty
  std::string approval;                   // the interrupt by which the call was approved; empty: nobody was asked
  bool by_operator = false;               // the owner's people approved it, in place of the user
};

struct ToolResponse {
  ToolOutcome outcome;
  int status = 0;  // of HTTP; 0 where there was none
  int attempts = 0;
};

// A call in progress. Dropping it cancels it; it then tells nothing more.
class SentCall {
 public:
  virtual ~SentCall() = default;
};

bool Writes(const ToolConfig& tool);

// unreachable, timeout, egress_refused, … of a fetch that failed.
std::string ErrorCode(http::ClientResult::Error error);

// What the owner can do about a call that has ended with `code`; empty where it is no fault of the owner's: the visitor
// may not, or the tool itself has said no, which a help desk (`hands_off`) never should.
std::string_view RemedyFor(std::string_view code, bool hands_off);

// What a model may see of a result: a value that is too long becomes its own beginning, as text.
std::string CapContent(const nlohmann::json& content);

// True where a write may have happened all the same, although this came of its request.
bool IsUnconfirmed(const http::ClientResult& result);

http::EgressPolicy EgressOf(const Product& product);

// The member "user" of a request: the verified user, or {"verified":false,"anonymous_id":<hash>} and nothing else.
void WriteUser(JsonWriter& writer, const Identity& identity);

}  // namespace widgent
