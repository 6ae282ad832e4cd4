#include "agent/knowledge.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>
#include <variant>

#include "agent/agent.h"
#include "agent/markdown.h"
#include "agent/page_files.h"
#include "agent/shelf.h"
#include "agent/text.h"
#include "product/audience.h"

namespace widgent {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kQuestionBytesMax = 8192;
constexpr std::size_t kWordsMax = 128;
constexpr std::size_t kTellingWordsMax = 32;
constexpr double kLeastCover = 1e-9;  // of stop words alone nothing is found

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

class ShelvedKnowledge final : public Knowledge {
 public:
  ShelvedKnowledge(double coverage_min, std::string stamp)
      : coverage_min_(std::max(coverage_min, kLeastCover)), stamp_(std::move(stamp)) {}

  void Add(MarkdownDocument document, const fs::path& file, const std::string& name, const std::string& base_url) {
    auto read = ReadAudience(document.audience.value_or("public"));
    if (const std::string* fault = std::get_if<std::string>(&read)) {
      warnings_.push_back(file.string() + ": nobody can read this page, for its audience is not understood. " + *fault);
      return;
    }
    for (MarkdownSection& section : document.sections) section.anchor = EncodeUrl(section.anchor);
    ShelfFor(std::move(std::get<Requirement>(read)))
        .Add(document, CleanLine(fs::path(name).stem().string(), 200),
             document.url.empty() ? base_url + EncodeUrl(name) : document.url);
  }

  void Seal() {
    for (const auto& shelf : shelves_) shelf->Seal();
  }

  std::vector<Passage> Search(std::string_view question, int limit, const Identity& identity,
                              UnixMillis now) const override {
    std::vector<Reading> readings;
    for (const auto& shelf : shelves_)
      if (MayRead(shelf->required(), identity, now)) readings.push_back({shelf.get(), {}});
    const std::vector<std::string> words = Weigh(question, readings);
    std::vector<Shelf::Hit> hits;
    for (const Reading& reading : readings) {
      const auto found = reading.shelf->Find(words, reading.covers, coverage_min_);
      hits.insert(hits.end(), found.begin(), found.end());
    }
    // Ranks of bm25 are comparable between shelves, its scores are not.
    std::stable_sort(hits.begin(), hits.end(), [](const Shelf::Hit& a, const Shelf::Hit& b) {
      return a.step != b.step ? a.step > b.step : a.rank < b.rank;
    });
    std::vector<Passage> found;
    std::set<const Passage*> taken;
    for (const Shelf::Hit& hit : hits) {
      if (static_cast<int>(found.size()) >= limit) break;
      if (!taken.insert(hit.passage).second) continue;
      found.push_back(*hit.passage);
      found.back().coverage = hit.coverage;
    }
    return found;
  }

  std::size_t SectionCount() const override {
    std::size_t count = 0;
    for (const auto& shelf : shelves_) count += shelf->section_count();
    return count;
  }

  const std::vector<std::string>& Warnings() const override { return warnings_; }
  const std::string& Stamp() const override { return stamp_; }

 private:
  // A shelf that the visitor may read, and how much of the question each of its rows has.
  struct Reading {
    const Shelf* shelf;
    std::vector<Shelf::Cover> covers;
  };

  // What was written for fewer people goes first.
  Shelf& ShelfFor(Requirement required) {
    for (const auto& shelf : shelves_)
      if (shelf->required() == required) return *shelf;
    const auto place = required.AsksForUser() ? shelves_.begin() : shelves_.end();
    return **shelves_.insert(place, std::make_unique<Shelf>(std::move(required)));
  }

  static bool MayRead(const Requirement& required, const Identity& identity, UnixMillis now) {
    const User* user = AsUser(identity);
    return !required.AsksForUser() || (user && !RefuseUser(required, *user, now));
  }

  // Answers the question's words and fills in the covers. Rare words weigh more; words that no page has weigh the most.
  static std::vector<std::string> Weigh(std::string_view question, std::vector<Reading>& readings) {
    std::size_t row_count = 0;
    for (Reading& reading : readings) {
      reading.covers.resize(reading.shelf->row_count());
      row_count += reading.covers.size();
    }
    std::vector<std::string> words;
    double all = 0;
    std::size_t telling = 0;
    for (std::string& word : Words(CutUtf8(question, kQuestionBytesMax), kWordsMax)) {
      if (std::find(words.begin(), words.end(), word) != words.end()) continue;
      // Words like "how" decide nothing by themselves, but order what is found.
      if (!IsStopWord(word) && telling++ < kTellingWordsMax) all += WeighWord(word, row_count, readings);
      words.push_back(std::move(word));
    }
    if (all > 0) {
      for (Reading& reading : readings)
        for (Shelf::Cover& cover : reading.covers) cover = {cover.whole / all, cover.own / all};
    }
    return words;
  }

  static double WeighWord(const std::string& word, std::size_t row_count, std::vector<Reading>& readings) {
    std::size_t rows_with = 0;
    std::vector<std::vector<std::int64_t>> found;
    for (const Reading& reading : readings)
      rows_with += found.emplace_back(reading.shelf->RowsWith(word, false)).size();
    const auto count = static_cast<double>(rows_with), total = static_cast<double>(row_count);
    const double weight = std::log1p((total - count + 0.5) / (count + 0.5));
    for (std::size_t i = 0; i < readings.size(); ++i) {
      std::vector<Shelf::Cover>& covers = readings[i].covers;
      for (std::int64_t row : found[i]) covers[static_cast<std::size_t>(row) - 1].whole += weight;
      for (std::int64_t row : readings[i].shelf->RowsWith(word, true))
        covers[static_cast<std::size_t>(row) - 1].own += weight;
    }
    return weight;
  }

  const double coverage_min_;
  const std::string stamp_;
  std::vector<std::unique_ptr<Shelf>> shelves_;
  std::vector<std::string> warnings_;
};

}  // namespace

Citation Cite(int n, const Passage& passage) {
  const bool same = passage.chapter.empty() || passage.chapter == passage.title;
  return {n, same ? passage.title : passage.chapter + ": " + passage.title, passage.url};
}

std::unique_ptr<Knowledge> LoadKnowledge(const KnowledgeConfig& config) {
  const std::vector<fs::path> files = config.dir.empty() ? std::vector<fs::path>() : FindPages(config.dir);
  // The stamp is of before the files are read: what changes meanwhile is seen the next time.
  auto knowledge = std::make_unique<ShelvedKnowledge>(config.coverage_min, StampOfPages(files));
  for (const fs::path& file : files) {
    fs::path name = file.lexically_relative(config.dir);
    knowledge->Add(ReadMarkdown(ReadPage(file)), file, name.replace_extension().generic_string(), config.base_url);
  }
  knowledge->Seal();
  return knowledge;
}

}  // namespace widgent
