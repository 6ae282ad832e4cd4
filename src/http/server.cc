#include "http/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/connection.h"
#include "http/real_event_loop_impl.h"
#include "http/response_text.h"

namespace widgent::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

constexpr int kAcceptPauseMs = 100;
// Of the connections, those that give way at once: looking for them takes a while.
constexpr std::size_t kShareGivingWay = 64;

asio::ip::address Plain(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

}  // namespace

int RefusalStatus(std::string_view code) {
  if (code == "request_timeout") return 408;
  if (code == "length_required") return 411;
  if (code == "message_too_large") return 413;
  if (code == "expectation_failed") return 417;
  if (code == "rate_limited") return 429;
  if (code == "header_too_large") return 431;
  if (code == "internal") return 500;
  if (code == "overloaded") return 503;
  if (code == "http_version_unsupported") return 505;
  return 400;
}

struct Server::Impl final : ConnectionOwner {
  // Outlives Impl where Asio still holds its handler; `server` is then null.
  struct Listener {
    Acceptor acceptor;
    Impl* server;
    TimerId retry = 0;
  };
  struct Entry {
    std::shared_ptr<Connection> connection;
    std::string counted_as;
  };

  RealEventLoop& loop;
  asio::io_context& io;
  ServerOptions options;
  Handler handler;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::unordered_map<Connection*, Entry> connections;
  std::vector<std::shared_ptr<Connection>> dirty;
  TimerId sweep_timer = 0, drain_timer = 0;
  bool is_stopping = false;
  std::function<void()> drained;

  Impl(RealEventLoop& loop_in, ServerOptions options_in, Handler handler_in)
      : loop(loop_in), io(loop_in.impl().io), options(std::move(options_in)), handler(std::move(handler_in)) {
    if (!options.quota) options.quota = std::make_shared<Quota>();
    loop.impl().flushes[this] = [this] { Flush(); };
    ScheduleSweep();
  }

  ~Impl() override {
    loop.impl().flushes.erase(this);
    loop.Cancel(sweep_timer);
    loop.Cancel(drain_timer);
    drained = {};
    CloseListeners();
    CloseConnections();
  }

  const ServerOptions& Options() const override { return options; }
  bool IsStopping() const override { return is_stopping; }
  void Post(std::function<void()> task) override { loop.Post(std::move(task)); }
  void Dirty(std::shared_ptr<Connection> connection) override { dirty.push_back(std::move(connection)); }
  void Handle(Request request, std::shared_ptr<Responder> responder) override {
    request.peer_address = ClientAddress(request, options.trusted_proxies);
    handler(std::move(request), std::move(responder));
  }

  bool CountBuffered(std::ptrdiff_t change) override {
    return options.quota->CountBuffered(change) <= options.buffered_bytes_max;
  }

  void Closed(Connection& connection) override {
    const auto found = connections.find(&connection);
    if (found == connections.end()) return;
    options.quota->Leave(found->second.counted_as);
    connections.erase(found);
    if (is_stopping && connections.empty()) Drained();
  }

  void Flush() {
    while (!dirty.empty()) {
      for (const auto& connection : std::exchange(dirty, {})) connection->Flush();
    }
  }

