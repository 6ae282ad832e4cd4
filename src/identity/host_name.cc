#include "identity/host_name.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>

namespace widgent {

namespace {

constexpr std::size_t kHostBytesMax = 253, kLabelBytesMax = 63;

HostNameError Refuse(std::string detail) { return {std::move(detail)}; }

// The eight pieces in hexadecimal, the longest run of two or more zeros as "::". inet_ntop differs: it writes the last
// two pieces of a mapped address in decimal, which no browser does.
std::string WriteIpv6(const std::array<std::uint16_t, 8>& pieces) {
  std::size_t run = 8, run_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t size = 0;
    while (i + size < 8 && pieces[i + size] == 0) ++size;
    if (size > run_size) {
      run = i;
      run_size = size;
    }
  }
  std::string text = "[";
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == run) {
      text += i == 0 ? "::" : ":";
      i += run_size - 1;
      continue;
    }
    char piece[8];
    std::snprintf(piece, sizeof piece, i < 7 ? "%x:" : "%x", static_cast<unsigned>(pieces[i]));
    text += piece;
  }
  return text + "]";
}

std::variant<HostName, HostNameError> ReadIpv6(std::string_view text) {
  std::array<unsigned char, 16> bytes;
  const bool is_closed = text.size() > 2 && text.back() == ']';
  if (!is_closed || inet_pton(AF_INET6, std::string(text.substr(1, text.size() - 2)).c_str(), bytes.data()) != 1) {
    return Refuse("What is in brackets must be an IPv6 address: [::1].");
  }
  std::array<std::uint16_t, 8> pieces;
  for (std::size_t i = 0; i < 8; ++i) pieces[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  HostName host{WriteIpv6(pieces), true, false};
  host.is_loopback = host.text == "[::1]";
  return host;
}

// Browsers read a host whose last label is a number as an IPv4 address, in any of its old notations.
bool EndsInNumber(std::string_view host) {
  const std::string_view label = host.substr(host.rfind('.') + 1);
  if (label.starts_with("0x")) return true;
  return !label.empty() && std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::variant<HostName, HostNameError> ReadIpv4(const std::string& text) {
  in_addr address;
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) {
    return Refuse("An IPv4 address is written as four decimal numbers: 127.0.0.1.");
  }
  return HostName{text, true, text.starts_with("127.")};
}

// UTS 46 without the transitional mapping, as browsers do.
std::optional<std::string> ToPunycode(const std::string& text) {
  char* output = nullptr;
  const int status = idn2_to_ascii_8z(text.c_str(), &output, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(output, idn2_free);
  if (status != IDN2_OK) return std::nullopt;
  return std::string(output);
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax && std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool IsDomain(std::string_view host) {
  if (host.size() > kHostBytesMax) return false;
  while (true) {
    const std::size_t dot = host.find('.');
    if (!IsLabel(host.substr(0, dot))) return false;
    if (dot == host.npos) return true;
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

std::variant<HostName, HostNameError> ReadHostName(std::string_view text) {
  if (text.empty()) return Refuse("The host is missing: https://shop.example.");
  if (text.starts_with('[')) return ReadIpv6(text);
  if (text.back() == '.') {
    return Refuse("Leave out the dot at the end: to a browser it makes another origin, which nobody visits.");
  }
  std::string host(text);
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (std::any_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    const auto ascii = ToPunycode(host);
    if (!ascii) return Refuse("This is not an international domain name. Check it, or write its form with xn--.");
    host = *ascii;
  }
  if (!IsDomain(host)) {
    return Refuse("A host is labels of letters, digits and hyphens, joined by dots: https://shop.example.");
  }
  if (EndsInNumber(host)) return ReadIpv4(host);
  return HostName{host, false, host == "localhost" || host.ends_with(".localhost")};
}

}  // namespace widgent
