#include "agent/slots.h"

#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/json.h"
#include "agent/text.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kTextBytesMax = 8192;
constexpr std::size_t kAnswerCodePointsMax = 500;
constexpr std::size_t kBareAnswerWordsMax = 3;  // "number 1001, please"

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::optional<Slot> FitText(const JsonSchema& property, std::string_view found, std::size_t at) {
  for (const std::string& text : {std::string(found), UpperAscii(found), LowerAscii(found)})
    if (const json value = text; !property.Refuse(value))
      return Slot{DumpJson(value), at, found.size(), found.find_first_of("0123456789@") != found.npos};
  return std::nullopt;
}

// What every text of the pattern begins with: "A-" of "^A-[0-9]+$".
std::string_view PrefixOf(std::string_view pattern) {
  if (!pattern.starts_with('^') || pattern.find('|') != pattern.npos) return {};
  pattern.remove_prefix(1);
  std::size_t end = 0;
  while (end < pattern.size() && (IsWordByte(pattern[end]) || pattern[end] == '-' || pattern[end] == '_')) ++end;
  if (end > 0 && end < pattern.size() && std::string_view("*?+{").find(pattern[end]) != std::string_view::npos) --end;
  return pattern.substr(0, end);
}

// People leave out what all numbers begin with: "1001" for "A-1001". A number in a longer text is about something else.
std::optional<Slot> FindWithoutPrefix(const JsonSchema& property, std::string_view text) {
  const std::string_view prefix = PrefixOf(property.pattern);
  if (prefix.empty() || Words(text, kBareAnswerWordsMax + 1).size() > kBareAnswerWordsMax) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t from = at;
    while (at < text.size() && IsWordByte(text[at])) ++at;
    const std::string_view word = text.substr(from, at - from);
    if (word.find_first_of("0123456789") == word.npos) continue;
    auto slot = FitText(property, std::string(prefix).append(word), from);
    if (!slot) continue;
    slot->length = word.size();
    return slot;
  }
  return std::nullopt;
}

std::optional<Slot> FindPattern(const JsonSchema& property, std::string_view text, bool asked) {
  if (!property.pattern_finder) return std::nullopt;
  const re2::StringPiece whole(text.data(), text.size());
  re2::StringPiece found[2];
  // After a match that does not fit the schema as a whole the search goes on behind it.
  for (std::size_t at = 0; at <= text.size();) {
    if (!property.pattern_finder->Match(whole, at, text.size(), re2::RE2::UNANCHORED, found, 2)) break;
    const auto start = static_cast<std::size_t>(found[1].data() - text.data());
    const auto slot = FitText(property, {found[1].data(), found[1].size()}, start);
    if (slot && slot->length > 0 && (asked || slot->distinctive)) return slot;
    at = std::max(at + 1, start + found[1].size());
  }
  return asked ? FindWithoutPrefix(property, text) : std::nullopt;
}

// Where `phrase` (lower case) stands in `text` (lower case) between word borders.
std::size_t FindPhrase(std::string_view text, std::string_view phrase) {
  for (std::size_t at = text.find(phrase); at != text.npos; at = text.find(phrase, at + 1)) {
    const std::size_t end = at + phrase.size();
    if ((at == 0 || !IsWordByte(text[at - 1])) && (end == text.size() || !IsWordByte(text[end]))) return at;
  }
  return text.npos;
}

std::optional<Slot> FindChoice(const JsonSchema& property, std::string_view text) {
  const std::string lower = LowerAscii(text);
  std::optional<Slot> best;
  for (const std::string& choice : property.choices) {
    const std::optional<json> value = ParseJson(choice, kTextBytesMax);
    if (!value || !value->is_string() || property.Refuse(*value)) continue;
    std::string phrase = LowerAscii(value->get_ref<const std::string&>());
    std::size_t at = FindPhrase(lower, phrase);
    if (at == lower.npos) {
      std::replace_if(
          phrase.begin(), phrase.end(), [](char c) { return c == '_' || c == '-'; }, ' ');
      at = FindPhrase(lower, phrase);
    }
    // "not damaged" inside "damaged": the longer choice says more.
    if (!phrase.empty() && at != lower.npos && (!best || phrase.size() > best->length))
      best = Slot{choice, at, phrase.size(), false};
  }
  return best;
}

