#include "http/client_address.h"

#include <algorithm>
#include <charconv>

#include "http/egress.h"

namespace widgent::http {

namespace {

std::string_view Trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

}  // namespace

bool IsCidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = ParseIpAddress(text.substr(0, slash));
  if (!address || slash == text.npos) return address.has_value();
  int bits = -1;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  return error == std::errc() && end == digits.data() + digits.size() && bits >= 0 &&
         bits <= (address->is_v6 ? 128 : 32);
}

bool IsTrusted(std::string_view address, const TrustedProxies& proxies) {
  const auto parsed = ParseIpAddress(address);
  return parsed && std::any_of(proxies.begin(), proxies.end(),
                               [&](const std::string& block) { return IsInCidr(*parsed, block); });
}

std::string ClientAddress(const Request& request, const TrustedProxies& proxies) {
  std::string client = request.peer_address;
  // Repeated headers are one list, the last of them its end.
  for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
    if (header->name != "x-forwarded-for") continue;
    std::string_view list = header->value;
    for (bool is_more = true; is_more;) {
      if (!IsTrusted(client, proxies)) return client;
      const std::size_t comma = list.rfind(',');
      is_more = comma != list.npos;
      const std::string_view entry = Trimmed(list.substr(is_more ? comma + 1 : 0));
      if (!ParseIpAddress(entry)) return client;
      client = entry;
      list = list.substr(0, is_more ? comma : 0);
    }
  }
  return client;
}

std::string AddressBlock(const std::string& address) {
  const auto parsed = ParseIpAddress(address);
  if (!parsed || !parsed->is_v6) return address;
  constexpr std::size_t kNetworkBytes = 8;
  return {parsed->bytes.begin(), parsed->bytes.begin() + kNetworkBytes};
}

}  // namespace widgent::http
