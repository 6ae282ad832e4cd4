// An EventLoop with a clock that is moved by hand. Tasks run in order of time, then of arrival: the same calls give the
// same run.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "http/event_loop.h"

namespace widgent::test {

class SimEventLoop final : public http::EventLoop {
 public:
  explicit SimEventLoop(UnixMillis now) : now_(now) {}

  // Called after every turn, as RealEventLoop::OnTurnEnd.
  std::function<void()> on_turn_end;
  // How wrong the wall clock is that the server reads. Its timers do not mind.
  std::int64_t wall_clock_error_ms = 0;

  UnixMillis Now() override { return now_ + wall_clock_error_ms; }
  UnixMillis TrueTime() const { return now_; }
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  http::TimerId After(std::int64_t delay_ms, std::function<void()> task) override {
    const http::TimerId timer = ++last_timer_;
    const UnixMillis at = now_ + (delay_ms > 0 ? delay_ms : 0);
    timers_.emplace(std::pair(at, timer), std::move(task));
    times_.emplace(timer, at);
    return timer;
  }
  void Cancel(http::TimerId timer) override {
    const auto time = times_.extract(timer);
    if (time) timers_.erase({time.mapped(), timer});
  }

  // Runs whatever is due now, also what comes due by it.
  void RunReady() {
    do {
      for (auto& task : std::exchange(tasks_, {})) task();
      // One at a time: each may cancel the next.
      while (IsDue()) {
        const auto timer = timers_.extract(timers_.begin());
        times_.erase(timer.key().second);
        timer.mapped()();
      }
      if (on_turn_end) on_turn_end();
    } while (!tasks_.empty() || IsDue());
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
  bool IsDue() const { return !timers_.empty() && timers_.begin()->first.first <= now_; }

  UnixMillis now_;
  std::deque<std::function<void()>> tasks_;
  std::map<std::pair<UnixMillis, http::TimerId>, std::function<void()>> timers_;
  std::unordered_map<http::TimerId, UnixMillis> times_;
  http::TimerId last_timer_ = 0;
};

}  // namespace widgent::test
