#include "http/curl_client.h"

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <unordered_map>
#include <utility>

#include "http/curl_exchange.h"
#include "http/real_event_loop_impl.h"

namespace widgent::http {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
using Error = ClientResult::Error;

constexpr long kIdleConnectionsMax = 64;

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
  std::unordered_map<FetchId, std::unique_ptr<CurlExchange>> exchanges;
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
      CurlExchange* exchange = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
      Complete(*exchange, ErrorOf(*exchange, code), curl_easy_strerror(code));
    }
  }

  // `done` is called later: it may fetch or cancel, and libcurl must not be called from within itself.
  void Complete(CurlExchange& exchange, Error error, const std::string& reason) {
    const auto found = exchanges.find(exchange.id);
    const std::unique_ptr<CurlExchange> ended = std::move(found->second);
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

  void Start(std::unique_ptr<CurlExchange> exchange) {
    Prepare(*exchange);
    CURL* handle = exchange->handle.get();
    exchanges.emplace(exchange->id, std::move(exchange));
    // Only sets libcurl's timer; the work begins on the loop.
    curl_multi_add_handle(multi, handle);
  }
};

CurlClient::CurlClient(RealEventLoop& loop) : impl_(std::make_shared<Impl>(loop)) {}
CurlClient::~CurlClient() = default;

FetchId CurlClient::Fetch(ClientRequest request, std::function<void(ClientResult)> done) {
  auto exchange = std::make_unique<CurlExchange>();
  const FetchId id = exchange->id = ++impl_->last_id;
  if (const auto refusal = FindRefusal(request, exchange->host)) {
    impl_->Refuse(std::move(done), refusal->error, exchange->host + ": " + refusal->reason);
    return id;
  }
  if (request.on_body) {
    // Not from within libcurl: whoever gets a piece may cancel.
    exchange->deliver = [weak = impl_->weak_from_this(), on_body = request.on_body](std::string piece) {
      const auto impl = weak.lock();
      if (!impl) return;
      impl->loop.Post([weak, on_body, piece = std::move(piece)] {
        if (weak.lock()) on_body(piece);
      });
    };
  }
  exchange->request = std::move(request);
  exchange->done = std::move(done);
  impl_->Start(std::move(exchange));
  return id;
}

void CurlClient::RunUntilIdle() {
  if (impl_->exchanges.empty()) return;
  impl_->loop.OnTurnEnd([this] {
    if (impl_->exchanges.empty()) impl_->loop.Stop();
  });
  impl_->loop.Run();
  impl_->loop.OnTurnEnd(nullptr);
}

void CurlClient::Cancel(FetchId fetch) {
  const auto found = impl_->exchanges.find(fetch);
  if (found != impl_->exchanges.end()) impl_->Complete(*found->second, Error::kCancelled, "cancelled");
}

}  // namespace widgent::http
