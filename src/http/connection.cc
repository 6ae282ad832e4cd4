#include "http/connection.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "http/connection_responder.h"
#include "http/response_text.h"

namespace widgent::http {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kBurstBytes = 64 * 1024;
// Pipelined requests wait while more than this waits for the peer.
constexpr std::size_t kPipelineBacklogMax = 256 * 1024;
constexpr std::size_t kLingerBytesMax = 1024 * 1024;
constexpr std::size_t kOutboxKept = 8 * 1024;  // for the next answer; what an idle viewer may cost
constexpr int kLingerMs = 2000;
constexpr auto kRestAfter = std::chrono::seconds(2);

// Of the loop's thread, for reads that are over before anybody else reads.
std::string_view ReadNow(Socket& socket, ErrorCode& error) {
  thread_local std::array<char, kBurstBytes> burst;
  return {burst.data(), socket.read_some(asio::buffer(burst), error)};
}

// To assign an empty text would keep the room, and the quota of all connections counts it.
void Release(std::string& text) { std::string().swap(text); }

}  // namespace

Connection::Connection(ConnectionOwner& owner, Socket socket, std::string peer_address)
    : owner_(owner), socket_(std::move(socket)), peer_address_(std::move(peer_address)) {}

void Connection::Start() {
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  SetDeadline(owner_.Options().header_timeout_ms);
  Read();
}

bool Connection::CountBuffered() {
  const std::size_t now = reader_.capacity() + outbox_.capacity();
  const std::size_t before = std::exchange(counted_, now);
  return owner_.CountBuffered(static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(before));
}

void Connection::SetDeadline(int milliseconds) { deadline_ = Clock::now() + std::chrono::milliseconds(milliseconds); }

// Reading

void Connection::Read() {
  if (is_reading_ || phase_ == Phase::kClosed) return;
  is_reading_ = true;
  if (!read_buffer_) read_buffer_ = std::make_unique<char[]>(kReadBytes);
  socket_.async_read_some(asio::buffer(read_buffer_.get(), kReadBytes),
                          [self = shared_from_this()](const ErrorCode& error, std::size_t bytes) {
                            self->is_reading_ = false;
                            if (error == asio::error::operation_aborted && self->is_resting_) return self->Watch();
                            self->OnInput(error, {self->read_buffer_.get(), bytes});
                          });
}

void Connection::Watch() {
  if (is_reading_ || phase_ == Phase::kClosed) return;
  is_reading_ = true;
  read_buffer_.reset();
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    self->is_reading_ = false;
    if (!error) self->OnReadable();
  });
}

void Connection::OnReadable() {
  if (phase_ == Phase::kClosed) return;
  ErrorCode error;
  const std::string_view input = ReadNow(socket_, error);
  if (error == asio::error::would_block) return Watch();
  OnInput(error, input);
}

void Connection::OnInput(const ErrorCode& error, std::string_view input) {
  is_resting_ = false;
  if (phase_ == Phase::kClosed || error == asio::error::operation_aborted) return;
  if (error == asio::error::eof) return OnEnd();
  if (error) return Close();
  const ServerOptions& options = owner_.Options();
  switch (phase_) {
    case Phase::kHead:
    case Phase::kBody: {
      reader_.Append(input);
      // The rest of a long body comes without further waits.
      ErrorCode more_error;
      if (input.size() >= kReadBytes && reader_.size() < options.header_bytes_max + options.body_bytes_max) {
        reader_.Append(ReadNow(socket_, more_error));
      }
      return Process();
    }
    case Phase::kAnswering:
      reader_.Append(input);
      if (reader_.size() > options.header_bytes_max + options.body_bytes_max || !CountBuffered()) return Close();
      return Watch();
    case Phase::kClosing:
    case Phase::kLingering:
      lingered_bytes_ += input.size();
      if (lingered_bytes_ > kLingerBytesMax) return Close();
      return Watch();
    case Phase::kClosed:
      return;
  }
}

// The peer will send no more. It may still read, if it has all of its requests answered.
void Connection::OnEnd() {
  has_peer_ended_ = true;
  if (phase_ == Phase::kClosing) return;
  if (IsWaiting() && !outbox_.empty()) {
    phase_ = Phase::kClosing;
    return MarkDirty();
  }
  Close();
}

// Understanding

void Connection::Process() {
  if (is_processing_) return;
  is_processing_ = true;
  while (Step()) {
  }
  is_processing_ = false;
  const bool is_counted = CountBuffered();
  if (!IsWaiting()) return;
  // What waits to be sent is Flush's: it knows who does not read.
  if (!is_counted && outbox_.empty())
    return Refuse("overloaded", phase_ == Phase::kBody ? Request(reader_.head().request) : Request());
  // Answers leave first where there is a backlog; Flush comes back here.
  if (outbox_.size() <= kPipelineBacklogMax) Read();
}

