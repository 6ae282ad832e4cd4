#include "http/request_head.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace widgent::http {
namespace {

const std::vector<std::string> kPrefixes = {"widgent-"};

// The code that refuses these bytes, "more" where they are not a whole head, or "" where they are let through.
std::string Judge(const std::string& bytes) {
  HeadScanner scanner;
  switch (scanner.Scan(bytes)) {
    case HeadScanner::Result::kMore:
      return "more";
    case HeadScanner::Result::kMalformed:
      return "invalid_input";
    case HeadScanner::Result::kComplete:
      break;
  }
  const auto parsed = ParseRequestHead(bytes.substr(0, scanner.HeadBytes()), 1000, kPrefixes);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  return refusal ? std::string(refusal->code) : "";
}

RequestHead Parse(const std::string& bytes) {
  const auto parsed = ParseRequestHead(bytes, 1000, kPrefixes);
  REQUIRE(std::holds_alternative<RequestHead>(parsed));
  return std::get<RequestHead>(parsed);
}

TEST_CASE("A request is taken apart into method, path, query and headers in lower case") {
  const RequestHead head = Parse(
      "POST /v1/a%2Fb?x=1&y=? HTTP/1.1\r\nHost: Shop.Example:8080\r\nContent-LENGTH: 12\r\nX-Odd:   \t spaced out "
      "\t\r\n"
      "Empty:\r\nAccept: a\r\nAccept: b\r\n\r\n");
  CHECK(head.request.method == "POST");
  CHECK(head.request.path == "/v1/a%2Fb");
  CHECK(head.request.query == "x=1&y=?");
  CHECK(head.request.Find("host") == "Shop.Example:8080");
  CHECK(head.request.Find("x-odd") == "spaced out");
  CHECK(head.request.Find("empty") == "");
  CHECK(head.request.headers.size() == 6);
  CHECK(head.content_length == 12);
  CHECK(head.keep_alive);
  CHECK_FALSE(head.is_head);
  CHECK_FALSE(head.expects_continue);
}

TEST_CASE("HEAD is handed on as GET, Connection: close and Expect: 100-continue are seen") {
  const RequestHead head =
      Parse("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\nExpect: 100-Continue\r\n\r\n");
  CHECK(head.request.method == "GET");
  CHECK(head.is_head);
  CHECK_FALSE(head.keep_alive);
  CHECK(head.expects_continue);
}

TEST_CASE("What could be read in two ways is refused") {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  struct Row {
    std::string bytes;
    std::string code;
  };
  const Row rows[] = {
      {get + "\r\n", ""},
      {get, "more"},
      {get + "\r", "more"},
      {"", "more"},
      // Where does the body end?
      {post + "Transfer-Encoding: chunked\r\n\r\n", "length_required"},
      {post + "transfer-encoding: gzip\r\nContent-Length: 3\r\n\r\n", "length_required"},
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "length_required"},
      {post + "Content-Length: 3\r\nTransfer-Encoding: xchunked\r\n\r\n", "length_required"},
      {post + "Transfer-Encoding: identity\r\n\r\n", "length_required"},
      {post + "Transfer-Encoding:\r\n\r\n", "length_required"},
      {post + "Transfer-Encoding : chunked\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 2, 2\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n", "invalid_input"},
      {post + "Content-Length: -1\r\n\r\n", "invalid_input"},
      {post + "Content-Length: +1\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 0x10\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 1 0\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 1.0\r\n\r\n", "invalid_input"},
      {post + "Content-Length:\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 18446744073709551617\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 00000000000000000000001\r\n\r\n", "invalid_input"},
      {post + "Content-Length: 1000\r\n\r\n", ""},
      {post + "Content-Length: 1001\r\n\r\n", "message_too_large"},
      // Whose request is it?
      {"GET / HTTP/1.1\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", ""},
      {get + "Host: a\r\n\r\n", "invalid_input"},
      {get + "HOST: b\r\n\r\n", "invalid_input"},
      {get + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", "invalid_input"},
      {get + "Origin: https://a\r\norigin: https://b\r\n\r\n", "invalid_input"},
      {get + "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n", "invalid_input"},
      {get + "Widgent-Service-Key: a\r\nwidgent-service-key: b\r\n\r\n", "invalid_input"},
      {get + "Last-Event-ID: a\r\nLast-Event-ID: b\r\n\r\n", "invalid_input"},
      {get + "Cookie: a\r\nCookie: b\r\n\r\n", ""},
      {get + "X-Forwarded-For: a\r\nX-Forwarded-For: b\r\n\r\n", ""},
      // Which target?
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "http_version_unsupported"},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET /\x7F HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 29), "invalid_input"},
      // Which version, which method?
      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", "http_version_unsupported"},
      {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "http_version_unsupported"},
      {"PRI * HTTP/2.0\r\n\r\n", "http_version_unsupported"},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", "http_version_unsupported"},
      {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "http_version_unsupported"},
      {"GET /\r\nHost: a\r\n\r\n", "invalid_input"},
      {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      // Where does a line end?
      {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\nHost: a\n\n", "invalid_input"},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", "invalid_input"},
      {get + "A: b\rC: d\r\n\r\n", "invalid_input"},
      {get + "A: b\r\n c\r\n\r\n", "invalid_input"},
      {get + "A: b\r\n\tc\r\n\r\n", "invalid_input"},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "invalid_input"},
      // Is it a header?
      {get + "A b: c\r\n\r\n", "invalid_input"},
      {get + "A\r\n\r\n", "invalid_input"},
      {get + ": c\r\n\r\n", "invalid_input"},
      {get + "A\x80: c\r\n\r\n", "invalid_input"},
      {get + std::string("A: b\0c\r\n\r\n", 10), "invalid_input"},
      {get + std::string("A\0: b\r\n\r\n", 9), "invalid_input"},
      {get + "A: b\x01\r\n\r\n", "invalid_input"},
      {get + "A: b\x7F\r\n\r\n", "invalid_input"},
      {get + "A: b\x1B[31m\r\n\r\n", "invalid_input"},
      {get + "Expect: 200-ok\r\n\r\n", "expectation_failed"},
      {get + "Connection: \x01\r\n\r\n", "invalid_input"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(Judge(row.bytes) == row.code);
  }
}

