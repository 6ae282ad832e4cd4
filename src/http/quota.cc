#include "http/quota.h"

namespace widgent::http {

bool Quota::Enter(const std::string& address, int per_address_max) {
  const std::lock_guard lock(mutex_);
  int& count = by_address_[address];
  if (per_address_max > 0 && count >= per_address_max) return false;
  ++count;
  ++connections_;
  return true;
}

void Quota::Leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  if (--found->second == 0) by_address_.erase(found);
  --connections_;
}

}  // namespace widgent::http
