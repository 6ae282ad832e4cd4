// The acts: what each does, and how often it is drawn.
#include <algorithm>
#include <utility>

#include "simulation/simulation.h"

namespace widgent::test {

namespace {

struct Frequency {
  const char* act;
  int times;
};
constexpr Frequency kFrequencies[] = {
    {"say", 30},  {"identify", 14}, {"logout", 4},      {"reload", 4}, {"open", 3}, {"close", 1},   {"init", 6},
    {"retry", 4}, {"stop", 2},      {"offline", 3},     {"online", 4}, {"cut", 3},  {"weather", 8}, {"crash", 3},
    {"away", 1},  {"disk_full", 1}, {"clock", 2},       {"sleep", 4},  {"doze", 2}, {"resume", 2},  {"duplicate", 1},
    {"spy", 6},   {"site", 6},      {"by_function", 3}, {"merge", 4},  {"pause", 2}};

std::string DrawName(Draw& draw) {
  int sum = 0;
  for (const Frequency& frequency : kFrequencies) sum += frequency.times;
  int place = draw.Below(sum);
  for (const Frequency& frequency : kFrequencies)
    if ((place -= frequency.times) < 0) return frequency.act;
  return "say";
}

template <class... Words>
std::string OneOf(Draw& draw, Words... words) {
  const char* all[] = {words...};
  return all[draw.Below(sizeof...(words))];
}

}  // namespace

json Simulation::DrawAct(Draw& draw) const {
  const std::string name = DrawName(draw);
  json act{{"do", name}, {"tab", draw.Below(static_cast<int>(places_.size()))}};
  const std::string user = kUsers[draw.Below(2)];
  act["wait_ms"] = draw.Maybe(20) ? 0 : draw.Maybe(10) ? draw.Below(60'000) : draw.Below(1'500);
  if (name == "say") {
    act["order"] = draw.Maybe(50);
  } else if (name == "identify") {
    act["sub"] = user;
    act["token"] = draw.Maybe(75) ? "good" : OneOf(draw, "expired", "forged", "altered", "odd", "latest");
    const int lifetimes_s[] = {4, 40, 100, 3'600, 3'600};
    act["lifetime_s"] = lifetimes_s[draw.Below(5)];
  } else if (name == "weather") {
    const bool is_fair = draw.Maybe(30);
    act["latency_ms"] = draw.Between(1, 100);
    act["jitter_ms"] = is_fair ? 0 : draw.Maybe(30) ? draw.Below(3'000) : draw.Below(200);
    for (const char* kind : {"lost_requests", "lost_answers", "broken_answers", "repeated", "split"})
      act[kind] = is_fair || draw.Maybe(40) ? 0 : draw.Below(50);
  } else if (name == "crash") {
    act["when"] = OneOf(draw, "now", "before_commit", "after_commit");
  } else if (name == "away" || name == "disk_full") {
    act["ms"] = draw.Maybe(70) ? draw.Below(3'000) : draw.Below(30'000);
  } else if (name == "clock") {
    const int errors_ms[] = {0, 0, -20'000, 20'000, -300'000, 300'000, 3'600'000, -86'400'000, 86'400'000};
    act["error_ms"] = errors_ms[draw.Below(9)];
  } else if (name == "sleep") {
    act["ms"] = draw.Maybe(60) ? draw.Below(20'000) : draw.Below(5'000'000);
    act["clock"] = OneOf(draw, "stands_still", "runs");
    act["tells_page_first"] = draw.Maybe(50);
    act["lost_connections"] = draw.Maybe(60);
  } else if (name == "doze") {
    act["ms"] = draw.Below(70'000);
  } else if (name == "spy") {
    act["which"] = draw.Below(1'000);
    act["as"] = draw.Maybe(50) ? user : "guest";
    act["route"] = OneOf(draw, "messages", "events", "join", "cancel", "agent", "delete", "merge");
  } else if (name == "site") {
    act["sub"] = user;
    act["answers"] = draw.Maybe(50) ? "well" : OneOf(draw, "stale", "signed_out", "broken", "silent", "slow", "forged");
  } else if (name == "init" || name == "reload") {
    act["get_token"] = draw.Maybe(25);
    act["open"] = draw.Maybe(70);
  } else if (name == "merge") {
    act["accepted"] = draw.Maybe(70);
  } else if (name == "duplicate") {
    act["of"] = draw.Below(static_cast<int>(places_.size()));
  }
  return act;
}

void Simulation::Perform(const json& act) {
  const std::string name = act["do"];
  const int number = act.value("tab", 0);
  if (number < 0 || number >= static_cast<int>(places_.size())) return;
  Place& place = PlaceOf(number);
  const std::shared_ptr<Tab> kept = place.tab;  // an act may end the page
  Tab& tab = *kept;

  // What the world does
  if (name == "crash") return Crash(act["when"]);
  if (name == "away") {
    host_.is_away = true;
    host_.loop.After(act["ms"], [this] { host_.is_away = false; });
  } else if (name == "disk_full") {
    if (!host_.memory()) return;
    host_.memory()->Refuse();
    host_.loop.After(act["ms"], [this] { host_.memory()->Accept(); });
  } else if (name == "clock") {
    host_.loop.wall_clock_error_ms = act["error_ms"];
  } else if (name == "weather") {
    tab.weather = act.get<Weather>();
  } else if (name == "site") {
    place.sub = act["sub"];
    place.site = act["answers"];
  } else if (name == "spy") {
    Spy(act);
  } else if (name == "reload") {
    Load(number);
    Init(place, act.value("get_token", false));
    if (act.value("open", true)) Tell(*place.tab, "panel_opened");
  } else if (name == "duplicate") {
    Duplicate(number, act["of"]);
  }
  // Nobody does anything to a page that sleeps.
  if (tab.is_asleep()) return;

  if (name == "sleep") {
    tab.Sleep(act["clock"] == "stands_still");
    host_.loop.After(act["ms"], [weak = std::weak_ptr<Tab>(kept), act] {
      if (const auto sleeper = weak.lock()) sleeper->Wake(act["tells_page_first"], act["lost_connections"]);
    });
  } else if (name == "doze") {
    tab.Doze(act["ms"]);
  } else if (name == "offline" || name == "online") {
    if (tab.is_online != (name == "online")) tab.Online(name == "online");
  } else if (name == "cut") {
    tab.Cut();
  } else if (name == "resume") {
    Tell(tab, "page_resumed");
  } else if (name == "init") {
    Init(place, act.value("get_token", false));
    if (act.value("open", true)) Tell(tab, "panel_opened");
  } else if (name == "open") {
    Tell(tab, "panel_awaited");
    Tell(tab, "panel_opened");
  } else if (name == "close") {
    Tell(tab, "panel_closed");
  } else if (name == "stop") {
    Tell(tab, "cancel_requested");
  } else if (name == "identify") {
    Identify(place, Issue(act["sub"], act["token"], act["lifetime_s"]));
  } else if (name == "by_function") {
    tab.Tell(
        {{"type", "identify_called"}, {"call", ++tab.page.calls}, {"get_token", true}, {"guest_id", FreshGuest()}});
  } else if (name == "logout") {
    tab.Tell({{"type", "logout_called"}, {"call", ++tab.page.calls}, {"guest_id", FreshGuest()}});
  } else if (name == "merge") {
    if (tab.page.merge_offer) tab.Tell({{"type", "merge_answered"}, {"accepted", act["accepted"]}});
  } else if (name == "retry") {
    Retry(tab);
  } else if (name == "say" && tab.label != "new") {
    const int said = invariants_.SeesTyping(tab);
    const char* text = act.value("order", false) ? " where is my order A-1001?" : " hello";
    tab.Tell({{"type", "message_submitted"}, {"text", "#" + std::to_string(said) + text}});
  }
}

void Simulation::Crash(const std::string& when) {
  if (when == "now" || !host_.memory()) return host_.Crash();
  host_.memory()->DieAtCommit(when == "before_commit" ? SimStore::Doom::kBeforeCommit : SimStore::Doom::kAfterCommit);
}

void Simulation::Identify(Place& place, const std::string& token) {
  Tab& tab = *place.tab;
  tab.Tell({{"type", "identify_called"}, {"call", ++tab.page.calls}, {"token", token}, {"guest_id", FreshGuest()}});
}

// Whoever sees that a message has failed, sends it again.
void Simulation::Retry(Tab& tab) {
  for (const Page::Message& message : std::vector(tab.page.messages)) {
    if (message.status != "failed" || message.role != "user") continue;
    invariants_.SeesRetry(tab, message);
    tab.Tell({{"type", "retry_requested"}, {"message_id", message.id}});
  }
}

// The browser copies a tab: its session storage comes along.
void Simulation::Duplicate(int number, int of) {
  Place& place = PlaceOf(number);
  if (of == number || of < 0 || of >= static_cast<int>(places_.size())) return;
  const Place& original = PlaceOf(of);
  if (original.browser != place.browser) return;
  place.storage = original.storage;
  place.ended = original.ended;
  place.family = original.family;
  invariants_.SeesCopy(place.family);
  Load(number);
  Init(place, false);
}

// Somebody asks for what may be another's, past any widget.
void Simulation::Spy(const json& act) {
  const auto threads = invariants_.AllThreads();
  if (threads.empty()) return;
  const Thread& thread = threads[act["which"].get<std::size_t>() % threads.size()];
  const std::string as = act["as"], route = act["route"], id = thread.id.value;
  const bool is_guest = as == "guest";
  const std::string& guest_id = browsers_[static_cast<std::size_t>(PlaceOf(act["tab"]).browser)].guest_id;
  if (thread.owner == Owner{is_guest ? Owner::Kind::kGuest : Owner::Kind::kUser, is_guest ? guest_id : as}) return;
  if (route == "merge" && (is_guest || guest_id == thread.owner.id)) return;

  http::Request request;
  request.method = route == "delete"                                           ? "DELETE"
                   : route == "cancel" || route == "agent" || route == "merge" ? "POST"
                                                                               : "GET";
  request.path = "/v1/products/acme/threads/" + id;
  if (route == "messages") request.path += "/messages";
  if (route == "events" || route == "join") request.path += "/events";
  if (route == "join") request.query = "join=1";
  if (route == "cancel") request.path += "/runs/r_1/cancel";
  if (route == "agent") {
    request.path = "/v1/products/acme/agent";
    request.body = World::Body({.thread = id, .run = "r_spy", .id = "u_spy", .text = "what did we say?"});
  }
  if (route == "merge") {
    request.path = "/v1/products/acme/session";
    request.body = json{{"event", "merge"}, {"merge", id}}.dump();
  }
  request.headers = {{"origin", kOrigin}, {"widgent-service-key", kServiceKey}, {"content-type", "application/json"}};
  if (!guest_id.empty()) request.headers.push_back({"widgent-anonymous-id", guest_id});
  const std::int64_t wall_s = host_.loop.Now() / 1000;
  if (!is_guest)
    request.headers.push_back({"authorization", "Bearer " + invariants_.tokens.Issue(as, "good", 600, wall_s)});
  request.peer_address = "203.0.113.99";
  const auto link =
      std::make_shared<Link>(nullptr, host_, invariants_, 0, std::move(request), draw_, Weather{.latency_ms = 0});
  link->Depart();
  host_.loop.RunReady();
  // A merge that cannot be is left out, silently.
  if (route != "merge") invariants_.SeesSpying(*link);
}

}  // namespace widgent::test
