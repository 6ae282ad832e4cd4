#include "agent/small_talk.h"

#include <algorithm>
#include <string>
#include <vector>

#include "agent/text.h"

namespace widgent {

namespace {

using WordList = std::vector<std::string>;

constexpr std::size_t kWordsMax = 14;

constexpr std::string_view kGreetings[] = {"hi",    "hello",   "hey",       "hiya", "hallo", "greetings", "morning",
                                           "howdy", "evening", "afternoon", "moin", "hola",  "bonjour"};
constexpr std::string_view kBesideGreetings[] = {"good", "there", "again", "everyone", "all",
                                                 "you",  "to",    "and",   "team"};
constexpr std::string_view kThanks[] = {"thanks", "thank", "thx", "cheers", "ty"};
constexpr std::string_view kBesideThanks[] = {"you",   "so",   "very", "much",    "a",   "lot",  "ok",   "okay",
                                              "great", "many", "that", "is",      "s",   "all",  "no",   "for",
                                              "your",  "help", "the",  "perfect", "bye", "good", "nice", "super"};
constexpr std::string_view kWhoAmI[] = {"who am i",           "what is my name", "what s my name",
                                        "whats my name",      "do you know me",  "do you know who i am",
                                        "am i signed in",     "am i logged in",  "who do you think i am",
                                        "do you know my name"};
constexpr std::string_view kNeverMind[] = {"never mind", "nevermind", "forget it", "forget about it", "cancel",
                                           "stop",       "no",        "no thanks", "no thank you",    "leave it"};
constexpr std::string_view kAcknowledgements[] = {"ok",   "okay",    "yes",     "yep", "fine",   "great",
                                                  "cool", "perfect", "alright", "bye", "goodbye"};
constexpr std::string_view kBesideAcknowledgements[] = {"all", "right", "good", "that", "is", "s",
                                                        "it",  "then",  "and",  "see",  "you"};
constexpr std::string_view kPeople[] = {"human",    "person",  "people",   "representative",
                                        "operator", "someone", "somebody", "staff"};
constexpr std::string_view kTalking[] = {"talk", "speak",   "chat",     "want", "need",
                                         "real", "connect", "transfer", "give", "get"};

template <std::size_t kCount>
bool IsOneOf(const std::string& word, const std::string_view (&list)[kCount]) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

template <std::size_t kCount>
bool HasAny(const WordList& words, const std::string_view (&list)[kCount]) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return IsOneOf(word, list); });
}

template <std::size_t kFirst, std::size_t kSecond>
bool AllOf(const WordList& words, const std::string_view (&first)[kFirst], const std::string_view (&second)[kSecond]) {
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return IsOneOf(word, first) || IsOneOf(word, second); });
}

}  // namespace

SmallTalk FindSmallTalk(std::string_view message) {
  const WordList words = Words(message, kWordsMax + 1);
  if (words.empty() || words.size() > kWordsMax) return SmallTalk::kNone;
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  // "Hi, who am I?" asks more than "hi".
  const std::string after =
      IsOneOf(words.front(), kGreetings) && words.size() > 1 ? line.substr(words.front().size() + 1) : line;
  if (IsOneOf(line, kWhoAmI) || IsOneOf(after, kWhoAmI)) return SmallTalk::kWhoAmI;
  if (IsOneOf(line, kNeverMind)) return SmallTalk::kNeverMind;
  if (HasAny(words, kGreetings) && AllOf(words, kGreetings, kBesideGreetings)) return SmallTalk::kGreeting;
  if (HasAny(words, kThanks) && AllOf(words, kThanks, kBesideThanks)) return SmallTalk::kThanks;
  if (HasAny(words, kAcknowledgements) && AllOf(words, kAcknowledgements, kBesideAcknowledgements))
    return SmallTalk::kAcknowledgement;
  if (HasAny(words, kPeople) && HasAny(words, kTalking)) return SmallTalk::kPerson;
  return SmallTalk::kNone;
}

}  // namespace widgent
