// One connection of the server: reads a request at a time, asks the handler, writes the answer.
//
//   kHead --whole head--> kBody --whole body--> kAnswering --answer complete--> kHead (kept alive)
//     any of them --refused, or the last answer--> kClosing --all written--> kLingering --peer closed--> kClosed
//
// Answers gather in `outbox_` and leave at the end of the loop's turn. While a request is being answered nothing is
// read; a watch without a buffer tells when the peer goes away. A connection that rests holds no buffer at all.
#pragma once
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "http/message.h"
#include "http/request_reader.h"
#include "http/server.h"

namespace widgent::http {

class Connection;

// What a connection needs of its server.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual const ServerOptions& Options() const = 0;
  virtual void Handle(Request request, std::shared_ptr<Responder> responder) = 0;
  // Calls Flush() of the connection at the end of the turn.
  virtual void Dirty(std::shared_ptr<Connection> connection) = 0;
  virtual void Post(std::function<void()> task) = 0;
  virtual void Closed(Connection& connection) = 0;
  // The bytes that a connection holds have grown, or shrunk. False: all connections together hold too many.
  virtual bool CountBuffered(std::ptrdiff_t change) = 0;
  // True after Stop(): no answer keeps its connection alive.
  virtual bool IsStopping() const = 0;
};

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// How far an exchange is, for whoever answers it, on whichever thread.
struct Progress {
  std::atomic<bool> is_open = true;
  std::atomic<std::size_t> backlog = 0;  // bytes given to the connection and not yet taken by the peer
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;
  using ExchangeId = std::uint64_t;

  Connection(ConnectionOwner& owner, Socket socket, std::string peer_address);
  void Start();
  // Writes what has gathered.
  void Flush();
  // Looks at the deadlines.
  void Sweep(Clock::time_point now);
  // Closes it if it rests; else it closes after its answer.
  void Stop();
  // At once. The owner is not asked for anything afterwards.
  void Close();
  // True while no request is being answered: nothing is lost where it is closed.
  bool IsWaiting() const { return phase_ == Phase::kHead || phase_ == Phase::kBody; }
  Clock::time_point deadline() const { return deadline_; }

  // The handler's side. Calls for an exchange that is over do nothing.
  void Send(ExchangeId exchange, const Response& response);
  void StartStream(ExchangeId exchange, const Response& head);
  void Write(ExchangeId exchange, std::string_view chunk);
  void Finish(ExchangeId exchange);
  // The responder is gone: without an answer it is 500, in the middle of a stream the peer sees it cut.
  void Abandon(ExchangeId exchange);
  bool IsOpen(ExchangeId exchange) const { return phase_ == Phase::kAnswering && exchange == exchange_; }
  void OnClosed(ExchangeId exchange, std::function<void()> closed);

 private:
  enum class Phase : std::uint8_t { kHead, kBody, kAnswering, kClosing, kLingering, kClosed };

  void Read();
  void Watch();
  void OnReadable();
  void OnInput(const boost::system::error_code& error, std::string_view input);
  void OnEnd();
  void Process();
  void ProcessLater();
  bool Step();
  void Dispatch();
  void Refuse(std::string_view code, const Request& request);
  void AppendAnswer(const Response& response);
  void CompleteAnswer();
  void EndProgress();
  void MarkDirty();
  void WaitWritable();
  void Linger();
  bool CountBuffered();
  void SetDeadline(int milliseconds);

  ConnectionOwner& owner_;
  Socket socket_;
  std::string peer_address_;
  RequestReader reader_;
  std::string outbox_;  // to be sent; `sent_` bytes of it are
  std::size_t sent_ = 0;
  std::size_t counted_ = 0;  // of both, as the owner knows it
  std::unique_ptr<char[]> read_buffer_;
  std::function<void()> on_closed_;
  std::shared_ptr<Progress> progress_;  // of the exchange that goes on
  ExchangeId exchange_ = 0;
  Clock::time_point deadline_;
  Clock::time_point write_deadline_ = Clock::time_point::max();
  std::size_t lingered_bytes_ = 0;
  Phase phase_ = Phase::kHead;
  bool is_reading_ = false;
  bool is_resting_ = false;
  bool is_waiting_writable_ = false;
  bool is_dirty_ = false;
  bool is_processing_ = false;
  bool is_streaming_ = false;
  bool is_head_request_ = false;
  bool has_peer_ended_ = false;
  bool keep_alive_ = true;
};

}  // namespace widgent::http
