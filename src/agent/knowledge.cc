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
constexpr std::size_t kTermsMax = 32;
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

// A word and its regular inflections: "return" also finds "returns", "returned" and "returning".
std::vector<std::string> Forms(const std::string& word) {
  std::vector<std::string> forms = {word};
  const bool letters = std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!letters || word.size() < 3) return forms;
  std::string stem = word;
  for (std::string_view tail : {"ing", "ed", "es", "s", "e"}) {
    if (word.size() < tail.size() + 3 || !word.ends_with(tail) || word.ends_with("ss")) continue;
    stem.resize(word.size() - tail.size());
    break;
  }
  for (std::string_view tail : {"", "e", "s", "es", "ed", "ing"}) forms.push_back(stem + std::string(tail));
  // "shipping", "shipped", "ship": the consonant is doubled.
  const char last = stem.back();
  if (stem.size() > 3 && last == stem[stem.size() - 2]) {
    stem.pop_back();
    forms.insert(forms.end(), {stem, stem + "s"});
  } else if (std::string_view("bdglmnprt").find(last) != std::string_view::npos) {
    forms.insert(forms.end(), {stem + last + "ing", stem + last + "ed"});
  }
  if (word.ends_with("ies")) forms.push_back(word.substr(0, word.size() - 3) + 'y');
  if (word.ends_with('y')) forms.push_back(word.substr(0, word.size() - 1) + "ies");
  return forms;
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
    std::string names = chapter;
    for (const std::string& alias : document.aliases) names += ' ' + alias;
    for (const MarkdownSection& section : document.sections) {
      if (section.text.empty()) continue;
      Passage passage;
      passage.title = section.title.empty() ? chapter : section.title;
      passage.chapter = chapter;
      passage.url = section.anchor.empty() ? url : url + '#' + EncodeUrl(section.anchor);
      passage.text = section.text;
      passages_.push_back(std::move(passage));
      index_.Add(static_cast<std::int64_t>(passages_.size()), names, passages_.back().title, section.text);
    }
  }

  std::vector<Passage> Search(std::string_view question, int limit) const override {
    std::set<std::string> words, terms;
    for (std::string& word : Words(CutUtf8(question, kQuestionBytesMax), kTermsMax * 4)) {
      // Words like "how" decide nothing by themselves, but order what is found.
      if (IsStopWord(word)) terms.insert(std::move(word));
      else if (words.size() < kTermsMax) words.insert(std::move(word));
    }
    std::vector<Cover> covers(passages_.size() + 1);
    double all = 0;
    for (const std::string& word : words) {
      const std::vector<std::string> forms = Forms(word);
      const std::vector<std::int64_t> rows = index_.RowsWith(forms);
      const double count = static_cast<double>(rows.size()), total = static_cast<double>(passages_.size());
      const double weight = std::log1p((total - count + 0.5) / (count + 0.5));
      all += weight;
      for (std::int64_t row : rows) covers[static_cast<std::size_t>(row)].whole += weight;
      for (std::int64_t row : index_.RowsOfSectionWith(forms)) covers[static_cast<std::size_t>(row)].own += weight;
      terms.insert(forms.begin(), forms.end());
    }
    if (all <= 0) return {};
    std::vector<std::int64_t> rows = index_.Best({terms.begin(), terms.end()}, kCandidates);
    std::erase_if(rows,
                  [&](std::int64_t row) { return covers[static_cast<std::size_t>(row)].whole < coverage_min_ * all; });
    // Chapter and aliases say which page is meant; of its sections the one that speaks of most of the question itself.
    std::stable_sort(rows.begin(), rows.end(), [&](std::int64_t a, std::int64_t b) {
      const auto steps = [&](std::int64_t row) {
        return std::floor(covers[static_cast<std::size_t>(row)].own / all * kOwnSteps);
      };
      return steps(a) > steps(b);
    });
    std::vector<Passage> found;
    for (std::int64_t row : rows) {
      if (static_cast<int>(found.size()) >= limit) break;
      found.push_back(passages_[static_cast<std::size_t>(row) - 1]);
      found.back().coverage = covers[static_cast<std::size_t>(row)].whole / all;
    }
    return found;
  }

  std::size_t SectionCount() const override { return passages_.size(); }

 private:
  // Weight of the question's words that a passage has: with its chapter, and by itself.
  struct Cover {
    double whole = 0, own = 0;
  };

  const double coverage_min_;
  FtsIndex index_;
  std::vector<Passage> passages_;  // row n of the index is passages_[n - 1]
};

}  // namespace

std::unique_ptr<Knowledge> LoadKnowledge(const KnowledgeConfig& config) {
  auto knowledge = std::make_unique<FtsKnowledge>(config.coverage_min);
  if (config.dir.empty()) return knowledge;
  for (const fs::path& file : FindFiles(config.dir)) {
    fs::path name = file.lexically_relative(config.dir);
    knowledge->Add(ReadMarkdown(ReadFile(file)), name.replace_extension().generic_string(), config.base_url);
  }
  return knowledge;
}

}  // namespace widgent
