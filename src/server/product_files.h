// The product files of a running server, looked at again and again: what changes in them is served without a restart.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "product/product.h"

namespace widgent {

class ProductFiles {
 public:
  // `paths` and `key_file` as LoadProducts takes them.
  ProductFiles(std::vector<std::string> paths, std::string key_file);

  // The first time every file must hold, as with LoadProducts.
  std::variant<std::vector<Product>, ConfigError> Load();

  // Whether there is something new since the latest Load or Reload. The quick look is one stat per path, cheap enough
  // for every request, and sees whatever is put in place by a rename, as the command line does; the close one looks at
  // every file that a product is made from.
  bool HaveChanged() const;
  bool HaveChangedInside() const;

  struct Reloaded {
    std::vector<Product> products;    // of a file that does not hold, what it held before
    std::vector<std::string> faults;  // a sentence for each
  };
  Reloaded Reload();

  // The file that the product was read from.
  std::optional<std::string> FileOf(const ProductId& product) const;

 private:
  using Stamps = std::map<std::string, std::string>;
  static Stamps StampsOf(const std::vector<std::string>& paths);
  static bool Differ(const Stamps& stamps);

  std::vector<std::string> paths_;
  std::string key_file_;
  std::map<std::string, Product> by_file_;  // as it last held
  Stamps path_stamps_, file_stamps_;
};

}  // namespace widgent
