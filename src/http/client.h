// Outgoing HTTP, the only way out of the server. Every request passes the egress guard at connection time, after DNS.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace widgent::http {

struct EgressPolicy {
  std::vector<std::string> allow_hosts;          // host, or host:port where the port is not the scheme's default
  std::vector<std::string> allow_private_cidrs;  // "127.0.0.0/8"
  bool https_only = true;
};

struct ClientRequest {
  std::string method = "POST";
  std::string url;
  std::vector<Header> headers;
  std::string body;
  int timeout_ms = 8000;  // for the whole exchange
  std::size_t response_bytes_max = 256 * 1024;
  // Gets the body of an answer of status 2xx piece by piece as it arrives, on the loop and before `done`; the result's
  // body is then empty. Pieces may still come after Cancel.
  std::function<void(std::string_view piece)> on_body;
  EgressPolicy egress;
};

struct ClientResult {
  enum class Error : std::uint8_t { kNone, kRefusedByEgress, kConnect, kTimeout, kTooLarge, kBroken, kCancelled };
  Error error = Error::kNone;
  bool request_sent = true;  // false: it certainly never reached the peer
  int status = 0;
  std::vector<Header> headers;  // names in lower case
  std::string body;
  std::string detail;  // for the log; names the host, never the url's query
};

using FetchId = std::uint64_t;

class Client {
 public:
  virtual ~Client() = default;
  // `done` is called once, later, on the loop. No redirects, no proxies, no cookies.
  virtual FetchId Fetch(ClientRequest request, std::function<void(ClientResult)> done) = 0;
  virtual void Cancel(FetchId fetch) = 0;  // `done` gets kCancelled
};

}  // namespace widgent::http
