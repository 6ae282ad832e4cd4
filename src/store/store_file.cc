#include "store/store_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "store/schema.h"
#include "store/sqlite.h"

namespace widgent {

namespace {

using sqlite::Database;
using sqlite::Query;

constexpr int kFindingsMax = 100;

void Sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!is_synced) throw std::runtime_error("The file " + path + " cannot be made durable.");
}

}  // namespace

void CopyStore(const std::string& path, const std::string& copy,
               const std::function<void(int pages_done, int pages)>& on_progress) {
  const std::string part = copy + ".part";
  try {
    std::filesystem::remove(part);
    {
      Database from(path, Database::Mode::kReadOnly);
      CheckSchema(from);
      Database to(part, Database::Mode::kReadWrite);
      from.CopyTo(to, on_progress);
      to.Execute("PRAGMA journal_mode = DELETE");  // one file, without the -wal that the store's own has beside it
    }
    if (const auto damage = FindDamage(part); !damage.empty()) throw std::runtime_error("it is damaged: " + damage[0]);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    throw std::runtime_error("The store " + path + " cannot be copied to " + copy + ": " + error.what() + ".");
  }
  Sync(part);
  std::filesystem::rename(part, copy);
  const std::string folder = std::filesystem::path(copy).parent_path().string();
  Sync(folder.empty() ? "." : folder);
}

std::vector<std::string> FindDamage(const std::string& path) {
  std::vector<std::string> findings;
  try {
    Database database(path, Database::Mode::kReadOnly);
    CheckSchema(database);
    Query integrity(database, "PRAGMA integrity_check(" + std::to_string(kFindingsMax) + ")");
    while (integrity.Step())
      if (std::string line = integrity.Text(0); line != "ok") findings.push_back(std::move(line));
    Query links(database, "PRAGMA foreign_key_check");
    while (links.Step() && findings.size() < kFindingsMax)
      findings.push_back("row " + links.Text(1) + " of " + links.Text(0) + " belongs to nothing");
  } catch (const sqlite::Error& error) {
    if (!error.IsRefusal()) throw;
    findings.emplace_back(error.what());
  }
  return findings;
}

}  // namespace widgent
