#include "agent/markdown.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/text.h"

namespace widgent {

namespace {

constexpr std::size_t kLineBytesMax = 64 * 1024;
constexpr std::size_t kAliasesMax = 64;

std::string_view TrimLeft(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  return from == text.npos ? std::string_view() : text.substr(from);
}

std::string_view Trim(std::string_view text) {
  text = TrimLeft(text);
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

std::string_view NextLine(std::string_view& rest) {
  const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end);
  rest.remove_prefix(rest.starts_with("\r\n") ? 2 : rest.empty() ? 0 : 1);
  return line.substr(0, kLineBytesMax);
}

// ---- Front matter

std::string Unquote(std::string_view text) {
  text = Trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return CleanLine(text, 300);
}

void AddAliases(std::string_view list, std::vector<std::string>& aliases) {
  while (!list.empty() && aliases.size() < kAliasesMax) {
    const char quote = TrimLeft(list).empty() ? '\0' : TrimLeft(list).front();
    std::size_t from = 0;
    if (quote == '"' || quote == '\'') {
      const std::size_t close = list.find(quote, list.find(quote) + 1);
      if (close != list.npos) from = close;
    }
    const std::size_t end = std::min(list.find(',', from), list.size());
    if (std::string alias = Unquote(list.substr(0, end)); !alias.empty()) aliases.push_back(std::move(alias));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

// An audience in any spelling that somebody may have meant it by: "Audience:", "audiences:", "audiance:", "? audience",
// {"audience": …}.
bool NamesAudience(std::string_view line) {
  const std::string key = LowerAscii(Unquote(line.substr(0, line.find(':'))));
  if (key == "title" || key == "url" || key == "aliases") return false;
  return key.starts_with("aud") || LowerAscii(line).find("audien") != std::string::npos;
}

// Adds to what is read as the audience: whatever stands there twice, or in lines that do not belong there, is no
// audience that anybody knows.
void AddAudience(std::string_view text, std::optional<std::string>& audience) {
  text = Trim(text);
  if (audience) audience->append(" ").append(text);
  else audience = text.starts_with('{') ? std::string(text) : Unquote(text.substr(0, text.find(" #")));
}

constexpr int kLinesLookedThrough = 30;

// Leaves `rest` behind the front matter, or as it was where there is none.
void ReadFrontMatter(std::string_view& rest, MarkdownDocument& document) {
  std::string_view text = rest;
  std::string_view first = NextLine(text);
  while (Trim(first).empty() && !text.empty()) first = NextLine(text);
  if (Trim(first) != "---") {
    // Another program's front matter, or what somebody takes for one: read as text, it would publish the page.
    const bool is_like = first.starts_with("---") || first.starts_with("+++") || first.starts_with("<!--");
    for (int n = 0; is_like && n < kLinesLookedThrough && !text.empty(); ++n)
      if (NamesAudience(NextLine(text))) document.audience = "(front matter that is not understood)";
    return;
  }
  std::string_view key;
  while (!text.empty()) {
    const std::string_view line = NextLine(text), trimmed = Trim(line);
    if (trimmed == "---" || trimmed == "...") {
      rest = text;
      return;
    }
    if (trimmed.starts_with("- ") && key == "aliases") {
      if (document.aliases.size() < kAliasesMax) document.aliases.push_back(Unquote(trimmed.substr(2)));
      continue;
    }
    const std::size_t colon = line.find(':');
    const bool is_key = colon != line.npos && !line.starts_with(' ') && !line.starts_with('\t');
    if (trimmed.empty() || trimmed.starts_with('#')) continue;
    if (is_key) key = Trim(line.substr(0, colon));
    std::string_view value = is_key ? Trim(line.substr(colon + 1)) : trimmed;
    if (key == "audience") AddAudience(value, document.audience);
    else if (NamesAudience(line)) AddAudience(line, document.audience);
    if (!is_key) continue;
    if (key == "title") document.title = Unquote(value);
    if (key == "url") document.url = Unquote(value);
    if (key == "aliases") {
      if (value.starts_with('[')) value.remove_prefix(1);
      if (value.ends_with(']')) value.remove_suffix(1);
      AddAliases(value, document.aliases);
    }
  }
  // Never closed: a rule at the top, and no front matter.
  const bool has_audience = document.audience.has_value();
  document = {};
  if (has_audience) document.audience = "(front matter without an end)";
}

// ---- Lines

int HeadingLevel(std::string_view line) {
  const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
  const bool ends = level == line.size() || line[level] == ' ' || line[level] == '\t';
  return level >= 1 && level <= 6 && ends ? static_cast<int>(level) : 0;
}

std::string_view HeadingText(std::string_view line, int level) {
  line = Trim(line.substr(static_cast<std::size_t>(level)));
  const std::size_t end = line.find_last_not_of('#');
  if (end == line.npos) return {};
  return end + 1 < line.size() && line[end] == ' ' ? Trim(line.substr(0, end)) : line;
}

// "---", "* * *": only one of the three marks, at least three times.
bool IsRule(std::string_view line) {
  if (line.empty() || std::string_view("-*_").find(line.front()) == std::string_view::npos) return false;
  return std::count(line.begin(), line.end(), line.front()) >= 3 &&
         std::all_of(line.begin(), line.end(), [&](char c) { return c == line.front() || c == ' '; });
}

int UnderlineLevel(std::string_view line) {
  if (line.empty() || line.find_first_not_of(line.front()) != line.npos) return 0;
  return line.front() == '=' ? 1 : line.front() == '-' ? 2 : 0;
}

bool IsTableRule(std::string_view line) {
  return line.find('-') != line.npos && line.find('|') != line.npos && line.find_first_not_of("|:- \t") == line.npos;
}

// Length of "- ", "2. " and the like; 0 where the line is no list item.
std::size_t ListMark(std::string_view line) {
  if (line.size() >= 2 && std::string_view("-*+").find(line[0]) != std::string_view::npos && line[1] == ' ') return 2;
  std::size_t digits = 0;
  while (digits < line.size() && digits < 9 && line[digits] >= '0' && line[digits] <= '9') ++digits;
  const bool mark =
      digits > 0 && digits + 1 < line.size() && (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
  return mark ? digits + 2 : 0;
}

bool IsReferenceDefinition(std::string_view line) {
  if (!line.starts_with('[') || line.starts_with("[^")) return false;
  const std::size_t close = line.find(']');
  return close != line.npos && close > 1 && line.substr(close + 1).starts_with(':');
}

std::string TableRow(std::string_view line) {
  std::string row;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find('|'), line.size());
    const std::string cell = PlainInline(Trim(line.substr(0, end)));
    if (!cell.empty()) row += (row.empty() ? "" : ", ") + cell;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return row;
}

std::string Anchor(std::string_view title) {
  std::string anchor;
  for (std::size_t i = 0; i < title.size(); ++i) {
    const auto c = static_cast<unsigned char>(title[i]);
    if (c == 0xE2 && i + 2 < title.size()) {  // typographic quotes, dashes, symbols
      i += 2;
    } else if (c == 0xC2 && i + 1 < title.size()) {
      i += 1;
    } else if (c == ' ') {
      anchor += '-';
    } else if (c >= 0x80 || c == '-' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z')) {
      anchor += title[i];
    }
  }
  return LowerAscii(anchor);
}

// ---- The document

class Reader {
 public:
  explicit Reader(MarkdownDocument& document) : document_(document) { document_.sections.emplace_back(); }

  void Read(std::string_view rest) {
    while (!rest.empty()) Line(NextLine(rest));
    EndParagraph();
  }

 private:
  void Line(std::string_view line) {
    if (InFence(line) || InComment(line)) return;
    while (Trim(line).starts_with('>')) line = TrimLeft(line).substr(1);
    const std::string_view text = Trim(line);
    if (text.empty()) return EndParagraph();
    if (const int level = HeadingLevel(text)) {
      EndParagraph();
      return StartSection(PlainInline(HeadingText(text, level)), level);
    }
    if (const int level = UnderlineLevel(text); level && !paragraph_.empty() && !in_list_) {
      const std::string title = PlainInline(std::exchange(paragraph_, {}));
      return StartSection(title, level);
    }
    if (IsRule(text) || IsReferenceDefinition(text)) return EndParagraph();
    if (IsTableRule(text)) return;
    if (text.starts_with('|')) {
      EndParagraph(false);
      return AddBlock(TableRow(text), false);
    }
    if (const std::size_t mark = ListMark(text)) {
      EndParagraph(false);
      in_list_ = true;
      bullet_ = text[0] >= '0' && text[0] <= '9' ? std::string(text.substr(0, mark)) : "- ";
      paragraph_ = text.substr(mark);
      return;
    }
    if (!paragraph_.empty()) paragraph_ += ' ';
    paragraph_ += text;
  }

  bool InFence(std::string_view line) {
    const std::string_view text = Trim(line);
    const char mark = text.empty() ? '\0' : text.front();
    const std::size_t run = mark == '`' || mark == '~' ? std::min(text.find_first_not_of(mark), text.size()) : 0;
    if (fence_ == 0) {
      if (run < 3 || (mark == '`' && text.find('`', run) != text.npos)) return false;
      EndParagraph();
      fence_ = run;
      fence_mark_ = mark;
      return true;
    }
    if (mark == fence_mark_ && run >= fence_ && run == text.size()) {
      fence_ = 0;
    } else {
      AddBlock(CleanLine(line, kLineBytesMax), false);
    }
    return true;
  }

  // Comments of several lines; those within a line fall to PlainInline.
  bool InComment(std::string_view line) {
    if (!in_comment_) {
      const std::size_t open = line.rfind("<!--");
      in_comment_ = open != line.npos && line.find("-->", open) == line.npos && Trim(line).starts_with("<!--");
      return in_comment_;
    }
    in_comment_ = line.find("-->") == line.npos;
    return true;
  }

  void EndParagraph(bool gap = true) {
    if (!paragraph_.empty())
      AddBlock(std::exchange(bullet_, {}) + PlainInline(std::exchange(paragraph_, {})), !in_list_);
    if (gap) gap_ = true;
    bullet_.clear();
    in_list_ = false;
  }

  void AddBlock(const std::string& block, bool paragraph) {
    if (block.empty()) return;
    std::string& text = document_.sections.back().text;
    if (!text.empty()) text += gap_ || paragraph ? "\n\n" : "\n";
    text += block;
    gap_ = paragraph;
  }

  void StartSection(std::string title, int level) {
    MarkdownSection section;
    const std::string plain = Anchor(title);
    section.anchor = plain;
    for (int i = 1; !anchors_.insert(section.anchor).second; ++i) section.anchor = plain + '-' + std::to_string(i);
    section.title = std::move(title);
    section.level = level;
    document_.sections.push_back(std::move(section));
    gap_ = false;
  }

  MarkdownDocument& document_;
  std::set<std::string> anchors_;
  std::string paragraph_, bullet_;
  bool in_list_ = false, in_comment_ = false, gap_ = false;
  std::size_t fence_ = 0;
  char fence_mark_ = '\0';
};

}  // namespace

MarkdownDocument ReadMarkdown(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  MarkdownDocument document;
  ReadFrontMatter(text, document);
  Reader(document).Read(text);
  return document;
}

}  // namespace widgent
