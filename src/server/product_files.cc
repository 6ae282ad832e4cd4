#include "server/product_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "product/file_stamp.h"
#include "server/config.h"

namespace widgent {

namespace {

using ByFile = std::map<std::string, Product>;

// Of two files of one id the first one is served: that which has its name, as the commands take it, before a copy.
std::vector<const ByFile::value_type*> InOrderOfClaim(const ByFile& by_file) {
  std::vector<const ByFile::value_type*> entries;
  for (const auto& entry : by_file) entries.push_back(&entry);
  std::stable_partition(entries.begin(), entries.end(), [](const ByFile::value_type* entry) {
    return std::filesystem::path(entry->first).stem() == entry->second.id.value;
  });
  return entries;
}

}  // namespace

ProductFiles::ProductFiles(std::vector<std::string> paths, std::string key_file)
    : paths_(std::move(paths)), key_file_(std::move(key_file)) {}

std::variant<std::vector<Product>, ConfigError> ProductFiles::Load() {
  auto loaded = LoadProducts(paths_, key_file_);
  if (auto* error = std::get_if<ConfigError>(&loaded)) return std::move(*error);
  return std::move(Reload().products);
}

bool ProductFiles::HaveChanged() const { return Differ(path_stamps_); }

bool ProductFiles::HaveChangedInside() const { return Differ(path_stamps_) || Differ(file_stamps_); }

ProductFiles::Reloaded ProductFiles::Reload() {
  // Before the files are read: what changes meanwhile is seen the next time.
  path_stamps_ = StampsOf(paths_);
  Reloaded reloaded;
  const auto listed = ListProductFiles(paths_);
  if (const auto* error = std::get_if<ConfigError>(&listed)) {
    reloaded.faults.push_back(error->where + ": " + error->detail);
    for (const auto& [file, product] : by_file_) reloaded.products.push_back(product);
    file_stamps_.clear();  // that the files are gone is said once
    return reloaded;
  }
  std::map<std::string, Product> by_file;
  Stamps stamps;
  for (const std::string& file : std::get<std::vector<std::string>>(listed)) {
    std::vector<std::string> parts;
    const std::string stamp = FileStamp(file);
    auto loaded = LoadProduct(file, key_file_, &parts);
    for (const std::string& part : parts) stamps.emplace(part, part == file ? stamp : FileStamp(part));
    if (const auto* error = std::get_if<ConfigError>(&loaded)) {
      reloaded.faults.push_back(error->where + ": " + error->detail);
      if (const auto old = by_file_.find(file); old != by_file_.end()) by_file.insert(*old);
      continue;
    }
    by_file.emplace(file, std::get<Product>(std::move(loaded)));
  }
  for (const auto* entry : InOrderOfClaim(by_file)) {
    const auto& [file, product] = *entry;
    const auto is_same = [&id = product.id](const Product& other) { return other.id == id; };
    if (std::any_of(reloaded.products.begin(), reloaded.products.end(), is_same)) {
      reloaded.faults.push_back(file + ": Another file has a product of the id \"" + product.id.value + "\" already.");
      continue;
    }
    reloaded.products.push_back(product);
  }
  by_file_ = std::move(by_file);
  file_stamps_ = std::move(stamps);
  return reloaded;
}

std::optional<std::string> ProductFiles::FileOf(const ProductId& product) const {
  for (const auto* entry : InOrderOfClaim(by_file_))
    if (entry->second.id == product) return entry->first;
  return std::nullopt;
}

ProductFiles::Stamps ProductFiles::StampsOf(const std::vector<std::string>& paths) {
  Stamps stamps;
  for (const std::string& path : paths) stamps.emplace(path, FileStamp(path));
  return stamps;
}

bool ProductFiles::Differ(const Stamps& stamps) {
  return std::any_of(stamps.begin(), stamps.end(),
                     [](const auto& stamp) { return FileStamp(stamp.first) != stamp.second; });
}

}  // namespace widgent
