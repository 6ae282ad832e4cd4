// Widget and server in one process, on one clock moved by hand and a network that the test may break: quinn-proto's
// Pair, with an App over a real store on one side and any number of sessions on the other.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/claims.h"
#include "server/world.h"
#include "support/page.h"

namespace widgent::test {

class Visitor;

// The server's side of one request of a visitor. What it sends takes the network's time to arrive.
class Wire final : public http::Responder, public std::enable_shared_from_this<Wire> {
 public:
  Wire(Visitor& visitor, int request) : visitor_(&visitor), request_(request) {}
  void Send(http::Response response) override {
    StartStream({response.status, std::move(response.headers), ""});
    if (!response.body.empty()) Write(std::move(response.body));
    Finish();
  }
  void StartStream(http::Response head) override;
  void Write(std::string chunk) override;
  void Finish() override;
  bool IsOpen() const override { return visitor_ != nullptr; }
  std::size_t Backlog() const override { return 0; }
  void OnClosed(std::function<void()> closed) override { closed_ = std::move(closed); }

  // The visitor is gone, or the wire cut: nothing more arrives there, and the server is told.
  void Close() {
    visitor_ = nullptr;
    if (const auto closed = std::exchange(closed_, nullptr)) closed();
  }
  bool is_deaf = false;  // the server's answers are lost on the way

 private:
  template <class Deliver>
  void Later(Deliver deliver);

  Visitor* visitor_;
  int request_;
  std::function<void()> closed_;
};

// A person with a browser.
class Visitor {
 public:
  explicit Visitor(World& world, const std::string& guest = "guest-of-visitor-1") : world_(world), guest_(guest) {
    page.on_send = [this](const nlohmann::json& request) { Carry(request); };
    page.on_cancel = [this](int request) { Drop(request); };
  }
  ~Visitor() {
    alive_.reset();
    for (auto& [request, wire] : std::exchange(wires_, {})) wire->Close();
  }
  Visitor(const Visitor&) = delete;

  // Whatever the page is told goes through here, so that its clock is right and its timer armed.
  template <class Act>
  void Do(Act act) {
    page.now = world_.loop.Now() - kStart + 1'000;
    act(page);
    ArmTimer();
  }
  void Init(const std::string& thread = "") {
    Do([&](Page& p) {
      p.Event({{"type", "init_called"},
               {"call", ++p.calls},
               {"product_id", "acme"},
               {"service_key", kServiceKey},
               {"guest_id", guest_},
               {"seed", NewSeed()},
               {"thread_id", thread}});
    });
  }
  void Identify(const std::string& token) {
    Do([&](Page& p) { p.Identify(token); });
  }
  void Open() {
    Do([](Page& p) { p.Open(); });
  }
  void Say(const std::string& text) {
    Do([&](Page& p) { p.Submit(text); });
  }
  void Retry(const std::string& id) {
    Do([&](Page& p) { p.Retry(id); });
  }
  void Logout() {
    Do([](Page& p) { p.Logout(); });
  }
  void Online(bool online) {
    is_online = online;
    if (!online) Cut();
    Do([&](Page& p) { p.Online(online); });
  }

  // Every connection breaks at once.
  void Cut() {
    for (auto& [request, wire] : std::exchange(wires_, {})) {
      wire->Close();
      Do([id = request](Page& p) { p.Failed(id); });
    }
  }
  World& world() { return world_; }

  Page page;
  std::string origin = kOrigin;
  std::int64_t latency_ms = 20;
  bool is_online = true;
  bool lose_answers = false;                      // requests arrive, answers do not
  bool repeat_requests = false;                   // the network delivers every request twice
  std::function<std::size_t(std::size_t)> split;  // how much of a chunk arrives in one piece
  std::string asked_sub;                          // whom the last token named

