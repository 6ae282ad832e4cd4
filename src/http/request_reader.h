// Requests from the bytes of one connection, in whatever pieces they arrive; no socket and no clock here.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_head.h"

namespace widgent::http {

class RequestReader {
 public:
  struct Limits {
    std::size_t header_bytes_max, body_bytes_max;
    const std::vector<std::string>& unique_header_prefixes;
  };
  enum class Found : std::uint8_t {
    kNothing,  // until more arrives
    kBegin,    // the first byte of a request
    kHead,     // its head is whole; the body follows
    kRequest,  // all of it is there: take it before the next call
    kRefusal   // `refusal` says why; nothing that follows can be understood
  };

  void Append(std::string_view received) { received_ += received; }
  Found Next(const Limits& limits, Refusal& refusal);

  // After kHead, until it is taken.
  const RequestHead& head() const { return *head_; }
  // After kRequest: the request with its body, and how its connection goes on.
  RequestHead Take();

  // Received and not yet taken, and what is held for it.
  std::size_t size() const { return received_.size(); }
  std::size_t capacity() const { return received_.capacity(); }
  bool IsBodyComplete() const { return received_.size() >= head_->content_length; }
  void Clear();

 private:
  std::string received_;
  HeadScanner scanner_;
  bool has_begun_ = false;
  std::unique_ptr<RequestHead> head_;  // while its body is awaited
};

}  // namespace widgent::http
