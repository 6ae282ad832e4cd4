// What an App offers of MCP servers over time: they come, go, fail and change while it serves.

#include "server/mcp_tools.h"

#include "server/hostile_world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

constexpr char kUrl[] = "https://shop.example/mcp";

Product MakeMcpShop(const json& changes = json::object()) {
  json crm = {{"name", "crm"},  {"kind", "mcp"},    {"url", kUrl},         {"secret", std::string(32, 's')},
              {"allow", {"*"}}, {"effect", "read"}, {"pin_schemas", false}};
  crm.update(changes);
  return ReadShop({ShopTool("get_order"), crm});
}

class McpWorld : public HostileWorld {
 public:
  McpWorld() : HostileWorld(MakeMcpShop()) { Settle(); }

  std::vector<std::string> tools{"search"};
  bool is_up = true;
  int lists = 0;

  // Answers for the MCP server until nothing more is asked.
  void Settle() {
    for (int i = 0; i < 20; ++i) {
      loop.Advance(1);
      for (const auto& [fetch, pending] : std::map(client.pending))
        if (pending.request.url == kUrl) AnswerMcp(fetch, pending.request);
    }
  }
  std::vector<std::string> OfferedNow() {
    const std::string n = std::to_string(++runs_);
    Clear();
    Run({.token = Token("ada")}, {.thread = "th_" + n, .run = "r_" + n, .id = "u_" + n});
    return Offered();
  }
  bool WasLogged(const std::string& text) const {
    return std::any_of(log.begin(), log.end(), [&](const std::string& line) { return line.find(text) != line.npos; });
  }

 private:
  void AnswerMcp(http::FetchId fetch, const http::ClientRequest& request) {
    const json body = json::parse(request.body, nullptr, false);
    const std::string method = body.is_object() ? body.value("method", "") : "";
    json result = json::object();
    if (!is_up) return client.AnswerOne(fetch, "down");
    if (method == "initialize") result = {{"protocolVersion", "2025-11-25"}};
    if (method == "tools/list") {
      ++lists;
      result["tools"] = json::array();
      for (const std::string& name : tools)
        result["tools"].push_back({{"name", name}, {"inputSchema", {{"type", "object"}}}});
    }
    client.AnswerOne(fetch, json{{"jsonrpc", "2.0"}, {"id", body.value("id", json())}, {"result", result}}.dump());
  }
  int runs_ = 0;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("The tools of an MCP server are offered beside the others, and follow what it lists") {
  McpWorld world;
  CHECK(world.OfferedNow() == Names{"get_order", "crm_search"});
  world.tools = {"search", "update"};
  world.loop.Advance(McpTools::kRefreshMs);
  world.Settle();
  CHECK(world.OfferedNow() == Names{"get_order", "crm_search", "crm_update"});
  CHECK(world.lists == 2);
}

TEST_CASE("A server that does not answer keeps what it offered, is asked again soon, and is named in the log once") {
  McpWorld world;
  world.is_up = false;
  world.loop.Advance(McpTools::kRefreshMs);
  world.Settle();
  CHECK(world.OfferedNow() == Names{"get_order", "crm_search"});
  for (int i = 0; i < 3; ++i) {
    world.loop.Advance(McpTools::kRetryMs);
    world.Settle();
  }
  CHECK(world.WasLogged("mcp product=acme server=crm: it did not list its tools"));
  CHECK(std::count_if(world.log.begin(), world.log.end(),
                      [](const std::string& line) { return line.find("server=crm") != line.npos; }) == 1);
  world.is_up = true;
  world.tools = {"update"};
  world.loop.Advance(McpTools::kRetryMs);
  world.Settle();
  CHECK(world.OfferedNow() == Names{"get_order", "crm_update"});
}

TEST_CASE("Another configuration of a server forgets what it offered; the same one keeps it") {
  McpWorld world;
  CHECK(world.app->Replace({MakeMcpShop()}).empty());
  CHECK(world.OfferedNow() == Names{"get_order", "crm_search"});
  world.Settle();
  CHECK(world.app->Replace({MakeMcpShop({{"pin_schemas", true}})}).empty());
  world.Settle();
  CHECK(world.OfferedNow() == Names{"get_order"});
  CHECK(world.WasLogged("crm_search is not offered: it has not been accepted yet"));
  CHECK(world.app->Replace({ReadShop(json::array({ShopTool("get_order")}))}).empty());
  world.Settle();
  const int lists = world.lists;
  world.loop.Advance(2 * McpTools::kRefreshMs);
  world.Settle();
  CHECK(world.lists == lists);
}
