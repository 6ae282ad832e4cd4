#include "product/addresses.h"

#include <catch2/catch.hpp>

using namespace widgent;

namespace {

std::string HostOf(std::string_view url) {
  const auto read = ReadWebUrl(url);
  if (const auto* error = std::get_if<std::string>(&read)) return "refused: " + *error;
  return std::get<WebUrl>(read).scheme + " " + std::get<WebUrl>(read).host_port;
}

}  // namespace

TEST_CASE("The host of an address is compared as the egress list writes it") {
  CHECK(HostOf("https://shop.example") == "https shop.example");
  CHECK(HostOf("https://Shop.Example:443/path?x=1") == "https shop.example");
  CHECK(HostOf("https://shop.example:8443/") == "https shop.example:8443");
  CHECK(HostOf("http://localhost:4001/widgent") == "http localhost:4001");
  CHECK(HostOf("http://[::1]:80?x") == "http [::1]");
  CHECK(HostOf("https://bücher.example/a@b") == "https xn--bcher-kva.example");
}

TEST_CASE("What is no address of the web is refused") {
  for (const char* url : {"", "shop.example", "ftp://shop.example", "javascript:alert(1)", "https://", "https:///path",
                          "https://a b.example", "https://shop.example\\@evil.example", "https://me:pw@shop.example",
                          "https://shop.example/#x", "https://shop.example:0", "https://shop.example:x",
                          "https://shop.example:99999", "https://[::1", "https://shop.example/\n"}) {
    INFO(url);
    CHECK_THAT(HostOf(url), Catch::StartsWith("refused: "));
  }
}

TEST_CASE("An entry of the egress list is a host, or host and port") {
  CHECK_FALSE(RefuseHostPort("shop.example"));
  CHECK_FALSE(RefuseHostPort("localhost:4001"));
  CHECK_FALSE(RefuseHostPort("[::1]:4001"));
  CHECK_THAT(RefuseHostPort("Shop.example").value(), Catch::Contains("\"shop.example\""));
  for (const char* text :
       {"", "https://shop.example", "shop.example/", "shop.example:", "shop.example:08", "*.shop.example"}) {
    INFO(text);
    CHECK(RefuseHostPort(text));
  }
}

TEST_CASE("A range of addresses has its length") {
  for (const char* text : {"10.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0", "::1/128", "fd00::/8"})
    CHECK_FALSE(RefuseCidr(text));
  for (const char* text : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0/8", "::1/129", "localhost/8",
                           "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0/-1"}) {
    INFO(text);
    CHECK(RefuseCidr(text));
  }
}
