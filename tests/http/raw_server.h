// A server that does with each connection exactly what it is told to.
#pragma once
#include <functional>
#include <string>
#include <thread>

#include "http/raw_socket.h"

namespace widgent::http {

class RawServer {
 public:
  // `serve` gets the connections one after the other, numbered from 1, on a thread of its own.
  explicit RawServer(std::function<void(RawSocket& peer, int number)> serve)
      : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, serve = std::move(serve)] {
      for (int number = 1;; ++number) {
        const int accepted = ::accept(listener_, nullptr, nullptr);
        if (accepted < 0) return;
        RawSocket peer(RawSocket::Accepted{accepted});
        serve(peer, number);
      }
    });
  }
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string Url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace widgent::http
