#include "http/curl_exchange.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "http/egress.h"

namespace widgent::http {
namespace {

using Error = ClientResult::Error;

constexpr std::size_t kHeaderBytesMax = 64 * 1024;
// Below what servers keep idle connections for, so that a request rarely meets one that is just being closed.
constexpr long kIdleConnectionSecondsMax = 4;

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool IsHeader(const Header& header) {
  return IsToken(header.name) && std::none_of(header.value.begin(), header.value.end(), [](char c) {
           return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
         });
}

bool IsHeaderNamed(const Header& header, std::string_view lower) {
  return std::equal(header.name.begin(), header.name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

std::string UrlPart(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return copy;
}

// Nothing where the URL may be fetched; `host` is set where it could be read.
std::optional<std::string> FindUrlRefusal(const std::string& url, const EgressPolicy& policy, std::string& host) {
  const std::unique_ptr<CURLU, UrlCleanup> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return "the address cannot be read";
  }
  host = UrlPart(parsed.get(), CURLUPART_HOST);
  const std::string scheme = UrlPart(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") return "only http and https are fetched";
  if (scheme == "http" && policy.https_only) return "only https is allowed";
  const int port = std::atoi(UrlPart(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str());
  const bool is_default_port = port == (scheme == "https" ? 443 : 80);
  if (port <= 0 || !IsHostAllowed(host, static_cast<std::uint16_t>(port), is_default_port, policy.allow_hosts)) {
    return "the host is not in the list of allowed hosts";
  }
  return std::nullopt;
}

// libcurl's callbacks of one exchange

// Sees the real address, after DNS, before anything is sent to it.
curl_socket_t OpenSocket(void* context, curlsocktype, curl_sockaddr* target) {
  auto& exchange = *static_cast<CurlExchange*>(context);
  IpAddress address;
  if (target->family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&target->addr);
    std::memcpy(address.bytes.data(), &v4->sin_addr, 4);
  } else if (target->family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&target->addr);
    address.is_v6 = true;
    std::memcpy(address.bytes.data(), &v6->sin6_addr, 16);
  }
  const bool is_internet = target->family == AF_INET || target->family == AF_INET6;
  if (!is_internet || !IsAddressAllowed(address, exchange.request.egress.allow_private_cidrs)) {
    exchange.is_refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

// Called when a connection is there and the request is about to leave. The connection may be one that was opened under
// another policy; and libcurl may be about to send once more what a dying connection has taken already.
int BeforeSending(void* context, char* peer, char*, int, int) {
  auto& exchange = *static_cast<CurlExchange*>(context);
  const auto address = ParseIpAddress(peer ? peer : "");
  if (!address || !IsAddressAllowed(*address, exchange.request.egress.allow_private_cidrs)) {
    exchange.is_refused = true;
    return CURL_PREREQFUNC_ABORT;
  }
  const bool is_safe = exchange.request.method == "GET" || exchange.request.method == "HEAD";
  if (exchange.is_sent && !is_safe) return CURL_PREREQFUNC_ABORT;
  exchange.is_sent = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t OnBody(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& exchange = *static_cast<CurlExchange*>(context);
  exchange.body_bytes += count;
  if (exchange.body_bytes > exchange.request.response_bytes_max) {
    exchange.is_too_large = true;
    return 0;
  }
  long status = 0;
  curl_easy_getinfo(exchange.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (exchange.deliver && status / 100 == 2) exchange.deliver(std::string(bytes, count));
  else exchange.result.body.append(bytes, count);
  return count;
}

std::size_t OnHeader(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& exchange = *static_cast<CurlExchange*>(context);
  exchange.header_bytes += count;
  if (exchange.header_bytes > kHeaderBytesMax) {
    exchange.is_too_large = true;
    return 0;
  }
  std::string_view line(bytes, count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  // Another status line: what came before was 100 Continue.
  if (line.starts_with("HTTP/")) exchange.result.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  line.remove_prefix(colon + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  exchange.result.headers.push_back({std::move(name), std::string(line)});
  return count;
}

}  // namespace

std::optional<CurlRefusal> FindRefusal(const ClientRequest& request, std::string& host) {
  if (auto reason = FindUrlRefusal(request.url, request.egress, host)) {
    return CurlRefusal{Error::kRefusedByEgress, std::move(*reason)};
  }
  if (!IsToken(request.method) || !std::all_of(request.headers.begin(), request.headers.end(), IsHeader)) {
    return CurlRefusal{Error::kBroken, "a header or the method cannot be sent"};
  }
  return std::nullopt;
}

void Prepare(CurlExchange& exchange) {
  exchange.handle.reset(curl_easy_init());
  CURL* handle = exchange.handle.get();
  const ClientRequest& request = exchange.request;
  curl_slist* headers = nullptr;
  const auto add = [&](const std::string& line) { headers = curl_slist_append(headers, line.c_str()); };
  for (const Header& header : request.headers) {
    // libcurl's way to send a header that is empty.
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  add("Expect:");
  const auto& given = request.headers;
  if (std::none_of(given.begin(), given.end(), [](const Header& h) { return IsHeaderNamed(h, "content-type"); })) {
    add("Content-Type:");
  }
  exchange.headers.reset(headers);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, &exchange);
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(request.timeout_ms, 1)));
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, request.egress.https_only ? "https" : "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, kIdleConnectionSecondsMax);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // A cancelled look-up is left to its thread, where waiting for it would stop the loop.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &BeforeSending);
  curl_easy_setopt(handle, CURLOPT_PREREQDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
}

Error ErrorOf(const CurlExchange& exchange, CURLcode code) {
  if (exchange.is_refused) return Error::kRefusedByEgress;
  if (exchange.is_too_large) return Error::kTooLarge;
  switch (code) {
    case CURLE_OK:
      return Error::kNone;
    case CURLE_OPERATION_TIMEDOUT:
      return Error::kTimeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error::kConnect;
    default:
      return exchange.is_sent ? Error::kBroken : Error::kConnect;
  }
}

}  // namespace widgent::http
