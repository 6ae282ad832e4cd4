// The head of a request, from bytes: Beast's parser inside, and around it what Beast lets through.
//
// Refused: any Transfer-Encoding (browsers send Content-Length, and every smuggling trick needs the other); versions
// other than 1.1; targets that do not begin with '/'; anything but one well-formed Host; a Content-Length that is not
// plain digits; a second header of those that decide something; obsolete line folding; a line that does not end in
// CRLF; control characters; more than 100 headers. One request has then one meaning, whoever stands in front of us.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/message.h"

namespace widgent::http {

// Looks for the end of a head in bytes that arrive piecemeal. Feed it the same buffer, grown.
class HeadScanner {
 public:
  enum class Result : std::uint8_t { kMore, kComplete, kMalformed };
  Result Scan(std::string_view received);
  // After kComplete: the bytes of the head, with its empty line.
  std::size_t HeadBytes() const { return scanned_; }
  // Before the next head.
  void Reset() { scanned_ = 0; }

 private:
  std::size_t scanned_ = 0;
};

struct RequestHead {
  Request request;  // no body, no peer address; the method is GET where it was HEAD
  std::size_t content_length = 0;
  bool is_head = false;
  bool keep_alive = true;
  bool expects_continue = false;
};

// A code of ServerOptions::refuse, and what was understood of the request before it was given up.
struct Refusal {
  std::string_view code;
  Request request;
};

// `head` is complete (HeadScanner). A body of more than `body_bytes_max` is refused here, before it is read.
std::variant<RequestHead, Refusal> ParseRequestHead(std::string_view head, std::size_t body_bytes_max,
                                                    const std::vector<std::string>& unique_header_prefixes);

}  // namespace widgent::http
