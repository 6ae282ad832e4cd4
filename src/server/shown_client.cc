#include "server/shown_client.h"

#include <utility>

#include "agent/text.h"

namespace widgent {

namespace {

ShownFetch Show(const http::ClientRequest& request) {
  const std::size_t query = request.url.find('?');
  ShownFetch fetch{request.method, request.url.substr(0, query), request.headers, request.body, std::nullopt};
  if (query != std::string::npos) fetch.url += std::string("?") + kNotShown;
  for (http::Header& header : fetch.headers)
    if (LowerAscii(header.name) == "authorization") header.value = kNotShown;
  return fetch;
}

}  // namespace

http::FetchId ShownClient::Fetch(http::ClientRequest request, std::function<void(http::ClientResult)> done) {
  fetches_.push_back(Show(request));
  if (!next_) {
    held_();
    return 0;
  }
  return next_->Fetch(std::move(request),
                      [this, place = fetches_.size() - 1, done = std::move(done)](http::ClientResult result) {
                        fetches_[place].result = result;
                        done(std::move(result));
                      });
}

void ShownClient::Cancel(http::FetchId fetch) {
  if (next_) next_->Cancel(fetch);
}

}  // namespace widgent
