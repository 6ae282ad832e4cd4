// The server of a simulation: the real App over a store that outlives it. It may die at any moment, be away for a
// while, and read a wrong wall clock.
#pragma once
#include <memory>
#include <string>
#include <utility>

#include "server/world.h"
#include "simulation/rules.h"
#include "simulation/sim_store.h"
#include "store/temporary_folder.h"

namespace widgent::test {

class Host {
 public:
  explicit Host(const Rules& rules) : product_(MakeProduct()), is_on_disk_(rules.is_on_disk) {
    rules.Apply(product_);
    loop.on_turn_end = [this] { EndTurn(); };
    if (is_on_disk_) folder_ = std::make_unique<TemporaryFolder>();
    else memory_ = std::make_unique<SimStore>();
    Boot();
  }

  // False: nobody listens.
  bool Handle(const http::Request& request, std::shared_ptr<http::Responder> responder) {
    if (is_away || IsDead()) return false;
    app_->Handle(request, std::move(responder));
    return true;
  }

  // The process dies. Not to be called from within one of the server's tasks.
  void Crash() {
    app_.reset();
    client.pending.clear();
    if (is_on_disk_) disk_.reset();
    else memory_ = memory_->Reopen();
    ++lives_;
    Boot();
    if (on_crash) on_crash();
  }
  // What a process of an earlier number has yet to say reaches nobody, nor does what a dead one says.
  int lives() const { return lives_; }
  bool IsDead() const { return memory_ && memory_->is_dead(); }
  bool IsIdle() const { return app_->IsIdle(); }
  const Product& product() const { return product_; }
  Store& store() { return is_on_disk_ ? *disk_ : *memory_; }
  // Nothing where the store is on disk.
  SimStore* memory() { return memory_.get(); }

  SimEventLoop loop{kStart};
  FakeClient client{loop};
  bool is_away = false;
  std::function<void()> on_crash;
  std::function<void(const ThreadId&)> on_thread_changed;

 private:
  void Boot() {
    if (is_on_disk_) disk_ = OpenSqliteStore(folder_->File("widgent.db"));
    else memory_->on_change = [this](const ThreadId& thread) { on_thread_changed(thread); };
    const auto random = [this](std::size_t count) {
      std::string bytes(count, '\0');
      for (std::size_t i = 0, n = ++drawn_; i < count && n > 0; ++i, n >>= 8) bytes[i] = static_cast<char>(n & 0xFF);
      return bytes;
    };
    app_ = std::make_unique<App>(AppPorts{loop, client, store(), random}, std::vector{product_}, AppOptions{});
  }
  void EndTurn() {
    app_->EndTurn();
    if (IsDead()) Crash();
  }

  Product product_;
  const bool is_on_disk_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<SimStore> memory_;
  std::unique_ptr<Store> disk_;
  std::unique_ptr<App> app_;
  std::size_t drawn_ = 0;
  int lives_ = 0;
};

}  // namespace widgent::test