  std::vector<std::shared_ptr<Connection>> Snapshot() const {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections.size());
    for (const auto& [key, entry] : connections) all.push_back(entry.connection);
    return all;
  }

  void ScheduleSweep() {
    sweep_timer = loop.After(options.sweep_interval_ms, [this] {
      ScheduleSweep();
      const auto now = Connection::Clock::now();
      for (const auto& connection : Snapshot()) connection->Sweep(now);
    });
  }

  void Accept(const std::shared_ptr<Listener>& listener) {
    listener->acceptor.async_accept([listener](const ErrorCode& error, Socket socket) {
      Impl* self = listener->server;
      if (self == nullptr || error == asio::error::operation_aborted) return;
      if (error) {
        // Out of descriptors, most likely: some connection has to end first.
        listener->retry = self->loop.After(kAcceptPauseMs, [self, listener] { self->Accept(listener); });
        return;
      }
      if (self->options.deal) self->options.deal(socket.release());
      else self->Welcome(std::move(socket));
      self->Accept(listener);
    });
  }

  void Welcome(Socket socket) {
    ErrorCode error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) return;
    const asio::ip::address address = Plain(peer.address());
    std::string counted_as = AddressBlock(address.to_string());
    const bool is_limited = !IsTrusted(address.to_string(), options.trusted_proxies);
    if (!options.quota->Enter(counted_as, is_limited ? options.connections_per_address_max : 0))
      return TurnAway(socket, "rate_limited");
    if (!HasRoom()) {
      options.quota->Leave(counted_as);
      return TurnAway(socket, "overloaded");
    }
    auto connection = std::make_shared<Connection>(*this, std::move(socket), address.to_string());
    connections.emplace(connection.get(), Entry{connection, std::move(counted_as)});
    connection->Start();
  }

  // For the one that has just entered. Those nearest to their deadline give way: first requests that trickle, then
  // connections kept alive.
  bool HasRoom() {
    const auto most = static_cast<std::size_t>(options.connections_max);
    if (options.quota->connections() <= most) return true;
    std::vector<std::shared_ptr<Connection>> waiting = Snapshot();
    std::erase_if(waiting, [](const auto& connection) { return !connection->IsWaiting(); });
    const std::size_t count = std::min(waiting.size(), 1 + most / kShareGivingWay);
    std::partial_sort(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count), waiting.end(),
                      [](const auto& a, const auto& b) { return a->deadline() < b->deadline(); });
    for (std::size_t i = 0; i < count; ++i) waiting[i]->Close();
    return options.quota->connections() <= most;
  }

  // As far as it goes without waiting for anybody.
  void TurnAway(Socket& socket, std::string_view code) {
    const Response response = options.refuse ? options.refuse(code, {}) : Response{RefusalStatus(code), {}, ""};
    std::string text;
    const ResponseFraming framing{.content_length = response.body.size(), .keep_alive = false};
    if (!AppendResponseHead(response, framing, std::time(nullptr), text)) return;
    text += response.body;
    ErrorCode ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
    // Unread input would reset the connection, and the peer might lose the answer.
    std::array<char, 4096> unread;
    socket.read_some(asio::buffer(unread), ignored);
  }

  void CloseListeners() {
    for (const auto& listener : listeners) {
      ErrorCode ignored;
      listener->acceptor.close(ignored);
      listener->server = nullptr;
      loop.Cancel(listener->retry);
    }
    listeners.clear();
  }

  void CloseConnections() {
    for (const auto& connection : Snapshot()) connection->Close();
  }

  void Drained() {
    loop.Cancel(drain_timer);
    if (drained) loop.Post(std::exchange(drained, {}));
  }
};

Server::Server(RealEventLoop& loop, ServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(handler))) {}
Server::~Server() = default;

std::uint16_t Server::Listen(const std::string& address, std::uint16_t port) {
  ErrorCode error;
  const asio::ip::address parsed = asio::ip::make_address(address, error);
  if (error) throw std::runtime_error("\"" + address + "\" is not an IP address to listen on.");
  const auto listener = std::make_shared<Impl::Listener>(Impl::Listener{Acceptor(impl_->io), impl_.get()});
  Acceptor& acceptor = listener->acceptor;
  const tcp::endpoint endpoint(parsed, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw std::runtime_error("Cannot listen on " + address + " port " + std::to_string(port) + ": " + error.message() +
                             ".");
  }
  impl_->listeners.push_back(listener);
  impl_->Accept(listener);
  return acceptor.local_endpoint().port();
}

void Server::Stop(std::function<void()> drained) {
  impl_->drained = std::move(drained);
  if (std::exchange(impl_->is_stopping, true)) return;
  impl_->CloseListeners();
  for (const auto& connection : impl_->Snapshot()) connection->Stop();
  if (impl_->connections.empty()) return impl_->Drained();
  impl_->drain_timer = impl_->loop.After(impl_->options.drain_timeout_ms, [this] { impl_->CloseConnections(); });
}

void Server::Adopt(int socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  const bool is_named = ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) == 0;
  ErrorCode error;
  Socket adopted(impl_->io);
  adopted.assign(is_named && name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), socket, error);
  if (error) ::close(socket);
  else if (!impl_->is_stopping) impl_->Welcome(std::move(adopted));
}

std::size_t Server::ConnectionCount() const { return impl_->options.quota->connections(); }

}  // namespace widgent::http
