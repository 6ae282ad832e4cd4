#include "http/egress.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace widgent::http {
namespace {

// IANA's special-purpose registries, and 240.0.0.0/4.
constexpr std::string_view kSpecialV4[] = {"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
                                           "169.254.0.0/16", "172.16.0.0/12",  "192.0.0.0/24",  "192.0.2.0/24",
                                           "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
                                           "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};
// Of IPv6 only this block is in public use …
constexpr std::string_view kGlobalV6 = "2000::/3";
// … but for protocol assignments (Teredo among them), documentation, and 6to4.
constexpr std::string_view kSpecialV6[] = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

}  // namespace

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) return std::nullopt;
  *std::copy(text.begin(), text.end(), terminated) = '\0';
  IpAddress address;
  address.is_v6 = text.find(':') != std::string_view::npos;
  if (inet_pton(address.is_v6 ? AF_INET6 : AF_INET, terminated, address.bytes.data()) != 1) return std::nullopt;
  return address;
}

bool IsInCidr(const IpAddress& address, std::string_view cidr) {
  const std::size_t slash = cidr.find('/');
  const std::optional<IpAddress> base = ParseIpAddress(cidr.substr(0, slash));
  if (!base || base->is_v6 != address.is_v6) return false;
  const std::size_t bits_max = address.is_v6 ? 128 : 32;
  std::size_t bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = cidr.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > bits_max) return false;
  }
  const std::size_t whole = bits / 8;
  if (!std::equal(base->bytes.begin(), base->bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin())) {
    return false;
  }
  if (bits % 8 == 0) return true;
  const unsigned difference = static_cast<unsigned>(base->bytes[whole]) ^ address.bytes[whole];
  return difference >> (8 - bits % 8) == 0;
}

bool IsPublic(const IpAddress& address) {
  const auto holds = [&](std::string_view block) { return IsInCidr(address, block); };
  if (!address.is_v6) return std::none_of(std::begin(kSpecialV4), std::end(kSpecialV4), holds);
  return holds(kGlobalV6) && std::none_of(std::begin(kSpecialV6), std::end(kSpecialV6), holds);
}

bool IsAddressAllowed(const IpAddress& address, const std::vector<std::string>& allow_private_cidrs) {
  return IsPublic(address) || std::any_of(allow_private_cidrs.begin(), allow_private_cidrs.end(),
                                          [&](const std::string& block) { return IsInCidr(address, block); });
}

bool IsHostAllowed(std::string_view host, std::uint16_t port, bool is_default_port,
                   const std::vector<std::string>& allow_hosts) {
  if (host.empty()) return false;
  const std::string alone = Lower(host);
  const std::string with_port = alone + ":" + std::to_string(port);
  return std::any_of(allow_hosts.begin(), allow_hosts.end(), [&](const std::string& entry) {
    const std::string lower = Lower(entry);
    return lower == with_port || (is_default_port && lower == alone);
  });
}

}  // namespace widgent::http
