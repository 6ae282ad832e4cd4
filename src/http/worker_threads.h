// Threads that own connections, where one of a process does not do: they read requests, write answers and watch the
// deadlines. All requests are handled on one loop, the home loop, as if its own server had read them.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "http/message.h"
#include "http/real_event_loop.h"
#include "http/server.h"

namespace widgent::http {

class WorkerThreads {
 public:
  // The handler runs on `home`; `options.refuse` and `options.report` on any of the threads. What `options` bounds is
  // bounded for all of them together. `home` outlives this, and does not run any more when it is destroyed.
  WorkerThreads(RealEventLoop& home, int count, ServerOptions options, const Handler& handler);
  ~WorkerThreads();
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  // Hands an accepted connection to one of them, by turns.
  void Take(int socket);
  // As Server::Stop of each; `drained` is called on the home loop once all are. Again: only replaces `drained`.
  void Stop(std::function<void()> drained);

 private:
  struct Worker;
  RealEventLoop& home_;
  const Handler handle_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t next_ = 0, draining_ = 0;
  std::function<void()> drained_;
};

}  // namespace widgent::http
