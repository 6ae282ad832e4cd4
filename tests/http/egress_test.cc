#include "http/egress.h"

#include <catch2/catch.hpp>
#include <string>

namespace widgent::http {
namespace {

bool IsPublic(const std::string& text) {
  const auto address = ParseIpAddress(text);
  REQUIRE(address);
  return http::IsPublic(*address);
}

TEST_CASE("Only what the public internet routes to one host is public") {
  for (const char* address : {"1.1.1.1",
                              "8.8.8.8",
                              "9.255.255.255",
                              "11.0.0.0",
                              "100.63.255.255",
                              "100.128.0.0",
                              "126.255.255.255",
                              "128.0.0.0",
                              "169.253.255.255",
                              "169.255.0.0",
                              "172.15.255.255",
                              "172.32.0.0",
                              "192.0.1.0",
                              "192.167.255.255",
                              "192.169.0.0",
                              "198.17.255.255",
                              "198.20.0.0",
                              "203.0.112.255",
                              "223.255.255.255",
                              "2606:4700::1111",
                              "2a00:1450:4001::200e",
                              "2001:4860:4860::8888",
                              "2001:200::1",
                              "2001:db9::1",
                              "2003::1",
                              "3ffe::1"}) {
    CAPTURE(address);
    CHECK(IsPublic(std::string(address)));
  }
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.0.170",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.0.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::2",
                              "::7f00:1",
                              "::127.0.0.1",
                              "::8.8.8.8",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:8.8.8.8",
                              "::ffff:0:127.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b::8.8.8.8",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                              "2001:10::1",
                              "2001:20::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2002:808:808::1",
                              "3fff::1",
                              "5f00::1",
                              "fc00::1",
                              "fd00::1",
                              "fdff:ffff::1",
                              "fe80::1",
                              "febf::1",
                              "fec0::1",
                              "ff02::1",
                              "ff0e::1",
                              "4000::1"}) {
    CAPTURE(address);
    CHECK_FALSE(IsPublic(std::string(address)));
  }
}

TEST_CASE("Addresses in odd forms are no addresses") {
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "localhost"s, "127.1"s, "0177.0.0.1"s, "0x7f.0.0.1"s, "2130706433"s, "127.0.0.1 "s, " 127.0.0.1"s,
        "127.0.0.1:80"s, "127.0.0.256"s, "[::1]"s, "fe80::1%eth0"s, ":::"s, "1::2::3"s, "127.0.0.1\0x"s,
        std::string(200, '1'), std::string(200, ':')}) {
    CAPTURE(text);
    CHECK_FALSE(ParseIpAddress(text));
  }
}

TEST_CASE("A block holds what it says, to the bit, and only of its own family") {
  struct Row {
    const char* address;
    const char* cidr;
    bool holds;
  };
  const Row rows[] = {
      {"127.0.0.1", "127.0.0.0/8", true},
      {"128.0.0.1", "127.0.0.0/8", false},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.2", "127.0.0.1", false},
      {"10.1.2.3", "10.1.2.0/23", true},
      {"10.1.4.3", "10.1.2.0/23", false},
      {"10.1.2.129", "10.1.2.128/25", true},
      {"10.1.2.127", "10.1.2.128/25", false},
      {"8.8.8.8", "0.0.0.0/0", true},
      {"::1", "0.0.0.0/0", false},
      {"::1", "::1/128", true},
      {"::2", "::1/128", false},
      {"fd12::1", "fd00::/8", true},
      {"::ffff:127.0.0.1", "127.0.0.0/8", false},
      {"::ffff:127.0.0.1", "::ffff:0:0/96", true},
      {"127.0.0.1", "127.0.0.0/33", false},
      {"127.0.0.1", "127.0.0.0/", false},
      {"127.0.0.1", "127.0.0.0/8x", false},
      {"127.0.0.1", "127.0.0.0/-8", false},
      {"127.0.0.1", "loopback", false},
      {"127.0.0.1", "", false},
      {"127.0.0.1", "/0", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.address, row.cidr);
    CHECK(IsInCidr(*ParseIpAddress(row.address), row.cidr) == row.holds);
  }
}

TEST_CASE("A private address is allowed in the blocks that were listed, and nowhere else") {
  CHECK(IsAddressAllowed(*ParseIpAddress("8.8.8.8"), {}));
  CHECK_FALSE(IsAddressAllowed(*ParseIpAddress("127.0.0.1"), {}));
  CHECK(IsAddressAllowed(*ParseIpAddress("127.0.0.1"), {"10.0.0.0/8", "127.0.0.0/8"}));
  CHECK_FALSE(IsAddressAllowed(*ParseIpAddress("192.168.0.1"), {"10.0.0.0/8", "127.0.0.0/8"}));
}

TEST_CASE("A host is allowed as it is listed, with its port where that is not the default") {
  const std::vector<std::string> hosts = {"Shop.example", "127.0.0.1:5001", "[::1]:80", "api.example:443"};
  CHECK(IsHostAllowed("shop.EXAMPLE", 443, true, hosts));
  CHECK_FALSE(IsHostAllowed("shop.example", 8443, false, hosts));
  CHECK_FALSE(IsHostAllowed("shop.example.", 443, true, hosts));
  CHECK_FALSE(IsHostAllowed("evil-shop.example", 443, true, hosts));
  CHECK_FALSE(IsHostAllowed("shop.example.evil", 443, true, hosts));
  CHECK(IsHostAllowed("127.0.0.1", 5001, false, hosts));
  CHECK_FALSE(IsHostAllowed("127.0.0.1", 80, true, hosts));
  CHECK(IsHostAllowed("[::1]", 80, true, hosts));
  CHECK(IsHostAllowed("api.example", 443, true, hosts));
  CHECK_FALSE(IsHostAllowed("api.example", 80, true, hosts));
  CHECK_FALSE(IsHostAllowed("", 443, true, {""}));
  CHECK_FALSE(IsHostAllowed("shop.example", 443, true, {}));
}

}  // namespace
}  // namespace widgent::http
