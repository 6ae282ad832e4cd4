// HTTP as the floors above see it. No type of the library below leaves src/http.
#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widgent::http {

struct Header {
  std::string name;  // lower case in requests; as it shall be sent in responses
  std::string value;
};

struct Request {
  std::string method;           // upper case
  std::string path;             // without query, percent-encoding untouched; begins with '/'
  std::string query;            // without '?'
  std::vector<Header> headers;  // names in lower case
  std::string body;
  std::string peer_address;  // of the socket, or as a proxy of ours tells it

  // The value of a header (name in lower case), or nothing. The server has refused duplicates of those that matter.
  std::optional<std::string_view> Find(std::string_view name) const {
    for (const Header& header : headers)
      if (header.name == name) return header.value;
    return std::nullopt;
  }
};

struct Response {
  int status = 200;
  std::vector<Header> headers;  // Content-Length, Date and Connection are the server's
  std::string body;
};

// The handler's side of one exchange. It may be answered later, from the loop's thread; a handler that drops it
// without an answer answers 500. After the peer is gone every call is a harmless no-op.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(Response response) = 0;     // whole answer
  virtual void StartStream(Response head) = 0;  // head.body is ignored; chunks follow
  virtual void Write(std::string chunk) = 0;
  virtual void Finish() = 0;  // ends a stream
  virtual bool IsOpen() const = 0;
  // Bytes accepted by Write and not yet taken by the peer.
  virtual std::size_t Backlog() const = 0;
  // Called once, when the peer went away or the answer is complete: later, on the loop, and never from within a call
  // of this interface, but where that was so already: then at once.
  virtual void OnClosed(std::function<void()> closed) = 0;
};

using Handler = std::function<void(Request, std::shared_ptr<Responder>)>;

}  // namespace widgent::http
