#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "audit/audit.h"
#include "server/cli.h"
#include "server/folder_lock.h"
#include "server/head_keeper.h"
#include "server/history.h"
#include "store/sqlite_store.h"
#include "store/store_file.h"

namespace widgent {

namespace {

namespace fs = std::filesystem;

struct StoreOptions {
  std::string data = "data", file;
  bool replace = false;
};

std::string StoreIn(const std::string& folder) { return folder + "/widgent.db"; }

std::string RequireStore(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error))
    Fail(kExitUsage, "There is no store " + path + ".", "Name the folder that `widgentd serve` uses with --data.");
  return path;
}

template <class Work>
auto OrFail(Work work, std::string_view hint) {
  try {
    return work();
  } catch (const std::runtime_error& error) {
    Fail(kExitFailure, error.what(), hint);
  }
}

void Backup(const StoreOptions& options) {
  const std::string store = RequireStore(StoreIn(options.data));
  std::error_code error;
  if (fs::exists(options.file, error) && !options.replace)
    Fail(kExitUsage, "The file " + options.file + " is there already.", "Name another one, or say --replace.");
  OrFail([&] { CopyStore(store, options.file); }, "Choose a folder with room, which you may write.");
  std::cout << "Wrote " << options.file << ", " << fs::file_size(options.file)
            << " bytes. It holds all that was durable "
            << "when it began.\n";
}

// Answers whether all holds.
bool PrintDamage(const std::string& path) {
  const auto damage = OrFail([&] { return FindDamage(path); }, "Is that a store of Widgent?");
  for (const std::string& finding : damage) std::cout << path << ": " << finding << '\n';
  if (damage.empty()) std::cout << path << ": the file holds\n";
  return damage.empty();
}

void Check(const StoreOptions& options) {
  const std::string path = RequireStore(options.file.empty() ? StoreIn(options.data) : options.file);
  bool holds = PrintDamage(path);
  if (holds) {
    const auto store = OpenSqliteStoreReadOnly(path);
    for (const ProductId& product : store->ListAuditedProducts()) {
      const auto fault = VerifyAudit(*store, product);
      if (fault)
        std::cout << product.value << ": audit record " << fault->seq << " is broken: " << fault->detail << '\n';
      else std::cout << product.value << ": " << store->FindAuditHead(product).count << " audit records hold\n";
      holds = holds && !fault;
    }
  }
  if (!holds) Exit(kExitNo);
}

// Moves what is at `path` out of the way, where there is something. Nothing is ever deleted.
void SetAside(const std::string& path, const std::string& suffix) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  fs::rename(path, path + suffix);
  std::cout << "What was in " << path << " is in " << path << suffix << " now.\n";
}

void Restore(const StoreOptions& options) {
  RequireStore(options.file);
  std::error_code error;
  fs::create_directories(options.data, error);
  const FolderLock lock(options.data);
  const std::string store = StoreIn(options.data);
  if (fs::exists(store, error) && !options.replace)
    Fail(kExitUsage, "There is a store in " + options.data + " already.",
         "Say --replace to put the backup in its place; what is there is kept beside it.");
  if (!PrintDamage(options.file)) Exit(kExitNo);
  const std::string arrived = store + ".restored";
  OrFail([&] { CopyStore(options.file, arrived); }, "Is there room?");
  const std::string suffix = ".replaced-" + std::to_string(SystemNow() / 1000);
  for (const char* part : {"", "-wal", "-shm"}) SetAside(store + part, suffix);
  SetAside(options.data + "/" + std::string(kSealedHeadsFile), suffix);
  fs::rename(arrived, store);
  std::cout << "Restored " << options.file << ". Start the server: it seals the heads of the audit log anew.\n";
}

void AddData(CLI::App& command, StoreOptions& options) {
  command.add_option("--data", options.data, "Folder of the server's store")
      ->envname("WIDGENT_DATA")
      ->capture_default_str()
      ->type_name("DIR");
}

}  // namespace

void AddStore(CLI::App& cli) {
  auto options = std::make_shared<StoreOptions>();

  CLI::App* backup = cli.add_subcommand("backup", "Copy the store, also while the server runs");
  backup->add_option("file", options->file, "Where to")->required()->type_name("FILE");
  AddData(*backup, *options);
  backup->add_flag("--replace", options->replace, "FILE may be there: it is replaced once the new one is whole");
  backup->footer(
      "The copy is one file of mode 0600, checked before it gets its name. Product files and keys are not in it: keep\n"
      "copies of them too, and the keys elsewhere.\n\nExample:\n  widgentd backup /var/backups/widgent-$(date +%F).db");
  backup->callback([options] { Backup(*options); });

  CLI::App* restore = cli.add_subcommand("restore", "Put a backup in place, while the server is stopped");
  restore->add_option("file", options->file, "The backup")->required()->type_name("FILE");
  AddData(*restore, *options);
  restore->add_flag("--replace", options->replace, "There may be a store: it is kept beside the new one");
  restore->footer("Example:\n  widgentd restore /var/backups/widgent-2026-11-29.db --replace");
  restore->callback([options] { Restore(*options); });

  CLI::App* check = cli.add_subcommand("check", "Look for damage in the store, or in a backup");
  check->add_option("file", options->file, "A backup; otherwise the store")->type_name("FILE");
  AddData(*check, *options);
  check->footer(
      "Reads every page and every record of the audit log. `audit verify` also compares the sealed heads.\n\n"
      "Exit codes: 0 all holds; 1 it is damaged, and what is wrong is printed; 2 there is no store.");
  check->callback([options] { Check(*options); });
}

}  // namespace widgent
