// Errors as documents, and the pages that explain them.
#include "server/problems.h"

#include "http/server.h"
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE("Every problem is a document with its code, and has a page") {
  for (const ProblemKind& kind : Problems()) {
    const http::Response response = ProblemResponse(MakeProblem(kind.code, "Why.", "What to do.", 7));
    CHECK(response.status == kind.status);
    const auto json = nlohmann::json::parse(response.body);
    CHECK(json["code"] == std::string(kind.code));
    CHECK(json["status"] == kind.status);
    CHECK(json["type"] == "/problems/" + std::string(kind.code));
    CHECK(json["hint"] == "What to do.");

    const http::Response page = ProblemPage(kind.code, "text/html,*/*");
    CHECK(page.status == 200);
    CHECK(page.body.find("<code>" + std::string(kind.code) + "</code>") != std::string::npos);
    CHECK(nlohmann::json::parse(ProblemPage(kind.code, "").body)["title"] == std::string(kind.title));
  }
}

TEST_CASE("What does not exist is a problem document too") {
  World world;
  CHECK(world.Send("GET", "/problems/rate_limited", {})->status == 200);
  CHECK(world.Send("GET", "/problems/<script>", {})->Code() == "not_found");
  CHECK(world.Send("GET", "/nothing", {})->Code() == "not_found");
  CHECK(world.Send("GET", "/v1/nothing", {})->Code() == "not_found");
  CHECK(world.Send("GET", "/v1/products/acme/threads/a%2Fb/messages", {})->Code() == "not_found");
  CHECK(world.Send("POST", "/v1/products/other/session", {})->Code() == "product_not_found");
  CHECK(world.Send("GET", "/widgent.js", {})->status == 200);
  for (const char* method : {"POST", "DELETE", "TRACE"})
    CHECK(world.Send(method, "/widgent.js", {})->Code() == "not_found");
  const Answer wrong = world.Send("GET", "/v1/products/acme/session", {});
  CHECK(wrong->status == 405);
  CHECK(wrong->Code() == "method_not_allowed");
  CHECK(wrong->Header("Allow") == "POST, OPTIONS");
}

TEST_CASE("A request refused before it was whole gets a document that a registered page can read") {
  World world;
  http::Request request;
  request.method = "POST";
  request.path = "/v1/products/acme/agent";
  request.headers = {{"origin", kOrigin}};
  http::Response response = world.app->RefuseUnread("message_too_large", request);
  CHECK(response.status == 413);
  CHECK(nlohmann::json::parse(response.body)["code"] == "message_too_large");
  const auto has_cors = [&] {
    return std::any_of(response.headers.begin(), response.headers.end(), [](const http::Header& header) {
      return header.name == "Access-Control-Allow-Origin" && header.value == kOrigin;
    });
  };
  CHECK(has_cors());
  request.headers = {{"origin", "https://evil.example"}};
  response = world.app->RefuseUnread("message_too_large", request);
  CHECK_FALSE(has_cors());
  CHECK(world.app->RefuseUnread("something_new", {}).status == 500);
}

TEST_CASE("Whatever the HTTP server refuses is a document, with the status that HTTP has for it") {
  World world;
  for (const char* code : {"invalid_input", "request_timeout", "length_required", "message_too_large",
                           "expectation_failed", "header_too_large", "internal", "http_version_unsupported"}) {
    const http::Response response = world.app->RefuseUnread(code, {});
    CHECK(response.status == http::RefusalStatus(code));
    CHECK(nlohmann::json::parse(response.body)["code"] == code);
  }
}
