// Every way out of the server, against every form of an address that does not lead to the public internet: the real
// client, the product as it would be read from its file, and a listener that must never be reached.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/ag_ui_model.h"
#include "agent/mcp_catalog.h"
#include "agent/mcp_tool.h"
#include "agent/openai_model.h"
#include "agent/webhook_tool.h"
#include "http/curl_client.h"
#include "http/real_event_loop.h"
#include "product/addresses.h"

namespace widgent::test {

using nlohmann::json;

namespace {

// Hosts as a product's file, or whoever writes it, may name them.
const std::vector<std::string> kForms = {
    // Loopback, and what systems take for it.
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "localhost",
    "LOCALHOST",
    "localhost.",

    "a.localhost",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    // The same in other notations: short, decimal, octal, hexadecimal, mixed, with zeros, with odd letters.
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7F.1",
    "0177.0.0.1",
    "0177.0.0.01",
    "127.0.0.01",
    "0x7f.0x0.0x0.0x1",
    "127.0.0.1.",
    "00000177.0.0.1",
    "127.000.000.001",
    "0",
    "0x0",
    "4294967297",
    "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
    "127\xe3\x80\x82"
    "0\xe3\x80\x82"
    "0\xe3\x80\x82"
    "1",
    "%31%32%37.0.0.1",
    "127.0.0.1%00.shop.example",
    "127.0.0.1%20",
    // IPv4 within IPv6.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::127.0.0.1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:10.0.0.1]",
    // Private, shared, link-local and the addresses of clouds' metadata.
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "192.0.0.192",
    "100.100.100.200",
    "[fd00:ec2::254]",
    "[fc00::1]",
    "[fdff::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    // Reserved, for documentation and for tests, multicast, broadcast.
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[2001:db8::1]",
    "[3fff::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[5f00::1]",
    // Where a user name, a port or a path pretends to be the host.
    "shop.example@127.0.0.1",
    "127.0.0.1#shop.example",
    "127.0.0.1\\@shop.example",
    "[::1].shop.example",
    "127.0.0.1:80@shop.example",
};

// Takes connections on all addresses of this machine, at one port.
class Trap {
 public:
  Trap() {
    v6_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int off = 0;
    ::setsockopt(v6_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    REQUIRE(::bind(v6_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(v6_, 64) == 0);
    socklen_t size = sizeof address;
    ::getsockname(v6_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin6_port);
  }
  ~Trap() { ::close(v6_); }
  int port() const { return port_; }
  bool WasReached() {
    const int peer = ::accept4(v6_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer >= 0) ::close(peer);
    return peer >= 0;
  }

 private:
  int v6_ = -1, port_ = 0;
};

enum class Path { kWebhook, kHandoff, kMcpCall, kMcpList, kModel, kAgent };
constexpr Path kPaths[] = {Path::kWebhook, Path::kHandoff, Path::kMcpCall, Path::kMcpList, Path::kModel, Path::kAgent};

// The product file that sends `path` to `url`. The host itself is allowed, so that nothing but its address is refused.
json ProductFor(Path path, const std::string& url) {
  const auto read = ReadWebUrl(url);
  const auto* good = std::get_if<WebUrl>(&read);
  json product = {{"id", "acme"},
                  {"name", "Acme"},
                  {"service_keys", json::array({{{"id", "pk_acme"}}})},
                  {"egress", {{"https_only", false}, {"allow_hosts", json::array()}}},
                  {"tools", json::array()}};
  if (good) product["egress"]["allow_hosts"].push_back(good->host_port);
  const std::string secret = "whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh";
  if (path == Path::kWebhook)
    product["tools"].push_back(
        {{"name", "act"}, {"description", "Acts"}, {"url", url}, {"secret", secret}, {"effect", "read"}});
  if (path == Path::kHandoff) product["handoff"] = {{"kind", "webhook"}, {"url", url}, {"secret", secret}};
  if (path == Path::kMcpCall || path == Path::kMcpList)
    product["tools"].push_back({{"name", "act"}, {"kind", "mcp"}, {"url", url}, {"secret", secret}, {"allow", {"*"}}});
  if (path == Path::kModel) product["agent"] = {{"kind", "openai"}, {"base_url", url}, {"model", "m"}};
  if (path == Path::kAgent) product["agent"] = {{"kind", "ag-ui"}, {"url", url}};
  return product;
}

// One fetch by one path. `verdict` is why nothing was fetched.
class Attempt {
 public:
  Attempt(http::EventLoop& loop, http::Client& client, Path path, Product product) : product_(std::move(product)) {
    ToolRequest request;
    request.product = &product_;
    request.identity = Anonymous();
    request.request_id = "tcall_1";
    request.arguments_json = "{}";
    prompt_.product = &product_;
    prompt_.identity = Anonymous();
    prompt_.history.resize(1);
    prompt_.history[0].text = "hello";
    const auto on_tool = [this](const ToolResponse& response) { verdict = response.outcome.code; };
    const auto on_turn = [this](const ModelTurn& turn) { verdict = turn.error_code + ": " + turn.error_detail; };
    const auto on_text = [](std::string_view) {};
    switch (path) {
      case Path::kWebhook:
      case Path::kHandoff:
        request.tool = &product_.tools.at(0);  // handing over is a tool that no file lists
        call_ = CallWebhook(
            loop, client, request, [] { return true; }, on_tool);
        break;
      case Path::kMcpCall:
        request.tool = &product_.mcp_servers.at(0).tool;
        call_ = CallMcpTool(loop, client, request, on_tool);
        break;
      case Path::kMcpList:
        listing_ = ListMcpTools(loop, client, product_, product_.mcp_servers.at(0), "tlist_1",
                                [this](const McpListing& listing) { verdict = listing.error; });
        break;
      case Path::kModel:
        model_ = std::make_unique<OpenAiModel>(loop, client, nullptr);
        model_->Next(prompt_, on_text, on_turn);
        break;
      case Path::kAgent:
        model_ = std::make_unique<AgUiModel>(loop, client, ThreadId{"th_1"}, RunId{"r_1"}, nullptr);
        model_->Next(prompt_, on_text, on_turn);
        break;
    }
  }

  std::optional<std::string> verdict;

 private:
  Product product_;
  Prompt prompt_;
  std::unique_ptr<SentCall> call_;
  std::unique_ptr<McpExchange> listing_;
  std::unique_ptr<AgentModel> model_;
};

bool IsRefusal(const std::string& verdict) {
  return verdict == "egress_refused" || verdict.find("not a public one") != verdict.npos ||
         verdict.find("the address cannot be read") != verdict.npos ||
         verdict.find("not in the list of allowed hosts") != verdict.npos;
}

}  // namespace

TEST_CASE(
    "No form of an address that is not public is reached by a tool, a help desk, an MCP server, a model or "
    "an agent") {
  CHECK(kForms.size() >= 60);
  Trap trap;
  http::RealEventLoop loop;
  http::CurlClient client(loop);
  std::size_t fetched = 0;
  for (const std::string& form : kForms) {
    for (const Path path : kPaths) {
      const std::string url = "http://" + form + ":" + std::to_string(trap.port()) + "/x";
      CAPTURE(url, static_cast<int>(path));
      auto read = ReadProduct(ProductFor(path, url).dump(), "acme.json", "", {});
      // A form that cannot even be configured is never fetched.
      if (std::holds_alternative<ConfigError>(read)) continue;
      ++fetched;
      Attempt attempt(loop, client, path, std::get<Product>(std::move(read)));
      const http::TimerId deadline = loop.After(5'000, [&] { loop.Stop(); });
      std::function<void()> watch = [&] {
        if (attempt.verdict) loop.Stop();
        else loop.After(1, watch);
      };
      loop.After(0, watch);
      loop.Run();
      loop.Cancel(deadline);
      REQUIRE(attempt.verdict);
      CHECK(IsRefusal(*attempt.verdict));
    }
  }
  // Not all were refused by the configuration: the guard itself was asked for each of the plain notations.
  CHECK(fetched >= 40 * std::size(kPaths));
  CHECK_FALSE(trap.WasReached());
}

TEST_CASE("The same paths do reach an address whose block the owner has allowed") {
  for (const Path path : kPaths) {
    Trap trap;
    http::RealEventLoop loop;
    http::CurlClient client(loop);
    json product = ProductFor(path, "http://127.0.0.1:" + std::to_string(trap.port()) + "/x");
    product["egress"]["allow_private_cidrs"] = {"127.0.0.0/8"};
    Attempt attempt(loop, client, path, std::get<Product>(ReadProduct(product.dump(), "acme.json", "", {})));
    bool was_reached = false;
    int left = 2'000;
    std::function<void()> watch = [&] {
      was_reached = trap.WasReached();
      if (was_reached || --left == 0) loop.Stop();
      else loop.After(1, watch);
    };
    loop.After(0, watch);
    loop.Run();
    CAPTURE(static_cast<int>(path));
    CHECK(was_reached);
  }
}

}  // namespace widgent::test
