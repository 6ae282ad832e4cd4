#include "http/curl_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "http/egress.h"
#include "http/real_event_loop_impl.h"

namespace widgent::http {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
using Error = ClientResult::Error;

constexpr std::size_t kHeaderBytesMax = 64 * 1024;
// Below what servers keep idle connections for, so that a request rarely meets one that is just being closed.
constexpr long kIdleConnectionSecondsMax = 4;
constexpr long kIdleConnectionsMax = 64;

struct EasyCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// One fetch under way. libcurl's callbacks get its address.
struct Exchange {
  FetchId id = 0;
  ClientRequest request;
  std::function<void(ClientResult)> done;
  ClientResult result;
  std::string host;
  std::unique_ptr<curl_slist, ListCleanup> headers;
  std::unique_ptr<CURL, EasyCleanup> handle;
  std::size_t header_bytes = 0;
  bool is_sent = false;
  bool is_refused = false;
  bool is_too_large = false;
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
std::optional<std::string> FindRefusal(const std::string& url, const EgressPolicy& policy, std::string& host) {
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
  auto& exchange = *static_cast<Exchange*>(context);
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
  auto& exchange = *static_cast<Exchange*>(context);
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
  auto& exchange = *static_cast<Exchange*>(context);
  if (exchange.result.body.size() + count > exchange.request.response_bytes_max) {
    exchange.is_too_large = true;
    return 0;
  }
  exchange.result.body.append(bytes, count);
  return count;
}

std::size_t OnHeader(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
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

Error ErrorOf(const Exchange& exchange, CURLcode code) {
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

}  // namespace

struct CurlClient::Impl : std::enable_shared_from_this<CurlClient::Impl> {
  // A socket of libcurl's that the loop watches; libcurl opens and closes it.
  struct Watch {
    Descriptor descriptor;
    curl_socket_t socket;
    int wanted = 0;  // CURL_POLL_IN, CURL_POLL_OUT or both
    bool is_waiting_in = false, is_waiting_out = false;
    Watch(asio::io_context& io, curl_socket_t socket_in) : descriptor(io, socket_in), socket(socket_in) {}
  };

  RealEventLoop& loop;
  CURLM* multi = nullptr;
  std::unordered_map<FetchId, std::unique_ptr<Exchange>> exchanges;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches;
  TimerId timer = 0;
  FetchId last_id = 0;

  explicit Impl(RealEventLoop& loop_in) : loop(loop_in) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(initialised);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Impl::OnSocketWanted);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Impl::OnTimerWanted);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  }

  ~Impl() {
    for (const auto& [id, exchange] : exchanges) curl_multi_remove_handle(multi, exchange->handle.get());
    exchanges.clear();
    curl_multi_cleanup(multi);
    loop.Cancel(timer);
    for (const auto& [socket, watch] : watches) watch->descriptor.release();
  }

  static int OnSocketWanted(CURL*, curl_socket_t socket, int what, void* context, void*) {
    auto& self = *static_cast<Impl*>(context);
    const auto found = self.watches.find(socket);
    if (what == CURL_POLL_REMOVE) {
      if (found == self.watches.end()) return 0;
      found->second->wanted = 0;
      found->second->descriptor.release();
      self.watches.erase(found);
      return 0;
    }
    const std::shared_ptr<Watch> watch =
        found != self.watches.end()
            ? found->second
            : self.watches.emplace(socket, std::make_shared<Watch>(self.loop.impl().io, socket)).first->second;
    watch->wanted = what;
    self.Wait(watch);
    return 0;
  }

