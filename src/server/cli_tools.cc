#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>

#include "agent/text.h"
#include "http/curl_client.h"
#include "http/real_event_loop.h"
#include "identity/crypto.h"
#include "protocol/base64url.h"
#include "server/atomic_file.h"
#include "server/cli.h"
#include "server/cli_product.h"
#include "server/product_file.h"

namespace widgent {

namespace {

constexpr std::size_t kShownCodePointsMax = 2000;

}  // namespace

McpListing ListMcpToolsOrFail(const Product& product, const McpServerConfig& server) {
  http::RealEventLoop loop;
  http::CurlClient client(loop);
  std::optional<McpListing> listing;
  auto exchange =
      ListMcpTools(loop, client, product, server, "tlist_" + EncodeBase64Url(RandomBytes(12)), [&](McpListing listed) {
        listing = std::move(listed);
        loop.Stop();
      });
  loop.Run();
  exchange.reset();
  client.RunUntilIdle();  // the session's end is on its way
  if (!listing->error.empty())
    Fail(kExitFailure, "The server " + server.tool.name + " did not list its tools: " + listing->error + '.',
         "Is it running, and does it take tokens that are signed with the secret of this product's file?");
  return *std::move(listing);
}

namespace {

// Whoever accepts a tool should have read what the model will read.
void Show(const McpServerConfig& server, const McpTool& tool) {
  const auto pin = server.pins.find(tool.name);
  const char* state = pin == server.pins.end() ? "new" : pin->second == tool.sha256 ? "as accepted" : "CHANGED";
  std::cout << server.tool.name << '_' << tool.name << " (" << state << ")\n";
  if (pin != server.pins.end() && pin->second == tool.sha256) return;
  std::cout << "  " << CleanLine(tool.description, kShownCodePointsMax) << "\n  "
            << CleanLine(tool.parameters_json, kShownCodePointsMax) << '\n';
}

void AcceptTools(const ProductOptions& options, bool is_dry) {
  const FolderHold hold(options.dir);
  const Product product = LoadProductsOrFail({ProductFileOf(options)}, options.key_file).front();
  if (product.mcp_servers.empty())
    Fail(kExitUsage, "The product has no MCP server.", "Add a tool of \"kind\": \"mcp\" to its file.");
  std::string json = ReadProductFileOrFail(options);
  for (const McpServerConfig& server : product.mcp_servers) {
    std::map<std::string, std::string> pins;
    for (const McpTool& tool : ListMcpToolsOrFail(product, server).tools) {
      Show(server, tool);
      pins[tool.name] = tool.sha256;
    }
    for (const auto& [name, pin] : server.pins)
      if (!pins.contains(name)) std::cout << server.tool.name << '_' << name << " (gone)\n";
    auto changed = PinTools(json, server.tool.name, pins);
    if (const auto* refused = std::get_if<ProductFileError>(&changed)) Fail(kExitUsage, refused->detail, refused->hint);
    json = std::get<std::string>(std::move(changed));
  }
  if (is_dry) return;
  WriteProductFileOrFail(options, json);
  std::cout << "\nAccepted as shown. A running server offers them as soon as it has taken the file in.\n";
}

}  // namespace

void AddToolCommands(CLI::App& product, const std::shared_ptr<ProductOptions>& options) {
  CLI::App* accept =
      AddProductCommand(product, "accept-tools", "Accept what its MCP servers offer at present", options);
  const auto is_dry = std::make_shared<bool>(false);
  accept->add_flag("--dry-run", *is_dry, "Show what would be accepted, and change nothing");
  accept->footer(
      "A tool of an MCP server is offered to the model only as it was accepted: its name, description and schema are\n"
      "pinned in the product's file. What has changed since is refused until it is accepted again.");
  accept->callback([options, is_dry] { AcceptTools(*options, *is_dry); });
}

}  // namespace widgent
