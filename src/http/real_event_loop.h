// An event loop of the running server: one thread, on Asio.
#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "http/event_loop.h"

namespace widgent::http {

class RealEventLoop final : public EventLoop {
 public:
  RealEventLoop();
  ~RealEventLoop() override;
  RealEventLoop(const RealEventLoop&) = delete;
  RealEventLoop& operator=(const RealEventLoop&) = delete;

  // Runs until Stop(). The thread that calls it is the loop's thread; everything but Post and Stop belongs on it.
  void Run();
  // Safe from any thread. Before Run() it makes the next Run() return at once.
  void Stop();

  // Called at the end of every turn, which is a batch of what was ready; answers that were given in the turn or in the
  // hook leave after it. The store commits here, so that the requests of one batch share one fsync.
  void OnTurnEnd(std::function<void()> hook);
  // What a task or the hook throws is reported here and the loop goes on; without it Run() throws it.
  void OnException(std::function<void(std::string_view what)> report);
  // Calls `caught` on the loop, for as long as the loop lives, when the process gets one of the signals.
  void OnSignals(const std::vector<int>& signals, std::function<void(int)> caught);

  UnixMillis Now() override;
  void Post(std::function<void()> task) override;
  TimerId After(std::int64_t delay_ms, std::function<void()> task) override;
  void Cancel(TimerId timer) override;

  struct Impl;
  // For the rest of this floor.
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace widgent::http
