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
  ConnectionResponder(std::weak_ptr<Connection> connection, Connection::ExchangeId exchange,
                      std::shared_ptr<const Progress> progress)
      : connection_(std::move(connection)), exchange_(exchange), progress_(std::move(progress)) {}
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
  // These two from any thread.
  bool IsOpen() const override { return progress_->is_open; }
  std::size_t Backlog() const override { return progress_->backlog; }
  void OnClosed(std::function<void()> closed) override {
    if (const auto connection = connection_.lock()) connection->OnClosed(exchange_, std::move(closed));
    else closed();
  }

 private:
  std::weak_ptr<Connection> connection_;
  Connection::ExchangeId exchange_;
  std::shared_ptr<const Progress> progress_;
};

}  // namespace widgent::http
