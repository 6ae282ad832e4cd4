// What comes back: an answer to whoever has asked, and the problems that mean the same to all.
#include <memory>

#include "session/session.h"

namespace widgent {

namespace {

constexpr std::size_t kBodyBytesMax = 4u << 20;

// The number in "<run>:<number>"; 0 where the id is another run's.
std::int64_t ReadCursor(TextView id, const Text& run) {
  if (!id.StartsWith(run.c_str())) return 0;
  const char* at = id.c_str() + run.size();
  if (*at++ != ':') return 0;
  constexpr std::int64_t kMax = 100'000'000'000'000;
  std::int64_t number = 0;
  for (; *at; ++at) {
    if (*at < '0' || *at > '9' || number >= kMax) return 0;
    number = number * 10 + (*at - '0');
  }
  return number;
}

}  // namespace

bool Session::IsWorthRetrying(int status) {
  return status == 0 || status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

void Session::On(const ResponseStarted& event) {
  Request* request = FindRequest(event.request);
  if (!request) return;
  request->status = event.status;
  request->retry_after_s = event.retry_after_s;
}

void Session::On(const ResponseChunk& event) {
  Request* request = FindRequest(event.request);
  if (!request || request->epoch != epoch_ || !request->status) return;
  std::string_view piece = event.text;
  if (request->kind != RequestKind::kRun || request->status != 200) {
    if (request->body.size() + piece.size() <= kBodyBytesMax) request->body.Append(piece.data(), piece.size());
    return;
  }
  // An event may end the run, and with it the request: what follows in the same chunk is then nobody's.
  while (request && run_ && run_->request == event.request && request->stream.Next(piece)) {
    const std::int64_t cursor = ReadCursor(request->stream.id(), run_->id);
    JsonFields fields;
    if (!fields.Parse(request->stream.data()) || fields.root().Text("type").empty()) continue;
    if (cursor && cursor <= run_->cursor) continue;
    if (cursor) run_->cursor = cursor;
    run_->attempts = 0;
    Take(fields.root(), request->sent_at);
    request = FindRequest(event.request);
  }
  if (request && run_ && run_->request == event.request && request->stream.overflow()) {
    DropRequest(event.request);
    FailRun("agent_truncated");
  }
}

void Session::On(const ResponseEnded& event) {
  if (!FindRequest(event.request)) return;
  // Out of the list first: an answer may end the epoch, and with it all requests.
  const std::unique_ptr<Request> taken(requests_.Unlink(FindRequest(event.request)));
  Request& request = *taken;
  if (request.kind == RequestKind::kForgotten || request.epoch != epoch_) return;
  if (request.status && state_ != State::kRefused) diagnosed_ = false;
  request.answer.Parse(request.body);
  request.code = request.answer.root().Text("code");
  if (request.code.empty()) request.code.Append("http_").AppendNumber(request.status);
  switch (request.kind) {
    case RequestKind::kSession:
      return EndSession(request);
    case RequestKind::kHistory:
      return EndHistory(request);
    case RequestKind::kThreads:
      return EndThreads(request);
    case RequestKind::kFeedback:
      return EndFeedback(request);
    case RequestKind::kRun:
      return EndRunAnswer(request);
    case RequestKind::kDiagnose:
      return EndDiagnose(request);
    case RequestKind::kForgotten:
      return;
  }
}

void Session::On(const RequestFailed& event) {
  Request* request = FindRequest(event.request);
  if (!request) return;
  request->status = 0;
  if (request->kind == RequestKind::kRun && !(run_ && run_->started)) Diagnose();
  On(ResponseEnded{event.request});
}

// Problems that mean the same wherever they come up.
bool Session::TakeCommonProblem(const Request& request) {
  if (!request.status) return false;
  const JsonField& answer = request.answer.root();
  const TextView code = request.code, hint = answer.Text("hint");
  if (answer.Flag("token_expired") && state_ == State::kUser) {
    ExpireIdentity();
  } else if (request.status == 401 && (state_ == State::kUser || state_ == State::kIdentifying)) {
    RefuseToken(code, hint);
  } else if (code == "product_not_found" || (request.status == 403 && !code.StartsWith("identity_"))) {
    RefuseProduct(code, hint);
  } else {
    return false;
  }
  return true;
}

}  // namespace widgent
