#include "server/mcp_tools.h"

#include <utility>

#include "protocol/base64url.h"

namespace widgent {

McpTools::McpTools(http::EventLoop& loop, http::Client& client, std::function<std::string(std::size_t bytes)> random,
                   Log log, std::function<void(const ProductId& product)> changed)
    : loop_(loop), client_(client), random_(std::move(random)), log_(std::move(log)), changed_(std::move(changed)) {}

McpTools::~McpTools() {
  for (auto& [key, server] : servers_) loop_.Cancel(server.timer);
}

void McpTools::Follow(const std::vector<ServedProductPtr>& products) {
  std::map<Key, Server> old = std::exchange(servers_, {});
  for (const ServedProductPtr& product : products) {
    for (const McpServerConfig& config : product->config.mcp_servers) {
      const Key key{product->config.id.value, config.tool.name};
      Server& server = servers_[key];
      const auto known = old.find(key);
      if (known != old.end() && known->second.config == config) server.tools = std::move(known->second.tools);
      server.product = product;
      server.config = config;
      server.timer = loop_.After(0, [this, key] { List(key); });
    }
  }
  for (auto& [key, server] : old) loop_.Cancel(server.timer);
}

std::vector<ToolConfig> McpTools::Find(const ProductId& product) const {
  std::vector<ToolConfig> tools;
  for (auto at = servers_.lower_bound({product.value, ""}); at != servers_.end() && at->first.first == product.value;
       ++at)
    tools.insert(tools.end(), at->second.tools.begin(), at->second.tools.end());
  return tools;
}

void McpTools::List(const Key& key) {
  Server& server = servers_.at(key);
  server.timer = 0;
  server.listing =
      ListMcpTools(loop_, client_, server.product->config, server.config, "tlist_" + EncodeBase64Url(random_(12)),
                   [this, key](const McpListing& listing) { OnListing(key, listing); });
}

void McpTools::OnListing(const Key& key, const McpListing& listing) {
  Server& server = servers_.at(key);
  const std::unique_ptr<McpExchange> ended = std::move(server.listing);
  const bool has_failed = !listing.error.empty();
  server.timer = loop_.After(has_failed ? kRetryMs : kRefreshMs, [this, key] { List(key); });
  std::string told;
  if (has_failed) {
    told = "it did not list its tools: " + listing.error;
  } else {
    McpOffer offer = OfferMcpTools(server.product->config, server.config, listing);
    for (const std::string& refusal : offer.refusals) told += (told.empty() ? "" : "; ") + refusal;
    const bool has_changed = offer.tools != server.tools;
    server.tools = std::move(offer.tools);
    if (has_changed) changed_({key.first});
  }
  if (log_ && !told.empty() && told != server.told)
    log_(LogLevel::kWarning, "mcp product=" + key.first + " server=" + key.second + ": " + told);
  server.told = std::move(told);
}

}  // namespace widgent
