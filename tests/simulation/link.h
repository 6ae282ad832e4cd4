// One request and its answer on their way: lost, late, twice, in pieces or broken off, as the weather is.
#pragma once
#include <memory>
#include <string>

#include "simulation/draw.h"
#include "simulation/tab.h"
#include "simulation/tokens.h"

namespace widgent::test {

class Link final : public http::Responder, public std::enable_shared_from_this<Link> {
 public:
  // `tab` nullptr: somebody else's request, whose answer only the watcher sees.
  Link(std::shared_ptr<Tab> tab, Host& host, Watcher& watcher, int request_id, http::Request request, Draw draw,
       Weather weather);

  // Sends it off. A repetition goes to the server alone.
  void Depart();
  // The page cares no more: nothing arrives there, and the server is told.
  void Close();
  // The connection breaks: the page learns of it.
  void Break();

  void Send(http::Response response) override;
  void StartStream(http::Response head) override;
  void Write(std::string chunk) override;
  void Finish() override;
  bool IsOpen() const override { return is_open_; }
  std::size_t Backlog() const override { return 0; }
  void OnClosed(std::function<void()> closed) override;

  const http::Request& request() const { return request_; }
  std::string Header(const char* name) const { return std::string(request_.Find(name).value_or("")); }
  std::string Token() const;
  bool is_of(const Tab& tab) const { return tab_.lock().get() == &tab; }
  bool is_repeated() const { return !has_tab_ && id_ != 0; }
  int status() const { return status_; }
  bool has_arrived() const { return life_ >= 0; }

  Claimant claimant;    // set by the watcher when it arrives
  std::string problem;  // of an answer that is one: all of its text

 private:
  void Arrive();
  void Deliver(std::function<void(Tab&)> act);
  std::int64_t Delay() { return weather_.latency_ms + (weather_.jitter_ms ? draw_.Below(weather_.jitter_ms) : 0); }
  bool IsHeard() const { return is_open_ && !host_.IsDead() && life_ == host_.lives(); }

  std::weak_ptr<Tab> tab_;
  Host& host_;
  Watcher& watcher_;
  const int id_;
  const http::Request request_;
  Draw draw_;
  const Weather weather_;
  int status_ = 0, life_ = -1, pieces_left_ = -1;
  bool is_open_ = true, is_deaf_ = false, has_tab_ = false;
  UnixMillis latest_ = 0;  // when the last piece arrives: none overtakes another
  std::function<void()> closed_;
};

}  // namespace widgent::test
