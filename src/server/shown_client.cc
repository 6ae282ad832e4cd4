#include "server/shown_client.h"

#include <iostream>
#include <utility>

#include "agent/text.h"
#include "server/cli.h"

namespace widgent {

namespace {

constexpr std::size_t kAnswerCodePointsShown = 2000;

void Show(const http::ClientRequest& request) {
  const std::size_t query = request.url.find('?');
  std::cout << "\n  " << request.method << ' ' << request.url.substr(0, query)
            << (query == std::string::npos ? "" : "?(not shown)") << '\n';
  for (const http::Header& header : request.headers) {
    const bool is_secret = LowerAscii(header.name) == "authorization";
    std::cout << "  " << header.name << ": " << (is_secret ? "(not shown)" : header.value) << '\n';
  }
  std::cout << "\n  " << OneLine(request.body) << "\n\n";
}

void Show(const http::ClientResult& result) {
  std::cout << "answer      ";
  if (result.error != http::ClientResult::Error::kNone) std::cout << "none: " << OneLine(result.detail) << '\n';
  else std::cout << "HTTP " << result.status << ' ' << CleanLine(result.body, kAnswerCodePointsShown) << '\n';
}

}  // namespace

http::FetchId ShownClient::Fetch(http::ClientRequest request, std::function<void(http::ClientResult)> done) {
  Show(request);
  if (!next_) {
    held_();
    return 0;
  }
  return next_->Fetch(std::move(request), [done = std::move(done)](http::ClientResult result) {
    Show(result);
    done(std::move(result));
  });
}

void ShownClient::Cancel(http::FetchId fetch) {
  if (next_) next_->Cancel(fetch);
}

}  // namespace widgent
