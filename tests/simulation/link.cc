#include "simulation/link.h"

#include <utility>

namespace widgent::test {

Link::Link(std::shared_ptr<Tab> tab, Host& host, Watcher& watcher, int request_id, http::Request request, Draw draw,
           Weather weather)
    : tab_(tab),
      host_(host),
      watcher_(watcher),
      id_(request_id),
      request_(std::move(request)),
      draw_(draw),
      weather_(weather),
      has_tab_(tab != nullptr) {}

void Link::Depart() {
  const bool is_lost = has_tab_ && draw_.Maybe(weather_.lost_requests);
  is_deaf_ = has_tab_ && draw_.Maybe(weather_.lost_answers);
  if (draw_.Maybe(weather_.broken_answers)) pieces_left_ = draw_.Below(12);
  if (!is_lost) host_.loop.After(Delay(), [self = shared_from_this()] { self->Arrive(); });
  if (is_lost || is_deaf_) host_.loop.After(draw_.Between(500, 20'000), [self = shared_from_this()] { self->Break(); });
}

void Link::Arrive() {
  // What has left the page arrives also where the page is gone; not so what was cut off on the way.
  if (has_tab_ && !is_open_ && draw_.Maybe(50)) return;
  life_ = host_.lives();
  watcher_.SeesRequest(*this);
  if (!host_.Handle(request_, shared_from_this()))
    Deliver([id = id_](Tab& tab) { tab.Drop(id), tab.Tell({{"type", "request_failed"}, {"request", id}}); });
}

std::string Link::Token() const {
  const std::string value = Header("authorization");
  return value.size() > 7 ? value.substr(7) : "";
}

void Link::Close() {
  is_open_ = false;
  if (const auto closed = std::exchange(closed_, nullptr)) closed();
}

void Link::Break() {
  if (!is_open_) return;
  Close();
  const auto tab = tab_.lock();
  if (!tab) return;
  tab->Drop(id_);
  tab->Tell({{"type", "request_failed"}, {"request", id_}});
}

// In the order in which it was sent, and only where the page still waits for it.
void Link::Deliver(std::function<void(Tab&)> act) {
  if (!has_tab_ || is_deaf_) return;
  if (pieces_left_ >= 0 && pieces_left_-- == 0) {
    is_deaf_ = true;
    act = [self = shared_from_this()](Tab&) { self->Break(); };
  }
  latest_ = std::max(latest_, host_.loop.TrueTime() + Delay());
  host_.loop.After(latest_ - host_.loop.TrueTime(), [self = shared_from_this(), act = std::move(act)] {
    const auto tab = self->tab_.lock();
    if (!tab) return;
    tab->Reach([self, tab = tab.get(), act] {
      if (self->is_open_) act(*tab);
    });
  });
}

void Link::Send(http::Response response) {
  StartStream({response.status, std::move(response.headers), ""});
  if (!response.body.empty()) Write(std::move(response.body));
  Finish();
}

void Link::StartStream(http::Response head) {
  if (!IsHeard()) return;
  status_ = head.status;
  std::int64_t retry_after_s = 0;
  for (const http::Header& header : head.headers)
    if (header.name == "Retry-After") retry_after_s = std::stoll(header.value);
  watcher_.SeesAnswer(*this, status_);
  Deliver([id = id_, status = status_, retry_after_s](Tab& tab) {
    tab.Tell({{"type", "response_started"}, {"request", id}, {"status", status}, {"retry_after_s", retry_after_s}});
  });
}

void Link::Write(std::string chunk) {
  if (!IsHeard()) return;
  watcher_.SeesText(*this, chunk);
  for (std::size_t from = 0; from < chunk.size();) {
    std::size_t size = chunk.size() - from;
    if (size > 1 && draw_.Maybe(weather_.split)) size = 1 + draw_.Next() % (size - 1);
    // The page's TextDecoder keeps characters whole.
    while (from + size < chunk.size() && (chunk[from + size] & 0xC0) == 0x80) ++size;
    Deliver([id = id_, piece = chunk.substr(from, size)](Tab& tab) {
      tab.Tell({{"type", "response_chunk"}, {"request", id}, {"text", piece}});
    });
    from += size;
  }
}

void Link::Finish() {
  if (!IsHeard()) return;
  Deliver([id = id_](Tab& tab) {
    tab.Drop(id);
    tab.Tell({{"type", "response_ended"}, {"request", id}});
  });
}

void Link::OnClosed(std::function<void()> closed) {
  if (!is_open_) return closed();
  closed_ = std::move(closed);
}

}  // namespace widgent::test
