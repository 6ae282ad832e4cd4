#include "http/server.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "http/test_server.h"

namespace widgent::http {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string Post(const std::string& body, const std::string& headers = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

bool AnswersWell(std::uint16_t port) {
  RawSocket socket(port);
  socket.Send(Post("well"));
  return BodyOf(socket.ReadResponse()) == "POST /p? well";
}

TEST_CASE("A request gets its answer, and the connection takes the next one") {
  TestServer server(EchoHandler());
  RawSocket socket(server.port());
  for (int n = 0; n < 3; ++n) {
    socket.Send(Post("body " + std::to_string(n)));
    const std::string response = socket.ReadResponse();
    CHECK(StatusOf(response) == 200);
    CHECK_THAT(response, Contains("\r\nDate: ") && Contains(" GMT\r\n") && Contains("Content-Length: 15\r\n"));
    CHECK_THAT(response, !Contains("Connection:"));
    CHECK(BodyOf(response) == "POST /p? body " + std::to_string(n));
  }
  CHECK(server.Do([&] { return server.server().ConnectionCount(); }) == 1);
}

TEST_CASE("The handler sees the peer's address, the headers and the whole body") {
  TestServer server([](Request request, std::shared_ptr<Responder> responder) {
    responder->Send({200,
                     {},
                     request.peer_address + " " + std::string(request.Find("origin").value_or("none")) + " " +
                         std::to_string(request.body.size())});
  });
  RawSocket socket(server.port());
  socket.Send(Post(std::string(64 * 1024, 'x'), "Origin: https://shop.example\r\n"));
  CHECK(BodyOf(socket.ReadResponse()) == "127.0.0.1 https://shop.example 65536");
}

TEST_CASE("HEAD is answered like GET, without the body") {
  TestServer server(EchoHandler());
  RawSocket socket(server.port());
  socket.Send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = socket.ReadResponse(false);
  CHECK_THAT(response, Contains("Content-Length: 8\r\n"));
  socket.Send(kGet);
  CHECK_THAT(socket.ReadResponse(), StartsWith("HTTP/1.1 200"));
}

TEST_CASE("Connection: close is honoured, and so is the end of the peer's sending") {
  TestServer server(EchoHandler());
  RawSocket closing(server.port());
  closing.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string response = closing.ReadToEnd();
  CHECK_THAT(response, Contains("Connection: close\r\n"));
  CHECK(StatusOf(response) == 200);
  RawSocket ended(server.port());
  ended.Send(kGet + kGet);
  ended.ShutdownSend();
  const std::string both = ended.ReadToEnd();
  CHECK(both.find("HTTP/1.1 200", 10) != std::string::npos);
  closing.Close();
  CHECK(server.Eventually([&] { return server.server().ConnectionCount() == 0; }));
}

TEST_CASE("Each hostile request gets its status and an end, and a good one right after is answered") {
  TestServer server(EchoHandler());
  const std::string many_headers = [] {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int n = 0; n < 200; ++n) text += "H" + std::to_string(n) + ": v\r\n";
    return text + "\r\n";
  }();
  struct Row {
    std::string bytes;
    int status;
  };
  const Row rows[] = {
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", 411},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nGET /", 411},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nab", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", 400},
      {"\x16\x03\x01 the hello of TLS", 400},
      {std::string("\0\0\0\0\r\n\r\n", 8), 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17 * 1024, 'x') + "\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(64 * 1024, 'x'), 431},
      {"GET /" + std::string(20 * 1024, 'x'), 431},
      {many_headers, 431},
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: the-unexpected\r\n\r\n", 417},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes.substr(0, 200));
    RawSocket socket(server.port());
    socket.Send(row.bytes + kGet);
    const std::string answer = socket.ReadToEnd();
    CHECK(StatusOf(answer) == row.status);
    CHECK_THAT(answer, Contains("Connection: close\r\n"));
    CHECK(answer.find("HTTP/1.1", 5) == std::string::npos);
    socket.Close();
    CHECK(AnswersWell(server.port()));
  }
}

