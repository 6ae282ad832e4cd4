#include "server/head_keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace widgent {

namespace {

constexpr std::int64_t kIntervalMs = 1000;

// All of it or nothing: a reader never sees half a file.
bool ReplaceFile(const std::string& path, std::string_view text) {
  const std::string half = path + ".new";
  const int file = ::open(half.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fdatasync(file) == 0;
  ::close(file);
  return is_written && std::rename(half.c_str(), path.c_str()) == 0;
}

}  // namespace

HeadKeeper::HeadKeeper(http::EventLoop& loop, Store& store, std::string file, std::string key,
                       std::function<void(std::string_view)> report)
    : loop_(loop), store_(store), file_(std::move(file)), key_(std::move(key)), report_(std::move(report)) {
  Keep();
  KeepLater();
}

HeadKeeper::~HeadKeeper() { loop_.Cancel(timer_); }

void HeadKeeper::Keep() {
  store_.AfterCommit([this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    AuditHeads heads;
    for (const ProductId& product : store_.ListAuditedProducts()) heads[product] = store_.FindAuditHead(product);
    Write(heads);
  });
}

void HeadKeeper::KeepLater() {
  timer_ = loop_.After(kIntervalMs, [this] {
    KeepLater();
    Keep();
  });
}

void HeadKeeper::Write(const AuditHeads& heads) {
  std::string timeless = SealHeads(heads, 0, key_);
  if (timeless == kept_) return;
  if (ReplaceFile(file_, SealHeads(heads, loop_.Now(), key_))) kept_ = std::move(timeless);
  else report_("The heads of the audit log cannot be written to " + file_ + ".");
}

}  // namespace widgent
