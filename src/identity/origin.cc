#include "identity/origin.h"

#include <libpsl.h>

#include <algorithm>

#include "identity/host_name.h"

namespace widgent {

namespace {

constexpr std::string_view kWildcard = "*.";

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

OriginError Refuse(std::string detail) { return {std::move(detail)}; }

// What is wrong with the entry as a whole, before its parts are looked at.
std::optional<OriginError> CheckShape(std::string_view entry) {
  if (entry == "*") {
    return Refuse(
        "\"*\" would let every site use this product. Name each site: https://shop.example, or "
        "https://*.shop.example for its subdomains.");
  }
  if (entry == "null") {
    return Refuse(
        "\"null\" is what sandboxed frames, file: and data: pages send, whoever made them. Serve the page "
        "from a host.");
  }
  if (std::any_of(entry.begin(), entry.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F; })) {
    return Refuse("White space and control characters cannot stand in an origin. Write https://shop.example.");
  }
  const std::size_t colon = entry.find("://");
  if (colon == entry.npos || colon == 0) {
    return Refuse("An origin begins with its scheme: https://shop.example.");
  }
  const std::string_view rest = entry.substr(colon + 3);
  if (rest.find('@') != rest.npos) {
    return Refuse("A user name or password cannot stand in an origin. Leave out what is before \"@\".");
  }
  if (const std::size_t end = rest.find_first_of("/\\?#"); end != rest.npos) {
    return Refuse("An origin ends with its host or port. Leave out \"/\" and all behind it.");
  }
  return std::nullopt;
}

// ":443" is left out, ":0443" is 443. Answers the port with its colon.
std::variant<std::string, OriginError> ReadPort(std::string_view text, std::string_view scheme) {
  const bool is_number = !text.empty() && text.size() <= 5 &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const int port = is_number ? std::stoi(std::string(text)) : 0;
  if (port < 1 || port > 65535) return Refuse("A port is a number from 1 to 65535; each needs an entry of its own.");
  if (port == (scheme == "https" ? 443 : 80)) return std::string();
  return ":" + std::to_string(port);
}

bool IsPublicSuffix(const std::string& host) {
  // Names with one label are suffixes too, known or not; localhost is everybody's own.
  return host != "localhost" && psl_is_public_suffix(psl_builtin(), host.c_str()) == 1;
}

// True where `host` could be the subdomain part of a serialised origin.
bool IsLabels(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool Matches(std::string_view pattern, std::string_view origin) {
  const std::size_t star = pattern.find(kWildcard);
  if (star == pattern.npos) return pattern == origin;
  const std::string_view scheme = pattern.substr(0, star), apex = pattern.substr(star + 1);
  return origin.size() > scheme.size() + apex.size() && origin.starts_with(scheme) && origin.ends_with(apex) &&
         IsLabels(origin.substr(scheme.size(), origin.size() - scheme.size() - apex.size()));
}

}  // namespace

std::variant<OriginPattern, OriginError> ParseOriginPattern(std::string_view entry) {
  if (auto error = CheckShape(entry)) return std::move(*error);
  const std::size_t colon = entry.find("://");
  const std::string scheme = Lower(entry.substr(0, colon));
  if (scheme != "https" && scheme != "http") return Refuse("The scheme must be https, or http for localhost.");

  std::string_view host_text = entry.substr(colon + 3);
  std::string port;
  // The last colon begins the port, unless it stands inside the brackets of an IPv6 address.
  const std::size_t port_at = host_text.rfind(':');
  if (port_at != host_text.npos && host_text.find(']', port_at) == host_text.npos) {
    auto read = ReadPort(host_text.substr(port_at + 1), scheme);
    if (auto* error = std::get_if<OriginError>(&read)) return std::move(*error);
    port = std::get<std::string>(read);
    host_text = host_text.substr(0, port_at);
  }

  const bool is_wildcard = host_text.starts_with(kWildcard);
  if (is_wildcard) host_text.remove_prefix(kWildcard.size());
  if (host_text.find('*') != host_text.npos) {
    return Refuse("\"*\" can only stand for whole subdomains at the front: https://*.shop.example.");
  }
  auto read = ReadHostName(host_text);
  if (auto* error = std::get_if<HostNameError>(&read)) return Refuse(std::move(error->detail));
  const HostName& host = std::get<HostName>(read);
  if (is_wildcard && host.is_address) return Refuse("An IP address has no subdomains. Write it without \"*.\".");
  if (is_wildcard && IsPublicSuffix(host.text)) {
    return Refuse("Everybody can register names under " + host.text + ". Put your own domain behind \"*.\".");
  }
  if (scheme == "http" && !host.is_loopback) {
    return Refuse(
        "http is accepted for localhost only, since anybody on the way can change such a page. Serve it by "
        "https: https://" +
        host.text + ".");
  }
  return OriginPattern{scheme + "://" + (is_wildcard ? std::string(kWildcard) : std::string()) + host.text + port};
}

const OriginPattern* MatchOrigin(const std::vector<OriginPattern>& registered, std::string_view origin) {
  const auto found = std::find_if(registered.begin(), registered.end(),
                                  [&](const OriginPattern& pattern) { return Matches(pattern.text, origin); });
  return found == registered.end() ? nullptr : &*found;
}

std::optional<std::string_view> RefuseOrigin(const std::vector<OriginPattern>& registered,
                                             std::optional<std::string_view> origin) {
  if (!origin) return "origin_missing";
  if (*origin == "null") return "origin_null";
  if (!MatchOrigin(registered, *origin)) return "origin_not_allowed";
  return std::nullopt;
}

}  // namespace widgent
