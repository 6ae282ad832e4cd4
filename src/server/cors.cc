#include "server/cors.h"

#include "identity/origin.h"
#include "protocol/json_writer.h"
#include "server/history.h"
#include "server/problems.h"

namespace widgent {

namespace {

constexpr std::size_t kOriginShownBytesMax = 300;

std::string HintFor(std::string_view code, const Product& product, std::optional<std::string_view> origin) {
  if (code == "origin_null")
    return "The page has no origin of its own: it is opened from a file, a data: address or a sandboxed frame. Serve "
           "it over https (or http on localhost) and register that origin.";
  if (code == "origin_missing")
    return "Only a page in a browser may call this, and a browser sends its Origin. Call it from a registered origin.";
  return "Add \"" + std::string(origin.value_or("").substr(0, kOriginShownBytesMax)) +
         "\" to \"origins\" in the configuration of product \"" + product.id.value +
         "\"; a running server takes it in.";
}

}  // namespace

std::optional<std::string_view> FindOrigin(const http::Request& request) { return request.Find("origin"); }

std::optional<Problem> CheckOrigin(const Product& product, const http::Request& request) {
  const auto origin = FindOrigin(request);
  const auto code = RefuseOrigin(product.origins, origin);
  if (!code) return std::nullopt;
  return MakeProblem(*code, "This product does not accept requests from here.", HintFor(*code, product, origin));
}

std::vector<http::Header> CorsHeaders(std::string_view origin) {
  return {{"Access-Control-Allow-Origin", std::string(origin)},
          {"Vary", "Origin"},
          {"Access-Control-Expose-Headers", "Widgent-Request-Id, Retry-After, RateLimit, RateLimit-Policy"}};
}

http::Response PreflightResponse() {
  return {204,
          {{"Access-Control-Allow-Methods", "GET, POST, DELETE"},
           {"Access-Control-Allow-Headers",
            "Authorization, Content-Type, Widgent-Service-Key, Widgent-Anonymous-Id, Last-Event-ID, Idempotency-Key, "
            "traceparent"},
           {"Access-Control-Max-Age", "7200"}},
          ""};
}

http::Response DiagnoseResponse(const Product& product, const http::Request& request, UnixMillis now) {
  const auto origin = FindOrigin(request);
  const auto code = RefuseOrigin(product.origins, origin);
  JsonWriter writer;
  writer.Open('{').Put("product", product.id.value);
  writer.Put("origin", origin.value_or("").substr(0, kOriginShownBytesMax)).Put("allowed", !code.has_value());
  if (code) writer.Put("code", *code).Put("hint", HintFor(*code, product, origin));
  else writer.Put("matched", MatchOrigin(product.origins, *origin)->text);
  writer.Put("server_time", WriteTime(now)).Close('}');
  return {200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, writer.Take()};
}

}  // namespace widgent
