// MCP servers as no SDK behaves: broken, slow, of another protocol, hostile. The SDKs themselves:
// tests/node/mcp.test.mjs.
#include "agent/mcp_catalog.h"
#include "agent/mcp_tool.h"
#include "agent/rpc_reader.h"
#include "agent/stage.h"
#include "protocol/base64url.h"

namespace widgent::test {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

std::string Result(const http::ClientRequest& request, const json& result) {
  return json{{"jsonrpc", "2.0"}, {"id", json::parse(request.body)["id"]}, {"result", result}}.dump();
}

std::string MethodOf(const http::ClientRequest& request) {
  return request.body.empty() ? request.method : json::parse(request.body)["method"].get<std::string>();
}

// A shop whose MCP server is a function of the test; initialize and what belongs to it is answered here.
struct Bench {
  Bench() {
    server.tool.name = "crm";
    server.tool.url = "https://shop.example/mcp";
    server.tool.secret = std::string(32, 's');
    server.tool.timeout_ms = 5'000;
    server.allow = {"*"};
    server.pins_schemas = false;
    client.answer = [this](const http::ClientRequest& request) {
      methods.push_back(MethodOf(request));
      if (methods.back() == "initialize" && has_sessions) {
        http::ClientResult result = HttpAnswer(200, Result(request, {{"protocolVersion", "2025-11-25"}}));
        result.headers = {{"mcp-session-id", "session-1"}};
        return result;
      }
      if (methods.back() == "initialize") return on_initialize(request);
      if (methods.back() == "notifications/initialized") return HttpAnswer(202, "");
      if (methods.back() == "DELETE") return HttpAnswer(200, "");
      return answer(request);
    };
  }

  McpListing List() {
    std::optional<McpListing> listing;
    const auto exchange =
        ListMcpTools(loop, client, product, server, "tlist_1", [&](McpListing listed) { listing = std::move(listed); });
    loop.Advance(10'000);
    REQUIRE(listing);
    return *listing;
  }

  ToolResponse Call(ToolConfig::Effect effect = ToolConfig::Effect::kRead, Identity identity = MakeAda()) {
    ToolConfig tool = server.tool;
    tool.mcp_name = "search";
    tool.mcp_version = version;
    tool.effect = effect;
    ToolRequest request;
    request.product = &product;
    request.tool = &tool;
    request.identity = std::move(identity);
    request.request_id = "tcall_1";
    request.arguments_json = R"({"query":"tent"})";
    std::optional<ToolResponse> response;
    const auto call = CallMcpTool(loop, client, request, [&](ToolResponse got) { response = std::move(got); });
    CHECK_FALSE(response);
    loop.Advance(10'000);
    REQUIRE(response);
    return *response;
  }

  SimEventLoop loop{kNow};
  ScriptedClient client{loop};
  Product product = MakeShop();
  McpServerConfig server;
  std::string version = std::string(kMcpSessions);
  bool has_sessions = true;
  std::function<http::ClientResult(const http::ClientRequest&)> on_initialize, answer;
  std::vector<std::string> methods;
};

McpTool Tool(const std::string& name, const std::string& schema = R"({"type":"object"})") {
  return {name, "Does " + name, schema, "sha-of-" + name};
}

}  // namespace

TEST_CASE("The answer to a request is found in a document, or in a stream among other messages, split anywhere") {
  const std::string answer = R"({"jsonrpc":"2.0","id":2,"result":{"a":1}})";
  const std::string stream =
      ": hello\n\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":2}\n\n"
      "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":0}}\n\ndata: not json\n\n"
      "id: 7\ndata: " +
      answer + "\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n";
  for (const std::string& text : {answer, stream}) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      RpcReader reader(2);
      reader.Feed(text.substr(0, at));
      reader.Feed(text.substr(at));
      const auto read = reader.End();
      REQUIRE(read);
      CHECK(read->result_json == R"({"a":1})");
    }
  }
}

