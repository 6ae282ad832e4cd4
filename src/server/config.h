// Products from files, with the real environment behind their {"env": …} and {"file": …}.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "product/product.h"

namespace widgent {

// Each path is a product's JSON file, or a folder whose *.json files are read in order of name. Two products of one id,
// and no product at all, are errors. `key_file` is that of seal_key.h.
std::variant<std::vector<Product>, ConfigError> LoadProducts(const std::vector<std::string>& paths,
                                                             const std::string& key_file = "");

// The parts of it. `read`, where it is given, gets every file that the product is made from.
std::variant<std::vector<std::string>, ConfigError> ListProductFiles(const std::vector<std::string>& paths);
std::variant<Product, ConfigError> LoadProduct(const std::string& file, const std::string& key_file,
                                               std::vector<std::string>* read = nullptr);

// The whole file without line breaks at its end; nothing where it cannot be read.
std::optional<std::string> ReadTextFile(const std::string& path);

// `dir`: where the product's file is.
SecretSource RealSecrets(const std::string& dir, const std::string& key_file, std::vector<std::string>* read = nullptr);

}  // namespace widgent
