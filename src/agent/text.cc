#include "agent/text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "agent/spaceless.h"

namespace widgent {

namespace {

constexpr std::size_t kWordBytesMax = 64;
constexpr std::uint32_t kInvalid = 0xFFFFFFFF;

constexpr std::string_view kStopWords[] = {
    "a",      "about",      "again",   "all",      "already",   "also",      "am",    "an",      "and",   "any",
    "anyone", "anything",   "are",     "as",       "at",        "available", "be",    "because", "been",  "before",
    "but",    "by",         "can",     "could",    "d",         "did",       "do",    "does",    "don",   "else",
    "ever",   "everything", "exactly", "find",     "for",       "from",      "get",   "give",    "go",    "got",
    "had",    "has",        "have",    "hello",    "help",      "here",      "hey",   "hi",      "how",   "i",
    "if",     "in",         "into",    "is",       "isn",       "it",        "its",   "just",    "know",  "let",
    "like",   "ll",         "long",    "m",        "make",      "may",       "maybe", "me",      "mine",  "much",
    "must",   "my",         "need",    "no",       "not",       "now",       "of",    "on",      "one",   "only",
    "or",     "our",        "please",  "possible", "re",        "s",         "say",   "see",     "shall", "she",
    "should", "show",       "so",      "some",     "something", "still",     "t",     "take",    "takes", "tell",
    "than",   "thank",      "thanks",  "that",     "the",       "their",     "them",  "then",    "there", "these",
    "they",   "thing",      "things",  "this",     "to",        "too",       "up",    "us",      "ve",    "very",
    "want",   "was",        "we",      "were",     "what",      "when",      "where", "which",   "who",   "why",
    "will",   "with",       "won",     "work",     "works",     "would",     "yet",   "you",     "your"};

static_assert(std::is_sorted(std::begin(kStopWords), std::end(kStopWords)));

// Reads one code point and moves `at` behind it; kInvalid (and one byte on) where the bytes are not UTF-8.
std::uint32_t NextCodePoint(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(at);
  const int tails = lead < 0x80                   ? 0
                    : lead >= 0xC2 && lead < 0xE0 ? 1
                    : lead >= 0xE0 && lead < 0xF0 ? 2
                    : lead >= 0xF0 && lead < 0xF5 ? 3
                                                  : -1;
  if (tails <= 0) {
    ++at;
    return tails == 0 ? lead : kInvalid;
  }
  std::uint32_t code = lead & (0x3Fu >> tails);
  for (int i = 1; i <= tails; ++i) {
    const unsigned tail = byte(at + static_cast<std::size_t>(i));
    if ((tail & 0xC0u) != 0x80u) {
      ++at;
      return kInvalid;
    }
    code = code << 6 | (tail & 0x3Fu);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[tails] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    ++at;
    return kInvalid;
  }
  at += static_cast<std::size_t>(tails) + 1;
  return code;
}

// Punctuation, symbols and emoji: what the index takes for a border between words.
bool IsWordCharacter(std::uint32_t code) {
  if (code < 0x80) return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
  if (code == kInvalid) return false;
  if (code <= 0xBF) return code == 0xAA || code == 0xB5 || code == 0xBA;
  if (code == 0xD7 || code == 0xF7) return false;
  constexpr std::uint32_t kBorders[][2] = {{0x2000, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020},  {0x30FB, 0x30FB},
                                           {0xE000, 0xF8FF}, {0xFE00, 0xFE6F}, {0xFF00, 0xFF0F},  {0xFF1A, 0xFF20},
                                           {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0x1F000, 0x1FFFF}};
  return std::none_of(std::begin(kBorders), std::end(kBorders),
                      [&](const auto& border) { return code >= border[0] && code <= border[1]; }) &&
         code < 0x40000;
}

// Calls `take` for each word until it answers false; with `singles` also for each character of a script without blanks.
template <class Take>
void ReadWords(std::string_view text, bool singles, Take take) {
  std::string word;        // of a script with blanks
  std::string_view last;   // character of a script without, right before
  bool is_paired = false;  // with the one before it
  bool goes_on = true;
  const auto give = [&](std::string given) { goes_on = goes_on && take(std::move(given)); };
  const auto end = [&] {
    if (!word.empty()) give(LowerAscii(CutUtf8(word, kWordBytesMax)));
    if (!last.empty() && !is_paired && !singles) give(std::string(last));
    word.clear();
    last = {};
    is_paired = false;
  };
  for (std::size_t at = 0; at < text.size() && goes_on;) {
    const std::size_t from = at;
    const std::uint32_t code = NextCodePoint(text, at);
    const std::string_view character = text.substr(from, at - from);
    if (!IsWordCharacter(code)) {
      end();
    } else if (!IsSpaceless(code)) {
      if (!last.empty()) end();
      if (word.size() <= kWordBytesMax) word += character;
    } else if (const std::size_t length = FunctionWordLength(text.substr(from), code)) {
      end();
      at = from + length;
    } else {
      if (!word.empty()) end();
      if (singles) give(std::string(character));
      is_paired = !last.empty();
      if (is_paired) give(std::string(last) + std::string(character));
      last = character;
    }
  }
  end();
}

bool IsBlank(std::uint32_t code) {
  return code == ' ' || (code >= '\t' && code <= '\r') || code == 0x85 || code == 0xA0 || code == 0x2028 ||
         code == 0x2029;
}

bool IsHidden(std::uint32_t code) {
  return code == kInvalid || code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

}  // namespace

std::vector<std::string> Words(std::string_view text, std::size_t count_max) {
  std::vector<std::string> words;
  ReadWords(text, false, [&](std::string word) {
    if (words.size() < count_max) words.push_back(std::move(word));
    return words.size() < count_max;
  });
  return words;
}

std::string WordsToIndex(std::string_view text) {
  std::string all;
  ReadWords(text, true, [&](const std::string& word) {
    all.append(all.empty() ? "" : " ").append(word);
    return true;
  });
  return all;
}

bool IsStopWord(std::string_view word) {
  return std::binary_search(std::begin(kStopWords), std::end(kStopWords), word);
}

std::string CleanLine(std::string_view text, std::size_t code_points_max) {
  std::string line;
  bool blank = false;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const std::uint32_t code = NextCodePoint(text, at);
    if (IsBlank(code)) {
      blank = !line.empty();
      continue;
    }
    if (IsHidden(code)) continue;
    if (count + (blank ? 2 : 1) > code_points_max) break;
    if (blank) {
      line += ' ';
      ++count;
      blank = false;
    }
    line.append(text, from, at - from);
    ++count;
  }
  return line;
}

std::string_view CutUtf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return text.substr(0, end);
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

std::string UpperAscii(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return upper;
}

std::string WithoutSecret(std::string text, std::string_view secret) {
  constexpr std::string_view kBlank = "…";
  if (secret.empty()) return text;
  for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += kBlank.size())
    text.replace(at, secret.size(), kBlank);
  return text;
}

std::size_t CountCodePoints(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

}  // namespace widgent
