#include "http/real_event_loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <memory>

#include "http/real_event_loop_impl.h"

namespace widgent::http {
namespace {

namespace asio = boost::asio;

// Bounds a turn, so that under endless load the turn's end, and with it the commit, still comes.
constexpr int kTurnHandlersMax = 512;
constexpr std::int64_t kDelayMsMax = 1'000'000'000'000;  // what the clock's nanoseconds can hold

void WaitForSignal(std::shared_ptr<asio::signal_set> signals, std::function<void(int)> caught) {
  signals->async_wait([signals, caught = std::move(caught)](const boost::system::error_code& error, int signal) {
    if (error) return;
    WaitForSignal(signals, caught);
    caught(signal);
  });
}

}  // namespace

RealEventLoop::RealEventLoop() : impl_(std::make_unique<Impl>()) {}
RealEventLoop::~RealEventLoop() = default;

void RealEventLoop::Run() {
  {
    // Its end stops a loop that has nothing else to wait for, so that it must be over before the restart.
    const auto work = asio::make_work_guard(impl_->io);
    while (!impl_->is_stopped) impl_->RunTurn();
  }
  impl_->is_stopped = false;
  impl_->io.restart();
}

void RealEventLoop::Impl::RunTurn() {
  Guard([this] {
    if (io.run_one() == 0) return;
    for (int n = 1; n < kTurnHandlersMax && io.poll_one() > 0; ++n) {
    }
  });
  if (turn_end) Guard(turn_end);
  for (const auto& [owner, flush] : flushes) Guard(flush);
}

void RealEventLoop::Stop() {
  impl_->is_stopped = true;
  impl_->io.stop();
}

void RealEventLoop::OnTurnEnd(std::function<void()> hook) { impl_->turn_end = std::move(hook); }

void RealEventLoop::OnException(std::function<void(std::string_view what)> report) {
  impl_->on_exception = std::move(report);
}

void RealEventLoop::OnSignals(const std::vector<int>& signals, std::function<void(int)> caught) {
  const auto set = std::make_shared<asio::signal_set>(impl_->io);
  for (const int signal : signals) set->add(signal);
  WaitForSignal(set, std::move(caught));
}

UnixMillis RealEventLoop::Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void RealEventLoop::Post(std::function<void()> task) { asio::post(impl_->io, std::move(task)); }

TimerId RealEventLoop::After(std::int64_t delay_ms, std::function<void()> task) {
  const auto at = Impl::Clock::now() + std::chrono::milliseconds(std::clamp<std::int64_t>(delay_ms, 0, kDelayMsMax));
  const TimerId id = ++impl_->last_timer;
  impl_->timers.emplace(std::pair(at, id), std::move(task));
  impl_->timer_times.emplace(id, at);
  impl_->SetAlarm();
  return id;
}

void RealEventLoop::Cancel(TimerId timer) {
  const auto found = impl_->timer_times.find(timer);
  if (found == impl_->timer_times.end()) return;
  impl_->timers.erase({found->second, timer});
  impl_->timer_times.erase(found);
}

void RealEventLoop::Impl::SetAlarm() {
  if (timers.empty() || timers.begin()->first.first >= alarm_at) return;
  alarm_at = timers.begin()->first.first;
  alarm.expires_at(alarm_at);
  alarm.async_wait([this](const boost::system::error_code& error) {
    if (!error) FireTimers();
  });
}

void RealEventLoop::Impl::FireTimers() {
  alarm_at = Clock::time_point::max();
  const Clock::time_point now = Clock::now();
  // Taken one by one: a task may cancel the next, or set one that is due at once and waits for the next turn.
  const TimerId newest = last_timer;
  auto next = timers.begin();
  while (next != timers.end() && next->first.first <= now) {
    if (next->first.second > newest) {
      ++next;
      continue;
    }
    const std::function<void()> task = std::move(next->second);
    timer_times.erase(next->first.second);
    timers.erase(next);
    Guard(task);
    next = timers.begin();
  }
  SetAlarm();
}

}  // namespace widgent::http