TEST_CASE("Whatever it is sent, in whatever pieces, the server goes on answering") {
  ServerOptions options;
  options.sweep_interval_ms = 20;
  options.header_timeout_ms = options.body_timeout_ms = options.idle_timeout_ms = 100;
  std::shared_ptr<Responder> kept;
  TestServer server(
      [&](Request request, std::shared_ptr<Responder> responder) {
        switch (request.path.size() % 4) {
          case 0:
            kept = std::move(responder);
            break;
          case 1:
            responder->StartStream({});
            responder->Write(request.body);
            break;
          case 2:
            responder->StartStream({});
            responder->Finish();
            break;
          default:
            responder->Send({200, {}, request.body});
        }
      },
      std::move(options));
  const std::string good = Post("body", "Origin: https://shop.example\r\nAuthorization: Bearer abc\r\n") + kGet;
  std::mt19937 random(11);
  const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
  for (int n = 0; n < 300; ++n) {
    std::string bytes = good;
    bytes.insert(6, any(8), 'x');
    for (std::size_t change = any(3); change > 0; --change) {
      const std::size_t at = any(bytes.size());
      if (any(2) == 0) bytes[at] = static_cast<char>(random());
      else bytes.erase(at, any(20));
    }
    RawSocket socket(server.port());
    const std::size_t cut = any(bytes.size());
    socket.Send(bytes.substr(0, cut));
    if (any(2) == 0) std::this_thread::yield();
    socket.Send(bytes.substr(cut));
    if (any(3) == 0) socket.Reset();
    else if (any(2) == 0) socket.ShutdownSend();
    else if (any(4) == 0) socket.ReadUntil("\r\n\r\n", 20);
  }
  RawSocket socket(server.port());
  socket.Send("POST /abcdef HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwell");
  CHECK(BodyOf(socket.ReadResponse()) == "well");
  server.Do([&] { kept.reset(); });
  socket.Close();
  CHECK(server.Eventually([&] { return server.server().ConnectionCount() == 0; }));
}

