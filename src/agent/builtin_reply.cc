#include "agent/builtin_reply.h"

#include <algorithm>
#include <utility>

#include "agent/answer_template.h"
#include "agent/handoff.h"
#include "agent/knowledge.h"
#include "agent/small_talk.h"
#include "agent/text.h"
#include "agent/tool_dialog.h"
#include "agent/tool_router.h"

namespace widgent {

namespace {

constexpr int kPassagesMax = 2;
constexpr std::size_t kQuoteBytesMax = 600;
constexpr double kAlsoShare = 0.9;   // of the best passage's coverage, for "See also"
constexpr double kSureScore = 0.75;  // a tool this clear goes before the help pages
constexpr int kSameQuestionMax = 2;

constexpr char kDefaultLabel[] = "Talk to a person";

bool HasHandoff(const Prompt& prompt) { return !prompt.product->handoff_url.empty(); }

// What a visitor picks, or says, to be handed over to the owner's help desk; empty where there is none.
std::string HandoffLabel(const Prompt& prompt) {
  const std::string& label = prompt.product->handoff_label;
  if (!FindHelpDesk(*prompt.product)) return {};
  return label.empty() ? kDefaultLabel : label;
}

// Offers the way to a person, whichever there is.
void OfferPerson(const Prompt& prompt, BuiltinReply& reply) {
  reply.turn.handoff = HasHandoff(prompt);
  if (std::string label = HandoffLabel(prompt); !label.empty()) reply.turn.suggestions.push_back(std::move(label));
}

const std::vector<std::string>& Suggestions(const Prompt& prompt) {
  return AsUser(prompt.identity) ? prompt.product->suggestions_verified : prompt.product->suggestions_anonymous;
}

BuiltinReply Say(std::string text) {
  BuiltinReply reply;
  reply.text = std::move(text);
  return reply;
}

// ---- Small talk

BuiltinReply SayWho(const Prompt& prompt) {
  const User* user = AsUser(prompt.identity);
  if (!user) {
    const bool ended = std::get<Anonymous>(prompt.identity).reason == Anonymous::Reason::kTokenExpired;
    return Say(ended ? "Your sign-in has ended, so I no longer know who you are. Please sign in again."
                     : "You are not signed in, so I do not know who you are.");
  }
  const std::string name = DisplayName(prompt.identity), email = CleanLine(user->email, 120);
  if (name.empty()) return Say("You are signed in as " + (email.empty() ? CleanLine(user->sub, 255) : email) + '.');
  return Say("You are signed in as " + name + (email.empty() ? "" : " (" + email + ')') + '.');
}

BuiltinReply SayPerson(const Prompt& prompt) {
  if (FindHelpDesk(*prompt.product)) {
    BuiltinReply reply;
    reply.turn.calls.push_back({"", kHandoffTool, "{}"});
    return reply;
  }
  BuiltinReply reply = Say("Of course. You can reach a person here.");
  reply.turn.handoff = true;
  return reply;
}

// ---- Help pages

// The start of a passage, cut behind a sentence or a line where it is long.
std::string Quote(std::string_view text) {
  std::string_view cut = CutUtf8(text, kQuoteBytesMax);
  if (cut.size() == text.size()) return std::string(text);
  std::size_t end = 0;
  for (std::size_t i = 1; i < cut.size(); ++i) {
    const bool sentence = cut[i] == ' ' && std::string_view(".!?").find(cut[i - 1]) != std::string_view::npos;
    if (sentence || cut[i] == '\n') end = i;
  }
  if (end > 0) return std::string(cut.substr(0, end));
  return std::string(cut.substr(0, cut.rfind(' '))) + " …";
}

BuiltinReply SayPassages(const std::vector<Passage>& passages) {
  BuiltinReply reply = Say(Quote(passages[0].text) + " [1]");
  reply.turn.citations.push_back(Cite(1, passages[0]));
  if (passages.size() > 1 && passages[1].coverage >= kAlsoShare * passages[0].coverage) {
    reply.turn.citations.push_back(Cite(2, passages[1]));
    reply.text += "\n\nSee also: " + passages[1].title + " [2]";
  }
  return reply;
}

BuiltinReply SayUnknown(const Prompt& prompt) {
  BuiltinReply reply =
      Say("I have no answer to that, sorry. I have noted your question for the people behind this site.");
  if (HasHandoff(prompt) || FindHelpDesk(*prompt.product)) reply.text += " You can also ask them directly.";
  reply.turn.suggestions = Suggestions(prompt);
  OfferPerson(prompt, reply);
  reply.turn.unanswered = true;
  return reply;
}

// ---- Tools

BuiltinReply SayRefused(const Prompt& prompt, const std::string& code) {
  if (code == "token_expired") return Say("Your sign-in has ended. Please sign in again, then I can do that for you.");
  if (code == "token_too_old") return Say("For this, please sign in once more: your sign-in is too long ago.");
  if (code == "identity_required") {
    const Anonymous* guest = std::get_if<Anonymous>(&prompt.identity);
    const bool ended = guest && guest->reason == Anonymous::Reason::kTokenExpired;
    return Say(ended ? "Your sign-in has ended. Please sign in again, then I can do that for you."
                     : "I can do that once you are signed in. Please sign in on this page, then ask me again.");
  }
  BuiltinReply reply = Say("Your account does not allow me to do that.");
  OfferPerson(prompt, reply);
  return reply;
}

BuiltinReply CallOrAsk(const RoutedTool& tool, const std::map<std::string, Slot>& slots) {
  const std::string missing = FindMissing(*tool.schema, slots);
  if (!missing.empty()) return Say(AskFor(missing, tool.schema->properties.at(missing)));
  BuiltinReply reply;
  reply.turn.calls.push_back({"", tool.config->name, WriteArguments(slots)});
  return reply;
}

bool IsPolicyCode(const std::string& code) {
  constexpr std::string_view kCodes[] = {"identity_required", "token_expired",  "token_too_old", "scope_missing",
                                         "role_missing",      "claim_mismatch", "claim_missing"};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

BuiltinReply SayHandoff(const Prompt& prompt, const ToolOutcome& outcome) {
  if (outcome.ok) return Say("I have passed our conversation on. A person will answer you here.");
  BuiltinReply reply = Say("I could not reach our people just now. I am still here; please try again in a moment.");
  OfferPerson(prompt, reply);
  return reply;
}

BuiltinReply SayOutcome(const Prompt& prompt, const ToolExchange& exchange) {
  const ToolOutcome& outcome = exchange.outcome;
  if (exchange.call.name == kHandoffTool && FindHelpDesk(*prompt.product)) return SayHandoff(prompt, outcome);
  if (outcome.ok) {
    const std::vector<ToolConfig>& tools = prompt.product->tools;
    const auto tool = std::find_if(tools.begin(), tools.end(),
                                   [&](const ToolConfig& config) { return config.name == exchange.call.name; });
    if (tool == tools.end() || tool->answer.empty() || outcome.content_json == "null")
      return Say(DescribeResult(outcome.content_json));
    const std::string name = DisplayName(prompt.identity);
    const std::string text =
        CleanLine(FillTemplate(tool->answer, {outcome.content_json, exchange.call.arguments_json, name}), 4000);
    return Say(text.empty() ? "Done." : text);
  }
  if (IsPolicyCode(outcome.code)) return SayRefused(prompt, outcome.code);
  if (outcome.code == "operator_rejected") return Say("I have asked our people, and they said no. Nothing was done.");
  if (outcome.code == "approval_rejected") return Say("All right, I left it at that. Nothing was done.");
  if (!outcome.unconfirmed && !(outcome.detail.empty() && outcome.title.empty()))
    return Say(outcome.detail.empty() ? outcome.title : outcome.detail);
  BuiltinReply reply =
      Say(outcome.unconfirmed ? "I could not confirm whether that went through. Please check before you try it again."
                              : "That did not work just now. Please try again in a moment.");
  OfferPerson(prompt, reply);
  return reply;
}

// ---- The message

class Thinker {
 public:
  explicit Thinker(const Prompt& prompt) : prompt_(prompt) {
    for (const OfferedTool& tool : prompt.tools) tools_.push_back({tool.config, tool.schema.get()});
    for (const WithheldTool& tool : prompt.withheld) tools_.push_back({tool.config, tool.schema.get()});
  }

  BuiltinReply Think() const {
    const std::string& message = prompt_.history.back().text;
    const bool is_label = !message.empty() && message == HandoffLabel(prompt_);
    const SmallTalk small_talk = is_label ? SmallTalk::kPerson : FindSmallTalk(message);
    const std::optional<ToolDialog> dialog = FindToolDialog(tools_, prompt_.history);
    if (dialog && small_talk == SmallTalk::kNeverMind && !dialog->advanced)
      return Say("All right, I leave it at that.");
    if (dialog && dialog->advanced) return Use(dialog->tool, dialog->slots);
    switch (small_talk) {
      case SmallTalk::kGreeting:
        return Greet();
      case SmallTalk::kWhoAmI:
        return SayWho(prompt_);
      case SmallTalk::kThanks:
        return Say("You are welcome!");
      case SmallTalk::kPerson:
        if (HasHandoff(prompt_) || FindHelpDesk(*prompt_.product)) return SayPerson(prompt_);
        break;
      case SmallTalk::kNeverMind:
      case SmallTalk::kAcknowledgement:
        return Say("All right. Ask me whenever you like.");
      case SmallTalk::kNone:
        break;
    }
    const std::vector<Passage> passages =
        prompt_.find_pages ? prompt_.find_pages(WithoutArguments(message), kPassagesMax) : std::vector<Passage>();
    const std::optional<Route> route = RouteToTool(tools_, message);
    if (route && IsMeant(*route, passages)) return Use(route->tool, route->slots);
    if (!passages.empty()) return SayPassages(passages);
    if (dialog && dialog->asked < kSameQuestionMax) return Use(dialog->tool, dialog->slots);
    return SayUnknown(prompt_);
  }

 private:
  BuiltinReply Greet() const {
    BuiltinReply reply = Say(GreetingFor(*prompt_.product, prompt_.identity));
    reply.turn.suggestions = Suggestions(prompt_);
    return reply;
  }

  // An order's number stands in no help page; the words around it may.
  std::string WithoutArguments(std::string message) const {
    for (const RoutedTool& tool : tools_) {
      for (const auto& [name, slot] : FindSlots(*tool.schema, message))
        if (slot.distinctive) message.replace(slot.at, slot.length, slot.length, ' ');
    }
    return message;
  }

  bool IsWithheld(std::size_t tool) const { return tool >= prompt_.tools.size(); }

  // A tool that cannot be used gives way to any help page, but where it is named beyond doubt.
  bool IsMeant(const Route& route, const std::vector<Passage>& passages) const {
    if (passages.empty() || route.evident || route.score >= kSureScore) return true;
    return !IsWithheld(route.tool) && route.coverage > passages[0].coverage;
  }

  BuiltinReply Use(std::size_t tool, const std::map<std::string, Slot>& slots) const {
    if (IsWithheld(tool)) return SayRefused(prompt_, prompt_.withheld[tool - prompt_.tools.size()].code);
    return CallOrAsk(tools_[tool], slots);
  }

  const Prompt& prompt_;
  std::vector<RoutedTool> tools_;  // the offered ones, then the withheld ones
};

}  // namespace

BuiltinReply ThinkBuiltin(const Prompt& prompt) {
  if (!prompt.exchanges.empty()) return SayOutcome(prompt, prompt.exchanges.back());
  if (prompt.history.empty()) return Say(GreetingFor(*prompt.product, prompt.identity));
  return Thinker(prompt).Think();
}

}  // namespace widgent
