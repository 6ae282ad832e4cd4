#include "http/worker_threads.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "http/test_server.h"

namespace widgent::http {
namespace {

using Catch::Matchers::Contains;

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

// A server whose connections belong to two threads; `Do` runs on the home loop.
class ThreadedServer {
 public:
  explicit ThreadedServer(const Handler& handler, ServerOptions options = {}) {
    options.refuse = [](std::string_view code, const Request&) {
      return Response{RefusalStatus(code), {}, std::string(code)};
    };
    options.quota = std::make_shared<Quota>();
    workers_ = std::make_unique<WorkerThreads>(home_.loop(), 2, options, handler);
    options.deal = [this](int socket) { workers_->Take(socket); };
    server_ = std::make_unique<Server>(home_.loop(), options, handler);
    port_ = server_->Listen("127.0.0.1", 0);
    home_.Start();
  }
  ~ThreadedServer() {
    home_.Do([this] { server_.reset(); });
    home_.End();
  }

  std::uint16_t port() const { return port_; }
  RealEventLoop& loop() { return home_.loop(); }
  Server& server() { return *server_; }
  WorkerThreads& workers() { return *workers_; }
  template <class Task>
  auto Do(Task task) {
    return home_.Do(std::move(task));
  }
  template <class Condition>
  bool Eventually(Condition condition) {
    return home_.Eventually(std::move(condition));
  }

