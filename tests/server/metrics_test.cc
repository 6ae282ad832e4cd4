#include "server/world.h"

using namespace widgent;
using namespace widgent::test;

namespace {

bool Has(const std::string& text, const std::string& line) { return text.find(line + "\n") != text.npos; }

Answer Ask(World& world, const std::string& method, const std::string& peer_address) {
  http::Request request;
  request.method = method;
  request.path = "/metrics";
  request.peer_address = peer_address;
  return world.Handle(std::move(request));
}

}  // namespace

TEST_CASE("The metrics count answers by their route, problems, audit records and commits, and what is open") {
  World world(":memory:");
  world.Post("/session", {.token = world.Token("ada")});
  world.Post("/session", {.token = "forged"});
  world.Send("GET", "/v1/products/nobody/diagnose", {});
  const Answer answer = Ask(world, "GET", "127.0.0.1");
  REQUIRE(answer->status == 200);
  CHECK(answer->Header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  const std::string session = R"(widgent_http_requests_total{route="/v1/products/{pid}/session",status=)";
  CHECK(Has(answer->body, session + R"("200"} 1)"));
  CHECK(Has(answer->body, session + R"("401"} 1)"));
  CHECK(Has(answer->body, R"(widgent_problems_total{code="token_malformed"} 1)"));
  CHECK(Has(answer->body, R"(widgent_problems_total{code="product_not_found"} 1)"));
  CHECK(Has(answer->body, R"(widgent_audit_records_total{action="identify",outcome="success",product="acme"} 1)"));
  CHECK(Has(answer->body, R"(widgent_audit_records_total{action="refused",outcome="failure",product="acme"} 1)"));
  CHECK(Has(answer->body, R"(widgent_store_commits_total{result="refused"} 0)"));
  CHECK(Has(answer->body, R"(widgent_open{what="runs"} 0)"));
  CHECK(Has(answer->body, R"(widgent_open{what="products"} 1)"));
  for (const char* theirs : {"ada", "nobody", "forged"}) CHECK(answer->body.find(theirs) == std::string::npos);
}

TEST_CASE("To other machines there are no metrics") {
  World world(":memory:");
  CHECK(Ask(world, "GET", "203.0.113.7")->Code() == "not_found");
  CHECK(Ask(world, "POST", "127.0.0.1")->Code() == "not_found");
  CHECK(Ask(world, "GET", "::1")->status == 200);
}
