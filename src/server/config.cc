#include "server/config.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace widgent {

namespace fs = std::filesystem;

namespace {

std::variant<std::vector<fs::path>, ConfigError> ListFiles(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return ConfigError{path,
                       "There is no such file or folder. Make a product with `widgentd product create`, or name its "
                       "file with --config."};
  }
  if (!fs::is_directory(path, error)) return std::vector<fs::path>{path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path, error))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  if (error) return ConfigError{path, "The folder cannot be read: " + error.message() + "."};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::optional<std::string> ReadTextFile(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return std::nullopt;
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

SecretSource RealSecrets() {
  return {[](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value ? std::optional<std::string>(value) : std::nullopt;
          },
          ReadTextFile};
}

std::variant<std::vector<Product>, ConfigError> LoadProducts(const std::vector<std::string>& paths) {
  std::vector<Product> products;
  for (const std::string& path : paths) {
    auto listed = ListFiles(path);
    if (auto* error = std::get_if<ConfigError>(&listed)) return *error;
    for (const fs::path& file : std::get<std::vector<fs::path>>(listed)) {
      const auto json = ReadTextFile(file.string());
      if (!json) return ConfigError{file.string(), "The file cannot be read."};
      const fs::path folder = fs::absolute(file).parent_path();
      auto read = ReadProduct(*json, file.filename().string(), folder.string(), RealSecrets());
      if (auto* error = std::get_if<ConfigError>(&read)) return *error;
      auto& product = std::get<Product>(read);
      const auto has_same_id = [&](const Product& other) { return other.id == product.id; };
      if (std::any_of(products.begin(), products.end(), has_same_id)) {
        return ConfigError{file.string(), "Another file has a product of the id \"" + product.id.value +
                                              "\" already. Give each product an id of its own."};
      }
      products.push_back(std::move(product));
    }
  }
  if (products.empty()) {
    return ConfigError{paths.empty() ? "--config" : paths.front(),
                       "There is no product (*.json) here. Make one with `widgentd product create`."};
  }
  return products;
}

}  // namespace widgent
