#include "agent/knowledge.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "agent/fts_index.h"
#include "agent/markdown.h"
#include "agent/text.h"

namespace widgent {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileBytesMax = 4 << 20;
constexpr std::size_t kFilesMax = 10000;
constexpr std::size_t kQuestionBytesMax = 8192;
constexpr std::size_t kWordsMax = 128;
constexpr std::size_t kTellingWordsMax = 32;
constexpr double kLeastCover = 1e-9;  // of stop words alone nothing is found
constexpr int kCandidates = 20;
constexpr double kOwnSteps = 4;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) throw std::runtime_error(path.string() + " cannot be read.");
  return text;
}

std::vector<fs::path> FindFiles(const std::string& dir) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(dir, error);
  if (error) throw std::runtime_error(dir + " cannot be read as a folder of help pages: " + error.message() + '.');
  for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error) throw std::runtime_error(dir + " cannot be read: " + error.message() + '.');
    if (!entry->is_regular_file(error) || entry->path().extension() != ".md") continue;
    if (entry->file_size(error) > kFileBytesMax) throw std::runtime_error(entry->path().string() + " is over 4 MiB.");
    files.push_back(entry->path());
    if (files.size() > kFilesMax) throw std::runtime_error(dir + " holds over 10,000 help pages.");
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What may stand in a url's path or fragment as it is; the rest is percent-encoded.
std::string EncodeUrl(std::string_view text) {
  constexpr std::string_view kKept = "-._~/!$&'()*+,;=:@";
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || kKept.find(c) != kKept.npos) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

class FtsKnowledge final : public Knowledge {
 public:
  explicit FtsKnowledge(double coverage_min) : coverage_min_(coverage_min) {}

  void Add(const MarkdownDocument& document, const std::string& name, const std::string& base_url) {
    const std::string url = document.url.empty() ? base_url + EncodeUrl(name) : document.url;
    std::string chapter = document.title;
    for (const MarkdownSection& section : document.sections)
      if (chapter.empty() && section.level == 1) chapter = section.title;
    if (chapter.empty()) chapter = CleanLine(fs::path(name).stem().string(), 200);
    Page page{passages_.size(), passages_.size()};
    for (const MarkdownSection& section : document.sections) {
      if (section.text.empty()) continue;
      Passage passage;
      passage.title = section.title.empty() ? chapter : section.title;
      passage.chapter = chapter;
      passage.url = section.anchor.empty() ? url : url + '#' + EncodeUrl(section.anchor);
      passage.text = section.text;
      AddRow({passages_.size(), passages_.size() + 1}, chapter, passage.title, passage.text);
      passages_.push_back(std::move(passage));
    }
    page.end = passages_.size();
    if (page.begin == page.end) return;
    for (const std::string& alias : document.aliases) AddRow(page, "", alias, "");
  }

  void Seal() { index_.Seal(); }

  std::vector<Passage> Search(std::string_view question, int limit) const override {
    const Weighing weighing = Weigh(question);
    std::vector<std::int64_t> rows = index_.Best(weighing.words, kCandidates);
    std::erase_if(rows,
                  [&](std::int64_t row) { return weighing.Of(row).whole < std::max(coverage_min_, kLeastCover); });
    // bm25 finds the page; of what it finds, that goes first which speaks of most of the question itself.
    std::stable_sort(rows.begin(), rows.end(), [&](std::int64_t a, std::int64_t b) {
      return std::floor(weighing.Of(a).own * kOwnSteps) > std::floor(weighing.Of(b).own * kOwnSteps);
    });
    std::vector<Passage> found;
    std::set<std::size_t> taken;
    for (std::int64_t row : rows) {
      const std::size_t passage = Resolve(row, rows, weighing);
      if (static_cast<int>(found.size()) >= limit) break;
      if (!taken.insert(passage).second) continue;
      found.push_back(passages_[passage]);
      found.back().coverage = weighing.Of(row).whole;
    }
    return found;
  }

