#include "identity/origin.h"

#include <catch2/catch.hpp>
#include <map>

#include "protocol/problem.h"

using namespace widgent;

namespace {

std::string Normalised(std::string_view entry) {
  auto read = ParseOriginPattern(entry);
  if (auto* error = std::get_if<OriginError>(&read)) return "refused: " + error->detail;
  return std::get<OriginPattern>(read).text;
}

std::string Verdict(const std::vector<std::string>& entries, std::optional<std::string_view> origin) {
  std::vector<OriginPattern> registered;
  for (const std::string& entry : entries) registered.push_back(std::get<OriginPattern>(ParseOriginPattern(entry)));
  const auto code = RefuseOrigin(registered, origin);
  if (!code) return "allowed";
  REQUIRE(ProblemStatus(*code) == 403);
  return std::string(*code);
}

}  // namespace

TEST_CASE("A registered origin is kept as a browser writes it") {
  const std::map<std::string, std::string> expected = {
      {"https://shop.example", "https://shop.example"},
      {"HTTPS://Shop.EXAMPLE", "https://shop.example"},
      {"https://shop.example:443", "https://shop.example"},
      {"https://shop.example:0443", "https://shop.example"},
      {"https://shop.example:8443", "https://shop.example:8443"},
      {"https://shop.example:80", "https://shop.example:80"},
      {"https://my_shop.example", "https://my_shop.example"},
      {"https://*.Shop.example:8443", "https://*.shop.example:8443"},
      {"https://bücher.example", "https://xn--bcher-kva.example"},
      {"https://BÜCHER.example", "https://xn--bcher-kva.example"},
      {"https://b\u0075\u0308cher.example", "https://xn--bcher-kva.example"},
      {"https://faß.example", "https://xn--fa-hia.example"},
      {"https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"},
      {"https://*.bücher.example", "https://*.xn--bcher-kva.example"},
      {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
      {"https://ｓｈｏｐ.example", "https://shop.example"},
      {"http://localhost", "http://localhost"},
      {"http://localhost:80", "http://localhost"},
      {"http://localhost:5173", "http://localhost:5173"},
      {"http://shop.localhost:5173", "http://shop.localhost:5173"},
      {"http://*.localhost:5173", "http://*.localhost:5173"},
      {"http://127.0.0.1:5173", "http://127.0.0.1:5173"},
      {"http://127.1.2.3", "http://127.1.2.3"},
      {"http://[::1]:5173", "http://[::1]:5173"},
      {"http://[0:0:0:0:0:0:0:1]", "http://[::1]"},
      {"https://192.0.2.7", "https://192.0.2.7"},
      {"https://[2001:DB8::7]", "https://[2001:db8::7]"},
      {"https://[2001:db8:0:0:1:0:0:1]:8443", "https://[2001:db8::1:0:0:1]:8443"},
      {"https://[2001:db8:0:1:1:1:1:1]", "https://[2001:db8:0:1:1:1:1:1]"},
      {"https://[2001:db8::]", "https://[2001:db8::]"},
      {"https://[::]", "https://[::]"},
      {"https://[::ffff:192.0.2.7]", "https://[::ffff:c000:207]"},
  };
  for (const auto& [entry, text] : expected) {
    INFO(entry);
    CHECK(Normalised(entry) == text);
    CHECK(Normalised(text) == text);
  }
}

TEST_CASE("An entry that cannot be an origin is refused with the reason") {
  const std::map<std::string, std::string> expected = {
      {"", "begins with its scheme"},
      {"*", "every site"},
      {"null", "sandboxed"},
      {"shop.example", "begins with its scheme"},
      {"//shop.example", "begins with its scheme"},
      {"://shop.example", "begins with its scheme"},
      {"https:shop.example", "begins with its scheme"},
      {"ftp://shop.example", "scheme must be"},
      {"file://shop", "scheme must be"},
      {"chrome-extension://abc", "scheme must be"},
      {"https://", "host is missing"},
      {"https://:443", "host is missing"},
      {"https://shop.example/", "ends with its host"},
      {"https://shop.example/path", "ends with its host"},
      {"https://shop.example?x", "ends with its host"},
      {"https://shop.example#x", "ends with its host"},
      {"https://shop.example\\x", "ends with its host"},
      {"https://me@shop.example", "user name"},
      {"https://me:pw@shop.example", "user name"},
      {" https://shop.example", "White space"},
      {"https://shop.example\n", "White space"},
      {"https://shop.example:", "port"},
      {"https://shop.example:0", "port"},
      {"https://shop.example:65536", "port"},
      {"https://shop.example:999999", "port"},
      {"https://shop.example:*", "port"},
      {"https://shop.example:80a", "port"},
      {"https://*", "front"},
      {"https://shop-*.example.com", "front"},
      {"https://*shop.example", "front"},
      {"https://a.*.example.com", "front"},
      {"https://*.*.example.com", "front"},
      {"https://*.com", "Everybody"},
      {"https://*.co.uk", "Everybody"},
      {"https://*.github.io", "Everybody"},
      {"https://*.unknowntld", "Everybody"},
      {"https://*.192.0.2.7", "no subdomains"},
      {"https://*.[::1]", "no subdomains"},
      {"https://192.0.2", "four decimal numbers"},
      {"https://192.0.2.256", "four decimal numbers"},
      {"https://0x7f.1", "four decimal numbers"},
      {"https://0x7f000001", "four decimal numbers"},
      {"https://2130706433", "four decimal numbers"},
      {"https://127.0.0.01", "four decimal numbers"},
      {"https://[::1", "IPv6"},
      {"https://[]", "IPv6"},
      {"https://[::1%eth0]", "IPv6"},
      {"https://[shop]", "IPv6"},
      {"https://shop.example.", "dot at the end"},
      {"https://shop..example", "labels"},
      {"https://.shop.example", "labels"},
      {"https://sh%6fp.example", "labels"},
      {"https://a,b.example", "labels"},
      {"https://" + std::string(64, 'a') + ".example", "labels"},
      {"https://" + std::string(300, 'a'), "labels"},
      {"https://\xff.example", "international"},
      {"http://shop.example", "localhost only"},
      {"http://*.shop.example", "localhost only"},
      {"http://192.168.0.1", "localhost only"},
      {"http://localhost.example", "localhost only"},
      {"http://[2001:db8::7]", "localhost only"},
  };
  for (const auto& [entry, reason] : expected) {
    INFO(entry);
    CHECK_THAT(Normalised(entry), Catch::StartsWith("refused: ") && Catch::Contains(reason));
  }
  std::string long_name = "https://a";
  for (int i = 0; i < 130; ++i) long_name += ".a";
  CHECK_THAT(Normalised(long_name), Catch::Contains("labels"));
}

TEST_CASE("An origin is allowed where it equals a registered one, byte for byte") {
  const std::vector<std::string> shop = {"https://shop.example", "https://bücher.example", "http://localhost:5173"};
  CHECK(Verdict(shop, "https://shop.example") == "allowed");
  CHECK(Verdict(shop, "https://xn--bcher-kva.example") == "allowed");
  CHECK(Verdict(shop, "http://localhost:5173") == "allowed");
  for (const char* origin : {"https://www.shop.example",
                             "http://shop.example",
                             "https://shop.example:443",
                             "https://shop.example:8443",
                             "https://shop.example.",
                             "https://SHOP.example",
                             "HTTPS://shop.example",
                             "https://shop.example/",
                             "https://shop.example.evil.example",
                             "https://evil.example",
                             "https://evilshop.example",
                             " https://shop.example",
                             "https://shop.example ",
                             "https://shop.example, https://evil.example",
                             "http://localhost",
                             "http://localhost:5174",
                             "http://127.0.0.1:5173",
                             "https://bücher.example",
                             "",
                             "Null",
                             "shop.example"}) {
    INFO(origin);
    CHECK(Verdict(shop, origin) == "origin_not_allowed");
  }
}

TEST_CASE("A wildcard stands for any depth of subdomain and not for the apex") {
  const std::vector<std::string> shop = {"https://*.shop.example"};
  CHECK(Verdict(shop, "https://www.shop.example") == "allowed");
  CHECK(Verdict(shop, "https://a.b.c.shop.example") == "allowed");
  CHECK(Verdict(shop, "https://xn--bcher-kva.shop.example") == "allowed");
  for (const char* origin :
       {"https://shop.example", "https://.shop.example", "http://www.shop.example", "https://www.shop.example:8443",
        "https://evilshop.example", "https://www.shop.example.evil.example", "https://evil.example/.shop.example",
        "https://evil.example#.shop.example", "https://evil.example:443.shop.example", "https://me@www.shop.example",
        "https://WWW.shop.example", "https://*.shop.example", "https://a..shop.example", "https://-.shop.example.",
        "https://..shop.example"}) {
    INFO(origin);
    CHECK(Verdict(shop, origin) == "origin_not_allowed");
  }
  CHECK(Verdict({"https://*.shop.example:8443"}, "https://www.shop.example:8443") == "allowed");
  CHECK(Verdict({"https://*.shop.example:8443"}, "https://www.shop.example") == "origin_not_allowed");
}

TEST_CASE("No list, no origin and a null origin deny") {
  CHECK(Verdict({}, "https://shop.example") == "origin_not_allowed");
  CHECK(Verdict({}, std::nullopt) == "origin_missing");
  CHECK(Verdict({}, "null") == "origin_null");
  CHECK(Verdict({"https://shop.example"}, std::nullopt) == "origin_missing");
  CHECK(Verdict({"https://shop.example"}, "null") == "origin_null");
}
