// Products from files, with the real environment behind their {"env": …} and {"file": …}.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "product/product.h"

namespace widgent {

// Each path is a product's JSON file, or a folder whose *.json files are read in order of name. Two products of one id,
// and no product at all, are errors.
std::variant<std::vector<Product>, ConfigError> LoadProducts(const std::vector<std::string>& paths);

// The whole file without line breaks at its end; nothing where it cannot be read.
std::optional<std::string> ReadTextFile(const std::string& path);

SecretSource RealSecrets();

}  // namespace widgent
