// A host as browsers write it in an Origin header (WHATWG URL, host parsing and serialising).
#pragma once
#include <string>
#include <string_view>
#include <variant>

namespace widgent {

struct HostName {
  std::string text;  // lower case, punycode; an IPv6 address in brackets and compressed
  bool is_address = false;
  bool is_loopback = false;  // localhost and what is under it, 127.0.0.0/8, [::1]
};

struct HostNameError {
  std::string detail;  // why, and what to write instead
};

std::variant<HostName, HostNameError> ReadHostName(std::string_view text);

}  // namespace widgent
