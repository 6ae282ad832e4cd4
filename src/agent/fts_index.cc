#include "agent/fts_index.h"

#include <sqlite3.h>

#include <stdexcept>

namespace widgent {

namespace {

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

void BindText(sqlite3_stmt* statement, int index, std::string_view text) {
  sqlite3_bind_text64(statement, index, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// A string of FTS5's query language, in which nothing is an operator.
std::string QuoteWord(std::string_view word) {
  std::string quoted = "\"";
  for (char c : word) {
    if (c == '"') quoted += '"';
    if (c != '\0') quoted += c;
  }
  return quoted + '"';
}

std::vector<std::int64_t> Rows(sqlite3_stmt* select, const std::string& match, int limit) {
  std::vector<std::int64_t> rows;
  BindText(select, 1, match);
  sqlite3_bind_int(select, 2, limit);
  while (sqlite3_step(select) == SQLITE_ROW) rows.push_back(sqlite3_column_int64(select, 0));
  sqlite3_reset(select);
  return rows;
}

}  // namespace

// The handle is closed after the statements, which are finalized first.
struct FtsIndex::Database {
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Closer> handle;
  Statement insert, find, best;

  Statement Prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle.get(), sql, -1, &statement, nullptr) != SQLITE_OK) Fail();
    return Statement(statement);
  }
  [[noreturn]] void Fail() const {
    throw std::runtime_error(std::string("The text index failed: ") + sqlite3_errmsg(handle.get()));
  }
};

FtsIndex::FtsIndex() : database_(std::make_unique<Database>()) {
  Database& database = *database_;
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int opened = sqlite3_open_v2(":memory:", &handle, flags, nullptr);
  database.handle.reset(handle);
  if (opened != SQLITE_OK) throw std::runtime_error("The text index cannot be opened in memory.");
  const Statement create = database.Prepare(
      // Marks are parts of words: Hindi and Thai write vowels by them.
      "CREATE VIRTUAL TABLE section USING fts5(chapter, title, body, content='', "
      "tokenize=\"porter unicode61 categories 'L* N* Co Mn Mc'\")");
  if (sqlite3_step(create.get()) != SQLITE_DONE) database.Fail();
  database.insert = database.Prepare("INSERT INTO section(rowid, chapter, title, body) VALUES(?1, ?2, ?3, ?4)");
  database.find = database.Prepare("SELECT rowid FROM section WHERE section MATCH ?1 LIMIT ?2");
  database.best = database.Prepare(
      "SELECT rowid FROM section WHERE section MATCH ?1 ORDER BY bm25(section, 2.0, 10.0, 1.0), rowid LIMIT ?2");
}

FtsIndex::~FtsIndex() = default;

void FtsIndex::Add(std::int64_t row, std::string_view chapter, std::string_view title, std::string_view body) {
  sqlite3_stmt* insert = database_->insert.get();
  sqlite3_bind_int64(insert, 1, row);
  BindText(insert, 2, chapter);
  BindText(insert, 3, title);
  BindText(insert, 4, body);
  const bool is_added = sqlite3_step(insert) == SQLITE_DONE;
  sqlite3_reset(insert);
  if (!is_added) database_->Fail();
}

void FtsIndex::Seal() {
  const Statement optimize = database_->Prepare("INSERT INTO section(section) VALUES('optimize')");
  if (sqlite3_step(optimize.get()) != SQLITE_DONE) database_->Fail();
}

std::vector<std::int64_t> FtsIndex::RowsWith(const std::string& word, bool own) const {
  return Rows(database_->find.get(), (own ? "{title body} : " : "") + QuoteWord(word), -1);
}

std::vector<std::int64_t> FtsIndex::Best(const std::vector<std::string>& words, int limit) const {
  std::string match;
  for (const std::string& word : words) match += (match.empty() ? "" : " OR ") + QuoteWord(word);
  return match.empty() ? std::vector<std::int64_t>() : Rows(database_->best.get(), match, limit);
}

}  // namespace widgent
