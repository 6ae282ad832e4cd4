#include "http/client_address.h"

#include <catch2/catch.hpp>

namespace widgent::http {
namespace {

const TrustedProxies kProxies{"127.0.0.1", "10.0.0.0/8", "fd00::/8"};

std::string From(std::string peer, std::vector<std::string> forwarded, const TrustedProxies& proxies = kProxies) {
  Request request;
  request.peer_address = std::move(peer);
  for (std::string& value : forwarded) request.headers.push_back({"x-forwarded-for", std::move(value)});
  return ClientAddress(request, proxies);
}

TEST_CASE("Without a proxy of ours the peer is the client, whatever it says of itself") {
  CHECK(From("203.0.113.7", {}) == "203.0.113.7");
  CHECK(From("203.0.113.7", {"198.51.100.1"}) == "203.0.113.7");
  CHECK(From("127.0.0.1", {"198.51.100.1"}, {}) == "127.0.0.1");
}

TEST_CASE("A proxy of ours is believed, and what a client wrote before it is not") {
  CHECK(From("127.0.0.1", {"203.0.113.7"}) == "203.0.113.7");
  CHECK(From("127.0.0.1", {"198.51.100.1, 203.0.113.7"}) == "203.0.113.7");
  CHECK(From("127.0.0.1", {"203.0.113.7, 10.1.2.3"}) == "203.0.113.7");
  CHECK(From("fd00::1", {"2001:db8::7"}) == "2001:db8::7");
  CHECK(From("127.0.0.1", {"198.51.100.1", "203.0.113.7,10.9.9.9"}) == "203.0.113.7");
  CHECK(From("127.0.0.1", {"203.0.113.7", "10.9.9.9"}) == "203.0.113.7");
}

TEST_CASE("Where the list ends or says no address, the last proxy of ours is the client") {
  CHECK(From("127.0.0.1", {}) == "127.0.0.1");
  CHECK(From("127.0.0.1", {"10.0.0.9"}) == "10.0.0.9");
  for (const char* odd : {"", ",", "unknown", "203.0.113.7:80", "[2001:db8::7]", "0x7f.1", "203.0.113.7, x"}) {
    CAPTURE(odd);
    CHECK(From("127.0.0.1", {odd}) == "127.0.0.1");
  }
}

TEST_CASE("An address of IPv6 counts with its network, one of IPv4 alone") {
  CHECK(AddressBlock("192.0.2.1") == "192.0.2.1");
  CHECK(AddressBlock("2001:db8::1") == AddressBlock("2001:db8::ffff:1"));
  CHECK(AddressBlock("2001:db8::1") != AddressBlock("2001:db8:0:1::1"));
  CHECK(AddressBlock("") == "");
}

TEST_CASE("A block is an address with a length that it can have") {
  for (const char* block : {"127.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "10.0.0.1/32", "fd00::/8", "::1", "::/128"})
    CHECK(IsCidr(block));
  for (const char* block : {"", "localhost", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "fd00::/129"})
    CHECK_FALSE(IsCidr(block));
}

}  // namespace
}  // namespace widgent::http