TEST_CASE("A refusal reaches a peer that is still sending") {
  TestServer server(EchoHandler());
  RawSocket socket(server.port());
  socket.Send("POST / HTTP/1.1\r\nHost: a\r\nOrigin: https://s\r\nContent-Length: 900000\r\n\r\n");
  socket.Send(std::string(900'000, 'x'));
  CHECK(StatusOf(socket.ReadToEnd()) == 413);
}

TEST_CASE("The answer to a refused request may use what was understood of it") {
  ServerOptions options;
  options.refuse = [](std::string_view code, const Request& request) {
    return Response{RefusalStatus(code), {{"Access-Control-Allow-Origin", std::string(*request.Find("origin"))}}, ""};
  };
  TestServer server(EchoHandler(), std::move(options));
  RawSocket socket(server.port());
  socket.Send("POST / HTTP/1.1\r\nHost: a\r\nOrigin: https://s\r\nContent-Length: 900000\r\n\r\n");
  CHECK_THAT(socket.ReadResponse(), Contains("Access-Control-Allow-Origin: https://s\r\n"));
}

TEST_CASE("Pipelined requests are answered in order, those that wait too") {
  std::vector<std::shared_ptr<Responder>> waiting;
  TestServer server([&](Request request, std::shared_ptr<Responder> responder) {
    if (request.path == "/wait") return waiting.push_back(std::move(responder));
    responder->Send({200, {}, request.path});
  });
  RawSocket socket(server.port());
  const auto get = [](const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; };
  socket.Send(get("/1") + get("/wait") + get("/3") + get("/4").substr(0, 20));
  CHECK(BodyOf(socket.ReadResponse()) == "/1");
  REQUIRE(server.Eventually([&] { return waiting.size() == 1; }));
  CHECK(socket.ReadUntil("/3", 50).empty());
  server.Do([&] { waiting[0]->Send({200, {}, "waited"}); });
  CHECK(BodyOf(socket.ReadResponse()) == "waited");
  CHECK(BodyOf(socket.ReadResponse()) == "/3");
  socket.Send(get("/4").substr(20));
  CHECK(BodyOf(socket.ReadResponse()) == "/4");
  server.Do([&] { waiting.clear(); });
}

TEST_CASE("A peer that pipelines without reading is made to wait, not kept in memory") {
  std::atomic<int> handled = 0;
  TestServer server([&](Request, std::shared_ptr<Responder> responder) {
    ++handled;
    responder->Send({200, {}, std::string(100'000, 'x')});
  });
  RawSocket socket(server.port());
  constexpr int kRequests = 200;
  std::string requests;
  for (int n = 0; n < kRequests; ++n) requests += kGet;
  socket.Send(requests);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(handled < kRequests / 2);
  for (int n = 0; n < kRequests; ++n) REQUIRE(BodyOf(socket.ReadResponse()).size() == 100'000);
  CHECK(handled == kRequests);
}

TEST_CASE("A stream is sent chunk by chunk, and the connection lives on") {
  std::shared_ptr<Responder> stream;
  std::atomic<int> closed = 0;
  TestServer server([&](Request request, std::shared_ptr<Responder> responder) {
    if (request.path != "/stream") return responder->Send({200, {}, "plain"});
    stream = std::move(responder);
    stream->OnClosed([&] { ++closed; });
    stream->StartStream({200, {{"Content-Type", "text/event-stream"}}, "ignored"});
  });
  RawSocket socket(server.port());
  socket.Send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string head = socket.ReadUntil("\r\n\r\n");
  CHECK_THAT(head, Contains("Transfer-Encoding: chunked\r\n") && Contains("Content-Type: text/event-stream\r\n"));
  CHECK_THAT(head, !Contains("Content-Length"));
  server.Do([&] {
    stream->Write("hello");
    stream->Write("");
    stream->Write(std::string(20, 'w'));
  });
  CHECK(socket.ReadUntil(std::string(20, 'w') + "\r\n") == "5\r\nhello\r\n14\r\n" + std::string(20, 'w') + "\r\n");
  CHECK(closed == 0);
  CHECK(server.Do([&] { return stream->IsOpen(); }));
  server.Do([&] {
    stream->Finish();
    stream->Write("too late");
    stream->Send({200, {}, "too late"});
  });
  CHECK(socket.ReadUntil("0\r\n\r\n") == "0\r\n\r\n");
  CHECK(server.Eventually([&] { return closed == 1; }));
  CHECK_FALSE(server.Do([&] { return stream->IsOpen(); }));
  socket.Send(kGet);
  CHECK(BodyOf(socket.ReadResponse()) == "plain");
  server.Do([&] { stream.reset(); });
  CHECK(closed == 1);
}

TEST_CASE("The peer going away is told while a stream idles and while an answer is awaited") {
  const bool streams = GENERATE(true, false);
  const bool resets = GENERATE(true, false);
  std::shared_ptr<Responder> waiting;
  std::atomic<int> closed = 0;
  ServerOptions options;
  options.sweep_interval_ms = 20;
  TestServer server(
      [&](Request, std::shared_ptr<Responder> responder) {
        waiting = std::move(responder);
        waiting->OnClosed([&] { ++closed; });
        if (streams) waiting->StartStream({});
      },
      std::move(options));
  RawSocket socket(server.port());
  socket.Send(kGet);
  REQUIRE(server.Eventually([&] { return waiting != nullptr; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(closed == 0);
  if (resets) socket.Reset();
  else socket.Close();
  CHECK(server.Eventually([&] { return closed == 1; }));
  CHECK_FALSE(server.Do([&] { return waiting->IsOpen(); }));
  // Harmless now.
  server.Do([&] {
    waiting->Send({});
    waiting->StartStream({});
    waiting->Write("x");
    waiting->Finish();
    CHECK(waiting->Backlog() == 0);
    bool told = false;
    waiting->OnClosed([&] { told = true; });
    CHECK(told);
    waiting.reset();
  });
  CHECK(server.Do([&] { return server.server().ConnectionCount(); }) == 0);
}

TEST_CASE("Backlog counts what a slow peer has not taken, and the deadline for taking it is total") {
  std::shared_ptr<Responder> stream;
  std::atomic<bool> closed = false;
  ServerOptions options;
  options.sweep_interval_ms = 20;
  options.write_timeout_ms = 400;
  TestServer server(
      [&](Request, std::shared_ptr<Responder> responder) {
        stream = std::move(responder);
        stream->OnClosed([&] { closed = true; });
        stream->StartStream({});
      },
      std::move(options));
  RawSocket socket(server.port(), 4096);
  socket.Send(kGet);
  REQUIRE(server.Eventually([&] { return stream != nullptr; }));
  server.Do([&] { stream->Write(std::string(8'000'000, 'x')); });
  const std::size_t backlog = server.Do([&] { return stream->Backlog(); });
  CHECK(backlog > 1'000'000);
  CHECK(backlog < 8'000'100);
  CHECK(server.Eventually([&] { return closed.load(); }));
  server.Do([&] { stream.reset(); });
}

TEST_CASE("A peer that reads again gets every byte") {
  TestServer server([](Request, std::shared_ptr<Responder> responder) {
    responder->StartStream({});
    for (int n = 0; n < 100; ++n) responder->Write(std::string(50'000, static_cast<char>('a' + n % 26)));
    responder->Finish();
  });
  RawSocket socket(server.port());
  socket.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  std::string expected;
  for (int n = 0; n < 100; ++n) expected += "c350\r\n" + std::string(50'000, static_cast<char>('a' + n % 26)) + "\r\n";
  CHECK(BodyOf(socket.ReadToEnd()) == expected + "0\r\n\r\n");
}

TEST_CASE("A slow peer has a total time for its header, its body and its idling") {
  ServerOptions options;
  options.sweep_interval_ms = 20;
  options.header_timeout_ms = options.body_timeout_ms = options.idle_timeout_ms = 300;
  TestServer server(EchoHandler(), std::move(options));
  // One byte at a time, never pausing for long.
  const auto trickle = [&](RawSocket& socket, const std::string& bytes) {
    for (const char c : bytes) {
      if (!socket.Send({&c, 1})) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  };
  RawSocket header(server.port()), body(server.port()), idle(server.port()), silent(server.port());
  idle.Send(kGet);
  CHECK(StatusOf(idle.ReadResponse()) == 200);
  body.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n");
  std::thread trickles_body([&] { trickle(body, std::string(60, 'x')); });
  trickle(header, "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(60, 'x'));
  trickles_body.join();
  CHECK(StatusOf(header.ReadToEnd()) == 408);
  CHECK(StatusOf(body.ReadToEnd()) == 408);
  CHECK(idle.ReadToEnd().empty());
  CHECK(silent.ReadToEnd().empty());
  CHECK(AnswersWell(server.port()));
}

TEST_CASE("A connection that has rested for long is still there") {
  ServerOptions options;
  options.sweep_interval_ms = 20;
  TestServer server(EchoHandler(), std::move(options));
  RawSocket socket(server.port());
  socket.Send(kGet);
  CHECK(StatusOf(socket.ReadResponse()) == 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(2200));
  for (int n = 0; n < 2; ++n) {
    socket.Send(Post(std::string(10'000, 'x')));
    CHECK(BodyOf(socket.ReadResponse()).size() == 10'009);
  }
}

TEST_CASE("A handler that throws or forgets is answered for, and the server stays alive") {
  std::vector<std::string> reports;
  ServerOptions options;
  options.report = [&](std::string_view what) { reports.emplace_back(what); };
  TestServer server(
      [](Request request, std::shared_ptr<Responder> responder) {
        if (request.path == "/throw") throw std::runtime_error("mine");
        if (request.path == "/throw-odd") throw 7;
        if (request.path == "/forget") return;
        if (request.path == "/cut") return responder->StartStream({});
        if (request.path == "/split") return responder->Send({200, {{"X", "a\r\nSet-Cookie: b"}}, "x"});
        if (request.path == "/split-name") return responder->Send({200, {{"X: y\r\nZ", "a"}}, "x"});
        if (request.path == "/status") return responder->Send({7, {}, "x"});
        responder->Send({200, {{"Content-Length", "999"}, {"transfer-encoding", "chunked"}}, "good"});
      },
      std::move(options));
  for (const char* path : {"/throw", "/throw-odd", "/forget", "/split", "/split-name", "/status"}) {
    CAPTURE(path);
    RawSocket socket(server.port());
    socket.Send(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = socket.ReadResponse();
    CHECK(StatusOf(response) == 500);
    CHECK_THAT(response, !Contains("Set-Cookie") && !Contains("mine"));
    socket.Send(kGet);
    const std::string next = socket.ReadResponse();
    CHECK(BodyOf(next) == "good");
    CHECK_THAT(next, !Contains("999") && !Contains("chunked"));
  }
  CHECK(server.Do([&] { return reports; }) == std::vector<std::string>{"mine", "an exception of no standard type"});
  RawSocket cut(server.port());
  cut.Send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string partial = cut.ReadToEnd();
  CHECK(StatusOf(partial) == 200);
  CHECK(BodyOf(partial).empty());
}

TEST_CASE("204 and 304 have no body and no length") {
  TestServer server([](Request request, std::shared_ptr<Responder> responder) {
    responder->Send({request.path == "/204" ? 204 : 304, {{"ETag", "\"x\""}}, "not sent"});
  });
  RawSocket socket(server.port());
  for (const char* path : {"/204", "/304"}) {
    socket.Send(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = socket.ReadUntil("\r\n\r\n");
    CHECK(StatusOf(response) == std::atoi(path + 1));
    CHECK_THAT(response, !Contains("Content-Length") && Contains("ETag"));
  }
}

TEST_CASE("A peer that asks before it sends its body is told to go on") {
  TestServer server(EchoHandler());
  RawSocket socket(server.port());
  socket.Send("POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(socket.ReadUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  socket.Send("body");
  CHECK(BodyOf(socket.ReadResponse()) == "POST /p? body");
}

TEST_CASE("An address has so many connections and no more, until one ends") {
  ServerOptions options;
  options.connections_per_address_max = 3;
  TestServer server(EchoHandler(), std::move(options));
  auto first = std::make_unique<RawSocket>(server.port());
  RawSocket second(server.port()), third(server.port());
  for (RawSocket* socket : {first.get(), &second, &third}) {
    socket->Send(kGet);
    CHECK(StatusOf(socket->ReadResponse()) == 200);
  }
  RawSocket fourth(server.port());
  const std::string refusal = fourth.ReadToEnd();
  CHECK(StatusOf(refusal) == 429);
  CHECK(BodyOf(refusal) == "rate_limited");
  CHECK(fourth.IsEnded());
  first.reset();
  REQUIRE(server.Eventually([&] { return server.server().ConnectionCount() == 2; }));
  CHECK(AnswersWell(server.port()));
}

TEST_CASE("Where all connections are taken, the slowest to ask gives way, and nobody who is being answered") {
  std::vector<std::shared_ptr<Responder>> waiting;
  ServerOptions options;
  options.connections_max = 4;
  TestServer server(
      [&](Request request, std::shared_ptr<Responder> responder) {
        if (request.path == "/wait") waiting.push_back(std::move(responder));
        else responder->Send({200, {}, "POST /p? " + request.body});
      },
      std::move(options));
  RawSocket busy(server.port()), idle(server.port());
  busy.Send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.Send(kGet);
  CHECK(StatusOf(idle.ReadResponse()) == 200);
  RawSocket slow(server.port());
  slow.Send("GET / HTTP/1.1\r\n");
  REQUIRE(server.Eventually([&] { return waiting.size() == 1 && server.server().ConnectionCount() == 3; }));
  RawSocket silent(server.port());
  REQUIRE(server.Eventually([&] { return server.server().ConnectionCount() == 4; }));
  CHECK(AnswersWell(server.port()));
  CHECK(slow.IsEnded());
  idle.Send(kGet);
  CHECK(StatusOf(idle.ReadResponse()) == 200);

  std::vector<std::unique_ptr<RawSocket>> more;
  for (std::size_t n = 2; n <= 4; ++n) {
    more.push_back(std::make_unique<RawSocket>(server.port()));
    more.back()->Send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(server.Eventually([&] { return waiting.size() == n; }));
  }
  RawSocket fifth(server.port());
  CHECK(StatusOf(fifth.ReadToEnd()) == 503);
  server.Do([&] { waiting.clear(); });
  CHECK(StatusOf(busy.ReadResponse()) == 500);
}

TEST_CASE("What all connections hold together is bounded: who is over it is refused, or cut where it does not read") {
  ServerOptions options;
  options.buffered_bytes_max = 50'000;
  options.body_bytes_max = 60'000;
  TestServer server(
      [](Request request, std::shared_ptr<Responder> responder) {
        responder->Send({200, {}, request.path == "/long" ? std::string(10'000'000, 'x') : "POST /p? " + request.body});
      },
      std::move(options));
  const std::string head = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n";
  RawSocket first(server.port()), second(server.port());
  first.Send(head + std::string(29'999, 'x'));
  CHECK(AnswersWell(server.port()));
  second.Send(head + std::string(29'999, 'x'));
  const std::string refusal = second.ReadToEnd();
  CHECK(StatusOf(refusal) == 503);
  CHECK(BodyOf(refusal) == "overloaded");
  second.Close();
  first.Send("x");
  CHECK(StatusOf(first.ReadResponse()) == 200);

  RawSocket deaf(server.port(), 4096);
  deaf.Send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(server.Eventually([&] { return server.server().ConnectionCount() <= 1; }));
  CHECK(AnswersWell(server.port()));
}

TEST_CASE("A connection that ends gives back all that it held, however much that was") {
  ServerOptions options;
  const auto quota = options.quota = std::make_shared<Quota>();
  TestServer server(
      [](Request, std::shared_ptr<Responder> responder) {
        responder->Send({200, {}, std::string(200'000, 'x')});
      },
      std::move(options));
  for (int i = 0; i < 3; ++i) {
    RawSocket taking(server.port());
    taking.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n" + std::string(30'000, 'x'));
    CHECK(BodyOf(taking.ReadResponse()).size() == 200'000);
    RawSocket deaf(server.port(), 4096), asking(server.port());
    deaf.Send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    asking.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n" + std::string(20'000, 'x'));
    CHECK(server.Eventually([&] { return quota->CountBuffered(0) > 20'000; }));
  }
  CHECK(server.Eventually([&] { return server.server().ConnectionCount() == 0; }));
  CHECK(quota->CountBuffered(0) == 0);
}

TEST_CASE("A trusted proxy says who the client is, and has as many connections as it needs") {
  ServerOptions options;
  options.connections_per_address_max = 1;
  options.trusted_proxies = {"127.0.0.0/8"};
  TestServer server(
      [](Request request, std::shared_ptr<Responder> responder) {
        responder->Send({200, {}, request.peer_address});
      },
      std::move(options));
  RawSocket first(server.port()), second(server.port());
  for (RawSocket* socket : {&first, &second}) {
    socket->Send("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.0.0.1, 203.0.113.7\r\n\r\n");
    const std::string answer = socket->ReadResponse();
    CHECK(StatusOf(answer) == 200);
    CHECK_THAT(answer, Catch::Matchers::EndsWith("203.0.113.7"));
  }
}

TEST_CASE("Stopping lets the answer under way end, closes what idles, and refuses what is new") {
  std::shared_ptr<Responder> waiting;
  std::atomic<bool> drained = false;
  TestServer server([&](Request request, std::shared_ptr<Responder> responder) {
    if (request.path == "/wait") waiting = std::move(responder);
    else responder->Send({});
  });
  RawSocket idle(server.port()), busy(server.port());
  idle.Send(kGet);
  CHECK(StatusOf(idle.ReadResponse()) == 200);
  busy.Send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(server.Eventually([&] { return waiting != nullptr; }));
  server.Do([&] { server.server().Stop([&] { drained = true; }); });
  CHECK(idle.IsEnded());
  CHECK_THROWS(RawSocket(server.port()));
  CHECK_FALSE(drained);
  server.Do([&] {
    waiting->Send({200, {}, "the last"});
    waiting.reset();
  });
  const std::string last = busy.ReadToEnd();
  CHECK(BodyOf(last) == "the last");
  CHECK_THAT(last, Contains("Connection: close\r\n"));
  busy.Close();
  CHECK(server.Eventually([&] { return drained.load(); }));
}

TEST_CASE("Stopping cuts what does not end in time") {
  std::shared_ptr<Responder> stream;
  std::atomic<bool> drained = false;
  ServerOptions options;
  options.drain_timeout_ms = 50;
  TestServer server(
      [&](Request, std::shared_ptr<Responder> responder) {
        stream = std::move(responder);
        stream->StartStream({});
      },
      std::move(options));
  RawSocket socket(server.port());
  socket.Send(kGet);
  REQUIRE(server.Eventually([&] { return stream != nullptr; }));
  server.Do([&] { server.server().Stop([&] { drained = true; }); });
  CHECK(server.Eventually([&] { return drained.load(); }));
  CHECK(socket.IsEnded());
  server.Do([&] { stream.reset(); });
}

TEST_CASE("A responder may outlive its server") {
  std::shared_ptr<Responder> responder;
  {
    TestServer server([&](Request, std::shared_ptr<Responder> given) { responder = std::move(given); });
    RawSocket socket(server.port());
    socket.Send(kGet);
    REQUIRE(server.Eventually([&] { return responder != nullptr; }));
  }
  CHECK_FALSE(responder->IsOpen());
  responder->Send({});
  bool told = false;
  responder->OnClosed([&] { told = true; });
  CHECK(told);
}

TEST_CASE("What a handler answers from the end of the turn leaves with the same turn") {
  LoopThread thread;
  std::vector<std::shared_ptr<Responder>> waiting;
  std::atomic<int> turns_with_answers = 0;
  thread.loop().OnTurnEnd([&] {
    if (waiting.empty()) return;
    ++turns_with_answers;
    for (const auto& responder : waiting) responder->Send({200, {}, "durable"});
    waiting.clear();
  });
  auto server = std::make_unique<Server>(
      thread.loop(), ServerOptions{},
      [&](Request, std::shared_ptr<Responder> responder) { waiting.push_back(std::move(responder)); });
  const std::uint16_t port = server->Listen("127.0.0.1", 0);
  thread.Start();
  RawSocket socket(port);
  // The second waits in the inbox while the first is answered outside of any handler.
  socket.Send(kGet + kGet);
  CHECK(BodyOf(socket.ReadResponse()) == "durable");
  CHECK(BodyOf(socket.ReadResponse()) == "durable");
  CHECK(turns_with_answers == 2);
  thread.Do([&] { server.reset(); });
}

TEST_CASE("An address that cannot be listened on is refused with a sentence") {
  RealEventLoop loop;
  Server server(loop, {}, EchoHandler());
  CHECK_THROWS_WITH(server.Listen("shop.example", 0), Contains("\"shop.example\" is not an IP address"));
  const std::uint16_t port = server.Listen("127.0.0.1", 0);
  Server other(loop, {}, EchoHandler());
  CHECK_THROWS_WITH(other.Listen("127.0.0.1", port), Contains("Cannot listen on 127.0.0.1 port") && Contains("in use"));
}

}  // namespace
}  // namespace widgent::http
