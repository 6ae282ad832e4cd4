#include "product/addresses.h"

#include <arpa/inet.h>

#include <algorithm>

#include "identity/host_name.h"

namespace widgent {

namespace {

bool IsNumber(std::string_view text, int most) {
  return !text.empty() && text.size() <= 5 && (text == "0" || text.front() != '0') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoi(std::string(text)) <= most;
}

// Writes host and port into `normalised`, without the port `port_default`; or answers what is wrong.
std::optional<std::string> ReadHostPort(std::string_view text, std::string_view port_default, std::string& normalised) {
  std::string_view port;
  // The last colon begins the port, unless it stands inside the brackets of an IPv6 address.
  const std::size_t colon = text.rfind(':');
  if (colon != text.npos && text.find(']', colon) == text.npos) {
    port = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (port == "0" || !IsNumber(port, 65535)) return "A port is a number from 1 to 65535.";
  }
  auto host = ReadHostName(text);
  if (auto* error = std::get_if<HostNameError>(&host)) return std::move(error->detail);
  normalised = std::get<HostName>(host).text;
  if (!port.empty() && port != port_default) normalised.append(":").append(port);
  return std::nullopt;
}

}  // namespace

std::variant<WebUrl, std::string> ReadWebUrl(std::string_view url) {
  WebUrl read;
  for (const char* scheme : {"https", "http"}) {
    if (url.starts_with(std::string(scheme) + "://")) read.scheme = scheme;
  }
  if (read.scheme.empty()) return "This must be a whole address: https://shop.example/…";
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '\\'; })) {
    return "White space, control characters and backslashes cannot stand in an address.";
  }
  if (url.find('#') != url.npos) return "Leave out \"#\" and what is behind it.";
  url.remove_prefix(read.scheme.size() + 3);
  url = url.substr(0, url.find_first_of("/?"));
  if (url.find('@') != url.npos) return "A user name or password cannot stand in an address.";
  if (auto error = ReadHostPort(url, read.scheme == "https" ? "443" : "80", read.host_port)) return std::move(*error);
  return read;
}

std::optional<std::string> RefuseHostPort(std::string_view text) {
  std::string normalised;
  if (auto error = ReadHostPort(text, "", normalised)) return error;
  if (normalised != text) return "Write it as \"" + normalised + "\".";
  return std::nullopt;
}

std::optional<std::string> RefuseCidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  unsigned char bytes[16];
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), bytes) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, address.c_str(), bytes) == 1;
  if (slash == text.npos || !(is_v4 || is_v6) || !IsNumber(text.substr(slash + 1), is_v4 ? 32 : 128)) {
    return "This must be a range of addresses: 10.0.0.0/8 or fd00::/8.";
  }
  return std::nullopt;
}

}  // namespace widgent