  static int OnTimerWanted(CURLM*, long milliseconds, void* context) {
    auto& self = *static_cast<Impl*>(context);
    self.loop.Cancel(self.timer);
    if (milliseconds < 0) return 0;
    self.timer = self.loop.After(milliseconds, [weak = self.weak_from_this()] {
      if (const auto alive = weak.lock()) alive->Act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
  }

  void Wait(const std::shared_ptr<Watch>& watch) {
    const auto wait = [&](int direction, Descriptor::wait_type type, int event, bool Watch::*is_waiting) {
      if ((watch->wanted & direction) == 0 || std::exchange((*watch).*is_waiting, true)) return;
      watch->descriptor.async_wait(
          type, [weak = weak_from_this(), watch, event, is_waiting](const boost::system::error_code& error) {
            (*watch).*is_waiting = false;
            const auto self = weak.lock();
            if (!self || watch->wanted == 0 || error == asio::error::operation_aborted) return;
            self->Act(watch->socket, error ? CURL_CSELECT_ERR : event);
            if (watch->wanted != 0) self->Wait(watch);
          });
    };
    wait(CURL_POLL_IN, Descriptor::wait_read, CURL_CSELECT_IN, &Watch::is_waiting_in);
    wait(CURL_POLL_OUT, Descriptor::wait_write, CURL_CSELECT_OUT, &Watch::is_waiting_out);
  }

  void Act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi, socket, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      Exchange* exchange = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
      Complete(*exchange, ErrorOf(*exchange, code), curl_easy_strerror(code));
    }
  }

  // `done` is called later: it may fetch or cancel, and libcurl must not be called from within itself.
  void Complete(Exchange& exchange, Error error, const std::string& reason) {
    const auto found = exchanges.find(exchange.id);
    const std::unique_ptr<Exchange> ended = std::move(found->second);
    exchanges.erase(found);
    long status = 0;
    curl_easy_getinfo(ended->handle.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi, ended->handle.get());
    ClientResult& result = ended->result;
    result.error = error;
    result.request_sent = ended->is_sent;
    result.status = static_cast<int>(status);
    if (error != Error::kNone) {
      result.detail = ended->host + ": " +
                      (ended->is_refused     ? "the address is not a public one, nor in a block that was allowed"
                       : ended->is_too_large ? "the answer is longer than allowed"
                                             : reason);
      result.body.clear();
    }
    PostDone(std::move(ended->done), std::move(result));
  }

  void PostDone(std::function<void(ClientResult)> done, ClientResult result) {
    loop.Post([weak = weak_from_this(), done = std::move(done), result = std::move(result)]() mutable {
      if (weak.lock()) done(std::move(result));
    });
  }

  void Refuse(std::function<void(ClientResult)> done, Error error, std::string detail) {
    ClientResult result;
    result.error = error;
    result.request_sent = false;
    result.detail = std::move(detail);
    PostDone(std::move(done), std::move(result));
  }

  void Start(std::unique_ptr<Exchange> exchange) {
    exchange->handle.reset(curl_easy_init());
    CURL* handle = exchange->handle.get();
    const ClientRequest& request = exchange->request;
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
    exchange->headers.reset(headers);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, exchange.get());
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
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, exchange.get());
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &BeforeSending);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, exchange.get());
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &OnBody);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, exchange.get());
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &OnHeader);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, exchange.get());
    exchanges.emplace(exchange->id, std::move(exchange));
    // Only sets libcurl's timer; the work begins on the loop.
    curl_multi_add_handle(multi, handle);
  }
};

CurlClient::CurlClient(RealEventLoop& loop) : impl_(std::make_shared<Impl>(loop)) {}
CurlClient::~CurlClient() = default;

FetchId CurlClient::Fetch(ClientRequest request, std::function<void(ClientResult)> done) {
  auto exchange = std::make_unique<Exchange>();
  const FetchId id = exchange->id = ++impl_->last_id;
  if (const auto refusal = FindRefusal(request.url, request.egress, exchange->host)) {
    impl_->Refuse(std::move(done), Error::kRefusedByEgress, exchange->host + ": " + *refusal);
    return id;
  }
  if (!IsToken(request.method) || !std::all_of(request.headers.begin(), request.headers.end(), IsHeader)) {
    impl_->Refuse(std::move(done), Error::kBroken, exchange->host + ": a header or the method cannot be sent");
    return id;
  }
  exchange->request = std::move(request);
  exchange->done = std::move(done);
  impl_->Start(std::move(exchange));
  return id;
}

void CurlClient::Cancel(FetchId fetch) {
  const auto found = impl_->exchanges.find(fetch);
  if (found != impl_->exchanges.end()) impl_->Complete(*found->second, Error::kCancelled, "cancelled");
}

}  // namespace widgent::http
