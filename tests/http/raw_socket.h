// A peer that sends exactly the bytes it is told to.
#pragma once
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace widgent::http {

class RawSocket {
 public:
  // A small `receive_bytes` makes a slow reader.
  explicit RawSocket(std::uint16_t port, int receive_bytes = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_bytes > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("the server refused the connection");
    }
  }
  // Takes over the server's side of a connection.
  struct Accepted {
    int socket;
  };
  explicit RawSocket(Accepted accepted) : socket_(accepted.socket) {}
  ~RawSocket() { Close(); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  // False where the peer has gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void ShutdownSend() { ::shutdown(socket_, SHUT_WR); }
  // With a reset in place of an orderly end.
  void Reset() {
    const linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    Close();
  }
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // What has come in, at least until `end` is seen, the peer closes, or the time is over.
  std::string ReadUntil(std::string_view end, int timeout_ms = 3000) {
    while (received_.find(end) == std::string::npos && ReadSome(timeout_ms)) {
    }
    const std::size_t found = received_.find(end);
    return Take(found == std::string::npos ? received_.size() : found + end.size());
  }
  std::string ReadToEnd(int timeout_ms = 3000) {
    while (ReadSome(timeout_ms)) {
    }
    return Take(received_.size());
  }
  // True where the peer ends the connection within the time; what comes before that is dropped.
  bool IsEnded(int timeout_ms = 3000) {
    while (ReadSome(timeout_ms)) {
    }
    return has_ended_;
  }
  // One response with a Content-Length, or without a body.
  std::string ReadResponse(bool has_body = true, int timeout_ms = 3000) {
    std::string response = ReadUntil("\r\n\r\n", timeout_ms);
    const std::size_t length_at = response.find("Content-Length: ");
    if (!has_body || length_at == std::string::npos) return response;
    const auto length = static_cast<std::size_t>(std::atoi(response.c_str() + length_at + 16));
    while (received_.size() < length && ReadSome(timeout_ms)) {
    }
    return response + Take(std::min(length, received_.size()));
  }

 private:
  bool ReadSome(int timeout_ms) {
    pollfd waiting{socket_, POLLIN, 0};
    if (has_ended_ || ::poll(&waiting, 1, timeout_ms) <= 0) return false;
    char bytes[65536];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got <= 0) has_ended_ = true;
    else received_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }
  std::string Take(std::size_t bytes) {
    std::string taken = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return taken;
  }

  int socket_;
  bool has_ended_ = false;
  std::string received_;
};

// 0 where there is none.
inline int StatusOf(std::string_view response) {
  if (!response.starts_with("HTTP/1.1 ") || response.size() < 12) return 0;
  return std::atoi(std::string(response.substr(9, 3)).c_str());
}

inline std::string BodyOf(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

}  // namespace widgent::http
