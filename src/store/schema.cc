#include "store/schema.h"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace widgent {
namespace {

constexpr std::int64_t kApplicationId = 0x57646774;  // "Wdgt": tells our files from other programs'

// Step n leads from version n to n + 1. A step that has been released is never edited; append another.
constexpr std::array kSteps = {
    R"sql(
CREATE TABLE threads (
  key        INTEGER PRIMARY KEY,
  product    TEXT NOT NULL,
  id         TEXT NOT NULL,
  owner_kind INTEGER NOT NULL,
  owner_id   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  active_at  INTEGER NOT NULL,
  title      TEXT NOT NULL,
  UNIQUE (product, id)
) STRICT;
CREATE INDEX threads_by_owner ON threads (product, owner_kind, owner_id, active_at);

CREATE TABLE messages (
  key      INTEGER PRIMARY KEY,
  thread   INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE,
  id       TEXT NOT NULL,
  run      TEXT NOT NULL,
  role     INTEGER NOT NULL,
  status   INTEGER NOT NULL,
  text     TEXT NOT NULL,
  metadata TEXT NOT NULL,
  at       INTEGER NOT NULL,
  UNIQUE (thread, id)
) STRICT;
CREATE INDEX messages_in_order ON messages (thread, key);

CREATE TABLE runs (
  key          INTEGER PRIMARY KEY,
  thread       INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE,
  id           TEXT NOT NULL,
  input_sha256 TEXT NOT NULL,
  message      TEXT NOT NULL,
  status       INTEGER NOT NULL,
  events       TEXT NOT NULL,
  started_at   INTEGER NOT NULL,
  UNIQUE (thread, id)
) STRICT;
CREATE INDEX runs_running ON runs (status) WHERE status = 0;

CREATE TABLE audit (
  key       INTEGER PRIMARY KEY,
  product   TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  user      TEXT NOT NULL,
  action    TEXT NOT NULL,
  outcome   TEXT NOT NULL,
  record    TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash      TEXT NOT NULL,
  UNIQUE (product, seq)
) STRICT;
CREATE INDEX audit_by_user ON audit (product, user, at, seq) WHERE user <> '';
CREATE INDEX audit_by_action ON audit (product, action, at, seq);
CREATE INDEX audit_by_time ON audit (product, at, seq);

CREATE TABLE unanswered (
  product  TEXT NOT NULL,
  question TEXT NOT NULL,
  times    INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  PRIMARY KEY (product, question)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE moves (
  product TEXT NOT NULL,
  thread  TEXT NOT NULL,
  guest   TEXT NOT NULL,
  target  INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE,
  PRIMARY KEY (product, thread, guest)
) STRICT, WITHOUT ROWID;
CREATE INDEX moves_by_target ON moves (target);
)sql",
    R"sql(
CREATE TABLE secrets (
  product       TEXT NOT NULL,
  kid           TEXT NOT NULL,
  used_at       INTEGER NOT NULL DEFAULT 0,
  leaked_at     INTEGER NOT NULL DEFAULT 0,
  leaked_origin TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (product, kid)
) STRICT, WITHOUT ROWID;

CREATE TABLE revocations (
  product TEXT NOT NULL,
  sub     TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (product, sub)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_time ON revocations (at);
)sql",
    R"sql(
CREATE TABLE interrupts (
  key              INTEGER PRIMARY KEY,
  thread           INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE,
  id               TEXT NOT NULL,
  run              TEXT NOT NULL,
  sub              TEXT NOT NULL,
  tool             TEXT NOT NULL,
  call             TEXT NOT NULL,
  arguments        TEXT NOT NULL,
  arguments_sha256 TEXT NOT NULL,
  message          TEXT NOT NULL,
  asked_at         INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  state            INTEGER NOT NULL,
  answered_by      TEXT NOT NULL,
  UNIQUE (thread, id)
) STRICT;
CREATE INDEX interrupts_pending ON interrupts (thread) WHERE state = 0;
)sql",
    R"sql(
ALTER TABLE messages ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN comment TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN rated_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_rated ON messages (rated_at) WHERE rating <> 0;
)sql",
    R"sql(
ALTER TABLE threads ADD COLUMN handed_off_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE threads ADD COLUMN handoffs INTEGER NOT NULL DEFAULT 0;
)sql",
    R"sql(
ALTER TABLE interrupts ADD COLUMN effect INTEGER NOT NULL DEFAULT 0;
ALTER TABLE interrupts ADD COLUMN by_operator INTEGER NOT NULL DEFAULT 0;
ALTER TABLE interrupts ADD COLUMN decision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE interrupts ADD COLUMN decided_by TEXT NOT NULL DEFAULT '';
)sql",
};
constexpr auto kNewest = static_cast<std::int64_t>(kSteps.size());

std::int64_t ReadPragma(sqlite::Database& database, std::string_view sql) {
  sqlite::Query query(database, sql);
  return query.Step() ? query.Integer(0) : 0;
}

// Throws where the file is not a store that this program understands.
std::int64_t ReadVersion(sqlite::Database& database) {
  const std::int64_t version = ReadPragma(database, "PRAGMA user_version");
  const std::int64_t application = ReadPragma(database, "PRAGMA application_id");
  const bool is_empty = ReadPragma(database, "SELECT count(*) FROM sqlite_schema") == 0;
  if (application != kApplicationId && !(is_empty && version == 0)) {
    throw std::runtime_error("it is a database of another program");
  }
  if (version > kNewest) {
    throw std::runtime_error("it was written by a newer Widgent (schema " + std::to_string(version) +
                             ", this program knows up to " + std::to_string(kNewest) +
                             "); run that version, or choose another store");
  }
  return version;
}

}  // namespace

void MigrateSchema(sqlite::Database& database) {
  // Checked once more inside the transaction: two programs may open a new store at the same moment.
  if (ReadVersion(database) == kNewest) return;
  database.Execute("BEGIN IMMEDIATE");
  try {
    for (std::int64_t version = ReadVersion(database); version < kNewest; ++version) {
      database.Execute(kSteps[static_cast<std::size_t>(version)]);
      database.Execute("PRAGMA user_version = " + std::to_string(version + 1));
    }
    database.Execute("PRAGMA application_id = " + std::to_string(kApplicationId));
    database.Execute("COMMIT");
  } catch (...) {
    if (!database.IsAutocommit()) database.Execute("ROLLBACK");
    throw;
  }
}

void CheckSchema(sqlite::Database& database) {
  if (const std::int64_t version = ReadVersion(database); version != kNewest) {
    throw std::runtime_error("its schema is " + std::to_string(version) + " and not " + std::to_string(kNewest) +
                             "; start the server once to bring it up to date");
  }
}

}  // namespace widgent
