#include "server/unread_refusals.h"

#include <utility>

#include "protocol/base64url.h"
#include "server/cors.h"
#include "server/problems.h"

namespace widgent {

namespace {

constexpr std::int64_t kRetrySeconds = 2;

}  // namespace

void UnreadRefusals::Show(std::vector<ServedProductPtr> products) {
  const std::lock_guard lock(mutex_);
  products_ = std::move(products);
}

http::Response UnreadRefusals::Answer(std::string_view code, const http::Request& request) {
  Problem problem = MakeProblem(code, "The request was refused before it was read.");
  if (ProblemStatus(code) == 503 || ProblemStatus(code) == 429) problem.retry_after_s = kRetrySeconds;
  problem.request_id = "req_" + EncodeBase64Url(random_(kRequestIdBytes));
  metrics_.CountProblem(code);
  http::Response response = ProblemResponse(problem);
  response.headers.push_back({"Widgent-Request-Id", problem.request_id});
  const std::lock_guard lock(mutex_);
  for (const ServedProductPtr& product : products_) {
    if (!request.path.starts_with("/v1/products/" + product->config.id.value + "/")) continue;
    if (CheckOrigin(product->config, request)) break;
    for (http::Header& header : CorsHeaders(*FindOrigin(request))) response.headers.push_back(std::move(header));
  }
  return response;
}

}  // namespace widgent
