// The head of a response, to bytes.
#pragma once
#include <cstddef>
#include <ctime>
#include <string>

#include "http/message.h"

namespace widgent::http {

struct ResponseFraming {
  enum class Body : std::uint8_t { kWhole, kChunked, kNone };
  Body body = Body::kWhole;
  std::size_t content_length = 0;  // for kWhole
  bool keep_alive = true;
};

// Appends status line and headers, with Date, Content-Length or Transfer-Encoding, and Connection; such headers of the
// response itself are left out. Answers false, and appends nothing, where a header could not stand on the wire (a line
// break in a value would split the response).
bool AppendResponseHead(const Response& response, const ResponseFraming& framing, std::time_t now, std::string& out);

// Appends one chunk of a chunked body; an empty one would end it and is left out.
void AppendChunk(std::string_view chunk, std::string& out);
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace widgent::http
