// A POST that is signed by Standard Webhooks 1.0.0 (tools-and-audit.md), sent again where that is safe. No policy here:
// whoever posts has decided that it may happen.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "agent/tool_outcome.h"
#include "http/client.h"
#include "http/event_loop.h"

namespace widgent {

struct WebhookPost {
  std::string id;  // the same for every attempt: whoever receives it tells a repeat by it
  std::string url, secret, user_agent, body;
  int timeout_ms = 8000, retries = 0;
  bool writes = false, idempotent = false;
  http::EgressPolicy egress;
  std::string traceparent = {};  // may be empty
};

struct WebhookAnswer {
  bool is_sent = false;  // false: the secret cannot sign
  http::ClientResult result;
  int attempts = 0;
};

// secret_invalid, unreachable, timeout, http_500, …; empty where it was taken.
std::string FailureOf(const WebhookAnswer& answer);

// Posts, and posts again where that is safe: the receiver is idempotent, or the request certainly never left; never
// after a write has timed out. `may_retry` is asked before each further attempt. `done` comes once, later, on the loop.
std::unique_ptr<SentCall> PostWebhook(http::EventLoop& loop, http::Client& client, WebhookPost post,
                                      std::function<bool()> may_retry, std::function<void(WebhookAnswer)> done);

// `post` to the owner's tool, as its configuration says.
WebhookPost PostTo(const ToolConfig& tool, const Product& product, std::string id, std::string body);

}  // namespace widgent
