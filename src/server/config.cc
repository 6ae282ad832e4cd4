#include "server/config.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "identity/sealed.h"
#include "server/seal_key.h"

namespace widgent {

namespace fs = std::filesystem;

namespace {

std::variant<std::vector<fs::path>, ConfigError> ListFiles(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return ConfigError{
        path,
        "There is no such file or folder. Make a product with `widgentd product create`, or say where it "
        "is: --config of serve and token, --dir of product and tool."};
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

SecretSource RealSecrets(const std::string& dir, const std::string& key_file, std::vector<std::string>* read) {
  return {[](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value ? std::optional<std::string>(value) : std::nullopt;
          },
          [read](const std::string& path) {
            if (read) read->push_back(path);
            return ReadTextFile(path);
          },
          [dir, key_file](const std::string& owner, const std::string& sealed, std::string& why) {
            const auto found = FindSealKey(dir, key_file);
            if (const auto* error = std::get_if<SealKeyError>(&found)) {
              why = error->detail + " " + error->hint;
              return std::optional<std::string>();
            }
            const auto& key = std::get<SealKey>(found);
            why = "This was sealed with another key than that of " + key.where +
                  ", or for another product or kid. Give the key it was sealed with, by WIDGENT_KEY or --key-file. "
                  "Where that is lost, put a new secret in its place: widgentd product rotate-secret ID "
                  "--overlap-hours 0";
            return Unseal(key.bytes, owner, sealed);
          }};
}

std::variant<std::vector<std::string>, ConfigError> ListProductFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    auto listed = ListFiles(path);
    if (auto* error = std::get_if<ConfigError>(&listed)) return *error;
    for (const fs::path& file : std::get<std::vector<fs::path>>(listed)) files.push_back(file.string());
  }
  return files;
}

std::variant<Product, ConfigError> LoadProduct(const std::string& file, const std::string& key_file,
                                               std::vector<std::string>* read) {
  if (read) read->push_back(file);
  const auto json = ReadTextFile(file);
  if (!json) return ConfigError{file, "The file cannot be read."};
  const std::string folder = fs::absolute(file).parent_path().string();
  return ReadProduct(*json, fs::path(file).filename().string(), folder, RealSecrets(folder, key_file, read));
}

std::variant<std::vector<Product>, ConfigError> LoadProducts(const std::vector<std::string>& paths,
                                                             const std::string& key_file) {
  auto listed = ListProductFiles(paths);
  if (auto* error = std::get_if<ConfigError>(&listed)) return *error;
  std::vector<Product> products;
  for (const std::string& file : std::get<std::vector<std::string>>(listed)) {
    auto read = LoadProduct(file, key_file);
    if (auto* error = std::get_if<ConfigError>(&read)) return *error;
    auto& product = std::get<Product>(read);
    const auto has_same_id = [&](const Product& other) { return other.id == product.id; };
    if (std::any_of(products.begin(), products.end(), has_same_id)) {
      return ConfigError{file, "Another file has a product of the id \"" + product.id.value +
                                   "\" already. Give each product an id of its own."};
    }
    products.push_back(std::move(product));
  }
  if (products.empty()) {
    return ConfigError{paths.empty() ? "--config" : paths.front(),
                       "There is no product (*.json) here. Make one with `widgentd product create`."};
  }
  return products;
}

}  // namespace widgent
