#include "agent/endpoint.h"

#include <utility>

#include "agent/text.h"
#include "product/addresses.h"

namespace widgent {

namespace {

constexpr std::size_t kReplyBytesMax = 4 << 20;
constexpr std::size_t kDetailCodePointsMax = 300;

}  // namespace

http::ClientRequest StartEndpointRequest(const Product& product, const std::string& path, std::string accept) {
  const AgentConfig& agent = product.agent;
  http::ClientRequest fetch;
  fetch.url = agent.base_url + path;
  fetch.headers = {
      {"Content-Type", "application/json"}, {"Accept", std::move(accept)}, {"User-Agent", "Widgent/1.0 (+agent)"}};
  if (!agent.api_key.empty()) fetch.headers.push_back({"Authorization", "Bearer " + agent.api_key});
  fetch.response_bytes_max = kReplyBytesMax;
  const auto url = ReadWebUrl(agent.base_url);
  fetch.egress = {{std::get<WebUrl>(url).host_port}, product.egress.allow_private_cidrs, product.egress.https_only};
  return fetch;
}

std::string DescribeFailure(const http::ClientResult& result, const std::string& reply_error,
                            const std::string& api_key) {
  if (result.error != http::ClientResult::Error::kNone) return result.detail.empty() ? "no answer" : result.detail;
  if (!reply_error.empty()) return WithoutSecret(reply_error, api_key);
  if (result.status / 100 == 2) return "the reply was cut off";
  return "HTTP " + std::to_string(result.status) + ' ' +
         CleanLine(WithoutSecret(result.body, api_key), kDetailCodePointsMax);
}

}  // namespace widgent
