// Hosts, ranges and addresses of the web as a configuration names them. Each answers what is wrong, or nothing.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace widgent {

struct WebUrl {
  std::string scheme;     // lower case
  std::string host_port;  // lower case and punycode, without the scheme's default port
};

// An absolute http or https URL without userinfo and fragment.
std::variant<WebUrl, std::string> ReadWebUrl(std::string_view url);

// "shop.example" or "shop.example:8443".
std::optional<std::string> RefuseHostPort(std::string_view text);

// "10.0.0.0/8" or "fd00::/8".
std::optional<std::string> RefuseCidr(std::string_view text);

}  // namespace widgent
