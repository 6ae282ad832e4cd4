// The one thread that decides and writes, as a seam: RealEventLoop on Asio, a simulated one in tests.
#pragma once
#include <cstdint>
#include <functional>

#include "protocol/time.h"

namespace widgent::http {

using TimerId = std::uint64_t;

class EventLoop {
 public:
  virtual ~EventLoop() = default;
  virtual UnixMillis Now() = 0;
  // Runs `task` on the loop, after the current one. Safe from any thread.
  virtual void Post(std::function<void()> task) = 0;
  virtual TimerId After(std::int64_t delay_ms, std::function<void()> task) = 0;
  virtual void Cancel(TimerId timer) = 0;  // harmless where it has fired
};

}  // namespace widgent::http
