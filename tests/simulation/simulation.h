// Many visitors and one server in one process: people switch, sign out, type, reload, sleep and lose their connection;
// the network loses, delays, repeats and splits; the server dies in mid-commit and comes back over the same store.
//
// What happens is a list of acts, each a JSON object {"do": …, "tab": …, …, "wait_ms": …}: drawn by a seed, or read
// from a transcript. What the network does to a request depends on the page and the request alone. So the same acts
// give the same run, and a run with some of its acts left out still makes sense.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/invariants.h"

namespace widgent::test {

class Simulation {
 public:
  explicit Simulation(const Rules& rules);
  ~Simulation();

  // Performs the act and lets its time go by.
  void Do(const json& act);
  // What may well happen next.
  json DrawAct(Draw& draw) const;
  // All is well again, everybody waits, and must come to rest.
  void Heal();
  const std::string& fault() const { return invariants_.fault(); }
  const Invariants& invariants() const { return invariants_; }

 private:
  // Where one page of a browser follows another. Its session storage outlives them.
  struct Place {
    int browser = 0, family = 0, loads = 0;
    std::map<std::string, std::string> storage;
    std::string ended;                       // whose thread_of is stored
    std::string site = "well", sub = "ada";  // what the site's getToken does, and for whom
    std::shared_ptr<Tab> tab;
  };
  struct Browser {
    std::string guest_id, salt;
  };

  Place& PlaceOf(int number) { return places_[static_cast<std::size_t>(number)]; }
  void Load(int number);
  void Init(Place& place, bool get_token);
  void Serve(Tab& tab, const json& effect);
  void Broadcast(const Place& place, const json& effect);
  void Provide(const Place& place, int ask);
  std::string Issue(const std::string& sub, const std::string& kind, std::int64_t lifetime_s);
  void Live(std::int64_t ms);
  void AnswerTools();

  void Perform(const json& act);
  void Crash(const std::string& when);
  void Identify(Place& place, const std::string& token);
  void Retry(Tab& tab);
  void Duplicate(int number, int of);
  void Spy(const json& act);
  static void Tell(Tab& tab, const char* type) { tab.Tell({{"type", type}}); }
  std::string FreshGuest() { return "guest-" + draw_.Hex32(); }

  const Rules rules_;
  Host host_;
  Invariants invariants_;
  Draw draw_;
  std::vector<Place> places_;
  std::vector<Browser> browsers_;
  int families_ = 0;
};

}  // namespace widgent::test
