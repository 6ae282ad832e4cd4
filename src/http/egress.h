// Where outgoing requests may go: pure rules over addresses and hosts (tools-and-audit: a tool's URL must not become a
// way into the network that the server stands in).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"

namespace widgent::http {

struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first four where it is IPv4
  bool operator==(const IpAddress&) const = default;
};

// "192.0.2.1", "2001:db8::1"; nothing for any other form (octal, brackets, zones, ports).
std::optional<IpAddress> ParseIpAddress(std::string_view text);

// True for what the public internet routes to one host: not loopback, unspecified, private, link-local, shared (CGNAT),
// multicast, reserved or for documentation, nor a form of IPv6 that carries an IPv4 address in it.
bool IsPublic(const IpAddress& address);

// "10.0.0.0/8", "fd00::/8"; an address alone is a block of one. Nothing matches a block that cannot be read.
bool IsInCidr(const IpAddress& address, std::string_view cidr);

// Public, or in one of the blocks that were allowed.
bool IsAddressAllowed(const IpAddress& address, const std::vector<std::string>& allow_private_cidrs);

// `host` is listed, with its port where that is not the scheme's default. Letter case does not count. IPv6 addresses
// stand in brackets on both sides.
bool IsHostAllowed(std::string_view host, std::uint16_t port, bool is_default_port,
                   const std::vector<std::string>& allow_hosts);

}  // namespace widgent::http
