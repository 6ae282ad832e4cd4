// The default Store: one SQLite file in WAL mode, synced at every Commit.
#pragma once
#include <memory>
#include <string>

#include "store/store.h"

namespace widgent {

// Opens the store at `path`, creating or upgrading it. ":memory:" keeps it in memory. Throws std::runtime_error with
// a sentence that names the file. Calls throw std::runtime_error where the file cannot be read, or where the caller
// broke a rule (a message for a thread that does not exist, an audit number used twice); a write that the disk
// refuses does not throw, it makes the next Commit answer false.
std::unique_ptr<Store> OpenSqliteStore(const std::string& path);

// Opens an existing store for reading alone, also while a server writes to it. Writing makes Commit answer false.
std::unique_ptr<Store> OpenSqliteStoreReadOnly(const std::string& path);

}  // namespace widgent
