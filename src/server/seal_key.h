// The key that seals the secrets in product files. It stands in the environment variable WIDGENT_KEY, or in a file: the
// one that --key-file names, else widgent.key beside the product's file. Either way as base64 of 32 random bytes.
#pragma once
#include <string>
#include <variant>

namespace widgent {

struct SealKey {
  std::string bytes;
  std::string where;    // "WIDGENT_KEY", or the file
  bool is_new = false;  // just made
};

struct SealKeyError {
  std::string detail, hint;
};

// `dir`: where the product's file is. `key_file` may be empty.
std::variant<SealKey, SealKeyError> FindSealKey(const std::string& dir, const std::string& key_file);

// The same, and where there is no key a new one is put into the file, readable by its owner alone.
std::variant<SealKey, SealKeyError> FindOrMakeSealKey(const std::string& dir, const std::string& key_file);

}  // namespace widgent
