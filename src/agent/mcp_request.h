// One request to an MCP server over streamable HTTP, in either protocol: 2025-11-25, whose session is opened for this
// request alone and closed behind it, so that no two users ever share one, and 2026-07-28, which knows no sessions.
// https://modelcontextprotocol.io/specification
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/event_loop.h"

namespace widgent {

inline constexpr std::string_view kMcpSessions = "2025-11-25", kMcpStateless = "2026-07-28";

struct McpRequest {
  std::string url;
  http::EgressPolicy egress;
  std::string bearer;
  std::string version;      // of the protocol; empty: the older one is tried first
  std::string method;       // "tools/list", "tools/call"
  std::string name;         // of the tool that is called; else empty
  std::string params_json;  // members of `params`, without braces: "\"name\":\"search\""; may be empty
  std::string meta_json;    // the same of its `_meta`
  std::string traceparent;  // may be empty
  int timeout_ms = 8000;    // for all of it
};

struct McpAnswer {
  std::string result_json;   // empty: there was none, and the following says why
  std::string error;         // the server's own words about a request that it refused, cleaned
  http::ClientResult fetch;  // of the last exchange; request_sent: the request itself may have reached the server
  std::string version;       // that the server speaks
};

// A request in progress. Dropping it cancels it; `done` is then not called.
class McpExchange {
 public:
  virtual ~McpExchange() = default;
};

// `done` comes once, later, on the loop, and may drop the exchange.
std::unique_ptr<McpExchange> AskMcp(http::EventLoop& loop, http::Client& client, McpRequest request,
                                    std::function<void(McpAnswer)> done);

}  // namespace widgent