TEST_CASE("More than a hundred headers are too many") {
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int n = 1; n < 100; ++n) bytes += "H" + std::to_string(n) + ": v\r\n";
  CHECK(Judge(bytes + "\r\n") == "");
  CHECK(Judge(bytes + "One-More: v\r\n\r\n") == "header_too_large");
}

TEST_CASE("A refused request still tells its headers, for an answer that its page may read") {
  const auto parsed = ParseRequestHead(
      "POST / HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\nContent-Length: 5000\r\n\r\n", 1000, {});
  REQUIRE(std::holds_alternative<Refusal>(parsed));
  CHECK(std::get<Refusal>(parsed).request.Find("origin") == "https://shop.example");
}

TEST_CASE("A head that arrives byte by byte is judged as it is in one piece") {
  const std::string bytes = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  HeadScanner scanner;
  for (std::size_t length = 1; length < bytes.size() - 3; ++length) {
    REQUIRE(scanner.Scan(bytes.substr(0, length)) == HeadScanner::Result::kMore);
  }
  CHECK(scanner.Scan(bytes) == HeadScanner::Result::kComplete);
  CHECK(scanner.HeadBytes() == bytes.size() - 3);
}

TEST_CASE("Whatever is done to a request, judging it does not fail") {
  const std::string good =
      "POST /v1/products/acme/agent?x=1 HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n"
      "Authorization: Bearer abc\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n";
  std::mt19937 random(7);
  const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
  for (int n = 0; n < 20'000; ++n) {
    std::string bytes = good;
    for (std::size_t change = any(4) + 1; change > 0; --change) {
      const std::size_t at = any(bytes.size());
      switch (any(4)) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, any(8));
          break;
        case 2:
          bytes.insert(at, 1, "\r\n\0 \t:,;"[any(8)]);
          break;
        default:
          bytes.insert(at, bytes.substr(any(bytes.size()), any(40)));
          break;
      }
      if (bytes.empty()) bytes = "x";
    }
    Judge(bytes);
  }
  SUCCEED();
}

}  // namespace
}  // namespace widgent::http
