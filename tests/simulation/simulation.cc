#include "simulation/simulation.h"

#include <algorithm>
#include <utility>

namespace widgent::test {

Simulation::Simulation(const Rules& rules)
    : rules_(rules), host_(rules_), invariants_(host_, rules_), draw_{rules.seed, 3} {
  host_.on_thread_changed = [this](const ThreadId& thread) { invariants_.SeesThread(thread); };
  host_.on_crash = [this] {
    for (Place& place : places_) place.tab->ServerDied();
  };
  for (std::size_t browser = 0; browser < rules_.tabs.size(); ++browser) {
    browsers_.push_back({"", draw_.Hex32()});
    for (int i = 0; i < rules_.tabs[browser]; ++i) {
      Place& place = places_.emplace_back();
      place.browser = static_cast<int>(browser);
      place.family = ++families_;
    }
  }
  for (std::size_t number = 0; number < places_.size(); ++number) Load(static_cast<int>(number));
  // The last page is yet to call init.
  for (std::size_t number = 0; number + 1 < places_.size(); ++number) Init(places_[number], draw_.Maybe(25));
}

Simulation::~Simulation() = default;

void Simulation::Do(const json& act) {
  Perform(act);
  Live(act.value("wait_ms", 0));
}

// A page begins: what was in the tab before is gone, but for what it has stored.
void Simulation::Load(int number) {
  Place& place = PlaceOf(number);
  const Weather weather = place.tab ? place.tab->weather : Weather();
  const bool is_online = !place.tab || place.tab->is_online;
  const auto load = static_cast<std::uint64_t>(++place.loads);
  const std::uint64_t seed = Draw{rules_.seed, 4, static_cast<std::uint64_t>(number), load}.Next();
  place.tab = std::make_shared<Tab>(host_, invariants_, number, place.browser, seed);
  place.tab->weather = weather;
  place.tab->is_online = is_online;
  place.tab->on_effect = [this](Tab& tab, const json& effect) { Serve(tab, effect); };
  place.tab->Begin();
  const bool is_ended = !place.storage["thread_id"].empty() && !place.storage["thread_of"].empty();
  invariants_.SeesNewPage(*place.tab, place.family, is_ended ? place.ended : "");
  if (!is_online) place.tab->Tell({{"type", "connection_changed"}, {"online", false}});
}

void Simulation::Init(Place& place, bool get_token) {
  Browser& browser = browsers_[static_cast<std::size_t>(place.browser)];
  Tab& tab = *place.tab;
  tab.Tell({{"type", "init_called"},
            {"call", ++tab.page.calls},
            {"product_id", "acme"},
            {"service_key", kServiceKey},
            {"guest_id", browser.guest_id.empty() ? FreshGuest() : browser.guest_id},
            {"seed", draw_.Hex32()},
            {"salt", browser.salt},
            {"thread_id", place.storage["thread_id"]},
            {"thread_of", place.storage["thread_of"]},
            {"get_token", get_token}});
}

// What a page does beyond showing.
void Simulation::Serve(Tab& tab, const json& effect) {
  const std::string& type = effect["type"].get_ref<const std::string&>();
  Place& place = PlaceOf(tab.number());
  if (type == "save") {
    const std::string key = effect["key"], value = effect["value"];
    if (key == "guest_id") browsers_[static_cast<std::size_t>(place.browser)].guest_id = value;
    else place.storage[key] = value;
    if (key == "thread_of") place.ended = invariants_.EndedIn(tab);
  } else if (type == "broadcast") {
    for (Place& other : places_)
      if (other.browser == place.browser && other.tab.get() != &tab && !draw_.Maybe(10)) Broadcast(other, effect);
  } else if (type == "ask_for_token") {
    Provide(place, effect["ask"]);
  }
}

void Simulation::Broadcast(const Place& place, const json& effect) {
  host_.loop.After(draw_.Below(100), [this, weak = std::weak_ptr<Tab>(place.tab), effect] {
    if (const auto tab = weak.lock())
      tab->Tell({{"type", "broadcast_received"},
                 {"kind", effect["kind"]},
                 {"fingerprint", effect["fingerprint"]},
                 {"guest_id", FreshGuest()}});
  });
}

// The site's getToken: as the site is (act "site").
void Simulation::Provide(const Place& place, int ask) {
  if (place.site == "silent") return;
  const int wait_ms = place.site == "slow" ? draw_.Between(8'000, 20'000) : draw_.Between(10, 400);
  host_.loop.After(wait_ms, [this, weak = std::weak_ptr<Tab>(place.tab), site = place.site, sub = place.sub, ask] {
    const auto tab = weak.lock();
    if (!tab) return;
    if (site == "broken") return tab->Tell({{"type", "token_failed"}, {"ask", ask}});
    std::string token;
    if (site == "stale") token = invariants_.tokens.Latest(sub);
    else if (site != "signed_out")
      token = Issue(sub, site == "forged" ? "forged" : "good", draw_.Maybe(50) ? 40 : 3'600);
    tab->Tell({{"type", "token_provided"}, {"ask", ask}, {"token", token}, {"guest_id", FreshGuest()}});
  });
}

std::string Simulation::Issue(const std::string& sub, const std::string& kind, std::int64_t lifetime_s) {
  if (kind == "latest") return invariants_.tokens.Latest(sub);
  // The site's clock is right, whatever the server's is.
  return invariants_.tokens.Issue(sub, kind, lifetime_s, host_.loop.TrueTime() / 1000);
}

// Time goes by; the shop answers its tool calls with the user it was told.
void Simulation::Live(std::int64_t ms) {
  const UnixMillis end = host_.loop.TrueTime() + ms;
  do {
    const std::int64_t left = end - host_.loop.TrueTime();
    host_.loop.Advance(std::clamp<std::int64_t>(left, 1, 50));
    AnswerTools();
  } while (host_.loop.TrueTime() < end && fault().empty());
}

void Simulation::AnswerTools() {
  while (!host_.client.pending.empty()) {
    const auto& [id, pending] = *host_.client.pending.begin();
    const json body = json::parse(pending.request.body);
    invariants_.SeesToolCall(body);
    const std::string sub = body["user"].value("sub", "");
    host_.client.AnswerOne(id, R"({"id":"A-1001","status":"packed for <<)" + sub + ">>\"}");
  }
}

void Simulation::Heal() {
  host_.is_away = false;
  host_.loop.wall_clock_error_ms = 0;
  if (host_.memory()) host_.memory()->Accept();
  for (Place& place : places_) {
    Tab& tab = *place.tab;
    tab.weather = {};
    place.site = "well";
    if (tab.is_asleep()) tab.Wake(true, false);
    if (!tab.is_online) tab.Online(true);
    if (tab.label == "new") Init(place, false);
  }
  Live(240'000);
  if (!fault().empty()) return;
  std::vector<std::shared_ptr<Tab>> tabs;
  for (const Place& place : places_) tabs.push_back(place.tab);
  invariants_.CheckRest(tabs);
  invariants_.CheckStore();
}

}  // namespace widgent::test
