// The tables, and how an older store is brought up to them. `PRAGMA user_version` counts the steps taken.
#pragma once
#include "store/sqlite.h"

namespace widgent {

// Brings a writable database to the newest schema, each step in a transaction of its own. Throws std::runtime_error
// with a sentence where the file belongs to another program or to a newer Widgent, and sqlite::Error.
void MigrateSchema(sqlite::Database& database);

// For a read-only database: throws std::runtime_error with a sentence where the schema is not the newest.
void CheckSchema(sqlite::Database& database);

}  // namespace widgent
