// The commands about what the store of a server holds of one product.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace CLI {
class App;
}

namespace widgent {

struct StoredProduct {
  std::string data = "data", product;
  std::vector<std::string> config{"products"};

  ProductId id() const { return {product}; }
};

// Adds a command with PRODUCT, --data and --config, which it shares with whoever holds `of`.
CLI::App* AddStoredProductCommand(CLI::App& parent, const char* name, const char* what,
                                  const std::shared_ptr<StoredProduct>& of);

// Fails where neither a product file nor the store has heard of the product: its id is mistyped.
void RequireKnown(Store& store, const StoredProduct& of);

}  // namespace widgent
