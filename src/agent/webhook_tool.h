// One call of a tool over HTTP, signed by Standard Webhooks 1.0.0 (tools-and-audit.md). No policy here: whoever calls
// has decided that the call may happen.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/agent_model.h"
#include "http/client.h"
#include "http/event_loop.h"
#include "identity/identity.h"
#include "product/product.h"

namespace widgent {

struct WebhookRequest {
  const Product* product = nullptr;
  const ToolConfig* tool = nullptr;
  Identity identity;
  ThreadId thread;
  RunId run;
  std::string webhook_id;      // "tcall_…": the same for every attempt
  std::string call_id;         // the model's
  std::string arguments_json;  // with the bound ones
  std::string approval;        // the interrupt by which the user approved the call; empty: nobody was asked
};

struct WebhookResult {
  ToolOutcome outcome;
  int status = 0;  // of HTTP; 0 where there was none
  int attempts = 0;
};

// A call in progress. Dropping it cancels it; `done` is then not called.
class WebhookCall {
 public:
  virtual ~WebhookCall() = default;
};

// Calls, and calls again where that is safe: the tool is idempotent, or the request certainly never left; never after a
// write has timed out. `may_retry` is asked before each further attempt. `done` comes once, later, on the loop.
std::unique_ptr<WebhookCall> CallWebhook(http::EventLoop& loop, http::Client& client, WebhookRequest request,
                                         std::function<bool()> may_retry, std::function<void(WebhookResult)> done);

// The body that the tool gets. A guest is {"verified":false,"anonymous_id":<hash>} and nothing else.
std::string WriteWebhookBody(const WebhookRequest& request, UnixMillis now);

struct UrlTarget {
  std::string host;
  int port = 0;
};
// Where a url leads, for the audit log.
UrlTarget ReadUrlTarget(std::string_view url);

}  // namespace widgent
