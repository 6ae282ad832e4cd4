// Makes and changes product files: what `widgentd product` does to a folder. Texts in, texts out; the command writes
// them.
#pragma once
#include <functional>
#include <map>
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
  std::string kid, sealed_secret;  // identity/sealed.h
  UnixMillis now = 0;
};

// A complete product file, every setting with its default.
std::string WriteProductFile(const NewProduct& product);

// "2026-01-31", with "-2", "-3" … where `taken` has one of that day: higher than any of them, so that none comes twice.
std::string NewKid(UnixMillis now, const std::vector<std::string>& taken);

struct Rotation {
  std::string kid, sealed_secret;  // the new secret
  UnixMillis now = 0;
  UnixMillis old_until = 0;  // the present ones are refused from then on
};

struct ProductFileError {
  std::string detail, hint;
};

// The same file with a new newest secret. Those that have ended leave; those that had no end, or a later one, get
// `old_until`. More than two live ones are an error.
std::variant<std::string, ProductFileError> RotateSecret(std::string_view json, const Rotation& rotation);

// The same file with this secret refused from `now` on.
std::variant<std::string, ProductFileError> RevokeSecret(std::string_view json, const std::string& kid, UnixMillis now);

// The same file with these origins in place of its own.
std::variant<std::string, ProductFileError> SetOrigins(std::string_view json, const std::vector<std::string>& origins);

// The same file with one more admin key, of which it holds the SHA-256 alone; `replace` takes all others out.
std::variant<std::string, ProductFileError> AddAdminKey(std::string_view json, const std::string& sha256, bool replace,
                                                        UnixMillis now);

// The same file with these tools of its MCP server `server`, and no others, accepted as their SHA-256 says.
std::variant<std::string, ProductFileError> PinTools(std::string_view json, const std::string& server,
                                                     const std::map<std::string, std::string>& pins);

// The kids of a product file, newest first.
std::vector<std::string> ListKids(std::string_view json);

struct SealedFile {
  std::string json;
  std::vector<std::string> sealed;    // "the Verification Secret 2026-11", …
  std::vector<std::string> obsolete;  // files whose secret stands in `json` now
};
using Sealer = std::function<std::string(const std::string& owner, const std::string& secret)>;
// The content of a secret file that an earlier version of widgentd wrote beside the product's; nothing for any other.
using OwnSecretFile = std::function<std::optional<std::string>(const std::string& file)>;

// The same file with every secret sealed that stands in it, or in a file of our own. What comes from elsewhere, by
// {"env": …} or {"file": …}, stays there.
std::variant<SealedFile, ProductFileError> SealSecrets(std::string_view json, const Sealer& seal,
                                                       const OwnSecretFile& own_file);

}  // namespace widgent
