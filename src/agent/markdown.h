// Markdown (CommonMark, as far as help pages use it) as plain text, section by section.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widgent {

struct MarkdownSection {
  std::string title;   // plain text of the heading; empty before the first
  std::string anchor;  // as GitHub makes it, unique in the document; empty before the first heading
  int level = 0;       // 1 to 6; 0 before the first heading
  std::string text;    // plain; an empty line between paragraphs, a line per list item
};

struct MarkdownDocument {
  std::string title, url;            // front matter
  std::vector<std::string> aliases;  // front matter: a list of either YAML form
  // Front matter, as it is written there; nothing where it has none. Wherever somebody may have meant to write one, it
  // is here, so that no page is shown to those whom it was to be kept from.
  std::optional<std::string> audience;
  std::vector<MarkdownSection> sections;
};

MarkdownDocument ReadMarkdown(std::string_view text);

// One line of Markdown without its marks: links and images as their text, no emphasis, no code marks, no tags.
std::string PlainInline(std::string_view text);

}  // namespace widgent
