#include "simulation/tab.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "simulation/link.h"

namespace widgent::test {

Tab::~Tab() {
  host_.loop.Cancel(timer_);
  for (auto& [request, link] : std::exchange(links_, {})) link->Close();
}

void Tab::Begin() {
  page.on_send = [this](const json& effect) { Carry(effect); };
  page.on_cancel = [this](int request) { Drop(request); };
}

void Tab::Tell(json event) {
  if (is_asleep_) return later_.push_back([this, event = std::move(event)] { Tell(event); });
  page.now = Clock();
  const json effects = page.Event(event);
  page.transcript.clear();
  static const bool is_story_told = std::getenv("WIDGENT_STORY") != nullptr;
  if (is_story_told)
    std::cout << host_.loop.TrueTime() - kStart << " ms, tab " << number_ << " (" << label << "): " << event.dump()
              << "\n    " << effects.dump() << "\n";
  watcher_.SeesStep(*this, event, effects);
  for (const json& effect : effects) on_effect(*this, effect);
  ArmTimer();
}

void Tab::Reach(std::function<void()> act) {
  if (is_asleep_) later_.push_back(std::move(act));
  else act();
}

void Tab::Online(bool online) {
  is_online = online;
  if (!online) Cut();
  Tell({{"type", "connection_changed"}, {"online", online}});
}

void Tab::Cut() {
  for (const auto& [request, link] : std::map(links_)) link->Break();
}

void Tab::ServerDied() {
  for (const auto& [request, link] : links_) {
    if (!link->has_arrived()) continue;
    host_.loop.After(weather.latency_ms, [weak = weak_from_this(), link = link] {
      if (const auto self = weak.lock()) self->Reach([link] { link->Break(); });
    });
  }
}

void Tab::Sleep(bool clock_stands_still) {
  is_asleep_ = true;
  stands_still_ = clock_stands_still;
  slept_at_ = host_.loop.TrueTime();
  host_.loop.Cancel(timer_);
}

void Tab::Wake(bool tells_page_first, bool lost_connections) {
  if (!std::exchange(is_asleep_, false)) return;
  if (stands_still_) stood_still_ms_ += host_.loop.TrueTime() - slept_at_;
  const auto tell = [this] { Tell({{"type", "page_resumed"}}); };
  if (tells_page_first) tell();
  if (lost_connections) Cut();
  for (const auto& act : std::exchange(later_, {})) act();
  if (!tells_page_first) tell();
}

void Tab::Doze(std::int64_t ms) {
  timers_from_ = Clock() + ms;
  ArmTimer();
}

void Tab::ArmTimer() {
  host_.loop.Cancel(timer_);
  if (!page.wake_at || is_asleep_) return;
  timer_ = host_.loop.After(std::max(*page.wake_at, timers_from_) - Clock(), [this] {
    Tell({{"type", "timer_fired"}});
  });
}

void Tab::Drop(int request) {
  auto link = links_.extract(request);
  if (!link.empty()) link.mapped()->Close();
}

void Tab::Carry(const json& effect) {
  const int id = effect["request"];
  http::Request request;
  request.method = effect["method"];
  request.path = effect["path"];
  request.body = effect.value("body", "");
  request.peer_address = "203.0.113." + std::to_string(browser_);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) request.headers.push_back({name, value});
  };
  const std::string token = effect.value("token", "");
  add("origin", kOrigin);
  add("widgent-service-key", effect.value("service_key", ""));
  add("widgent-anonymous-id", effect.value("guest_id", ""));
  add("last-event-id", effect.value("last_event_id", ""));
  add("authorization", token.empty() ? "" : "Bearer " + token);
  add("content-type", request.body.empty() ? "" : "application/json");
  Draw draw{seed_, static_cast<std::uint64_t>(id)};
  const auto link = std::make_shared<Link>(shared_from_this(), host_, watcher_, id, request, draw, weather);
  links_[id] = link;
  if (!is_online) {
    host_.loop.After(1, [link] { link->Break(); });
    return;
  }
  if (draw.Maybe(weather.repeated)) {
    Draw late{seed_, static_cast<std::uint64_t>(id), 2};
    const std::int64_t wait_ms = late.Maybe(50) ? late.Below(200) : late.Below(90'000);
    const auto again = std::make_shared<Link>(nullptr, host_, watcher_, id, std::move(request), late, weather);
    host_.loop.After(wait_ms, [again] { again->Depart(); });
  }
  link->Depart();
}

}  // namespace widgent::test
