#include "http/response_text.h"

#include <algorithm>
#include <charconv>

namespace widgent::http {
namespace {

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

bool IsToken(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool IsFieldValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  });
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

bool IsOurs(std::string_view name) {
  constexpr std::string_view kOurs[] = {"connection", "content-length", "date", "keep-alive", "transfer-encoding"};
  return std::any_of(std::begin(kOurs), std::end(kOurs),
                     [&](std::string_view ours) { return EqualsIgnoringCase(name, ours); });
}

void AppendNumber(std::size_t number, int base, std::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

// "Date: …\r\n", made anew once a second.
const std::string& DateLine(std::time_t now) {
  thread_local std::time_t made_at = -1;
  thread_local std::string line;
  if (now == made_at) return line;
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  line.assign(text, std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts));
  made_at = now;
  return line;
}

}  // namespace

bool AppendResponseHead(const Response& response, const ResponseFraming& framing, std::time_t now, std::string& out) {
  for (const Header& header : response.headers) {
    if (!IsToken(header.name) || !IsFieldValue(header.value)) return false;
  }
  if (response.status < 200 || response.status > 599) return false;
  out += "HTTP/1.1 ";
  AppendNumber(static_cast<std::size_t>(response.status), 10, out);
  out += ' ';
  out += ReasonOf(response.status);
  out += "\r\n";
  out += DateLine(now);
  for (const Header& header : response.headers) {
    if (IsOurs(header.name)) continue;
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
  if (framing.body == ResponseFraming::Body::kWhole) {
    out += "Content-Length: ";
    AppendNumber(framing.content_length, 10, out);
    out += "\r\n";
  } else if (framing.body == ResponseFraming::Body::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!framing.keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  return true;
}

void AppendChunk(std::string_view chunk, std::string& out) {
  if (chunk.empty()) return;
  AppendNumber(chunk.size(), 16, out);
  out += "\r\n";
  out += chunk;
  out += "\r\n";
}

}  // namespace widgent::http
