// The owner's Markdown as what the agent answers from. Who asks decides what is found.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "identity/identity.h"
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
  // Best first; empty where nothing reaches the configured coverage. Of the pages that this visitor may read now, and
  // as if there were no others.
  virtual std::vector<Passage> Search(std::string_view question, int limit, const Identity& identity,
                                      UnixMillis now) const = 0;
  virtual std::size_t SectionCount() const = 0;
  // For the owner: pages that nobody can read, and why.
  virtual const std::vector<std::string>& Warnings() const = 0;
  // StampOfPages of what was read.
  virtual const std::string& Stamp() const = 0;
};

// Reads every .md under `config.dir` (front matter: title, url, aliases, audience). Throws std::runtime_error that
// names the file.
std::unique_ptr<Knowledge> LoadKnowledge(const KnowledgeConfig& config);

}  // namespace widgent
