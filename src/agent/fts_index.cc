#include "agent/fts_index.h"

#include <sqlite3.h>

#include <stdexcept>

namespace widgent {

namespace {

constexpr char kFind[] = "SELECT rowid FROM section WHERE section MATCH ?1 LIMIT ?2";

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

void BindText(sqlite3_stmt* statement, int index, std::string_view text) {
  sqlite3_bind_text64(statement, index, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// A query of FTS5 in which nothing is an operator: every term is a string in double quotes.
std::string MatchAny(const std::vector<std::string>& terms) {
  std::string query;
  for (const std::string& term : terms) {
    query += query.empty() ? "\"" : " OR \"";
    for (char c : term) {
      if (c == '"') query += '"';
      if (c != '\0') query += c;
    }
    query += '"';
  }
  return query;
}

}  // namespace

struct FtsIndex::Database {
  sqlite3* handle = nullptr;
  ~Database() { sqlite3_close_v2(handle); }
  Statement Prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr) != SQLITE_OK)
      throw std::runtime_error(std::string("The text index failed: ") + sqlite3_errmsg(handle));
    return Statement(statement);
  }
};

FtsIndex::FtsIndex() : database_(std::make_unique<Database>()) {
  if (sqlite3_open_v2(":memory:", &database_->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK)
    throw std::runtime_error("The text index cannot be opened in memory.");
  const char* create =
      "CREATE VIRTUAL TABLE section USING fts5(chapter, title, body, content='', tokenize='unicode61')";
  sqlite3_step(database_->Prepare(create).get());
  database_->Prepare(kFind);
}

FtsIndex::~FtsIndex() = default;

void FtsIndex::Add(std::int64_t row, std::string_view chapter, std::string_view title, std::string_view body) {
  const Statement insert =
      database_->Prepare("INSERT INTO section(rowid, chapter, title, body) VALUES(?1, ?2, ?3, ?4)");
  sqlite3_bind_int64(insert.get(), 1, row);
  BindText(insert.get(), 2, chapter);
  BindText(insert.get(), 3, title);
  BindText(insert.get(), 4, body);
  if (sqlite3_step(insert.get()) != SQLITE_DONE)
    throw std::runtime_error(std::string("The text index failed: ") + sqlite3_errmsg(database_->handle));
}

std::vector<std::int64_t> FtsIndex::RowsWith(const std::vector<std::string>& forms) const {
  return Query(kFind, MatchAny(forms), -1);
}

std::vector<std::int64_t> FtsIndex::RowsOfSectionWith(const std::vector<std::string>& forms) const {
  const std::string match = MatchAny(forms);
  return Query(kFind, match.empty() ? match : "{title body} : (" + match + ')', -1);
}

std::vector<std::int64_t> FtsIndex::Best(const std::vector<std::string>& terms, int limit) const {
  return Query(
      "SELECT rowid FROM section WHERE section MATCH ?1 ORDER BY bm25(section, 2.0, 10.0, 1.0), rowid LIMIT ?2",
      MatchAny(terms), limit);
}

std::vector<std::int64_t> FtsIndex::Query(const char* sql, const std::string& match, int limit) const {
  std::vector<std::int64_t> rows;
  if (match.empty()) return rows;
  const Statement select = database_->Prepare(sql);
  BindText(select.get(), 1, match);
  sqlite3_bind_int(select.get(), 2, limit);
  while (sqlite3_step(select.get()) == SQLITE_ROW) rows.push_back(sqlite3_column_int64(select.get(), 0));
  return rows;
}

}  // namespace widgent