 private:
  LoopThread home_;
  std::unique_ptr<WorkerThreads> workers_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_CASE("Requests of all threads' connections are handled on the home loop") {
  std::set<std::thread::id> handled_on;
  ThreadedServer server([&](Request request, std::shared_ptr<Responder> responder) {
    handled_on.insert(std::this_thread::get_id());
    responder->Send({200, {}, request.path + " " + request.body});
  });
  std::vector<std::unique_ptr<RawSocket>> sockets;
  for (int i = 0; i < 6; ++i) sockets.push_back(std::make_unique<RawSocket>(server.port()));
  for (int round = 0; round < 50; ++round) {
    const std::string body = std::to_string(round);
    for (const auto& socket : sockets)
      socket->Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    for (const auto& socket : sockets) REQUIRE(BodyOf(socket->ReadResponse()) == "/p " + body);
  }
  CHECK(server.Do([&] { return server.server().ConnectionCount(); }) == 6);
  const auto home = server.Do([] { return std::this_thread::get_id(); });
  CHECK(handled_on == std::set{home});
}

TEST_CASE("What is bounded is bounded for all threads together") {
  ServerOptions options;
  options.connections_per_address_max = 3;
  ThreadedServer server(EchoHandler(), options);
  std::vector<std::unique_ptr<RawSocket>> sockets;
  for (int i = 0; i < 3; ++i) {
    sockets.push_back(std::make_unique<RawSocket>(server.port()));
    sockets.back()->Send(kGet);
    CHECK(StatusOf(sockets.back()->ReadResponse()) == 200);
  }
  RawSocket fourth(server.port());
  CHECK(StatusOf(fourth.ReadResponse()) == 429);
  sockets.pop_back();
  REQUIRE(server.Eventually([&] { return server.server().ConnectionCount() == 2; }));
  RawSocket fifth(server.port());
  fifth.Send(kGet);
  CHECK(StatusOf(fifth.ReadResponse()) == 200);
}

TEST_CASE("A stream from the home loop arrives in its order, and tells how much of it waits") {
  std::shared_ptr<Responder> stream;
  std::atomic<bool> is_closed = false;
  ThreadedServer server([&](Request, std::shared_ptr<Responder> responder) {
    stream = std::move(responder);
    stream->StartStream({200, {{"Content-Type", "text/event-stream"}}, ""});
    stream->OnClosed([&] { is_closed = true; });
  });
  RawSocket socket(server.port(), 4096);
  socket.Send(kGet);
  REQUIRE(server.Eventually([&] { return stream != nullptr; }));
  // More than the kernel takes from a peer that does not read.
  const std::string chunk(1024 * 1024, 'x');
  server.Do([&] {
    for (int i = 0; i < 12; ++i) stream->Write(std::to_string(i) + chunk);
    CHECK(stream->Backlog() >= 12 * chunk.size());
  });
  CHECK(server.Eventually([&] { return stream->Backlog() > 0 && stream->Backlog() < 12 * chunk.size(); }));
  std::string all;
  for (int i = 0; i < 12; ++i) all += socket.ReadUntil(std::to_string(i) + std::string(16, 'x'), 10'000);
  CHECK_THAT(all, Contains("11xxx"));
  socket.ReadUntil(chunk.substr(0, chunk.size() - 16), 10'000);
  CHECK(server.Eventually([&] { return stream->Backlog() == 0; }));
  CHECK(server.Do([&] { return stream->IsOpen(); }));
  CHECK_FALSE(is_closed);
  socket.Close();
  CHECK(server.Eventually([&] { return is_closed && !stream->IsOpen(); }));
  server.Do([&] { stream.reset(); });
}

TEST_CASE("What is answered or streamed in a turn leaves only after the turn's end") {
  std::atomic<bool> is_answered = false, is_held = true;
  ThreadedServer server([&](const Request&, const std::shared_ptr<Responder>& responder) {
    responder->StartStream({});
    responder->Write("data");
    responder->Finish();
    is_answered = true;
  });
  server.Do([&] {
    server.loop().OnTurnEnd([&] {
      while (is_answered && is_held) std::this_thread::yield();
    });
  });
  RawSocket socket(server.port());
  socket.Send(kGet);
  CHECK(socket.ReadUntil("data", 100) == "");
  is_held = false;
  CHECK_THAT(socket.ReadUntil("data"), Contains("data"));
}

TEST_CASE("An exchange that the home loop drops, or whose handler throws, is answered") {
  ThreadedServer server([](const Request& request, const std::shared_ptr<Responder>&) {
    if (request.method == "POST") throw std::runtime_error("cannot");
  });
  RawSocket socket(server.port());
  socket.Send(kGet);
  CHECK(StatusOf(socket.ReadResponse()) == 500);
  RawSocket other(server.port());
  other.Send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  CHECK(StatusOf(other.ReadResponse()) == 500);
}

TEST_CASE("Stopping lets the answers of every thread end") {
  std::map<std::string, std::shared_ptr<Responder>> waiting;
  std::atomic<bool> drained = false;
  ThreadedServer server([&](const Request& request, std::shared_ptr<Responder> responder) {
    waiting[request.path] = std::move(responder);
  });
  RawSocket one(server.port()), two(server.port());
  one.Send("GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
  two.Send("GET /two HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(server.Eventually([&] { return waiting.size() == 2; }));
  server.Do([&] { server.server().Stop([&] { server.workers().Stop([&] { drained = true; }); }); });
  CHECK_THROWS(RawSocket(server.port()));
  server.Do([&] { waiting["/one"]->Send({200, {}, "the first"}); });
  CHECK(BodyOf(one.ReadToEnd()) == "the first");
  one.Close();
  CHECK_FALSE(drained);
  server.Do([&] {
    waiting["/two"]->Send({200, {}, "the last"});
    waiting.clear();
  });
  CHECK(BodyOf(two.ReadToEnd()) == "the last");
  two.Close();
  CHECK(server.Eventually([&] { return drained.load(); }));
}

TEST_CASE("An answer that comes after its threads are gone harms nobody") {
  std::shared_ptr<Responder> late;
  {
    ThreadedServer server([&](Request, std::shared_ptr<Responder> responder) { late = std::move(responder); });
    RawSocket socket(server.port());
    socket.Send(kGet);
    REQUIRE(server.Eventually([&] { return late != nullptr; }));
  }
  CHECK_FALSE(late->IsOpen());
  late->Send({});
  late.reset();
}

}  // namespace
}  // namespace widgent::http
