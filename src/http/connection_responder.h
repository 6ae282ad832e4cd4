// The handler's side of one exchange: a weak link to its connection, which it may outlive.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "http/connection.h"

namespace widgent::http {

class ConnectionResponder final : public Responder {
 public:
  ConnectionResponder(std::weak_ptr<Connection> connection, Connection::ExchangeId exchange)
      : connection_(std::move(connection)), exchange_(exchange) {}
  ~ConnectionResponder() override {
    if (const auto connection = connection_.lock()) connection->Abandon(exchange_);
  }

  void Send(Response response) override {
    if (const auto connection = connection_.lock()) connection->Send(exchange_, response);
  }
  void StartStream(Response head) override {
    if (const auto connection = connection_.lock()) connection->StartStream(exchange_, head);
  }
  void Write(std::string chunk) override {
    if (const auto connection = connection_.lock()) connection->Write(exchange_, chunk);
  }
  void Finish() override {
    if (const auto connection = connection_.lock()) connection->Finish(exchange_);
  }
  bool IsOpen() const override {
    const auto connection = connection_.lock();
    return connection && connection->IsOpen(exchange_);
  }
  std::size_t Backlog() const override {
    const auto connection = connection_.lock();
    return connection ? connection->Backlog(exchange_) : 0;
  }
  void OnClosed(std::function<void()> closed) override {
    if (const auto connection = connection_.lock()) connection->OnClosed(exchange_, std::move(closed));
    else closed();
  }

 private:
  std::weak_ptr<Connection> connection_;
  Connection::ExchangeId exchange_;
};

}  // namespace widgent::http
