#include "agent/unanswered.h"

#include <algorithm>
#include <vector>

#include "agent/text.h"

namespace widgent {

namespace {

constexpr std::size_t kQuestionCodePointsMax = 500;
constexpr std::size_t kDigitsMax = 3;
constexpr std::size_t kShortIdBytes = 3;  // which other words may well hold
constexpr std::string_view kBlank = "…", kBetweenDigits = " -./()";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether a word of the question tells who asked.
class Teller {
 public:
  explicit Teller(const Identity& identity) {
    const User* user = AsUser(identity);
    if (!user) return;
    names_ = Words(user->name);
    std::erase_if(names_, [](const std::string& name) { return name.size() < 2 || IsStopWord(name); });
    for (const std::string* id : {&user->sub, &user->email})
      if (!id->empty()) ids_.push_back(LowerAscii(*id));
  }

  bool Tells(std::string_view word) const {
    const std::string lower = LowerAscii(word);
    const auto holds_id = [&](const std::string& id) {
      return lower == id || (id.size() > kShortIdBytes && lower.find(id) != lower.npos);
    };
    if (lower.find('@') != lower.npos || std::any_of(ids_.begin(), ids_.end(), holds_id)) return true;
    const std::vector<std::string> parts = Words(word);
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
      return std::find(names_.begin(), names_.end(), part) != names_.end();
    });
  }

 private:
  std::vector<std::string> names_, ids_;
};

// Digits with what people write between them, in a telephone number or a card's.
std::string WithoutNumbers(std::string_view text) {
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    if (!IsDigit(text[at])) {
      rest += text[at++];
      continue;
    }
    std::size_t end = at, digits = 0;
    for (std::size_t i = at;
         i < text.size() && (IsDigit(text[i]) || kBetweenDigits.find(text[i]) != kBetweenDigits.npos); ++i) {
      if (!IsDigit(text[i])) continue;
      ++digits;
      end = i + 1;
    }
    rest.append(digits > kDigitsMax ? kBlank : text.substr(at, end - at));
    at = end;
  }
  return rest;
}

}  // namespace

std::string QuestionForOwner(std::string_view question, const Identity& identity) {
  const Teller teller(identity);
  const std::string line = CleanLine(question, kQuestionCodePointsMax);
  std::string kept;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::string_view word = std::string_view(line).substr(at, end - at);
    if (!kept.empty()) kept += ' ';
    kept += teller.Tells(word) ? kBlank : word;
    at = end + 1;
  }
  return WithoutNumbers(kept);
}

}  // namespace widgent
