#include "agent/tool_router.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "agent/text.h"

namespace widgent {

namespace {

constexpr double kCoverageMin = 0.5;
constexpr double kMargin = 1.15;
constexpr double kScoreMin = 0.4;
constexpr double kCompleteMin = 0.9;
constexpr double kEvidence = 0.25;       // of a distinctive argument
constexpr double kStopWordWeight = 0.2;  // "where is my order" and "refund my order" differ in such words, too
constexpr std::string_view kNegations[] = {"not", "don", "dont", "never", "without", "didn", "isn", "wasn"};

using WordSet = std::set<std::string, std::less<>>;

// One form for "order" and "orders".
std::string Stem(std::string word) {
  if (word.size() > 3 && !IsStopWord(word) && word.ends_with('s') && !word.ends_with("ss")) word.pop_back();
  return word;
}

WordSet WordsOf(std::string_view text) {
  WordSet words;
  for (std::string& word : Words(text)) words.insert(Stem(std::move(word)));
  return words;
}

// The message without the arguments that it names.
std::string WithoutSlots(std::string_view message, const std::map<std::string, Slot>& slots) {
  std::string rest(message);
  for (const auto& [name, slot] : slots)
    std::fill_n(rest.begin() + static_cast<std::ptrdiff_t>(slot.at), slot.length, ' ');
  return rest;
}

class Router {
 public:
  Router(const std::vector<RoutedTool>& tools, std::string_view message) : tools_(tools), message_(message) {
    for (const RoutedTool& tool : tools) {
      WordSet vocabulary;
      for (const std::string& example : tool.config->examples) {
        WordSet words = WordsOf(example);
        vocabulary.insert(words.begin(), words.end());
      }
      for (const std::string& word : vocabulary) ++tools_with_[word];
      for (const std::string& word : WordsOf(tool.config->name)) ++names_with_[word];
    }
  }

  Route Rate(std::size_t index) const {
    const RoutedTool& tool = tools_[index];
    Route route;
    route.tool = index;
    route.slots = FindSlots(*tool.schema, message_);
    route.evident =
        std::any_of(route.slots.begin(), route.slots.end(), [](const auto& slot) { return slot.second.distinctive; });
    const WordSet asked = WordsOf(WithoutSlots(message_, route.slots));
    for (const std::string& example : tool.config->examples) {
      const WordSet words = WordsOf(WithoutSlots(example, FindSlots(*tool.schema, example)));
      const double common = CommonWeight(asked, words);
      const double of_asked = Share(common, Weight(asked)), of_example = Share(common, Weight(words));
      route.complete = route.complete || of_example >= kCompleteMin;
      const double likeness = Share(2 * of_asked * of_example, of_asked + of_example);
      if (likeness > route.score) {
        route.score = likeness;
        route.coverage = of_asked;
      }
    }
    // "refund" stands in the name of one tool only.
    route.named =
        std::any_of(asked.begin(), asked.end(), [&](const std::string& word) { return IsOwnName(tool, word); });
    // An order's number alone ("what about A-1002?") says all there is to say.
    if (route.evident && !HasContent(asked)) route.score = route.coverage = 1;
    else if (route.evident) route.score = std::min(1.0, route.score + kEvidence);
    return route;
  }

 private:
  static double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }
  static bool HasContent(const WordSet& words) {
    return std::any_of(words.begin(), words.end(), [](const std::string& word) { return !IsStopWord(word); });
  }
  bool IsOwnName(const RoutedTool& tool, const std::string& word) const {
    const auto named = names_with_.find(word);
    return named != names_with_.end() && named->second == 1 && WordsOf(tool.config->name).contains(word);
  }
  // A word of every tool's examples tells them apart the least.
  double WeightOf(const std::string& word) const {
    if (IsStopWord(word)) return kStopWordWeight;
    const auto known = tools_with_.find(word);
    const double count = known == tools_with_.end() ? 0 : known->second, all = static_cast<double>(tools_.size());
    return 0.5 + 0.5 * std::log1p((all + 1) / (count + 1)) / std::log1p(all + 1);
  }
  double Weight(const WordSet& words) const {
    double sum = 0;
    for (const std::string& word : words) sum += WeightOf(word);
    return sum;
  }
  double CommonWeight(const WordSet& a, const WordSet& b) const {
    double sum = 0;
    for (const std::string& word : a)
      if (b.contains(word)) sum += WeightOf(word);
    return sum;
  }

  const std::vector<RoutedTool>& tools_;
  std::string_view message_;
  std::map<std::string, int, std::less<>> tools_with_, names_with_;  // how many tools have the word
};

bool IsNegated(std::string_view message) {
  const std::vector<std::string> words = Words(message);
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return std::find(std::begin(kNegations), std::end(kNegations), word) != std::end(kNegations);
  });
}

}  // namespace

std::optional<Route> RouteToTool(const std::vector<RoutedTool>& tools, std::string_view message) {
  const Router router(tools, message);
  const bool negated = IsNegated(message);
  const auto reads = [&](const Route& route) { return tools[route.tool].config->effect == ToolConfig::Effect::kRead; };
  std::vector<Route> routes;
  for (std::size_t i = 0; i < tools.size(); ++i) {
    if (tools[i].config->examples.empty() || !CanBeAsked(*tools[i].schema)) continue;
    Route route = router.Rate(i);
    const bool enough = route.coverage >= kCoverageMin || (route.evident && route.coverage >= kCoverageMin / 2);
    const bool may = reads(route) || (!negated && (route.named || route.complete));
    if (enough && may && route.score >= kScoreMin) routes.push_back(std::move(route));
  }
  if (routes.empty()) return std::nullopt;
  // Of two that are alike, looking something up is the harmless one.
  std::stable_sort(routes.begin(), routes.end(), [&](const Route& a, const Route& b) {
    return a.score != b.score ? a.score > b.score : reads(a) && !reads(b);
  });
  const bool clear =
      routes.size() == 1 || routes[0].score >= kMargin * routes[1].score || (reads(routes[0]) && !reads(routes[1]));
  return clear ? std::optional<Route>(std::move(routes.front())) : std::nullopt;
}

}  // namespace widgent
