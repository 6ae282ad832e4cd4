// What the disk and this HTTP stack allow: a server that appends each body to a log as it is, syncs once for all that
// came in one turn of the loop, and answers 200. It checks nothing and finds nothing again.
//
//   raw_log PORT FILE
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/real_event_loop.h"
#include "http/server.h"

namespace {

using namespace widgent::http;

// A file of fixed size that is written round and round: to grow would cost a sync more than its bytes.
class Log {
 public:
  explicit Log(const char* path) : file_(::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    const std::string zeros(1 << 20, '\0');
    for (off_t end = 0; end < kBytes; end += static_cast<off_t>(zeros.size())) WriteAt(zeros, end);
    if (::fsync(file_) != 0) throw std::runtime_error("cannot sync the log");
  }

  void Append(std::string_view record) { pending_.append(record).push_back('\n'); }

  void Sync() {
    if (pending_.empty()) return;
    if (end_ + static_cast<off_t>(pending_.size()) > kBytes) end_ = 0;
    WriteAt(pending_, end_);
    if (::fdatasync(file_) != 0) throw std::runtime_error("cannot sync the log");
    end_ += static_cast<off_t>(pending_.size());
    pending_.clear();
  }

 private:
  static constexpr off_t kBytes = 64 << 20;

  void WriteAt(std::string_view bytes, off_t offset) const {
    if (::pwrite(file_, bytes.data(), bytes.size(), offset) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("cannot write the log");
  }

  int file_;
  off_t end_ = 0;
  std::string pending_;
};

}  // namespace

int main(int, char** arguments) {
  const auto port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  Log log(arguments[2]);
  std::vector<std::shared_ptr<Responder>> waiting;

  RealEventLoop loop;
  ServerOptions options;
  options.connections_per_address_max = 0;
  Server server(loop, options, [&](const Request& request, std::shared_ptr<Responder> responder) {
    if (request.method == "GET") return responder->Send({});
    log.Append(request.body);
    waiting.push_back(std::move(responder));
  });
  loop.OnTurnEnd([&] {
    log.Sync();
    for (const auto& responder : std::exchange(waiting, {}))
      responder->Send({200, {{"Content-Type", "application/json"}}, R"({"ok":true})"});
  });
  loop.OnSignals({SIGTERM}, [&](int) { loop.Stop(); });
  server.Listen("127.0.0.1", port);
  loop.Run();
}
