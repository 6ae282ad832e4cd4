// A Client whose peer is a function of the test. Nothing leaves the process; answers come later, on the loop.
#pragma once
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client.h"
#include "http/event_loop.h"

namespace widgent::test {

class ScriptedClient final : public http::Client {
 public:
  explicit ScriptedClient(http::EventLoop& loop) : loop_(loop) {}

  // Asked once for each request, when it is sent.
  std::function<http::ClientResult(const http::ClientRequest&)> answer;
  std::int64_t latency_ms = 10;
  std::size_t piece_bytes = 100;  // of a streamed body
  std::vector<http::ClientRequest> requests;

  http::FetchId Fetch(http::ClientRequest request, std::function<void(http::ClientResult)> done) override {
    requests.push_back(request);
    const http::FetchId fetch = ++last_fetch_;
    http::ClientResult result = answer ? answer(request) : http::ClientResult();
    const bool is_streamed = request.on_body && result.status / 100 == 2;
    std::string body = is_streamed ? std::exchange(result.body, {}) : std::string();
    const http::TimerId timer = loop_.After(
        latency_ms, [this, fetch, on_body = request.on_body, body = std::move(body), result = std::move(result)] {
          for (std::size_t at = 0; at < body.size() && open_.contains(fetch); at += piece_bytes)
            on_body(std::string_view(body).substr(at, piece_bytes));
          if (open_.contains(fetch)) End(fetch, result);
        });
    open_[fetch] = {std::move(done), timer};
    return fetch;
  }
  void Cancel(http::FetchId fetch) override {
    const auto found = open_.find(fetch);
    if (found == open_.end()) return;
    loop_.Cancel(found->second.timer);
    http::ClientResult result;
    result.error = http::ClientResult::Error::kCancelled;
    loop_.Post([this, fetch, result] { End(fetch, result); });
  }
  std::size_t open_count() const { return open_.size(); }

 private:
  struct Open {
    std::function<void(http::ClientResult)> done;
    http::TimerId timer;
  };
  void End(http::FetchId fetch, http::ClientResult result) {
    const auto done = std::move(open_.at(fetch).done);
    open_.erase(fetch);
    done(std::move(result));
  }

  http::EventLoop& loop_;
  http::FetchId last_fetch_ = 0;
  std::map<http::FetchId, Open> open_;
};

inline http::ClientResult HttpAnswer(int status, std::string body) {
  http::ClientResult result;
  result.status = status;
  result.body = std::move(body);
  return result;
}

inline http::ClientResult HttpFailure(http::ClientResult::Error error, bool request_sent) {
  http::ClientResult result;
  result.error = error;
  result.request_sent = request_sent;
  return result;
}

// Value of a request's header, or empty.
inline std::string HeaderOf(const http::ClientRequest& request, std::string_view name) {
  for (const http::Header& header : request.headers)
    if (header.name == name) return header.value;
  return {};
}

}  // namespace widgent::test
