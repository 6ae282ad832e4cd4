// An EventLoop with a clock that is moved by hand. Tasks run in order of time, then of arrival: the same calls give the
// same run.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "http/event_loop.h"

namespace widgent::test {

class SimEventLoop final : public http::EventLoop {
 public:
  explicit SimEventLoop(UnixMillis now) : now_(now) {}

  // Called after every turn, as RealEventLoop::OnTurnEnd.
  std::function<void()> on_turn_end;

  UnixMillis Now() override { return now_; }
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  http::TimerId After(std::int64_t delay_ms, std::function<void()> task) override {
    const http::TimerId timer = ++last_timer_;
    timers_.emplace(std::pair(now_ + (delay_ms > 0 ? delay_ms : 0), timer), std::move(task));
    return timer;
  }
  void Cancel(http::TimerId timer) override {
    std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
  }

  // Runs whatever is due now, also what comes due by it.
  void RunReady() {
    do {
      for (auto& task : std::exchange(tasks_, {})) task();
      // One at a time: each may cancel the next.
      while (!timers_.empty() && timers_.begin()->first.first <= now_) {
        const auto task = std::move(timers_.extract(timers_.begin()).mapped());
        task();
      }
      if (on_turn_end) on_turn_end();
    } while (!tasks_.empty() || (!timers_.empty() && timers_.begin()->first.first <= now_));
  }

  // Moves the clock, stopping at every timer on the way.
  void Advance(std::int64_t ms) {
    const UnixMillis end = now_ + ms;
    RunReady();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      now_ = timers_.begin()->first.first;
      RunReady();
    }
    now_ = end;
  }

  bool IsIdle() const { return tasks_.empty() && timers_.empty(); }

 private:
  UnixMillis now_;
  std::deque<std::function<void()>> tasks_;
  std::map<std::pair<UnixMillis, http::TimerId>, std::function<void()>> timers_;
  http::TimerId last_timer_ = 0;
};

}  // namespace widgent::test