void Connection::ProcessLater() {
  owner_.Post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Process();
  });
}

bool Connection::Step() {
  if (outbox_.size() > kPipelineBacklogMax || !IsWaiting()) return false;
  const ServerOptions& options = owner_.Options();
  Refusal refusal;
  switch (reader_.Next({options.header_bytes_max, options.body_bytes_max, options.unique_header_prefixes}, refusal)) {
    case RequestReader::Found::kNothing:
      return false;
    case RequestReader::Found::kBegin:
      SetDeadline(options.header_timeout_ms);
      return true;
    case RequestReader::Found::kHead:
      phase_ = Phase::kBody;
      SetDeadline(options.body_timeout_ms);
      if (reader_.head().expects_continue && !reader_.IsBodyComplete()) {
        outbox_ += "HTTP/1.1 100 Continue\r\n\r\n";
        MarkDirty();
      }
      return true;
    case RequestReader::Found::kRequest:
      Dispatch();
      return true;
    case RequestReader::Found::kRefusal:
      Refuse(refusal.code, refusal.request);
      return false;
  }
  return false;
}

void Connection::Dispatch() {
  RequestHead head = reader_.Take();
  head.request.peer_address = peer_address_;
  phase_ = Phase::kAnswering;
  deadline_ = Clock::time_point::max();
  ++exchange_;
  is_streaming_ = false;
  is_head_request_ = head.is_head;
  keep_alive_ = head.keep_alive;
  progress_ = std::make_shared<Progress>();
  auto responder = std::make_shared<ConnectionResponder>(weak_from_this(), exchange_, progress_);
  try {
    owner_.Handle(std::move(head.request), std::move(responder));
  } catch (const std::exception& error) {
    if (owner_.Options().report) owner_.Options().report(error.what());
    Abandon(exchange_);
  } catch (...) {
    if (owner_.Options().report) owner_.Options().report("an exception of no standard type");
    Abandon(exchange_);
  }
}

void Connection::Refuse(std::string_view code, const Request& request) {
  Response response;
  if (owner_.Options().refuse) response = owner_.Options().refuse(code, request);
  else response.status = RefusalStatus(code);
  phase_ = Phase::kClosing;
  keep_alive_ = false;
  is_head_request_ = false;
  reader_.Clear();
  AppendAnswer(response);
  if (!is_reading_) Watch();
}

// Answering

void Connection::Send(ExchangeId exchange, const Response& response) {
  if (!IsOpen(exchange) || is_streaming_) return;
  AppendAnswer(response);
  CompleteAnswer();
}

void Connection::AppendAnswer(const Response& response) {
  if (owner_.IsStopping()) keep_alive_ = false;
  const bool has_no_body = response.status == 204 || response.status == 304;
  const ResponseFraming framing{.body = has_no_body ? ResponseFraming::Body::kNone : ResponseFraming::Body::kWhole,
                                .content_length = response.body.size(),
                                .keep_alive = keep_alive_};
  if (AppendResponseHead(response, framing, std::time(nullptr), outbox_)) {
    if (!has_no_body && !is_head_request_) outbox_ += response.body;
  } else {
    const ResponseFraming empty{.content_length = 0, .keep_alive = keep_alive_};
    AppendResponseHead({.status = 500}, empty, std::time(nullptr), outbox_);
  }
  MarkDirty();
}

void Connection::StartStream(ExchangeId exchange, const Response& head) {
  if (!IsOpen(exchange) || is_streaming_) return;
  if (owner_.IsStopping()) keep_alive_ = false;
  const ResponseFraming framing{.body = ResponseFraming::Body::kChunked, .keep_alive = keep_alive_};
  if (!AppendResponseHead(head, framing, std::time(nullptr), outbox_)) return Send(exchange, {.status = 500});
  is_streaming_ = true;
  MarkDirty();
  Watch();
}

void Connection::Write(ExchangeId exchange, std::string_view chunk) {
  if (!IsOpen(exchange) || !is_streaming_ || is_head_request_) return;
  AppendChunk(chunk, outbox_);
  progress_->backlog = outbox_.size() - sent_;
  MarkDirty();
}

void Connection::Finish(ExchangeId exchange) {
  if (!IsOpen(exchange) || !is_streaming_) return;
  if (!is_head_request_) outbox_ += kLastChunk;
  MarkDirty();
  CompleteAnswer();
}

