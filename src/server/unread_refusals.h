// Answers to requests that were refused before they were whole. Safe from any thread: connections may have their own.
#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "server/exchange.h"
#include "server/metrics.h"

namespace widgent {

class UnreadRefusals {
 public:
  UnreadRefusals(Metrics& metrics, std::function<std::string(std::size_t bytes)> random)
      : metrics_(metrics), random_(std::move(random)) {}

  // Whose pages may read the answers.
  void Show(std::vector<ServedProductPtr> products);

  // `code` is one of http::ServerOptions::refuse; `request` holds what was understood of it.
  http::Response Answer(std::string_view code, const http::Request& request);

 private:
  Metrics& metrics_;
  const std::function<std::string(std::size_t bytes)> random_;
  std::mutex mutex_;
  std::vector<ServedProductPtr> products_;
};

}  // namespace widgent
