// Keeps the sealed heads of the audit log in a file of their own, at most a second old.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "audit/sealed_heads.h"
#include "http/event_loop.h"
#include "store/store.h"

namespace widgent {

// Beside the store, in its folder.
inline constexpr std::string_view kSealedHeadsFile = "audit.heads";

class HeadKeeper {
 public:
  // Writes `file` at once. `report` gets one line where it cannot be written. All outlive the keeper.
  HeadKeeper(http::EventLoop& loop, Store& store, std::string file, std::string key,
             std::function<void(std::string_view)> report);
  ~HeadKeeper();
  HeadKeeper(const HeadKeeper&) = delete;
  HeadKeeper& operator=(const HeadKeeper&) = delete;

  // Writes the file where a chain has grown. Only what is durable is sealed.
  void Keep();

 private:
  void KeepLater();
  void Write(const AuditHeads& heads);

  http::EventLoop& loop_;
  Store& store_;
  const std::string file_, key_;
  const std::function<void(std::string_view)> report_;
  std::string kept_;  // what the file says, but for the time
  http::TimerId timer_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace widgent
