// A client that shows what goes out and what comes back: for an operator who tries a tool.
#pragma once
#include <functional>
#include <string>

#include "http/client.h"

namespace widgent {

class ShownClient final : public http::Client {
 public:
  // With `next` nullptr nothing is ever sent, and `held` is called in its place; both outlive it.
  ShownClient(http::Client* next, std::function<void()> held) : next_(next), held_(std::move(held)) {}

  // Prints the request as it is sent, signature and all, but no bearer token: that would let its reader in.
  http::FetchId Fetch(http::ClientRequest request, std::function<void(http::ClientResult)> done) override;
  void Cancel(http::FetchId fetch) override;

 private:
  http::Client* next_;
  const std::function<void()> held_;
};

}  // namespace widgent
