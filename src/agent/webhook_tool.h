// One call of a tool over HTTP, signed by Standard Webhooks 1.0.0 (tools-and-audit.md). No policy here: whoever calls
// has decided that the call may happen.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/tool_outcome.h"
#include "http/client.h"
#include "http/event_loop.h"

namespace widgent {

// Calls, and calls again where that is safe: the tool is idempotent, or the request certainly never left; never after a
// write has timed out. `may_retry` is asked before each further attempt. `done` comes once, later, on the loop.
std::unique_ptr<SentCall> CallWebhook(http::EventLoop& loop, http::Client& client, ToolRequest request,
                                      std::function<bool()> may_retry, std::function<void(ToolResponse)> done);

// The body that the tool gets. A guest is {"verified":false,"anonymous_id":<hash>} and nothing else.
std::string WriteWebhookBody(const ToolRequest& request, UnixMillis now);

struct UrlTarget {
  std::string host;
  int port = 0;
};
// Where a url leads, for the audit log.
UrlTarget ReadUrlTarget(std::string_view url);

}  // namespace widgent
