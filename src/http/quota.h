// What all connections may hold together, also where several threads serve them. Safe from any thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace widgent::http {

class Quota {
 public:
  // Counts one connection more, of this AddressBlock. False, and nothing is counted, where the address has
  // `per_address_max` already (0: no limit).
  bool Enter(const std::string& address, int per_address_max);
  void Leave(const std::string& address);
  std::size_t connections() const { return connections_; }

  // The bytes that a connection buffers have grown, or shrunk. Answers those of all.
  std::size_t CountBuffered(std::ptrdiff_t change) { return buffered_ += static_cast<std::size_t>(change); }

 private:
  std::atomic<std::size_t> connections_ = 0, buffered_ = 0;
  std::mutex mutex_;
  std::unordered_map<std::string, int> by_address_;
};

}  // namespace widgent::http