 private:
  friend class Wire;
  void ArmTimer() {
    world_.loop.Cancel(timer_);
    if (!page.wake_at) return;
    const std::weak_ptr<int> alive = alive_;
    timer_ = world_.loop.After(*page.wake_at - page.now, [this, alive] {
      if (!alive.expired()) Do([](Page& p) { p.Event({{"type", "timer_fired"}}); });
    });
  }
  // Every load of a page draws its own.
  std::string NewSeed() { return Hex(Sha256(guest_ + std::to_string(world_.loop.Now()))).substr(0, 32); }
  void Repeat(const http::Request& request) {
    world_.loop.After(2 * latency_ms, [world = &world_, request] {
      if (world->app) world->app->Handle(request, std::make_shared<RecordingResponder>());
    });
  }
  void Drop(int request) {
    auto wire = wires_.extract(request);
    if (!wire.empty()) wire.mapped()->Close();
  }
  void Carry(const nlohmann::json& effect) {
    const int id = effect["request"];
    auto wire = std::make_shared<Wire>(*this, id);
    wire->is_deaf = lose_answers;
    wires_[id] = wire;
    http::Request request;
    request.method = effect["method"];
    request.path = effect["path"];
    request.body = effect.value("body", "");
    request.peer_address = "203.0.113.7";
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) request.headers.push_back({name, value});
    };
    add("origin", origin);
    add("widgent-service-key", effect.value("service_key", ""));
    add("widgent-anonymous-id", effect.value("guest_id", ""));
    add("last-event-id", effect.value("last_event_id", ""));
    const std::string token = effect.value("token", "");
    if (!token.empty()) add("authorization", "Bearer " + token);
    if (!request.body.empty()) add("content-type", "application/json");
    if (repeat_requests) Repeat(request);
    const std::weak_ptr<int> alive = alive_;
    world_.loop.After(latency_ms, [this, alive, id, wire, request = std::move(request)] {
      if (alive.expired()) return;
      if (is_online && world_.app) return world_.app->Handle(request, wire);
      if (!wires_.erase(id)) return;
      wire->Close();
      Do([id](Page& p) { p.Failed(id); });
    });
    if (!wire->is_deaf) return;
    world_.loop.After(10 * latency_ms, [this, alive, id] {
      if (alive.expired() || !wires_.count(id)) return;
      Drop(id);
      Do([id](Page& p) { p.Failed(id); });
    });
  }

  World& world_;
  std::string guest_;
  std::map<int, std::shared_ptr<Wire>> wires_;
  http::TimerId timer_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

template <class Deliver>
void Wire::Later(Deliver deliver) {
  if (!visitor_ || is_deaf) return;
  visitor_->world().loop.After(visitor_->latency_ms, [self = shared_from_this(), deliver] {
    if (self->visitor_) self->visitor_->Do([&](Page& page) { deliver(page, self->request_); });
  });
}

inline void Wire::StartStream(http::Response head) {
  std::int64_t retry_after_s = 0;
  for (const http::Header& header : head.headers)
    if (header.name == "Retry-After") retry_after_s = std::stoll(header.value);
  Later(
      [status = head.status, retry_after_s](Page& page, int request) { page.Started(request, status, retry_after_s); });
}

inline void Wire::Write(std::string chunk) {
  while (visitor_ && !chunk.empty()) {
    std::size_t size = visitor_->split ? visitor_->split(chunk.size()) : chunk.size();
    while (size < chunk.size() && (chunk[size] & 0xC0) == 0x80)
      ++size;  // the page's TextDecoder keeps characters whole
    Later([piece = chunk.substr(0, size)](Page& page, int request) { page.Chunk(request, piece); });
    chunk.erase(0, size);
  }
}

inline void Wire::Finish() {
  if (!visitor_ || is_deaf) return;
  visitor_->world().loop.After(visitor_->latency_ms, [self = shared_from_this()] {
    Visitor* visitor = self->visitor_;
    if (!visitor) return;
    visitor->wires_.erase(self->request_);
    visitor->Do([&](Page& page) { page.Ended(self->request_); });
    self->Close();
  });
}

}  // namespace widgent::test
