#include "agent/shelf.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/text.h"

namespace widgent {

namespace {

constexpr int kCandidates = 20;
constexpr double kOwnSteps = 4;

}  // namespace

void Shelf::Add(const MarkdownDocument& document, std::string name, const std::string& url) {
  std::string chapter = document.title;
  for (const MarkdownSection& section : document.sections)
    if (chapter.empty() && section.level == 1) chapter = section.title;
  if (chapter.empty()) chapter = std::move(name);
  Page page{passages_.size(), passages_.size()};
  for (const MarkdownSection& section : document.sections) {
    if (section.text.empty()) continue;
    Passage passage;
    passage.title = section.title.empty() ? chapter : section.title;
    passage.chapter = chapter;
    passage.url = section.anchor.empty() ? url : url + '#' + section.anchor;
    passage.text = section.text;
    AddRow({passages_.size(), passages_.size() + 1}, chapter, passage.title, passage.text);
    passages_.push_back(std::move(passage));
  }
  page.end = passages_.size();
  if (page.begin == page.end) return;
  for (const std::string& alias : document.aliases) AddRow(page, "", alias, "");
}

void Shelf::AddRow(Page page, std::string_view chapter, std::string_view title, std::string_view body) {
  rows_.push_back(page);
  index_.Add(static_cast<std::int64_t>(rows_.size()), WordsToIndex(chapter), WordsToIndex(title), WordsToIndex(body));
}

std::vector<Shelf::Hit> Shelf::Find(const std::vector<std::string>& words, const std::vector<Cover>& covers,
                                    double coverage_min) const {
  struct Row {
    std::size_t index, rank;
    double step;
  };
  std::vector<Row> rows;
  for (const std::int64_t number : index_.Best(words, kCandidates)) {
    const auto index = static_cast<std::size_t>(number) - 1;
    if (covers[index].whole >= coverage_min)
      rows.push_back({index, rows.size(), std::floor(covers[index].own * kOwnSteps)});
  }
  // bm25 finds the page; of what it finds, that goes first which speaks of most of the question itself.
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.step > b.step; });
  // Of an alias's page the section that speaks of most of the question, by the order of `rows` where several do; the
  // first where none does.
  const auto resolve = [&](std::size_t row) {
    const Page page = rows_[row];
    std::size_t best = page.begin;
    double best_own = 0;
    for (const Row& other : rows) {
      const Page section = rows_[other.index];
      const bool is_part = section.end - section.begin == 1 && section.begin >= page.begin && section.end <= page.end;
      if (!is_part || covers[other.index].own <= best_own) continue;
      best = section.begin;
      best_own = covers[other.index].own;
    }
    return best;
  };
  std::vector<Hit> hits;
  for (const Row& row : rows)
    hits.push_back({&passages_[resolve(row.index)], covers[row.index].whole, row.step, row.rank});
  return hits;
}

}  // namespace widgent
