#include "http/curl_client.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

#include "http/raw_server.h"
#include "http/test_server.h"

namespace widgent::http {
namespace {

using Catch::Matchers::Contains;
using Error = ClientResult::Error;

// Everything that a test's servers need; a test narrows it.
ClientRequest MakeRequest(const std::string& url, std::string method = "POST") {
  ClientRequest request;
  request.method = std::move(method);
  request.url = url;
  const std::size_t host_at = url.find("//") + 2;
  request.egress.allow_hosts = {url.substr(host_at, url.find_first_of("/?", host_at) - host_at)};
  request.egress.allow_private_cidrs = {"127.0.0.0/8"};
  request.egress.https_only = false;
  request.timeout_ms = 3000;
  return request;
}

class ClientThread {
 public:
  ClientThread() : client_(std::make_unique<CurlClient>(thread_.loop())) { thread_.Start(); }
  ~ClientThread() {
    thread_.Do([this] { client_.reset(); });
  }
  ClientResult Fetch(ClientRequest request) {
    std::promise<ClientResult> promise;
    thread_.Do([&] {
      client_->Fetch(std::move(request), [&](ClientResult result) { promise.set_value(std::move(result)); });
    });
    return promise.get_future().get();
  }
  template <class Task>
  auto Do(Task task) {
    return thread_.Do(std::move(task));
  }
  CurlClient& client() { return *client_; }
  void DestroyClient() { client_.reset(); }

 private:
  LoopThread thread_;
  std::unique_ptr<CurlClient> client_;
};

std::string UrlOf(const TestServer& server, const std::string& path = "/") {
  return "http://127.0.0.1:" + std::to_string(server.port()) + path;
}

std::optional<std::string> Find(const ClientResult& result, std::string_view name) {
  for (const Header& header : result.headers)
    if (header.name == name) return header.value;
  return std::nullopt;
}

// Every header and the body, a line each.
Handler DescribeHandler() {
  return [](Request request, std::shared_ptr<Responder> responder) {
    std::string text = request.method + " " + request.path + "?" + request.query + "\n";
    for (const Header& header : request.headers) text += header.name + "=" + header.value + "\n";
    responder->Send({201, {{"X-Answer", "  forty-two "}, {"Set-Cookie", "a=b"}}, text + "body=" + request.body});
  };
}

TEST_CASE("A request arrives as it was given, and its answer comes back whole") {
  TestServer server(DescribeHandler());
  ClientThread client;
  ClientRequest request = MakeRequest(UrlOf(server, "/tools/a?x=1"));
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"webhook-id", "tcall_1"}};
  request.body = std::string("{\"a\":\"\0b\"}", 11);
  const ClientResult result = client.Fetch(request);
  CHECK(result.error == Error::kNone);
  CHECK(result.request_sent);
  CHECK(result.status == 201);
  CHECK(Find(result, "x-answer") == "forty-two");
  CHECK_THAT(result.body, Contains("POST /tools/a?x=1\n") && Contains("content-type=application/json\n") &&
                              Contains("x-empty=\n") && Contains("webhook-id=tcall_1\n"));
  CHECK(result.body.ends_with("body=" + request.body));
  CHECK_THAT(result.body, !Contains("expect=") && !Contains("cookie="));
  CHECK_THAT(client.Fetch(request).body, !Contains("cookie="));
}

TEST_CASE("Methods are sent as given, and a body has no content type that nobody gave it") {
  TestServer server(DescribeHandler());
  ClientThread client;
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    const ClientResult result = client.Fetch(MakeRequest(UrlOf(server), method));
    CHECK(result.error == Error::kNone);
    CHECK_THAT(result.body, Catch::Matchers::StartsWith(method) && !Contains("content-type="));
  }
  const ClientResult head = client.Fetch(MakeRequest(UrlOf(server), "HEAD"));
  CHECK(head.error == Error::kNone);
  CHECK(head.status == 201);
  CHECK(head.body.empty());
}

