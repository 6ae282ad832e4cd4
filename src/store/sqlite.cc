#include "store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace widgent::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 2000;

}  // namespace

bool Error::IsRefusal() const {
  switch (code_ & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
      return true;
    default:
      return false;
  }
}

bool Error::IsConstraint() const { return (code_ & 0xff) == SQLITE_CONSTRAINT; }

Database::Database(const std::string& path, Mode mode) {
  const bool in_memory = path == ":memory:";
  if (mode == Mode::kReadWrite && !in_memory) {
    // SQLite gives its side files the permissions of this one.
    const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);
  }
  const int flags =
      mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE | (in_memory ? SQLITE_OPEN_CREATE : 0) : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path.c_str(), &connection_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const Error error(code, connection_ ? sqlite3_errmsg(connection_) : "out of memory");
    sqlite3_close_v2(connection_);
    throw error;
  }
  sqlite3_extended_result_codes(connection_, 1);
  sqlite3_busy_timeout(connection_, kBusyTimeoutMs);
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(connection_);
}

void Database::Execute(const std::string& sql) {
  if (const int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK) {
    Throw(code);
  }
}

void Database::CopyTo(Database& destination, const std::function<void(int done, int all)>& on_progress) {
  constexpr int kPagesAtOnce = 4096;
  // One transaction, which its first read begins: else SQLite starts anew whenever somebody writes between two steps.
  Execute("BEGIN; SELECT count(*) FROM sqlite_schema");
  sqlite3_backup* backup = sqlite3_backup_init(destination.connection_, "main", connection_, "main");
  if (backup == nullptr) destination.Throw(sqlite3_errcode(destination.connection_));
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup, kPagesAtOnce);
    const int all = sqlite3_backup_pagecount(backup);
    if (code == SQLITE_OK || code == SQLITE_DONE) on_progress(all - sqlite3_backup_remaining(backup), all);
  }
  const int ended = sqlite3_backup_finish(backup);
  Execute("COMMIT");
  if (code != SQLITE_DONE) throw Error(code, sqlite3_errstr(code));
  if (ended != SQLITE_OK) destination.Throw(ended);
}

bool Database::IsAutocommit() const { return sqlite3_get_autocommit(connection_) != 0; }

int Database::Changes() const { return sqlite3_changes(connection_); }

void Database::Throw(int code) const { throw Error(code, sqlite3_errmsg(connection_)); }

sqlite3_stmt* Database::Prepare(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) Throw(code);
  statements_.emplace(sql, statement);
  return statement;
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::Step() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.Throw(code);
  return code == SQLITE_ROW;
}

std::int64_t Query::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Query::Bind(std::string_view text) {
  // A null pointer would bind NULL, where an empty view means an empty string.
  const char* data = text.data() ? text.data() : "";
  if (const int code = sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
      code != SQLITE_OK) {
    database_.Throw(code);
  }
}

void Query::Bind(std::int64_t number) {
  if (const int code = sqlite3_bind_int64(statement_, ++bound_, number); code != SQLITE_OK) database_.Throw(code);
}

}  // namespace widgent::sqlite
