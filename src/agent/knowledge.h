// The owner's Markdown as a full-text index (SQLite FTS5 in memory): one row per section.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "product/product.h"
#include "protocol/ag_ui.h"

namespace widgent {

struct Passage {
  std::string title;    // of the section
  std::string chapter;  // of the document
  std::string url;      // for the citation
  std::string text;     // plain text of the section
  double coverage = 0;  // 0 to 1: IDF-weighted share of the question's words found
};

// As the source [n] of a reply.
Citation Cite(int n, const Passage& passage);

class Knowledge {
 public:
  virtual ~Knowledge() = default;
  // Best first; empty where nothing reaches the configured coverage.
  virtual std::vector<Passage> Search(std::string_view question, int limit) const = 0;
  virtual std::size_t SectionCount() const = 0;
};

// Reads every .md under `config.dir` (front matter: title, url, aliases). Throws std::runtime_error that names the
// file.
std::unique_ptr<Knowledge> LoadKnowledge(const KnowledgeConfig& config);

}  // namespace widgent
