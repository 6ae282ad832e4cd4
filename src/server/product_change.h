// How a running server's product file is changed over HTTP: read, changed, checked, written, and served at once.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/ids.h"
#include "protocol/problem.h"
#include "server/product_file.h"
#include "server/seal_key.h"

namespace widgent {

// The product files of a server. Where `find` is empty there are none, and nothing can be changed.
struct ProductFileAccess {
  std::function<std::optional<std::string>(const ProductId& product)> find;  // the file that the product is read from
  std::function<void()> reload;  // what has changed in the files is served when this returns
  std::string key_file;          // that of seal_key.h; may be empty
};

// The folder of a product's file.
std::string FolderOf(const std::string& file);

// Puts what `edit` makes of the file's text in its place, where that still holds as the product; otherwise nothing is
// written. `remedy`: what to do on the server where the file cannot be written from here.
using ProductEdit = std::function<std::variant<std::string, Problem>(const std::string& json, const std::string& file)>;
std::optional<Problem> ChangeProduct(const ProductFileAccess& files, const ProductId& product, const ProductEdit& edit,
                                     const std::string& remedy);

// "wvs_" or "wsk_" and 256 random bits.
std::string NewSecret(std::string_view prefix);

// The rotation of a product's file by `secret`, sealed with `key`; those before it end after so many hours.
Rotation MakeRotation(std::string_view json, const std::string& product, const std::string& secret, const SealKey& key,
                      int overlap_hours, UnixMillis now);

}  // namespace widgent
