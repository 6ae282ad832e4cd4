#include "simulation/transcript.h"

#include <algorithm>

namespace widgent::test {

namespace {

constexpr int kActs = 60;

// What a fault is about: without its time, numbers and names.
std::string KindOf(const std::string& fault) {
  std::string kind;
  for (std::size_t i = fault.find(": "); i < fault.size() && kind.size() < 24; ++i)
    if (fault[i] < '0' || fault[i] > '9') kind += fault[i];
  for (const char* user : kUsers)
    for (auto at = kind.find(user); at != kind.npos; at = kind.find(user)) kind.replace(at, 3, "U");
  return kind;
}

}  // namespace

Transcript Transcript::OfSeed(std::uint64_t seed, std::string& fault, Invariants::Counts& counts) {
  Transcript transcript{Rules::Drawn(seed), {}};
  Simulation simulation(transcript.rules);
  Draw draw{seed, 2};
  for (int i = 0; i < kActs && simulation.fault().empty(); ++i) {
    transcript.acts.push_back(simulation.DrawAct(draw));
    simulation.Do(transcript.acts.back());
  }
  if (simulation.fault().empty()) simulation.Heal();
  fault = simulation.fault();
  counts += simulation.invariants().counts();
  return transcript;
}

std::string Transcript::Replay() const {
  Simulation simulation(rules);
  for (const json& act : acts) {
    simulation.Do(act);
    if (!simulation.fault().empty()) return simulation.fault();
  }
  simulation.Heal();
  return simulation.fault();
}

// Pieces of half the length are tried to be left out, then of a quarter, down to single acts; then waits.
Transcript Transcript::Shrunk() const {
  Transcript best = *this;
  const std::string kind = KindOf(Replay());
  const auto take = [&](const Transcript& candidate) {
    if (KindOf(candidate.Replay()) != kind) return false;
    best = candidate;
    return true;
  };
  for (std::size_t size = best.acts.size() / 2; size > 0; size /= 2) {
    for (std::size_t from = 0; from < best.acts.size();) {
      Transcript shorter = best;
      const auto begin = shorter.acts.begin() + static_cast<std::ptrdiff_t>(from);
      shorter.acts.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, shorter.acts.size() - from)));
      if (!take(shorter)) from += size;
    }
  }
  for (std::size_t i = 0; i < best.acts.size(); ++i) {
    for (const int wait_ms : {0, 1'000}) {
      Transcript calmer = best;
      if (calmer.acts[i].value("wait_ms", 0) <= wait_ms) continue;
      calmer.acts[i]["wait_ms"] = wait_ms;
      if (take(calmer)) break;
    }
  }
  return best;
}

Transcript Transcript::Read(std::istream& text) {
  Transcript transcript;
  bool is_first = true;
  for (std::string line; std::getline(text, line);) {
    if (line.empty()) continue;
    json object = json::parse(line);
    if (std::exchange(is_first, false)) transcript.rules = object.at("rules").get<Rules>();
    else if (object.contains("do")) transcript.acts.push_back(std::move(object));
  }
  return transcript;
}

std::string Transcript::Write() const {
  std::string text = json{{"rules", rules}}.dump() + "\n";
  for (const json& act : acts) text += act.dump() + "\n";
  return text;
}

}  // namespace widgent::test
