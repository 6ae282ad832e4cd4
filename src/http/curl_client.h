// The Client of the running server: libcurl's multi interface, driven by the loop.
#pragma once
#include <memory>

#include "http/client.h"
#include "http/real_event_loop.h"

namespace widgent::http {

class CurlClient final : public Client {
 public:
  explicit CurlClient(RealEventLoop& loop);
  // Cuts what is under way; its `done`s are not called.
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  FetchId Fetch(ClientRequest request, std::function<void(ClientResult)> done) override;
  void Cancel(FetchId fetch) override;

  // Runs the loop until nothing is under way: for commands that end with their last fetch.
  void RunUntilIdle();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace widgent::http
