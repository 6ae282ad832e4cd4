// One call of a tool over HTTP: the body of a signed webhook, and what its answer means. No policy here: whoever calls
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

// As PostWebhook, to the tool of `request`.
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