TEST_CASE("What the policy does not allow never leaves") {
  std::atomic<int> seen = 0;
  TestServer server([&](Request, std::shared_ptr<Responder> responder) {
    ++seen;
    responder->Send({});
  });
  ClientThread client;
  const std::string port = std::to_string(server.port());
  const auto refused = [&](ClientRequest request) {
    const ClientResult result = client.Fetch(std::move(request));
    CHECK(result.error == Error::kRefusedByEgress);
    CHECK_FALSE(result.request_sent);
    CHECK_THAT(result.detail, !Contains("secret"));
    return result.detail;
  };
  ClientRequest request = MakeRequest(UrlOf(server, "/?secret=1"));
  request.egress.https_only = true;
  CHECK_THAT(refused(request), Contains("only https"));

  request = MakeRequest(UrlOf(server, "/?secret=1"));
  request.egress.allow_hosts = {"shop.example"};
  CHECK_THAT(refused(request), Contains("127.0.0.1: the host is not in the list"));

  request = MakeRequest(UrlOf(server, "/?secret=1"));
  request.egress.allow_private_cidrs = {"10.0.0.0/8"};
  CHECK_THAT(refused(request), Contains("not a public one"));

  // A name that leads to loopback after DNS, and odd spellings of it.
  for (const std::string host : {"localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "[::1]",
                                 "[::ffff:127.0.0.1]", "[::]", "[64:ff9b::7f00:1]"}) {
    CAPTURE(host);
    request = MakeRequest("http://" + host + ":" + port + "/?secret=1");
    request.egress.allow_hosts = {host + ":" + port, "127.0.0.1:" + port, "0.0.0.0:" + port};
    request.egress.allow_private_cidrs = {};
    refused(request);
  }
  for (const std::string& url :
       {"ftp://127.0.0.1:" + port + "/", std::string("file:///etc/passwd"),
        "http://user:secret@127.0.0.1:" + port + "/", "//127.0.0.1:" + port + "/", "127.0.0.1:" + port,
        std::string("http:///"), std::string("http://a b/"), "http://127.0.0.1:" + port + "\r\nX: y/", std::string(),
        std::string("http://[/"), "gopher://127.0.0.1:" + port + "/_secret"}) {
    CAPTURE(url);
    request = MakeRequest("http://127.0.0.1:" + port);
    request.url = url;
    refused(request);
  }
  CHECK(seen == 0);
}

TEST_CASE("A connection that another policy opened is not a way around one's own") {
  std::atomic<int> seen = 0;
  TestServer server([&](Request, std::shared_ptr<Responder> responder) {
    ++seen;
    responder->Send({});
  });
  ClientThread client;
  const ClientRequest allowed = MakeRequest(UrlOf(server));
  CHECK(client.Fetch(allowed).error == Error::kNone);
  ClientRequest refused = allowed;
  refused.egress.allow_private_cidrs = {};
  const ClientResult result = client.Fetch(refused);
  CHECK(result.error == Error::kRefusedByEgress);
  CHECK_FALSE(result.request_sent);
  CHECK(seen == 1);
  CHECK(client.Fetch(allowed).error == Error::kNone);
}

TEST_CASE("A redirect is an answer, and a proxy of the environment is none of ours") {
  std::atomic<int> seen = 0;
  TestServer server([&](Request request, std::shared_ptr<Responder> responder) {
    ++seen;
    responder->Send({302, {{"Location", "http://" + std::string(*request.Find("host")) + "/other"}}, ""});
  });
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::setenv(name, "http://127.0.0.1:1", 1);
  ClientThread client;
  const ClientResult result = client.Fetch(MakeRequest(UrlOf(server)));
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  CHECK(result.error == Error::kNone);
  CHECK(result.status == 302);
  CHECK(seen == 1);
}

