// Requests, ids and times: the small tools of Session.
#include <algorithm>
#include <utility>

#include "session/fingerprint.h"
#include "session/session.h"

namespace widgent {

Session::Request& Session::Send(RequestKind kind, TextView path, TextView body, TextView last_event_id) {
  Request& request = requests_.Append(new Request);
  request.id = next_request_++;
  request.kind = kind;
  request.epoch = epoch_;
  request.sent_at = now_;
  Text full("/v1/products/");
  full.Append(product_id_).Append(path);
  EffectWriter::Request effect{.request = request.id, .method = "POST", .path = full, .body = body};
  if (kind >= RequestKind::kHistory || !last_event_id.empty()) effect.method = "GET";
  if (kind != RequestKind::kDiagnose) {
    effect.token = kind == RequestKind::kSession ? asked_token_ : token_;
    effect.guest_id = guest_id_;
    effect.service_key = service_key_;
  }
  effect.last_event_id = last_event_id;
  effect.stream = kind == RequestKind::kRun;
  effects_.SendRequest(effect);
  return request;
}

Session::Request* Session::FindRequest(int id) {
  for (Request& request : requests_)
    if (request.id == id) return &request;
  return nullptr;
}

void Session::DropRequest(int id) {
  Request* request = FindRequest(id);
  if (!request) return;
  requests_.Remove(request);
  effects_.CancelRequest(id);
}

// Its answer has said all that we want to know, and may end in peace.
void Session::Forget(int id) {
  if (Request* request = FindRequest(id)) request->kind = RequestKind::kForgotten;
}

// All but those that go on without us.
void Session::DropRequests() {
  for (Request& request : requests_)
    if (request.kind != RequestKind::kForgotten) DropRequest(request.id);
  session_request_ = history_request_ = 0;
}

Text Session::ThreadPath(TextView rest, TextView id, TextView end) const {
  Text path("/threads/");
  path.Append(thread_id_).Append(rest).Append(id).Append(end);
  return path;
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

Text Session::NewId(char prefix) {
  constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuv";
  Text id;
  id.push_back(prefix);
  id.push_back('_');
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = Random();
    for (int i = 0; i < 12; ++i, bits >>= 5) id.push_back(kAlphabet[bits & 31]);
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
