// The Asio side of RealEventLoop, for the few units of this floor that hold sockets.
#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "http/real_event_loop.h"

namespace widgent::http {

struct RealEventLoop::Impl {
  using Clock = std::chrono::steady_clock;

  boost::asio::io_context io{1};
  std::atomic<bool> is_stopped = false;
  std::function<void()> turn_end;
  std::function<void(std::string_view)> on_exception;
  // Called after turn_end, by the servers: what was answered in the turn leaves now, in one piece per connection.
  std::map<const void*, std::function<void()>> flushes;

  // All timers share one of Asio's, set to the earliest.
  boost::asio::steady_timer alarm{io};
  Clock::time_point alarm_at = Clock::time_point::max();
  std::map<std::pair<Clock::time_point, TimerId>, std::function<void()>> timers;
  std::unordered_map<TimerId, Clock::time_point> timer_times;
  TimerId last_timer = 0;

  void RunTurn();
  void SetAlarm();
  void FireTimers();
  // Runs `task`, and hands what it throws to on_exception.
  template <class Task>
  void Guard(const Task& task) {
    if (!on_exception) return task();
    try {
      task();
    } catch (const std::exception& error) {
      on_exception(error.what());
    } catch (...) {
      on_exception("an exception of no standard type");
    }
  }
};

}  // namespace widgent::http
