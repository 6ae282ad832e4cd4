// Any sequence of events, well-formed and odd, in every state.
#include <algorithm>
#include <set>

#include "random_events.h"
#include "support/property.h"

using namespace widgent;
using namespace widgent::test;

namespace {

using State = Session::State;

const std::set<std::string> kEffects = {"send_request",
                                        "cancel_request",
                                        "show_message",
                                        "append_text",
                                        "update_message",
                                        "remove_message",
                                        "show_rating",
                                        "show_threads",
                                        "show_tool",
                                        "show_approval",
                                        "clear_messages",
                                        "change_draft",
                                        "show_identity",
                                        "show_greeting",
                                        "show_notice",
                                        "show_busy",
                                        "show_connection",
                                        "show_handoff",
                                        "show_suggestions",
                                        "show_merge_offer",
                                        "ask_for_token",
                                        "broadcast",
                                        "settle",
                                        "emit",
                                        "save",
                                        "report"};

// True where `to` can be reached by rows of the table; one event may take several.
bool IsReachable(State from, State to, int rows = 3) {
  if (from == to) return true;
  return rows > 0 && std::any_of(std::begin(Session::kTransitions), std::end(Session::kTransitions),
                                 [&](const Session::Transition& row) {
                                   return row.from == from && row.to != from && IsReachable(row.to, to, rows - 1);
                                 });
}

// Event types that may bring a session into a state.
bool MayEnter(State state, const std::string& type) {
  const bool is_answer = type == "response_ended" || type == "request_failed" || type == "response_chunk";
  switch (state) {
    case State::kUser:
    case State::kRefused:
      return is_answer;
    case State::kDestroyed:
      return type == "destroy_called";
    case State::kNew:
      return false;
    default:
      return true;
  }
}

struct Run {
  void Step(const std::string& type, json event) {
    event["type"] = type;
    const State before = page.session.state();
    const json effects = page.Event(event);  // throws where the step is no JSON
    const State after = page.session.state();
    entered.insert(after);
    users.insert(ShownUser(page));
    for (const json& effect : effects) RC_ASSERT(kEffects.count(effect.at("type")) == 1);
    RC_ASSERT(IsReachable(before, after));
    RC_ASSERT(before == after || MayEnter(after, type));
    if (before == State::kDestroyed) RC_ASSERT(effects.empty());
    if (after == State::kDestroyed) RC_ASSERT(!page.wake_at.has_value());
    CheckPrivacy(effects);
    if (type == "timer_fired") CheckTimer();
  }

  // Nothing that one user said or was told is shown or sent once another is there.
  void CheckPrivacy(const json& effects) const {
    const std::string user = ShownUser(page), told = effects.dump();
    for (const char* other : kPeople) {
      if (!user.empty() && user != other) RC_ASSERT(told.find(PrivateOf(other)) == told.npos);
    }
    for (const json& effect : effects) {
      const std::string owner = OwnerOf(effect);
      for (const char* other : kPeople) {
        if (!owner.empty() && owner != other) RC_ASSERT(effect.dump().find(PrivateOf(other)) == std::string::npos);
      }
    }
  }

  // A timer that has fired waits for a later time, or the page would fire it without end.
  void CheckTimer() const { RC_ASSERT(!page.wake_at || *page.wake_at > page.now); }

  Page page;
  std::set<State> entered;
  std::set<std::string> users;  // who was shown; empty: nobody
};

// How often the drawn runs came so far that there was something to see.
struct Reached {
  int user = 0, switched = 0, refused = 0, destroyed = 0;
};

void Play(const std::vector<std::uint16_t>& numbers, bool is_ordinary, Reached& reached) {
  Run run;
  Draws draw(numbers);
  if (is_ordinary) {
    run.page.Init();
    run.page.Open();
    run.page.Identify(TokenOf(kPeople[draw.Below(3)]));
  }
  while (!draw.is_done()) {
    // An ordinary page mostly waits for its timer, and answers arrive whole.
    if (is_ordinary && draw.Below(3) == 0 && !run.page.open.empty()) {
      const int id = std::prev(run.page.open.end())->first;
      json chunk = AnyChunk(run.page, draw);
      run.Step("response_started", {{"request", id}, {"status", 200}});
      if (chunk["request"] == id) run.Step("response_chunk", chunk);
      run.page.open.erase(id);
      run.Step("response_ended", {{"request", id}});
      continue;
    }
    if (is_ordinary && draw.Below(10) == 0) {
      run.Step("identify_called", {{"call", 99}, {"token", TokenOf(kPeople[draw.Below(3)])}, {"guest_id", "guest-9"}});
      run.Step("timer_fired", json::object());
      continue;
    }
    const EventSource& source = kEventSources[draw.Below(std::size(kEventSources))];
    if (is_ordinary && std::string(source.type) == "destroy_called" && draw.Below(10)) continue;
    if (draw.Below(3) == 0) {
      run.page.now = std::max(run.page.now, run.page.wake_at.value_or(run.page.now));
      run.Step("timer_fired", json::object());
    }
    if (draw.Below(6) == 0) run.page.now += draw.Of({1, 500, 5'000, 60'000, 4'000'000, -100});
    run.Step(source.type, source.make(run.page, draw));
  }
  reached.user += run.entered.count(State::kUser) > 0;
  reached.switched += run.users.size() > 2;
  reached.refused += run.entered.count(State::kRefused) > 0;
  reached.destroyed += run.entered.count(State::kDestroyed) > 0;
}

const auto kNumbers = rc::gen::resize(500, rc::gen::arbitrary<std::vector<std::uint16_t>>());

}  // namespace

TEST_CASE("Whatever happens in whatever order, the session stays within its rules") {
  Reached reached;
  CheckProperty(150, [&] { Play(*kNumbers, false, reached); });
  CHECK(reached.destroyed > 10);
}

TEST_CASE("On an ordinary page, whatever is answered, no user meets what is another's") {
  Reached reached;
  CheckProperty(200, [&] { Play(*kNumbers, true, reached); });
  CHECK(reached.user > 50);
  CHECK(reached.switched > 10);
  CHECK(reached.refused > 0);
}

TEST_CASE("Members of events may be of any type, or missing") {
  CheckProperty(200, [](const std::vector<std::uint16_t>& numbers) {
    Run run;
    Draws draw(numbers);
    while (!draw.is_done()) {
      const EventSource& source = kEventSources[draw.Below(std::size(kEventSources))];
      json event = source.make(run.page, draw);
      for (auto& [name, value] : event.items()) {
        if (draw.Below(3) == 0)
          value = draw.Of<json>(
              {nullptr, true, -1, 1e300, 2'147'483'648, "", "x", json::array(), json::object({{"a", 1}})});
      }
      run.Step(source.type, event);
    }
  });
}
