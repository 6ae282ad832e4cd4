// Who a request comes from, where a proxy of ours stands in front.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace widgent::http {

// Addresses and blocks ("127.0.0.1", "10.0.0.0/8", "fd00::/8") of the proxies whose X-Forwarded-For is believed.
using TrustedProxies = std::vector<std::string>;

// True for an address or a block as TrustedProxies has them.
bool IsCidr(std::string_view text);

bool IsTrusted(std::string_view address, const TrustedProxies& proxies);

// The nearest address that is none of our proxies'. X-Forwarded-For is read from its end, where our own proxy has
// written; whatever a client put before that is not looked at. An entry that is no address ends the search: the proxy
// that passed it on is then the client.
std::string ClientAddress(const Request& request, const TrustedProxies& proxies);

// What an address is limited as: a household has one IPv4 address, or 2^64 of IPv6.
std::string AddressBlock(const std::string& address);

}  // namespace widgent::http
