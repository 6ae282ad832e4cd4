#include "server/exchange.h"

#include <utility>

#include "server/problems.h"
#include "server/trace.h"
#include "server/ui_message_stream.h"

namespace widgent {

namespace {

constexpr std::int64_t kBackendDownRetrySeconds = 5;

}  // namespace

Exchange::Exchange(http::Request received, std::shared_ptr<http::Responder> responder, std::string id,
                   http::EventLoop& loop, CommitQueue& commits, const Log& log, Metrics& metrics)
    : request(std::move(received)),
      request_id(std::move(id)),
      responder_(std::move(responder)),
      loop_(loop),
      commits_(commits),
      log_(log),
      metrics_(metrics),
      received_at_(loop.Now()) {}

void Exchange::Send(http::Response response) {
  const auto self = shared_from_this();
  commits_.After([self, response = std::move(response)] { self->SendNow(response); },
                 [self] {
                   Problem problem = MakeProblem("backend_down", "The request could not be stored.",
                                                 "Try again in a moment.", kBackendDownRetrySeconds);
                   problem.request_id = self->request_id;
                   self->metrics_.CountProblem(problem.code);
                   self->SendNow(ProblemResponse(problem));
                 });
}

void Exchange::SendJson(int status, std::string json) {
  Send({status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(json)});
}

void Exchange::Refuse(Problem problem) {
  problem.request_id = request_id;
  problem.token_expired = token_expired;
  metrics_.CountProblem(problem.code);
  Send(ProblemResponse(problem));
}

void Exchange::SpeakUiMessages() { responder_ = std::make_shared<UiMessageResponder>(std::move(responder_)); }

void Exchange::StartStream() {
  http::Response head = StreamResponse("");
  Complete(head);
  Record(head.status);
  responder_->StartStream(std::move(head));
}

void Exchange::Complete(http::Response& response) {
  response.headers.push_back({"Widgent-Request-Id", request_id});
  for (const auto* headers : {&cors, &rate_limits})
    response.headers.insert(response.headers.end(), headers->begin(), headers->end());
}

void Exchange::SendNow(http::Response response) {
  Complete(response);
  Record(response.status);
  responder_->Send(std::move(response));
}

void Exchange::Record(int status) {
  const std::int64_t milliseconds = loop_.Now() - received_at_;
  metrics_.CountAnswer(route, status, milliseconds);
  if (!log_) return;
  std::string line = "request=" + request_id + " method=" + request.method + " route=" + (route.empty() ? "-" : route);
  if (product) line += " product=" + product->config.id.value;
  if (const auto trace = FindTraceId(request); !trace.empty()) line.append(" trace=").append(trace);
  line += " status=" + std::to_string(status) + " ms=" + std::to_string(milliseconds);
  log_(status >= 500 ? LogLevel::kWarning : LogLevel::kInfo, line);
}

http::Response StreamResponse(std::string frames) {
  return {
      200,
      {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache, no-transform"}, {"X-Accel-Buffering", "no"}},
      std::move(frames)};
}

}  // namespace widgent
