// A full-text index in memory (SQLite FTS5): numbered rows of three weights, found by words.
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

  // After the last Add: makes one segment of what was added piece by piece, which searches several times faster.
  void Seal();

  // Rows that hold `word` in any of its inflections; with `own` in title or body. Any bytes may stand in a word.
  std::vector<std::int64_t> RowsWith(const std::string& word, bool own) const;

  // Rows that hold any of the words, best first by bm25 (chapter 2, title 10, body 1).
  std::vector<std::int64_t> Best(const std::vector<std::string>& words, int limit) const;

 private:
  struct Database;
  std::unique_ptr<Database> database_;
};

}  // namespace widgent
