// The HTTP/1.1 server: sockets, limits and deadlines. What it lets through is one whole, unambiguous request; what it
// does with hostile ones is written down in request_head.h. TLS and HTTP/2 are a proxy's, in front of it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/client_address.h"
#include "http/message.h"
#include "http/quota.h"
#include "http/real_event_loop.h"

namespace widgent::http {

struct ServerOptions {
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  // Each for its whole phase, however the bytes trickle. The handler has no deadline.
  int header_timeout_ms = 10'000;
  int body_timeout_ms = 15'000;
  int idle_timeout_ms = 75'000;           // of a connection kept alive; above what proxies use
  int write_timeout_ms = 60'000;          // for a peer to take what has been waiting for it
  int drain_timeout_ms = 10'000;          // after Stop()
  int sweep_interval_ms = 500;            // how often the deadlines are looked at
  int connections_max = 12'000;           // where they are all there, those that wait for a request give way
  int connections_per_address_max = 256;  // an IPv6 peer counts by its /64; 0: no limit; not of a trusted proxy
  // Memory for what all connections have received and not understood, or been answered and not taken; the heap takes
  // several times as much. Whoever goes over it is refused, or cut where it does not read.
  std::size_t buffered_bytes_max = 32 * 1024 * 1024;
  TrustedProxies trusted_proxies;  // they say who the client is
  // Headers of these prefixes (lower case) may not be repeated, beside the standard ones that must not be.
  std::vector<std::string> unique_header_prefixes;

  // The answer where no handler is asked: 400 invalid_input, 408 request_timeout, 411 length_required,
  // 413 message_too_large, 417 expectation_failed, 429 rate_limited (connections of the address), 431 header_too_large,
  // 500 internal, 503 overloaded (connections or bytes of all), 505 http_version_unsupported.
  // `request` holds what was understood: nothing, or all but the body. Its status is taken over as it is.
  std::function<Response(std::string_view code, const Request& request)> refuse;
  // For the log: what a handler threw.
  std::function<void(std::string_view what)> report;

  // Where several servers share what connections may hold; nullptr: this one has all of it.
  std::shared_ptr<Quota> quota;
  // Where others serve what this one accepts: gets the socket of each connection, to Adopt it.
  std::function<void(int socket)> deal;
};

// The status that belongs to a code of ServerOptions::refuse.
int RefusalStatus(std::string_view code);

class Server {
 public:
  // The handler runs on the loop. It sees a HEAD request as GET; the body of its answer is then not sent. Where it
  // throws before it has answered, the answer is 500 internal.
  Server(RealEventLoop& loop, ServerOptions options, Handler handler);
  // Cuts whatever is open. Responders may outlive it.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on an address ("127.0.0.1", "::"); port 0 takes any. Answers the port. May be called for several
  // addresses. Throws std::runtime_error with a sentence.
  std::uint16_t Listen(const std::string& address, std::uint16_t port);
  // Serves a connection that another server has dealt out.
  void Adopt(int socket);
  // Accepts nothing more, closes idle connections, lets those that are being answered end (for drain_timeout_ms), and
  // then calls `drained` on the loop. Again: only replaces `drained`.
  void Stop(std::function<void()> drained = {});
  std::size_t ConnectionCount() const;  // of all that share the quota

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace widgent::http