TEST_CASE("What is no answer to the request is none, and an error is told in the server's words, cleaned") {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("<html>"),
        std::string(R"({"id":3,"result":{}})"), std::string(R"({"id":"2","result":{}})"),
        std::string(R"({"id":2,"result":7})"), std::string(R"({"id":2})"), std::string(R"({"id":null,"result":{}})"),
        std::string(200'000, '['), R"({"id":2,"result":)" + std::string(100, '[') + std::string(100, ']') + "}"}) {
    RpcReader reader(2);
    reader.Feed(text);
    CHECK_FALSE(reader.End());
  }
  RpcReader reader(2);
  reader.Feed(R"({"id":2,"error":{"code":-32602,"message":"No\nsuch\u202e tool"}})");
  const auto read = reader.End();
  REQUIRE(read);
  CHECK(read->result_json.empty());
  CHECK(read->code == -32602);
  CHECK(read->message == "No such tool");
}

TEST_CASE("A call opens a session of its own, and closes it") {
  Bench bench;
  bench.answer = [](const http::ClientRequest& request) {
    return HttpAnswer(200, Result(request, {{"content", {{{"type", "text"}, {"text", "Found"}}}}}));
  };
  CHECK(bench.Call().outcome.content_json == "\"Found\"");
  CHECK(bench.methods == std::vector<std::string>{"initialize", "notifications/initialized", "tools/call", "DELETE"});
  CHECK(HeaderOf(bench.client.requests[0], "Mcp-Session-Id").empty());
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(HeaderOf(bench.client.requests[i], "Mcp-Session-Id") == "session-1");
    CHECK(HeaderOf(bench.client.requests[i], "MCP-Protocol-Version") == "2025-11-25");
  }
}

TEST_CASE("A guest's call names nobody: neither in the token nor beside it") {
  Bench bench;
  bench.answer = [](const http::ClientRequest& request) { return HttpAnswer(200, Result(request, json::object())); };
  bench.Call(ToolConfig::Effect::kRead, MakeGuest());
  const std::string bearer = HeaderOf(bench.client.requests[2], "Authorization");
  const std::size_t begin = bearer.find('.') + 1;
  const json claims = json::parse(*DecodeBase64Url(bearer.substr(begin, bearer.rfind('.') - begin)));
  CHECK_FALSE(claims.contains("sub"));
  CHECK(claims["aud"] == "https://shop.example/mcp");
  CHECK(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>() == 60);
  const json user = json::parse(bench.client.requests[2].body)["params"]["_meta"]["widgent/user"];
  CHECK(user["verified"] == false);
  CHECK(user.size() == 2);
}

TEST_CASE("A server of the stateless protocol is found out, and spoken to as it wants") {
  Bench bench;
  bench.has_sessions = false;
  bench.on_initialize = GENERATE(
      std::function<http::ClientResult(const http::ClientRequest&)>([](const http::ClientRequest& request) {
        const json id = json::parse(request.body)["id"];
        return HttpAnswer(400, json{{"id", id}, {"error", {{"code", -32022}, {"message", "unsupported"}}}}.dump());
      }),
      std::function<http::ClientResult(const http::ClientRequest&)>(
          [](const http::ClientRequest&) { return HttpAnswer(404, ""); }));
  bench.answer = [](const http::ClientRequest& request) {
    return HttpAnswer(200, Result(request, {{"resultType", "complete"}, {"tools", {{{"name", "search"}}}}}));
  };
  const McpListing listing = bench.List();
  CHECK(listing.error.empty());
  CHECK(listing.version == kMcpStateless);
  CHECK(bench.methods == std::vector<std::string>{"initialize", "tools/list"});
  const json params = json::parse(bench.client.requests[1].body)["params"];
  CHECK(params["_meta"]["io.modelcontextprotocol/protocolVersion"] == kMcpStateless);
  CHECK(HeaderOf(bench.client.requests[1], "MCP-Protocol-Version") == kMcpStateless);
  CHECK(HeaderOf(bench.client.requests[1], "Mcp-Method") == "tools/list");
  // From then on without asking.
  bench.version = listing.version;
  bench.methods.clear();
  bench.Call();
  CHECK(bench.methods == std::vector<std::string>{"tools/call"});
  CHECK(HeaderOf(bench.client.requests.back(), "Mcp-Name") == "search");
}

