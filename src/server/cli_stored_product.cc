#include "server/cli_stored_product.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/cli.h"
#include "server/config.h"

namespace widgent {

namespace {

// By its id alone: whether a product's secrets can be opened here does not matter.
bool HaveFileOf(const StoredProduct& of) {
  for (const std::string& path : of.config) {
    const auto files = ListProductFiles({path});
    if (!std::holds_alternative<std::vector<std::string>>(files)) continue;
    for (const std::string& file : std::get<std::vector<std::string>>(files)) {
      const auto json = nlohmann::json::parse(ReadTextFile(file).value_or(""), nullptr, false);
      if (json.is_object() && json.contains("id") && json["id"] == of.product) return true;
    }
  }
  return false;
}

}  // namespace

CLI::App* AddStoredProductCommand(CLI::App& parent, const char* name, const char* what,
                                  const std::shared_ptr<StoredProduct>& of) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->add_option("product", of->product, "The product's id")->required()->type_name("PRODUCT");
  command->add_option("--data", of->data, "Folder of the server's store")
      ->envname("WIDGENT_DATA")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_option("--config", of->config, "Product files, or folders of them: to know the product by")
      ->capture_default_str()
      ->type_name("FILE...");
  return command;
}

void RequireKnown(Store& store, const StoredProduct& of) {
  const auto known = store.ListAuditedProducts();
  if (std::find(known.begin(), known.end(), of.id()) != known.end() || HaveFileOf(of)) return;
  std::string places;
  for (const std::string& path : of.config) places += path + ", ";
  Fail(kExitUsage, "There is no product \"" + of.product + "\", so nothing was done.",
       "Looked for it in the product files (" + places + "--config names others) and in the store of " + of.data +
           ". Is the id right?");
}

}  // namespace widgent