void Connection::Abandon(ExchangeId exchange) {
  if (!IsOpen(exchange)) return;
  if (is_streaming_) {
    // What was written leaves; the end of the body never comes.
    keep_alive_ = false;
    MarkDirty();
    return CompleteAnswer();
  }
  Response response;
  if (owner_.Options().refuse) response = owner_.Options().refuse("internal", {});
  response.status = RefusalStatus("internal");
  Send(exchange, response);
}

void Connection::OnClosed(ExchangeId exchange, std::function<void()> closed) {
  if (IsOpen(exchange)) on_closed_ = std::move(closed);
  else closed();
}

void Connection::EndProgress() {
  if (on_closed_) owner_.Post(std::exchange(on_closed_, {}));
  if (!progress_) return;
  progress_->backlog = 0;
  progress_->is_open = false;
  progress_.reset();
}

void Connection::CompleteAnswer() {
  EndProgress();
  is_streaming_ = false;
  phase_ = keep_alive_ && !owner_.IsStopping() ? Phase::kHead : Phase::kClosing;
  if (phase_ == Phase::kHead) SetDeadline(owner_.Options().idle_timeout_ms);
  else reader_.Clear();
}

// Writing

void Connection::MarkDirty() {
  if (write_deadline_ == Clock::time_point::max()) {
    write_deadline_ = Clock::now() + std::chrono::milliseconds(owner_.Options().write_timeout_ms);
  }
  if (std::exchange(is_dirty_, true)) return;
  owner_.Dirty(shared_from_this());
}

void Connection::Flush() {
  is_dirty_ = false;
  if (phase_ == Phase::kClosed || is_waiting_writable_) return;
  while (sent_ < outbox_.size()) {
    ErrorCode error;
    sent_ += socket_.write_some(asio::buffer(outbox_.data() + sent_, outbox_.size() - sent_), error);
    if (error == asio::error::would_block) {
      if (sent_ > outbox_.size() / 2) {
        outbox_.erase(0, sent_);
        sent_ = 0;
      }
      if (!CountBuffered()) return Close();
      if (progress_) progress_->backlog = outbox_.size() - sent_;
      return WaitWritable();
    }
    if (error) return Close();
  }
  if (outbox_.capacity() > kOutboxKept) Release(outbox_);
  outbox_.clear();
  sent_ = 0;
  if (progress_) progress_->backlog = 0;
  CountBuffered();
  write_deadline_ = Clock::time_point::max();
  if (phase_ == Phase::kClosing) return Linger();
  if (!IsWaiting()) return;
  // Not from here: a handler has to run within a turn, so that what it stores is committed at its end.
  if (reader_.size() == 0) Read();
  else ProcessLater();
}

void Connection::WaitWritable() {
  is_waiting_writable_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const ErrorCode& error) {
    self->is_waiting_writable_ = false;
    if (!error) self->Flush();
  });
}

// Ending

// Closing with unread input would reset the connection, and the peer might lose the answer.
void Connection::Linger() {
  if (has_peer_ended_) return Close();
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  phase_ = Phase::kLingering;
  SetDeadline(kLingerMs);
  Watch();
}

void Connection::Sweep(Clock::time_point now) {
  if (now > write_deadline_) return Close();
  if (phase_ == Phase::kAnswering && !is_reading_) return Watch();
  if (now <= deadline_) {
    const auto idle = std::chrono::milliseconds(owner_.Options().idle_timeout_ms);
    if (phase_ == Phase::kHead && reader_.size() == 0 && read_buffer_ && outbox_.empty() &&
        now > deadline_ - idle + kRestAfter) {
      is_resting_ = true;
      ErrorCode ignored;
      socket_.cancel(ignored);
    }
    return;
  }
  switch (phase_) {
    case Phase::kHead:
      if (reader_.size() == 0) return Close();
      return Refuse("request_timeout", {});
    case Phase::kBody:
      return Refuse("request_timeout", Request(reader_.head().request));
    case Phase::kLingering:
      return Close();
    default:
      return;
  }
}

void Connection::Stop() {
  if (phase_ == Phase::kHead && reader_.size() == 0 && outbox_.empty()) Close();
}

void Connection::Close() {
  if (phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();
  phase_ = Phase::kClosed;
  ErrorCode ignored;
  socket_.close(ignored);
  reader_.Clear();
  Release(outbox_);
  sent_ = 0;
  // All of it: also an empty text has room, and there will be no other time to give it back.
  owner_.CountBuffered(-static_cast<std::ptrdiff_t>(std::exchange(counted_, 0)));
  EndProgress();
  owner_.Closed(*this);
}

}  // namespace widgent::http
