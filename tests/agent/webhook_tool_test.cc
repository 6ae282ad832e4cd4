#include "agent/webhook_tool.h"

#include "agent/stage.h"
#include "identity/crypto.h"
#include "identity/webhook_signature.h"

namespace widgent::test {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

struct Bench {
  Bench() {
    client.answer = [this](const http::ClientRequest&) { return answers.at(std::min(next++, answers.size() - 1)); };
  }

  ToolResponse Call(const ToolConfig& tool, Identity identity = MakeAda()) {
    ToolRequest request;
    request.product = &product;
    request.tool = &tool;
    request.identity = std::move(identity);
    request.thread = {"th_01"};
    request.run = {"r_01"};
    request.request_id = "tcall_01JD0000000000000000000001";
    request.call_id = "call_1";
    request.arguments_json = R"({"order_id":"A-1001","customer_id":"u_42"})";
    std::optional<ToolResponse> got;
    const auto call = CallWebhook(
        loop, client, std::move(request), [this] { return may_retry; },
        [&](ToolResponse result) { got = std::move(result); });
    CHECK_FALSE(got);
    loop.Advance(60'000);
    REQUIRE(got);
    return *got;
  }

  SimEventLoop loop{kNow};
  ScriptedClient client{loop};
  Product product = MakeShop();
  std::vector<http::ClientResult> answers = {HttpAnswer(200, "{}")};
  std::size_t next = 0;
  bool may_retry = true;
};

}  // namespace

TEST_CASE("The request of a tool is the one of the documentation, byte for byte") {
  Bench bench;
  User ana = MakeAda();
  ana.name = "Ana";
  ana.email = "ana@example.com";
  ana.metadata_json = R"({"plan":"pro"})";
  ana.expires_at_s = 1'767'229'200;
  bench.Call(MakeGetOrder(), ana);
  REQUIRE(bench.client.requests.size() == 1);
  const http::ClientRequest& request = bench.client.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.body ==
        R"({"type":"tool.call","id":"tcall_01JD0000000000000000000001","timestamp":"2026-01-01T00:00:00Z",)"
        R"("product_id":"acme",)"
        R"("tool":{"name":"get_order","call_id":"call_1","arguments":{"order_id":"A-1001","customer_id":"u_42"}},)"
        R"("user":{"sub":"u_42","email":"ana@example.com","name":"Ana","metadata":{"plan":"pro"},)"
        R"("verified":true,"token_exp":1767229200},)"
        R"("thread_id":"th_01","run_id":"r_01","approval":null})");
  CHECK(HeaderOf(request, "Content-Type") == "application/json");
  CHECK(HeaderOf(request, "User-Agent") == "Widgent/1.0 (+tool)");
  CHECK(HeaderOf(request, "webhook-id") == "tcall_01JD0000000000000000000001");
  CHECK(HeaderOf(request, "webhook-timestamp") == "1767225600");
  CHECK(HeaderOf(request, "Idempotency-Key") == "\"tcall_01JD0000000000000000000001\"");
  CHECK(HeaderOf(request, "webhook-signature") ==
        SignWebhook(kToolSecret, "tcall_01JD0000000000000000000001", 1'767'225'600, request.body));
}

TEST_CASE("Metadata reaches the tool as the customer wrote it, not as we would") {
  Bench bench;
  bench.Call(MakeGetOrder());
  CHECK(bench.client.requests[0].body.find(R"("metadata":{"plan": "pro", "n": 1e2})") != std::string::npos);
}

TEST_CASE("Of a guest a tool learns a hash, and no member about a person stands in the request") {
  Bench bench;
  ToolConfig tool = MakeGetOrder();
  bench.Call(tool, MakeGuest());
  const json user = json::parse(bench.client.requests[0].body)["user"];
  CHECK(user.size() == 2);
  CHECK(user["verified"] == false);
  CHECK(user["anonymous_id"] == Hex(Sha256("guest-0123456789")).substr(0, 32));
}

TEST_CASE("A tool's answer is taken in any of its forms") {
  const auto [status, body, content] = GENERATE(table<int, std::string, std::string>({
      {200, R"({"content":{"id":"A-1"}})", R"({"id":"A-1"})"},
      {200, R"({"content":"It is on its way."})", R"("It is on its way.")"},
      {201, R"({"id":"A-1"})", R"({"id":"A-1"})"},
      {200, "[1,2]", "[1,2]"},
      {200, " null ", "null"},
      {200, "", "null"},
      {204, "", "null"},
      {204, "ignored", "null"},
  }));
  Bench bench;
  bench.answers = {HttpAnswer(status, body)};
  const ToolResponse result = bench.Call(MakeGetOrder());
  CHECK(result.outcome.ok);
  CHECK(result.outcome.content_json == content);
  CHECK(result.status == status);
}

TEST_CASE("A tool's answer that is none fails without harm") {
  const auto [status, body, code] = GENERATE(table<int, std::string, std::string>({
      {200, "<html>", "result_invalid"},
      {200, std::string(100'000, '['), "result_invalid"},
      {200, "\xff\xfe", "result_invalid"},
      {302, "", "http_302"},
      {404, "[]", "http_404"},
      {500, "stack trace", "http_500"},
      {400, R"({"title":7,"detail":{"a":1}})", "http_400"},
      {0, "", "http_0"},
  }));
  Bench bench;
  bench.answers = {HttpAnswer(status, body)};
  const ToolResponse result = bench.Call(MakeGetOrder());
  CHECK_FALSE(result.outcome.ok);
  CHECK(result.outcome.code == code);
  CHECK(result.outcome.title.empty());
  CHECK(result.outcome.detail.empty());
}

TEST_CASE("Of a problem document the title and the detail go on, cleaned, and nothing else") {
  Bench bench;
  bench.answers = {HttpAnswer(403,
                              R"({"title":"Not\u0000 yours","detail":"That order\n\u202ebelongs to another customer.",)"
                              R"("stack":"at x.js:1","instance":"https://x"})")};
  const ToolOutcome outcome = bench.Call(MakeGetOrder()).outcome;
  CHECK(outcome.title == "Not yours");
  CHECK(outcome.detail == "That order belongs to another customer.");
}

TEST_CASE("A long result is cut to what a model may see, and stays JSON") {
  Bench bench;
  bench.answers = {HttpAnswer(200, json({{"text", std::string(200'000, '"')}}).dump())};
  bench.client.requests.clear();
  const ToolOutcome outcome = bench.Call(MakeGetOrder()).outcome;
  CHECK_FALSE(outcome.ok);  // over 256 KiB once escaped

  Bench second;
  second.answers = {HttpAnswer(200, json({{"text", std::string(100'000, 'x')}}).dump())};
  const ToolOutcome cut = second.Call(MakeGetOrder()).outcome;
  CHECK(cut.ok);
  CHECK(cut.content_json.size() <= 64 * 1024);
  CHECK(json::accept(cut.content_json));
}

TEST_CASE("A reading tool is called again after a failure, with the same id and a new timestamp") {
  Bench bench;
  bench.answers = {HttpFailure(Error::kTimeout, true), HttpAnswer(503, ""), HttpAnswer(200, "{}")};
  const ToolResponse result = bench.Call(MakeGetOrder());
  CHECK(result.outcome.ok);
  CHECK(result.attempts == 3);
  REQUIRE(bench.client.requests.size() == 3);
  const auto& first = bench.client.requests[0];
  const auto& last = bench.client.requests[2];
  CHECK(HeaderOf(first, "webhook-id") == HeaderOf(last, "webhook-id"));
  CHECK(first.body == last.body);
  CHECK(HeaderOf(last, "webhook-signature") == SignWebhook(kToolSecret, HeaderOf(last, "webhook-id"),
                                                           std::stoll(HeaderOf(last, "webhook-timestamp")), last.body));
}

TEST_CASE("A later attempt carries its own time") {
  Bench bench;
  bench.client.latency_ms = 2'000;
  bench.answers = {HttpAnswer(503, ""), HttpAnswer(200, "{}")};
  bench.Call(MakeGetOrder());
  CHECK(HeaderOf(bench.client.requests[0], "webhook-timestamp") !=
        HeaderOf(bench.client.requests[1], "webhook-timestamp"));
}

TEST_CASE("Retries end, and are not made where the identity no longer holds") {
  Bench bench;
  bench.answers = {HttpAnswer(503, "")};
  CHECK(bench.Call(MakeGetOrder()).attempts == 3);
  bench.may_retry = false;
  CHECK(bench.Call(MakeGetOrder()).attempts == 1);
}

TEST_CASE(
    "A write that timed out is never sent again, whatever its configuration says, and is reported as unconfirmed") {
  for (const bool idempotent : {false, true}) {
    Bench bench;
    ToolConfig refund = MakeRefundOrder();
    refund.idempotent = idempotent;
    bench.answers = {HttpFailure(Error::kTimeout, true)};
    const ToolResponse result = bench.Call(refund);
    CHECK(result.attempts == 1);
    CHECK(result.outcome.code == "timeout");
    CHECK(result.outcome.unconfirmed);
  }
}

TEST_CASE("A write whose request never left is sent again") {
  Bench bench;
  bench.answers = {HttpFailure(Error::kConnect, false), HttpAnswer(200, "{}")};
  const ToolResponse result = bench.Call(MakeRefundOrder());
  CHECK(result.outcome.ok);
  CHECK(result.attempts == 2);
}

TEST_CASE("A write that the shop answered is not repeated, and a broken answer leaves it unconfirmed") {
  const auto [answer, unconfirmed] = GENERATE(table<http::ClientResult, bool>({
      {HttpAnswer(500, "{}"), false},
      {HttpAnswer(503, "{}"), false},
      {HttpAnswer(504, "{}"), true},
      {HttpAnswer(200, "<html>"), true},
      {HttpFailure(Error::kBroken, true), true},
      {HttpFailure(Error::kTooLarge, true), true},
      {HttpFailure(Error::kRefusedByEgress, false), false},
  }));
  Bench bench;
  bench.answers = {answer};
  const ToolResponse result = bench.Call(MakeRefundOrder());
  CHECK(result.attempts == 1);
  CHECK_FALSE(result.outcome.ok);
  CHECK(result.outcome.unconfirmed == unconfirmed);
}

TEST_CASE("A secret that cannot sign sends nothing") {
  Bench bench;
  ToolConfig tool = MakeGetOrder();
  tool.secret = "whsec_";
  CHECK(bench.Call(tool).outcome.code == "secret_invalid");
  CHECK(bench.client.requests.empty());
}

TEST_CASE("The audit log learns where a tool's url leads") {
  const auto [url, host, port] = GENERATE(table<std::string, std::string, int>({
      {"https://shop.example/tools/x", "shop.example", 443},
      {"http://localhost:4001/x?y=1", "localhost", 4001},
      {"http://[::1]:80/x", "[::1]", 80},
      {"http://[::1]/x", "[::1]", 80},
      {"https://u:p@shop.example#x", "shop.example", 443},
      {"nonsense", "", 80},
      {"https://:x", "", 443},
  }));
  const UrlTarget target = ReadUrlTarget(url);
  CHECK(target.host == host);
  CHECK(target.port == port);
}

}  // namespace widgent::test
