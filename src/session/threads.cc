// The user's threads, and judgements of replies.
#include <cstring>

#include "protocol/json_writer.h"
#include "session/session.h"

namespace widgent {

void Session::On(const ThreadsRequested&) {
  if (state_ != State::kUser) return effects_.ShowThreads();
  Send(RequestKind::kThreads, "/threads");
}

void Session::EndThreads(const Request& request) {
  // {"threads":[…]}: the list is handed on as it is, where it is sound.
  constexpr std::size_t kBefore = 11;
  Text list;
  if (request.body.size() > kBefore) list.Append(request.body.c_str() + kBefore, request.body.size() - kBefore - 1);
  if (request.status == 200 && JsonFields().Parse(list)) return effects_.ShowThreads(list, thread_id_);
  if (!TakeCommonProblem(request)) effects_.ShowThreads("[]", thread_id_, true);
}

// What has arrived is in the history, and a reply goes on on the server.
void Session::On(const ThreadChosen& event) {
  const bool is_new = event.thread_id.empty();
  if (state_ != State::kUser && (state_ != State::kGuest || !is_new)) return;
  for (const OutboxMessage& message : outbox_)
    if (!message.stored) return effects_.ShowNotice("unsent_message");
  if (run_) DropRequest(run_->request);
  DropRequest(history_request_);
  history_request_ = 0;
  CloseThread();
  effects_.ShowNotice("");
  ShowOnline();
  if (is_new) return;
  thread_id_ = event.thread_id;
  LoadHistory();
}

Text Session::RatingLine(TextView id, TextView rating) {
  Text line("\n");
  line.Append(id).Append(" ").Append(rating);
  return line;
}

void Session::On(const FeedbackGiven& event) {
  if (thread_id_.empty()) return;
  JsonWriter body;
  body.Open('{').Put("rating", event.rating).PutIf("comment", event.comment).Close('}');
  Send(RequestKind::kFeedback, ThreadPath("/messages/", event.message_id, "/feedback"), body.view()).body =
      RatingLine(event.message_id, event.rating);
}

void Session::EndFeedback(const Request& request) {
  if (request.status == 204) {
    ratings_.Append(request.body);
    return;
  }
  // What stood before: nothing, or what the last line of this message says.
  const char *body = request.body.c_str(), *rating = "";
  const auto size = static_cast<std::size_t>(std::strchr(body, ' ') - body);
  Text line, id;
  line.Append(body, size + 1);
  id.Append(body + 1, size - 1);
  for (const char* at = ratings_.c_str(); *at; ++at)
    if (TextView(at).StartsWith(line.c_str())) rating = at[line.size()] == 'u' ? "up" : "down";
  effects_.ShowRating(id, rating);
}

}  // namespace widgent