TEST_CASE("A call that fails says how, and a write that may have happened is told as unconfirmed") {
  const auto [status, body, code, unconfirmed] = GENERATE(table<int, std::string, std::string, bool>({
      {200, "<html>", "result_invalid", true},
      {200, "", "result_invalid", true},
      {200, R"({"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Unknown tool"}})", "mcp_refused", false},
      {200, R"({"jsonrpc":"2.0","id":2,"result":{"isError":true,"content":[{"type":"text","text":"No"}]}})",
       "tool_error", false},
      {200, R"({"jsonrpc":"2.0","id":2,"result":{"resultType":"input_required"}})", "result_invalid", true},
      {401, "", "http_401", false},
      {404, "", "http_404", false},
      {500, "oops", "http_500", false},
      {504, "", "http_504", true},
  }));
  Bench bench;
  bench.answer = [status = status, body = body](const http::ClientRequest&) { return HttpAnswer(status, body); };
  const ToolOutcome outcome = bench.Call(ToolConfig::Effect::kUpdate).outcome;
  CHECK_FALSE(outcome.ok);
  CHECK(outcome.code == code);
  CHECK(outcome.unconfirmed == unconfirmed);
  CHECK_FALSE(bench.Call(ToolConfig::Effect::kRead).outcome.unconfirmed);
}

TEST_CASE("A server that quotes the token it was sent tells it to nobody") {
  Bench bench;
  std::string sent;
  const auto quote = [&](const http::ClientRequest& request) {
    sent = HeaderOf(request, "Authorization").substr(7);
    return "You sent " + sent + " and " + sent;
  };
  bench.answer = [&](const http::ClientRequest& request) {
    const json error{{"code", -32000}, {"message", quote(request)}};
    const json id = json::parse(request.body)["id"];
    return HttpAnswer(200, json{{"jsonrpc", "2.0"}, {"id", id}, {"error", error}}.dump());
  };
  CHECK(bench.List().error == "You sent … and …");
  CHECK(bench.Call().outcome.detail == "You sent … and …");
  for (const bool is_error : {true, false}) {
    bench.answer = [&](const http::ClientRequest& request) {
      const json text{{{"type", "text"}, {"text", quote(request)}}};
      return HttpAnswer(200, Result(request, {{"isError", is_error}, {"content", text}}));
    };
    const ToolOutcome outcome = bench.Call().outcome;
    CHECK((is_error ? outcome.detail : outcome.content_json).find("You sent …") != std::string::npos);
    CHECK((outcome.detail + outcome.content_json).find(sent) == std::string::npos);
  }
}

TEST_CASE("A call whose session could not be opened has certainly not happened") {
  Bench bench;
  bench.has_sessions = false;
  bench.on_initialize = [](const http::ClientRequest&) { return HttpFailure(Error::kTimeout, true); };
  const ToolOutcome outcome = bench.Call(ToolConfig::Effect::kUpdate).outcome;
  CHECK(outcome.code == "timeout");
  CHECK_FALSE(outcome.unconfirmed);
  CHECK(bench.methods == std::vector<std::string>{"initialize"});
}

TEST_CASE("A list of several pages is read to its end, and no further than that makes sense") {
  Bench bench;
  int pages = 0;
  bench.answer = [&](const http::ClientRequest& request) {
    const json params = json::parse(request.body).value("params", json::object());
    CHECK(params.value("cursor", "") == (pages == 0 ? "" : "page-" + std::to_string(pages)));
    ++pages;
    return HttpAnswer(200, Result(request, {{"tools", {{{"name", "tool_" + std::to_string(pages)}}}},
                                            {"nextCursor", "page-" + std::to_string(pages)}}));
  };
  CHECK(bench.List().tools.size() == 8);
  CHECK(pages == 8);
}

