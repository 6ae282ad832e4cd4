// A tab: a page that may sleep, on a network that is its own.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulation/host.h"
#include "support/page.h"

namespace widgent::test {

class Link;

// What the network does, in percent and milliseconds.
struct Weather {
  int latency_ms = 20, jitter_ms = 0;
  int lost_requests = 0, lost_answers = 0, broken_answers = 0, repeated = 0, split = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Weather, latency_ms, jitter_ms, lost_requests, lost_answers, broken_answers, repeated,
                                 split)
};

class Tab;

// Who looks at all that happens.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void SeesStep(Tab& tab, const json& event, const json& effects) = 0;
  virtual void SeesRequest(Link& link) = 0;  // as it reaches the server
  virtual void SeesAnswer(Link& link, int status) = 0;
  virtual void SeesText(Link& link, const std::string& text) = 0;
};

class Tab : public std::enable_shared_from_this<Tab> {
 public:
  Tab(Host& host, Watcher& watcher, int number, int browser, std::uint64_t seed)
      : host_(host),
        watcher_(watcher),
        number_(number),
        browser_(browser),
        seed_(seed),
        loaded_at_(host.loop.TrueTime()) {}
  ~Tab();

  // To be called once, before anything else.
  void Begin();

  // What happens to a page that sleeps, happens to it later.
  void Tell(json event);
  std::int64_t Clock() const { return host_.loop.TrueTime() - loaded_at_ - stood_still_ms_ + 1'000; }
  void Online(bool online);
  // Every connection breaks at once.
  void Cut();
  // The server's end of every connection is gone.
  void ServerDied();
  // Neither timers nor anything else reaches the page. Meanwhile its clock may stand still.
  void Sleep(bool clock_stands_still);
  void Wake(bool tells_page_first, bool lost_connections);
  // Timers fire so much late, as in a tab in the background.
  void Doze(std::int64_t ms);
  // Runs `act` in the page: now, or when it wakes.
  void Reach(std::function<void()> act);

  int number() const { return number_; }
  int browser() const { return browser_; }
  std::uint64_t seed() const { return seed_; }
  bool is_asleep() const { return is_asleep_; }
  bool is_waiting() const { return !links_.empty(); }
  Host& host() { return host_; }
  Watcher& watcher() { return watcher_; }

  Page page;
  Weather weather;
  bool is_online = true;
  // "guest", a user's sub, or what the page shows in between: "new", "identifying".
  std::string label = "new";
  std::string asked_sub;  // who is expected while it identifies; empty: anybody
  // What the page does beyond showing: save, ask_for_token, broadcast.
  std::function<void(Tab&, const json& effect)> on_effect;

 private:
  friend class Link;
  void Carry(const json& effect);
  void Drop(int request);
  void ArmTimer();

  Host& host_;
  Watcher& watcher_;
  const int number_, browser_;
  const std::uint64_t seed_;
  const UnixMillis loaded_at_;
  std::int64_t stood_still_ms_ = 0, timers_from_ = 0;
  bool is_asleep_ = false, stands_still_ = false;
  UnixMillis slept_at_ = 0;
  std::vector<std::function<void()>> later_;
  std::map<int, std::shared_ptr<Link>> links_;
  http::TimerId timer_ = 0;
};

}  // namespace widgent::test
