#include "http/worker_threads.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/real_event_loop_impl.h"

namespace widgent::http {
namespace {

// What the home loop wants done where the connections are. It leaves at the end of the turn, as answers do: what they
// acknowledge is committed by then.
class Outgoing {
 public:
  explicit Outgoing(std::shared_ptr<RealEventLoop> loop) : loop_(std::move(loop)) {}
  void Add(std::function<void()> task) { tasks_.push_back(std::move(task)); }
  void Flush() {
    for (auto& task : std::exchange(tasks_, {})) loop_->Post(std::move(task));
  }

 private:
  const std::shared_ptr<RealEventLoop> loop_;  // also for whoever answers after its thread has ended
  std::vector<std::function<void()>> tasks_;
};

// The home loop's end of an exchange whose connection is elsewhere.
class FarResponder final : public Responder {
 public:
  FarResponder(RealEventLoop& home, std::shared_ptr<Outgoing> near, std::shared_ptr<Responder> responder)
      : home_(home), near_(std::move(near)), responder_(std::move(responder)) {}
  // The connection's end, too, is dropped where the connection is.
  ~FarResponder() override {
    near_->Add([responder = std::move(responder_)] {});
  }

  void Send(Response response) override {
    near_->Add(
        [responder = responder_, response = std::move(response)]() mutable { responder->Send(std::move(response)); });
  }
  void StartStream(Response head) override {
    near_->Add([responder = responder_, head = std::move(head)]() mutable { responder->StartStream(std::move(head)); });
  }
  void Write(std::string chunk) override {
    *on_the_way_ += chunk.size();
    near_->Add([responder = responder_, on_the_way = on_the_way_, chunk = std::move(chunk)]() mutable {
      const std::size_t size = chunk.size();
      responder->Write(std::move(chunk));
      *on_the_way -= size;
    });
  }
  void Finish() override {
    near_->Add([responder = responder_] { responder->Finish(); });
  }
  bool IsOpen() const override { return responder_->IsOpen(); }
  std::size_t Backlog() const override { return *on_the_way_ + responder_->Backlog(); }
  void OnClosed(std::function<void()> closed) override {
    near_->Add([responder = responder_, &home = home_, closed = std::move(closed)]() mutable {
      responder->OnClosed([&home, closed = std::move(closed)]() mutable { home.Post(std::move(closed)); });
    });
  }

 private:
  RealEventLoop& home_;
  const std::shared_ptr<Outgoing> near_;
  std::shared_ptr<Responder> responder_;
  const std::shared_ptr<std::atomic<std::size_t>> on_the_way_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace

struct WorkerThreads::Worker {
  std::shared_ptr<RealEventLoop> loop = std::make_shared<RealEventLoop>();
  std::shared_ptr<Outgoing> outgoing = std::make_shared<Outgoing>(loop);
  std::unique_ptr<Server> server;
  std::thread thread;
};

WorkerThreads::WorkerThreads(RealEventLoop& home, int count, ServerOptions options, const Handler& handler)
    : home_(home), handle_([handler, report = options.report](Request request, std::shared_ptr<Responder> responder) {
        try {
          handler(std::move(request), std::move(responder));
        } catch (const std::exception& error) {
          if (report) report(error.what());
        } catch (...) {
          if (report) report("an exception of no standard type");
        }
      }) {
  home.impl().flushes[this] = [this] {
    for (const auto& worker : workers_) worker->outgoing->Flush();
  };
  if (!options.quota) options.quota = std::make_shared<Quota>();
  for (int i = 0; i < count; ++i) {
    auto& worker = *workers_.emplace_back(std::make_unique<Worker>());
    if (options.report) worker.loop->OnException(options.report);
    worker.server = std::make_unique<Server>(
        *worker.loop, options,
        [&home, &handle = handle_, near = worker.outgoing](Request request, std::shared_ptr<Responder> responder) {
          auto far = std::make_shared<FarResponder>(home, near, std::move(responder));
          home.Post([&handle, request = std::move(request), far = std::move(far)]() mutable {
            handle(std::move(request), std::move(far));
          });
        });
    worker.thread = std::thread([loop = worker.loop.get()] { loop->Run(); });
  }
}

WorkerThreads::~WorkerThreads() {
  home_.impl().flushes.erase(this);
  for (const auto& worker : workers_) {
    worker->loop->Stop();
    worker->thread.join();
    worker->server.reset();
  }
}

void WorkerThreads::Take(int socket) {
  Worker& worker = *workers_[next_++ % workers_.size()];
  worker.loop->Post([&worker, socket] { worker.server->Adopt(socket); });
}

void WorkerThreads::Stop(std::function<void()> drained) {
  drained_ = std::move(drained);
  if (std::exchange(draining_, workers_.size()) > 0) return;
  for (const auto& worker : workers_) {
    worker->loop->Post([this, &worker = *worker] {
      worker.server->Stop([this] {
        home_.Post([this] {
          if (--draining_ == 0 && drained_) std::exchange(drained_, {})();
        });
      });
    });
  }
}

}  // namespace widgent::http
