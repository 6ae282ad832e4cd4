// A server on loopback with its loop on a thread of its own.
#pragma once
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "http/raw_socket.h"
#include "http/real_event_loop.h"
#include "http/server.h"

namespace widgent::http {

class LoopThread {
 public:
  LoopThread() = default;
  ~LoopThread() { End(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  RealEventLoop& loop() { return loop_; }
  void Start() {
    thread_ = std::thread([this] { loop_.Run(); });
  }
  void End() {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
  }
  // Runs `task` on the loop and waits for it.
  template <class Task>
  auto Do(Task task) {
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto result = packaged.get_future();
    loop_.Post([&packaged] { packaged(); });
    return result.get();
  }
  // Asked on the loop until it holds, or for three seconds.
  template <class Condition>
  bool Eventually(Condition condition) {
    for (int n = 0; n < 300; ++n) {
      if (Do([&] { return static_cast<bool>(condition()); })) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

 private:
  RealEventLoop loop_;
  std::thread thread_;
};

class TestServer {
 public:
  explicit TestServer(Handler handler, ServerOptions options = {}) {
    if (!options.refuse) {
      options.refuse = [](std::string_view code, const Request&) {
        return Response{RefusalStatus(code), {{"Content-Type", "text/plain"}}, std::string(code)};
      };
    }
    server_ = std::make_unique<Server>(thread_.loop(), std::move(options), std::move(handler));
    port_ = server_->Listen("127.0.0.1", 0);
    thread_.Start();
  }
  ~TestServer() {
    thread_.Do([this] { server_.reset(); });
  }

  std::uint16_t port() const { return port_; }
  RealEventLoop& loop() { return thread_.loop(); }
  Server& server() { return *server_; }
  template <class Task>
  auto Do(Task task) {
    return thread_.Do(std::move(task));
  }
  template <class Condition>
  bool Eventually(Condition condition) {
    return thread_.Eventually(std::move(condition));
  }

 private:
  LoopThread thread_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

// "POST /v1 host ada" style answers: what the handler saw, so that a test can tell whether it saw anything.
inline Handler EchoHandler() {
  return [](Request request, std::shared_ptr<Responder> responder) {
    responder->Send({200,
                     {{"Content-Type", "text/plain"}},
                     request.method + " " + request.path + "?" + request.query + " " + request.body});
  };
}

}  // namespace widgent::http
