#include "server/product_change.h"

#include <unistd.h>

#include <filesystem>
#include <utility>

#include "agent/agent.h"
#include "identity/crypto.h"
#include "identity/sealed.h"
#include "product/product.h"
#include "protocol/base64url.h"
#include "server/atomic_file.h"
#include "server/config.h"
#include "server/problems.h"

namespace widgent {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMillisPerHour = 3'600'000;

// Why the file would not hold with this text, in a sentence; nothing where it would.
std::optional<std::string> RefuseFile(const std::string& json, const std::string& file, const std::string& key_file,
                                      const ProductId& product) {
  const std::string folder = FolderOf(file);
  const auto read = ReadProduct(json, fs::path(file).filename().string(), folder, RealSecrets(folder, key_file));
  if (const auto* error = std::get_if<ConfigError>(&read)) return error->where + ": " + error->detail;
  if (std::get<Product>(read).id != product) return "The file is another product's by now.";
  return RefuseToolSchemas(std::get<Product>(read));
}

}  // namespace

std::string FolderOf(const std::string& file) { return fs::absolute(file).parent_path().string(); }

std::optional<Problem> ChangeProduct(const ProductFileAccess& files, const ProductId& product, const ProductEdit& edit,
                                     const std::string& remedy) {
  const auto file = files.find ? files.find(product) : std::nullopt;
  if (!file) return MakeProblem("product_read_only", "The server has no file of the product.", remedy);
  // The one thread that serves everybody waits for no command.
  const FolderHold hold(FolderOf(*file), false);
  if (!hold.IsHeld())
    return MakeProblem("change_refused", "A command is changing the product's file.", "Try again in a moment.");
  const auto json = ReadTextFile(*file);
  if (!json) return MakeProblem("product_read_only", "The server cannot read the product's file.", remedy);
  auto edited = edit(*json, *file);
  if (auto* problem = std::get_if<Problem>(&edited)) return std::move(*problem);
  const auto& changed = std::get<std::string>(edited);
  if (const auto refusal = RefuseFile(changed, *file, files.key_file, product))
    return MakeProblem("change_refused", "The product's file would not hold. " + *refusal);
  // A file that is not to be written is not replaced either, although its folder would allow that.
  if (::access(file->c_str(), W_OK) != 0 || !WriteFileAtomically(*file, changed))
    return MakeProblem("product_read_only", "The server may not write the product's file.", remedy);
  files.reload();
  return std::nullopt;
}

std::string NewSecret(std::string_view prefix) { return std::string(prefix) + EncodeBase64Url(RandomBytes(32)); }

Rotation MakeRotation(std::string_view json, const std::string& product, const std::string& secret, const SealKey& key,
                      int overlap_hours, UnixMillis now) {
  Rotation rotation;
  rotation.now = now;
  rotation.old_until = now + overlap_hours * kMillisPerHour;
  rotation.kid = NewKid(now, ListKids(json));
  rotation.sealed_secret =
      Seal(key.bytes, OwnerOfVerificationSecret(product, rotation.kid), secret, RandomBytes(kAesNonceBytes));
  return rotation;
}

}  // namespace widgent
