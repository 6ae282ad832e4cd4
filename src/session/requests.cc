// Requests, ids and times: the small tools of Session.
#include <algorithm>
#include <utility>

#include "session/fingerprint.h"
#include "session/session.h"

namespace widgent {

int Session::Send(RequestKind kind, SendRequest effect) {
  Request request;
  request.id = effect.request = next_request_++;
  request.kind = kind;
  request.epoch = epoch_;
  request.sent_at = now_;
  if (kind != RequestKind::kDiagnose) {
    effect.service_key = service_key_;
    effect.guest_id = guest_id_;
  }
  requests_.push_back(std::move(request));
  Reply(effect);
  return next_request_ - 1;
}

int Session::Get(RequestKind kind, const std::string& path) {
  return Send(kind, {.method = "GET", .path = path, .token = token_});
}

std::list<Session::Request>::iterator Session::FindPlace(int id) {
  return std::find_if(requests_.begin(), requests_.end(), [id](const Request& request) { return request.id == id; });
}

Session::Request* Session::FindRequest(int id) {
  const auto place = FindPlace(id);
  return place == requests_.end() ? nullptr : &*place;
}

void Session::DropRequest(int id) {
  const auto place = FindPlace(id);
  if (place == requests_.end()) return;
  requests_.erase(place);
  Reply(CancelRequest{id});
}

// Its answer has said all that we want to know, and may end in peace.
void Session::Forget(int id) {
  if (Request* request = FindRequest(id)) request->kind = RequestKind::kForgotten;
}

// All but those that go on without us.
void Session::DropRequests() {
  auto dropped = [this](const Request& request) {
    if (request.kind == RequestKind::kForgotten) return false;
    Reply(CancelRequest{request.id});
    return true;
  };
  requests_.remove_if(dropped);
  session_request_ = history_request_ = 0;
}

std::string Session::Path(std::string_view rest) const {
  return std::string("/v1/products/").append(product_id_).append(rest);
}

std::string Session::ThreadPath(std::string_view rest) const {
  return Path("/threads/").append(thread_id_).append(rest);
}

// xorshift128+ over the page's seed: ids need no secrecy, for every thread route checks its owner.
std::uint64_t Session::Random() {
  auto& [a, b] = random_.half;
  std::uint64_t x = a | 1;
  const std::uint64_t y = b;
  a = y;
  x ^= x << 23;
  b = x ^ y ^ (x >> 18) ^ (y >> 5);
  return b + y;
}

std::string Session::NewId(char prefix) {
  constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuv";
  std::string id{prefix, '_'};
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = Random();
    for (int i = 0; i < 12; ++i, bits >>= 5) id += kAlphabet[bits & 31];
  }
  return id;
}

MonotonicMillis Session::RetryAt(int attempts, std::int64_t retry_after_s) {
  constexpr MonotonicMillis kFirst = 500, kLongest = 30'000, kRetryAfterMax = 300;
  const MonotonicMillis delay = std::min(kLongest, kFirst << std::min(attempts, 6));
  const auto jitter = static_cast<MonotonicMillis>(Random() % static_cast<std::uint64_t>(delay / 2));
  return now_ + std::max(delay - delay / 4 + jitter, std::min(retry_after_s, kRetryAfterMax) * 1000);
}

}  // namespace widgent
