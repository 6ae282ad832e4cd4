// Makes and changes product files: what `widgentd product` does to a folder. Texts in, texts out; the command writes
// them.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/time.h"

namespace widgent {

struct NewProduct {
  std::string id, name;
  std::vector<std::string> origins;
  std::string service_key;
  std::string kid, secret_file;  // the secret's file beside the product's
};

// A complete product file, every setting with its default.
std::string WriteProductFile(const NewProduct& product);

// "2026-01-31", with "-2", "-3" … where `taken` has it already.
std::string NewKid(UnixMillis now, const std::vector<std::string>& taken);

struct Rotation {
  std::string kid, secret_file;  // the new secret
  UnixMillis now = 0;
  UnixMillis old_until = 0;  // the present ones are refused from then on
};

struct RotationError {
  std::string detail, hint;
};

// The same file with a new newest secret. Those that have ended leave; those that had no end, or a later one, get
// `old_until`. More than two live ones are an error.
std::variant<std::string, RotationError> RotateSecret(std::string_view json, const Rotation& rotation);

// The kids of a product file, newest first.
std::vector<std::string> ListKids(std::string_view json);

}  // namespace widgent