std::optional<Slot> FindNumber(const JsonSchema& property, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", at), text.size());
    std::size_t from = at, to = end;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    while (from < to && !is_digit(text[from]) && !IsWordByte(text[from]) &&
           !(text[from] == '-' && from + 1 < to && is_digit(text[from + 1])))
      ++from;
    while (to > from && !is_digit(text[to - 1]) && !IsWordByte(text[to - 1])) --to;
    const std::optional<json> value = ParseJson(text.substr(from, to - from), 32);
    if (value && value->is_number() && !property.Refuse(*value)) return Slot{DumpJson(*value), from, to - from, false};
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<Slot> FindYesOrNo(std::string_view text) {
  const std::vector<std::string> words = Words(text, 8);
  if (words.empty()) return std::nullopt;
  constexpr std::string_view kYes[] = {"yes", "y", "yeah", "yep", "sure", "ok", "okay", "true"};
  constexpr std::string_view kNo[] = {"no", "n", "nope", "false"};
  const auto is = [&](const auto& list) {
    return std::find(std::begin(list), std::end(list), words.front()) != std::end(list);
  };
  if (is(kYes)) return Slot{"true", 0, text.size(), false};
  if (is(kNo)) return Slot{"false", 0, text.size(), false};
  return std::nullopt;
}

bool IsOneLine(const JsonSchema& property) {
  return property.types & (JsonSchema::kString | JsonSchema::kInteger | JsonSchema::kNumber | JsonSchema::kBoolean);
}

// "order_id" names an order.
std::string Noun(std::string name) {
  for (std::string_view tail : {"_id", "_number", "_no", "Id", "ID"}) {
    if (name.size() > tail.size() && name.ends_with(tail)) {
      name.resize(name.size() - tail.size());
      break;
    }
  }
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '_' || c == '-'; }, ' ');
  return CleanLine(name, 60);
}

}  // namespace

std::optional<Slot> FindSlot(const JsonSchema& property, std::string_view text, bool asked) {
  text = CutUtf8(text, kTextBytesMax);
  if (!property.choices.empty() && (property.types & JsonSchema::kString)) return FindChoice(property, text);
  if (!property.pattern.empty() && (property.types & JsonSchema::kString)) return FindPattern(property, text, asked);
  if (property.types != JsonSchema::kAny && (property.types & (JsonSchema::kInteger | JsonSchema::kNumber)))
    return FindNumber(property, text);
  if (!asked) return std::nullopt;
  if (property.types == JsonSchema::kBoolean) return FindYesOrNo(text);
  const json answer = CleanLine(text, kAnswerCodePointsMax);
  if (answer.get_ref<const std::string&>().empty() || property.Refuse(answer)) return std::nullopt;
  return Slot{DumpJson(answer), 0, text.size(), false};
}

std::map<std::string, Slot> FindSlots(const JsonSchema& schema, std::string_view text) {
  std::map<std::string, Slot> slots;
  for (const auto& [name, property] : schema.properties)
    if (auto slot = FindSlot(property, text, false)) slots.emplace(name, std::move(*slot));
  return slots;
}

bool CanBeAsked(const JsonSchema& schema) {
  return std::all_of(schema.required.begin(), schema.required.end(), [&](const std::string& name) {
    const auto property = schema.properties.find(name);
    return property != schema.properties.end() && IsOneLine(property->second);
  });
}

std::string AskFor(const std::string& name, const JsonSchema& property) {
  std::string question = "Which " + Noun(name) + "?";
  if (property.types == JsonSchema::kBoolean) question = "One question: " + Noun(name) + "? Yes or no.";
  if (!property.description.empty()) question += " (" + CleanLine(property.description, 160) + ')';
  if (!property.choices.empty()) {
    question += " One of: ";
    for (std::size_t i = 0; i < property.choices.size(); ++i) {
      const std::optional<json> value = ParseJson(property.choices[i], kTextBytesMax);
      const std::string text = value && value->is_string() ? value->get_ref<const std::string&>() : property.choices[i];
      question += (i ? ", " : "") + CleanLine(text, 60);
    }
    question += '.';
  } else if (!property.example.empty()) {
    question += " It looks like " + CleanLine(property.example, 60) + '.';
  }
  return question;
}

}  // namespace widgent
