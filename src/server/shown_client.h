// A client that remembers what goes out and what comes back: for an operator who tries a tool.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/client.h"

namespace widgent {

// What stands in place of a part that is left out.
inline constexpr char kNotShown[] = "(not shown)";

// A request as it is sent, signature and all, but with no bearer token, which would let its reader in, and without the
// query of its address.
struct ShownFetch {
  std::string method, url;
  std::vector<http::Header> headers;
  std::string body;
  std::optional<http::ClientResult> result;  // nothing: it was not sent, or not answered
};

class ShownClient final : public http::Client {
 public:
  // With `next` nullptr nothing is ever sent, and `held` is called in its place; both outlive it.
  ShownClient(http::Client* next, std::function<void()> held) : next_(next), held_(std::move(held)) {}

  http::FetchId Fetch(http::ClientRequest request, std::function<void(http::ClientResult)> done) override;
  void Cancel(http::FetchId fetch) override;

  const std::vector<ShownFetch>& fetches() const { return fetches_; }

 private:
  http::Client* next_;
  const std::function<void()> held_;
  std::vector<ShownFetch> fetches_;
};

}  // namespace widgent
