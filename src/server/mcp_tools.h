// What the MCP servers of the products offer at present. Each is asked when its product begins to be served, every few
// minutes, and again soon where it did not answer; until it does, what it offered last goes on.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/mcp_catalog.h"
#include "http/client.h"
#include "http/event_loop.h"
#include "server/exchange.h"

namespace widgent {

class McpTools {
 public:
  static constexpr std::int64_t kRefreshMs = 300'000, kRetryMs = 30'000;

  // `changed` is called on the loop when the tools of a product have changed; it may call Find.
  McpTools(http::EventLoop& loop, http::Client& client, std::function<std::string(std::size_t bytes)> random, Log log,
           std::function<void(const ProductId& product)> changed);
  ~McpTools();
  McpTools(const McpTools&) = delete;
  McpTools& operator=(const McpTools&) = delete;

  // Follows the servers of these products and no others. The tools of a server whose configuration is another one are
  // forgotten.
  void Follow(const std::vector<ServedProductPtr>& products);

  // The tools of all the product's servers.
  std::vector<ToolConfig> Find(const ProductId& product) const;

 private:
  struct Server {
    ServedProductPtr product;
    McpServerConfig config;
    std::vector<ToolConfig> tools;
    std::string told;  // what the log was told last: nothing is said twice
    std::unique_ptr<McpExchange> listing;
    http::TimerId timer = 0;
  };
  using Key = std::pair<std::string, std::string>;  // product, server

  void List(const Key& key);
  void OnListing(const Key& key, const McpListing& listing);

  http::EventLoop& loop_;
  http::Client& client_;
  const std::function<std::string(std::size_t)> random_;
  const Log log_;
  const std::function<void(const ProductId&)> changed_;
  std::map<Key, Server> servers_;
};

}  // namespace widgent
