#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent/markdown.h"
#include "agent/text.h"

namespace widgent {

namespace {

constexpr std::size_t kSpanBytesMax = 2000;  // of a link or a tag: bounds the look ahead

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The index behind the bracket that closes the one at `open`, or npos.
std::size_t CloseBracket(std::string_view text, std::size_t open, char left, char right) {
  int depth = 0;
  const std::size_t end = std::min(text.size(), open + kSpanBytesMax);
  for (std::size_t i = open; i < end; ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == left) ++depth;
    else if (text[i] == right && --depth == 0) return i + 1;
  }
  return text.npos;
}

struct Entity {
  std::string_view name, text;
};
constexpr Entity kEntities[] = {{"&amp;", "&"},   {"&lt;", "<"},     {"&gt;", ">"},   {"&quot;", "\""},
                                {"&apos;", "'"},  {"&#39;", "'"},    {"&nbsp;", " "}, {"&mdash;", "—"},
                                {"&ndash;", "–"}, {"&hellip;", "…"}, {"&euro;", "€"}, {"&pound;", "£"},
                                {"&copy;", "©"},  {"&rsquo;", "’"},  {"&times;", "×"}};

class Inline {
 public:
  explicit Inline(std::string_view text) : text_(text) {}

  std::string Plain() {
    while (at_ < text_.size()) Step();
    return CleanLine(out_, out_.size());
  }

 private:
  char Before(std::size_t i) const { return i == 0 ? ' ' : text_[i - 1]; }
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : ' '; }
  void Keep(std::size_t count) {
    out_ += text_.substr(at_, count);
    at_ += count;
  }

  void Step() {
    while (!skips_.empty() && skips_.back().first < at_) skips_.pop_back();
    // Behind a link's text: its address.
    if (!skips_.empty() && skips_.back().first == at_) {
      at_ = skips_.back().second;
      skips_.pop_back();
      return;
    }
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size() && !IsWordByte(text_[at_ + 1]) && text_[at_ + 1] != ' ') {
      ++at_;
      return Keep(1);
    }
    if (c == '`') return Code();
    if (c == '!' && At(at_ + 1) == '[') {
      ++at_;
      return;
    }
    if (c == '[') return Bracket();
    if (c == '<') return Tag();
    if (c == '&') return EntityReference();
    if (c == '*' || c == '_' || c == '~') return Mark(c);
    Keep(1);
  }

  void Code() {
    const std::string_view ahead = text_.substr(at_, kSpanBytesMax);
    const std::size_t run = std::min(ahead.find_first_not_of('`'), ahead.size());
    for (std::size_t open = run; open < ahead.size();) {
      const std::size_t close = ahead.find('`', open);
      if (close == ahead.npos) break;
      const std::size_t end = std::min(ahead.find_first_not_of('`', close), ahead.size());
      if (end - close == run) {
        out_ += ahead.substr(run, close - run);
        at_ += end;
        return;
      }
      open = end;
    }
    Keep(run);
  }

  void Bracket() {
    const std::size_t close = CloseBracket(text_, at_, '[', ']');
    if (close == text_.npos) return Keep(1);
    if (At(at_ + 1) == '^') {  // a footnote's mark
      at_ = close;
      return;
    }
    const char next = At(close);
    const std::size_t end = next == '('   ? CloseBracket(text_, close, '(', ')')
                            : next == '[' ? CloseBracket(text_, close, '[', ']')
                                          : text_.npos;
    if (end == text_.npos) return Keep(1);
    skips_.emplace_back(close - 1, end);
    ++at_;
  }

  void Tag() {
    const std::string_view ahead = text_.substr(at_, kSpanBytesMax);
    if (ahead.starts_with("<!--")) {
      const std::size_t end = ahead.find("-->");
      at_ += end == ahead.npos ? ahead.size() : end + 3;
      return;
    }
    const std::size_t close = ahead.find('>');
    if (close == ahead.npos || !(IsWordByte(ahead[1]) || ahead[1] == '/' || ahead[1] == '!')) return Keep(1);
    std::string_view inside = ahead.substr(1, close - 1);
    const bool address = inside.find(' ') == inside.npos && inside.find_first_of(":@") != inside.npos;
    if (address) {
      if (inside.starts_with("mailto:")) inside.remove_prefix(7);
      out_ += inside;
    } else if (inside.starts_with("br") || !IsWordByte(Before(at_)) || !IsWordByte(At(at_ + close + 1))) {
      out_ += ' ';
    }
    at_ += close + 1;
  }

  void EntityReference() {
    for (const Entity& entity : kEntities) {
      if (!text_.substr(at_).starts_with(entity.name)) continue;
      out_ += entity.text;
      at_ += entity.name.size();
      return;
    }
    Keep(1);
  }

  void Mark(char mark) {
    const std::size_t run = std::min(text_.find_first_not_of(mark, at_), text_.size()) - at_;
    const char before = Before(at_), after = At(at_ + run);
    const bool blank = before == ' ' && after == ' ';
    const bool product = before >= '0' && before <= '9' && after >= '0' && after <= '9';
    const bool inside = mark == '_' && IsWordByte(before) && IsWordByte(after);
    if (blank || product || inside || (mark == '~' && run < 2)) return Keep(run);
    at_ += run;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<std::pair<std::size_t, std::size_t>> skips_;  // innermost last
};

}  // namespace

std::string PlainInline(std::string_view text) { return Inline(text).Plain(); }

}  // namespace widgent