TEST_CASE("A server that lists no tools is an error with its reason") {
  const auto [answer, reason] = GENERATE(table<http::ClientResult, std::string>({
      {HttpAnswer(200, R"({"jsonrpc":"2.0","id":2,"result":{}})"), "no list of tools"},
      {HttpAnswer(401, ""), "HTTP 401"},
      {HttpAnswer(200, R"({"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"Not today"}})"), "Not today"},
  }));
  Bench bench;
  bench.answer = [answer = answer](const http::ClientRequest&) { return answer; };
  const McpListing listing = bench.List();
  CHECK(listing.tools.empty());
  CHECK(listing.error.find(reason) != std::string::npos);
}

TEST_CASE("A tool is offered where a pattern allows its name") {
  const auto [pattern, name, matches] = GENERATE(table<std::string, std::string, bool>({
      {"search_*", "search_orders", true},
      {"search_*", "search_", true},
      {"search_*", "research_orders", false},
      {"search_*", "search", false},
      {"*", "anything", true},
      {"*_read", "order_read", true},
      {"*_read", "order_read_all", false},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "a-c-b", false},
      {"exact", "exact", true},
      {"exact", "exactly", false},
      {"Exact", "exact", false},
  }));
  CHECK(MatchesPattern(pattern, name) == matches);
}

TEST_CASE(
    "A tool is offered as it was accepted, and refused with a reason where it is not the one, or cannot be used") {
  Bench bench;
  bench.server.pins_schemas = true;
  bench.server.pins = {{"same", "sha-of-same"},
                       {"changed", "sha-of-another"},
                       {"odd name", "sha-of-odd name"},
                       {"strange", "sha-of-strange"},
                       {"twice", "sha-of-twice"}};
  bench.product.tools[0].name = "crm_twice";
  McpListing listing;
  listing.version = kMcpSessions;
  listing.tools = {Tool("same"),
                   Tool("changed"),
                   Tool("new"),
                   Tool("odd name"),
                   Tool("strange", R"({"type":"object","properties":{"a":{"$ref":"#"}}})"),
                   Tool("twice")};
  const McpOffer offer = OfferMcpTools(bench.product, bench.server, listing);
  REQUIRE(offer.tools.size() == 1);
  CHECK(offer.tools[0].name == "crm_same");
  CHECK(offer.tools[0].mcp_name == "same");
  CHECK(offer.tools[0].mcp_version == kMcpSessions);
  CHECK(offer.tools[0].description == "Does same");
  REQUIRE(offer.refusals.size() == 5);
  const std::vector<std::string> reasons = {"changed since", "not been accepted", "A-Z a-z", "$ref",
                                            "this name already"};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    CAPTURE(offer.refusals[i]);
    CHECK(offer.refusals[i].find(reasons[i]) != std::string::npos);
  }
}

TEST_CASE("What is pinned of a tool is its name, its description and its schema, and nothing else") {
  Bench bench;
  json tool = {{"name", "search"}, {"description", "Searches"}, {"inputSchema", {{"type", "object"}, {"title", "x"}}}};
  bench.answer = [&](const http::ClientRequest& request) {
    return HttpAnswer(200, Result(request, {{"tools", {tool}}}));
  };
  const std::string pinned = bench.List().tools.at(0).sha256;
  tool["annotations"] = {{"title", "Search"}};
  CHECK(bench.List().tools.at(0).sha256 == pinned);
  SECTION("the description") { tool["description"] = "Searches "; }
  SECTION("the schema") { tool["inputSchema"]["title"] = "y"; }
  SECTION("the name") { tool["name"] = "Search"; }
  CHECK(bench.List().tools.at(0).sha256 != pinned);
}

}  // namespace widgent::test
