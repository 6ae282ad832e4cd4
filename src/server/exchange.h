// One request and the way back to its sender, with what has been decided about it so far.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/knowledge.h"
#include "http/event_loop.h"
#include "http/message.h"
#include "identity/identity.h"
#include "product/product.h"
#include "protocol/problem.h"
#include "server/commit_queue.h"
#include "server/metrics.h"

namespace widgent {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
// Takes one line without line breaks. It never holds a token, a secret, a query string or a verified sub.
using Log = std::function<void(LogLevel level, std::string_view line)>;

// A product as it is served. It does not change: a new configuration is a new one, and whatever began with the old one
// holds on to it.
struct ServedProduct {
  Product config;
  std::shared_ptr<const Knowledge> knowledge;  // nullptr where none is configured
};
using ServedProductPtr = std::shared_ptr<const ServedProduct>;

inline constexpr std::size_t kRequestIdBytes = 12;  // random ones, behind "req_" in base64url

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(http::Request received, std::shared_ptr<http::Responder> responder, std::string id, http::EventLoop& loop,
           CommitQueue& commits, const Log& log, Metrics& metrics);

  const http::Request request;
  const std::string request_id;
  std::string route;             // template, e.g. "/v1/products/{pid}/session"
  std::vector<std::string> ids;  // what the template's {…} stood for, in order
  ServedProductPtr product;      // nullptr until it is known
  std::vector<http::Header> cors;
  std::vector<http::Header> rate_limits;  // what is left of them, for the answer
  Identity identity;
  std::string guest_id;  // Widgent-Anonymous-Id, also beside a token: whose guest threads the caller can show
  bool token_expired = false;

  UnixMillis Now() const { return loop_.Now(); }

  // Answers as soon as everything written so far is durable; 503 backend_down where it is lost.
  void Send(http::Response response);
  void SendJson(int status, std::string json);
  void Refuse(Problem problem);

  // What is streamed from now on is told in the words of the AI SDK (ui_message_stream.h).
  void SpeakUiMessages();

  // Opens an event stream at once: the caller has waited for what it acknowledges.
  void StartStream();
  const std::shared_ptr<http::Responder>& responder() { return responder_; }

 private:
  void Complete(http::Response& response);
  void SendNow(http::Response response);
  void Record(int status);

  std::shared_ptr<http::Responder> responder_;
  http::EventLoop& loop_;
  CommitQueue& commits_;
  const Log& log_;
  Metrics& metrics_;
  const UnixMillis received_at_;
};

using ExchangePtr = std::shared_ptr<Exchange>;

// A finished event stream as one answer.
http::Response StreamResponse(std::string frames);

}  // namespace widgent
