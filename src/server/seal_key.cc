#include "server/seal_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "identity/crypto.h"
#include "identity/sealed.h"
#include "server/config.h"

namespace widgent {

namespace {

namespace fs = std::filesystem;

std::string FileOf(const std::string& dir, const std::string& key_file) {
  return key_file.empty() ? (fs::path(dir) / "widgent.key").string() : key_file;
}

std::variant<SealKey, SealKeyError> ReadKey(std::string_view text, const std::string& where) {
  auto bytes = DecodeBase64(text);
  if (!bytes || bytes->size() != kSealKeyBytes) {
    return SealKeyError{where + " holds no key: it must be the base64 of 32 random bytes.",
                        "Restore it, or make a new one: openssl rand -base64 32"};
  }
  return SealKey{std::move(*bytes), where};
}

bool WriteNewFile(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  ::close(file);
  return is_written;
}

}  // namespace

std::variant<SealKey, SealKeyError> FindSealKey(const std::string& dir, const std::string& key_file) {
  const char* in_environment = std::getenv("WIDGENT_KEY");
  if (in_environment && *in_environment) return ReadKey(in_environment, "WIDGENT_KEY");
  const std::string file = FileOf(dir, key_file);
  const auto text = ReadTextFile(file);
  if (!text) {
    return SealKeyError{"The key that opens sealed secrets is not there: " + file + " cannot be read.",
                        "Set WIDGENT_KEY to it, or name its file with --key-file."};
  }
  return ReadKey(*text, file);
}

std::variant<SealKey, SealKeyError> FindOrMakeSealKey(const std::string& dir, const std::string& key_file) {
  const std::string file = FileOf(dir, key_file);
  const char* in_environment = std::getenv("WIDGENT_KEY");
  std::error_code error;
  if ((in_environment && *in_environment) || fs::exists(file, error)) return FindSealKey(dir, key_file);
  SealKey key{RandomBytes(kSealKeyBytes), file, true};
  if (!WriteNewFile(file, EncodeBase64(key.bytes) + "\n")) {
    return SealKeyError{"The key file " + file + " cannot be written.",
                        "Name another one with --key-file, or set WIDGENT_KEY: openssl rand -base64 32"};
  }
  return key;
}

}  // namespace widgent
