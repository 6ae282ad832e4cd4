// What the commands of `widgentd product` share: where a product's file is, how it is read and written, and its key.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/mcp_catalog.h"
#include "server/seal_key.h"

namespace CLI {
class App;
}

namespace widgent {

struct ProductOptions {
  std::string dir = "products", id, name, kid, key_file, data = "data";
  std::vector<std::string> origins;
  int overlap_hours = 24;
  bool replace = false;
};

std::string ProductFileOf(const ProductOptions& options);

// The file's text, or Fail.
std::string ReadProductFileOrFail(const ProductOptions& options);

// Writes a product's file, or Fail, and reads it again. Says what does not hold, and answers false: a running server
// takes the change only where it has what is missing here, as a variable of its environment.
bool WriteProductFileOrFail(const ProductOptions& options, std::string_view json);

// The key that seals this product's secrets; a new one is announced.
SealKey SealKeyOrFail(const ProductOptions& options);

// `widgentd product NAME ID`, with --dir and --key-file.
CLI::App* AddProductCommand(CLI::App& product, const char* name, const char* what,
                            const std::shared_ptr<ProductOptions>& options);

// rotate-secret, revoke-secret, admin-key and seal.
void AddSecretCommands(CLI::App& product, const std::shared_ptr<ProductOptions>& options);

// What an MCP server of the product offers at present, or Fail.
McpListing ListMcpToolsOrFail(const Product& product, const McpServerConfig& server);

// accept-tools.
void AddToolCommands(CLI::App& product, const std::shared_ptr<ProductOptions>& options);

}  // namespace widgent
