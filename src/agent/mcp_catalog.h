// The tools of an MCP server, as its owner lets them be offered: those whose names a pattern allows, and each only in
// the form that was accepted. A tool whose description or schema has changed since is refused until it is accepted
// again: both reach the model, and a server must not be able to rewrite them unseen.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/mcp_request.h"
#include "http/client.h"
#include "http/event_loop.h"
#include "product/product.h"

namespace widgent {

struct McpTool {
  std::string name, description, parameters_json;
  std::string sha256;  // of the three, in hexadecimal: what is pinned
};

struct McpListing {
  std::vector<McpTool> tools;  // those that a pattern allows, by name
  std::string version;         // of the protocol
  std::string error;           // not empty: the server did not list its tools, and why
};

// `done` comes once, later, on the loop, and may drop the exchange. `id`: of the token that is minted for it.
std::unique_ptr<McpExchange> ListMcpTools(http::EventLoop& loop, http::Client& client, const Product& product,
                                          const McpServerConfig& server, const std::string& id,
                                          std::function<void(McpListing)> done);

struct McpOffer {
  std::vector<ToolConfig> tools;
  std::vector<std::string> refusals;  // a sentence for each tool that is not offered
};
McpOffer OfferMcpTools(const Product& product, const McpServerConfig& server, const McpListing& listing);

// `pattern` may hold "*", which stands for any characters.
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace widgent
