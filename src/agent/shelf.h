// The help pages of one audience, as an index of their sections.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/fts_index.h"
#include "agent/knowledge.h"
#include "agent/markdown.h"
#include "product/product.h"

namespace widgent {

class Shelf {
 public:
  explicit Shelf(Requirement required) : required_(std::move(required)) {}

  // `name`: of the page where it has no title; `url`: where it is read.
  void Add(const MarkdownDocument& document, std::string name, const std::string& url);
  // After the last Add.
  void Seal() { index_.Seal(); }

  // Of whoever reads it.
  const Requirement& required() const { return required_; }
  std::size_t row_count() const { return rows_.size(); }
  std::size_t section_count() const { return passages_.size(); }

  // A row is one section, or an alias that stands for all sections of its page.
  std::vector<std::int64_t> RowsWith(const std::string& word, bool own) const { return index_.RowsWith(word, own); }

  // Shares of the question's weight that a row has: with its chapter, and by itself.
  struct Cover {
    double whole = 0, own = 0;
  };
  struct Hit {
    const Passage* passage = nullptr;
    double coverage = 0;
    double step = 0;       // how much of the question the row itself speaks of, in quarters
    std::size_t rank = 0;  // among what bm25 finds on this shelf
  };
  // Best first. `covers` has one for each row; rows of less than `coverage_min` are left out.
  std::vector<Hit> Find(const std::vector<std::string>& words, const std::vector<Cover>& covers,
                        double coverage_min) const;

 private:
  // Passages begin to end.
  struct Page {
    std::size_t begin, end;
  };
  void AddRow(Page page, std::string_view chapter, std::string_view title, std::string_view body);

  Requirement required_;
  FtsIndex index_;
  std::vector<Passage> passages_;
  std::vector<Page> rows_;  // row n of the index is rows_[n - 1]
};

}  // namespace widgent