  std::size_t SectionCount() const override { return passages_.size(); }

 private:
  // Passages begin to end. A row of the index is one section, or an alias that stands for all sections of its page.
  struct Page {
    std::size_t begin, end;
  };
  // Shares of the question's weight that a row has: with its chapter, and by itself.
  struct Cover {
    double whole = 0, own = 0;
  };
  struct Weighing {
    std::vector<std::string> words;
    std::vector<Cover> covers;  // by row - 1
    const Cover& Of(std::int64_t row) const { return covers[static_cast<std::size_t>(row) - 1]; }
  };

  void AddRow(Page page, std::string_view chapter, std::string_view title, std::string_view body) {
    rows_.push_back(page);
    index_.Add(static_cast<std::int64_t>(rows_.size()), chapter, title, body);
  }

  // Rare words weigh more; words that no page has weigh the most.
  Weighing Weigh(std::string_view question) const {
    Weighing weighing;
    weighing.covers.resize(rows_.size());
    double all = 0;
    std::size_t telling = 0;
    for (std::string& word : Words(CutUtf8(question, kQuestionBytesMax), kWordsMax)) {
      if (std::find(weighing.words.begin(), weighing.words.end(), word) != weighing.words.end()) continue;
      // Words like "how" decide nothing by themselves, but order what is found.
      if (!IsStopWord(word) && telling++ < kTellingWordsMax) {
        const std::vector<std::int64_t> rows = index_.RowsWith(word, false);
        const double count = static_cast<double>(rows.size()), total = static_cast<double>(rows_.size());
        const double weight = std::log1p((total - count + 0.5) / (count + 0.5));
        all += weight;
        for (std::int64_t row : rows) weighing.covers[static_cast<std::size_t>(row) - 1].whole += weight;
        for (std::int64_t row : index_.RowsWith(word, true))
          weighing.covers[static_cast<std::size_t>(row) - 1].own += weight;
      }
      weighing.words.push_back(std::move(word));
    }
    if (all > 0) {
      for (Cover& cover : weighing.covers) cover = {cover.whole / all, cover.own / all};
    }
    return weighing;
  }

  // Of an alias's page the section that speaks of most of the question, by the order of `rows` where several do; the
  // first where none does.
  std::size_t Resolve(std::int64_t row, const std::vector<std::int64_t>& rows, const Weighing& weighing) const {
    const Page page = rows_[static_cast<std::size_t>(row) - 1];
    std::size_t best = page.begin;
    double best_own = 0;
    for (std::int64_t other : rows) {
      const Page section = rows_[static_cast<std::size_t>(other) - 1];
      const bool is_part = section.end - section.begin == 1 && section.begin >= page.begin && section.end <= page.end;
      if (!is_part || weighing.Of(other).own <= best_own) continue;
      best = section.begin;
      best_own = weighing.Of(other).own;
    }
    return best;
  }

  const double coverage_min_;
  FtsIndex index_;
  std::vector<Passage> passages_;
  std::vector<Page> rows_;  // row n of the index is rows_[n - 1]
};

}  // namespace

Citation Cite(int n, const Passage& passage) {
  const bool same = passage.chapter.empty() || passage.chapter == passage.title;
  return {n, same ? passage.title : passage.chapter + ": " + passage.title, passage.url};
}

std::unique_ptr<Knowledge> LoadKnowledge(const KnowledgeConfig& config) {
  auto knowledge = std::make_unique<FtsKnowledge>(config.coverage_min);
  if (config.dir.empty()) return knowledge;
  for (const fs::path& file : FindFiles(config.dir)) {
    fs::path name = file.lexically_relative(config.dir);
    knowledge->Add(ReadMarkdown(ReadFile(file)), name.replace_extension().generic_string(), config.base_url);
  }
  knowledge->Seal();
  return knowledge;
}

}  // namespace widgent
