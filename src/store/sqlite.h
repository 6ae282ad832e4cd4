// SQLite as the rest of this floor sees it: a connection with cached statements, and a query that resets itself.
#pragma once
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace widgent::sqlite {

// `code` is SQLite's extended result code. The text names no value that was bound.
class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  // The disk, the file or another process refused; the same statement may pass later.
  bool IsRefusal() const;
  // The statement broke a rule of the schema: a mistake of the caller.
  bool IsConstraint() const;

 private:
  int code_;
};

class Database {
 public:
  enum class Mode : std::uint8_t { kReadWrite, kReadOnly };
  // Throws Error. A new file is readable by its owner alone. ":memory:" is a database of its own.
  Database(const std::string& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs statements without parameters or results. Throws Error.
  void Execute(const std::string& sql);
  // False between BEGIN and COMMIT or ROLLBACK.
  bool IsAutocommit() const;
  // Copies all of it, as it is at one moment, into `destination`, which others may not use meanwhile; whoever writes to
  // this one goes on. `on_progress` hears of the pages that are copied, and of all. Throws Error.
  void CopyTo(Database& destination, const std::function<void(int done, int all)>& on_progress);
  // Rows changed by the latest statement.
  int Changes() const;

 private:
  friend class Query;
  [[noreturn]] void Throw(int code) const;
  sqlite3_stmt* Prepare(std::string_view sql);

  // Looked up by a view, without a copy of the text.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  sqlite3* connection_ = nullptr;
  std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> statements_;
};

// One use of a cached statement. Parameters are bound in order; do not nest two uses of the same text.
class Query {
 public:
  template <class... Arguments>
  Query(Database& database, std::string_view sql, const Arguments&... arguments)
      : database_(database), statement_(database.Prepare(sql)) {
    (Bind(arguments), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // True where there is a row to read. Throws Error.
  bool Step();
  std::int64_t Integer(int column) const;
  std::string Text(int column) const;

  // Text and integers; text is bound without a copy and has to outlive the query.
  void Bind(std::string_view text);
  void Bind(std::int64_t number);

 private:
  Database& database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace widgent::sqlite
