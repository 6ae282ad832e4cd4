// One call of an MCP server's tool. No policy here: whoever calls has decided that the call may happen.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "agent/mcp_request.h"
#include "agent/tool_outcome.h"
#include "http/client.h"
#include "http/event_loop.h"

namespace widgent {

// Sent once, and never again: an MCP server is not told which calls are the same. `done` comes once, later, on the
// loop.
std::unique_ptr<SentCall> CallMcpTool(http::EventLoop& loop, http::Client& client, const ToolRequest& request,
                                      std::function<void(ToolResponse)> done);

// What stays the same of all requests to a server: its address, the egress rules, and a token minted for it that names
// `identity` where that is a user.
McpRequest StartMcpRequest(const Product& product, const ToolConfig& tool, const Identity& identity,
                           const std::string& id, UnixMillis now);

}  // namespace widgent