TEST_CASE("The timeout is for the whole exchange, however the bytes trickle") {
  RawServer silent([](RawSocket& peer, int) { peer.ReadToEnd(); });
  RawServer trickling([](RawSocket& peer, int) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (peer.Send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  ClientThread client;
  for (const RawServer* server : {&silent, &trickling}) {
    ClientRequest request = MakeRequest(server->Url());
    request.timeout_ms = 250;
    const auto begun = std::chrono::steady_clock::now();
    const ClientResult result = client.Fetch(request);
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(result.error == Error::kTimeout);
    CHECK(result.request_sent);
    CHECK(result.body.empty());
    CHECK(took >= std::chrono::milliseconds(200));
    CHECK(took < std::chrono::milliseconds(2000));
  }
}

TEST_CASE("An answer longer than allowed is cut off, whatever announces its length") {
  RawServer server([](RawSocket& peer, int number) {
    peer.ReadUntil("\r\n\r\n");
    if (number == 1) {
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
    } else if (number == 2) {
      peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      while (peer.Send("64\r\n" + std::string(100, 'x') + "\r\n")) {
      }
    } else if (number == 3) {
      peer.Send("HTTP/1.1 200 OK\r\n");
      while (peer.Send("X: " + std::string(1000, 'x') + "\r\n")) {
      }
    } else {
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    }
  });
  ClientThread client;
  ClientRequest request = MakeRequest(server.Url());
  request.response_bytes_max = 1000;
  for (int number = 1; number <= 3; ++number) {
    CAPTURE(number);
    const ClientResult result = client.Fetch(request);
    CHECK(result.error == Error::kTooLarge);
    CHECK(result.request_sent);
  }
  CHECK(client.Fetch(request).body.size() == 1000);
}

TEST_CASE("A peer that breaks off or talks nonsense is told from one that was never reached") {
  RawServer server([](RawSocket& peer, int number) {
    peer.ReadUntil("\r\n\r\n");
    if (number == 1) return peer.Reset();
    if (number == 2) peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    else if (number == 3) peer.Send("SSH-2.0-OpenSSH_9.2\r\n");
    else peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
  });
  ClientThread client;
  for (int number = 1; number <= 4; ++number) {
    CAPTURE(number);
    const ClientResult result = client.Fetch(MakeRequest(server.Url()));
    CHECK(result.error == Error::kBroken);
    CHECK(result.request_sent);
    CHECK_THAT(result.detail, Catch::Matchers::StartsWith("127.0.0.1: "));
  }
  TestServer plain(EchoHandler());
  for (const std::string& url :
       {std::string("http://127.0.0.1:1/"), std::string("http://nothing.invalid/"), "https" + UrlOf(plain).substr(4)}) {
    CAPTURE(url);
    const ClientResult result = client.Fetch(MakeRequest(url));
    CHECK(result.error == Error::kConnect);
    CHECK_FALSE(result.request_sent);
  }
}

TEST_CASE("What a dying connection may have taken is not sent a second time, but where that is safe") {
  std::atomic<int> requests = 0;
  RawServer server([&](RawSocket& peer, int) {
    for (int n = 0; n < 2; ++n) {
      if (peer.ReadUntil("\r\n\r\n").empty()) return;
      ++requests;
      if (n == 0) peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  ClientThread client;
  CHECK(client.Fetch(MakeRequest(server.Url())).status == 200);
  const ClientResult broken = client.Fetch(MakeRequest(server.Url()));
  CHECK(broken.error == Error::kBroken);
  CHECK(broken.request_sent);
  CHECK(requests == 2);
  CHECK(client.Fetch(MakeRequest(server.Url(), "GET")).status == 200);
  CHECK(client.Fetch(MakeRequest(server.Url(), "GET")).status == 200);
  CHECK(requests == 5);
}

TEST_CASE("A header or a method that would break the request is not sent") {
  TestServer server(DescribeHandler());
  ClientThread client;
  for (const Header& header :
       {Header{"X", "a\r\nY: b"}, Header{"X\r\nY", "b"}, Header{"", "b"}, Header{"X", std::string("a\0b", 3)}}) {
    ClientRequest request = MakeRequest(UrlOf(server));
    request.headers = {header};
    const ClientResult result = client.Fetch(request);
    CHECK(result.error == Error::kBroken);
    CHECK_FALSE(result.request_sent);
  }
  CHECK(client.Fetch(MakeRequest(UrlOf(server), "GET / HTTP/1.1\r\nX:")).error == Error::kBroken);
}

TEST_CASE("A cancelled fetch is told once, and its peer sees the connection end") {
  std::atomic<bool> gone = false;
  RawServer server([&](RawSocket& peer, int) {
    peer.ReadUntil("\r\n\r\n");
    gone = peer.IsEnded();
  });
  ClientThread client;
  std::atomic<int> told = 0;
  std::atomic<Error> error = Error::kNone;
  const FetchId fetch = client.Do([&] {
    return client.client().Fetch(MakeRequest(server.Url()), [&](ClientResult result) {
      ++told;
      error = result.error;
    });
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  client.Do([&] {
    client.client().Cancel(fetch);
    client.client().Cancel(fetch);
    client.client().Cancel(12345);
    CHECK(told == 0);
  });
  for (int n = 0; n < 300 && !(gone && told == 1); ++n) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(gone);
  CHECK(told == 1);
  CHECK(error == Error::kCancelled);
}

TEST_CASE("Many at once, and one from within another's end") {
  TestServer server(DescribeHandler());
  ClientThread client;
  std::atomic<int> ended = 0;
  client.Do([&] {
    for (int n = 0; n < 100; ++n) {
      client.client().Fetch(MakeRequest(UrlOf(server)), [&](ClientResult first) {
        if (first.error != Error::kNone) return;
        const FetchId second = client.client().Fetch(MakeRequest(UrlOf(server)), [&](ClientResult result) {
          if (result.error == Error::kCancelled) ++ended;
        });
        client.client().Cancel(second);
      });
    }
  });
  for (int n = 0; n < 500 && ended < 100; ++n) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(ended == 100);
}

TEST_CASE("A client that goes away calls nobody") {
  RawServer server([](RawSocket& peer, int) { peer.ReadToEnd(); });
  std::atomic<int> told = 0;
  ClientThread client;
  client.Do([&] {
    client.client().Fetch(MakeRequest(server.Url()), [&](ClientResult) { ++told; });
    client.client().Fetch(MakeRequest("http://nothing.invalid/"), [&](ClientResult) { ++told; });
    client.client().Fetch(MakeRequest("ftp://x/"), [&](ClientResult) { ++told; });
    client.DestroyClient();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(told == 0);
}

}  // namespace
}  // namespace widgent::http
