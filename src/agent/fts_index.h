// A full-text index in memory (SQLite FTS5): numbered texts of three weights, found by words.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace widgent {

class FtsIndex {
 public:
  // Throws std::runtime_error where SQLite has no FTS5.
  FtsIndex();
  ~FtsIndex();
  FtsIndex(const FtsIndex&) = delete;
  FtsIndex& operator=(const FtsIndex&) = delete;

  // `row` is 1, 2, 3 …
  void Add(std::int64_t row, std::string_view chapter, std::string_view title, std::string_view body);

  // Rows that hold `term` or one of its other forms, in any order. Any bytes may stand in a term.
  std::vector<std::int64_t> RowsWith(const std::vector<std::string>& forms) const;
  // The same without a look at the chapter.
  std::vector<std::int64_t> RowsOfSectionWith(const std::vector<std::string>& forms) const;

  // Rows that hold any of the terms, best first by bm25 (chapter 2, title 10, body 1).
  std::vector<std::int64_t> Best(const std::vector<std::string>& terms, int limit) const;

 private:
  struct Database;
  std::vector<std::int64_t> Query(const char* sql, const std::string& match, int limit) const;
  std::unique_ptr<Database> database_;
};

}  // namespace widgent
