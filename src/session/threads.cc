// The user's threads, and judgements of replies.
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "session/session.h"

namespace widgent {

void Session::On(const ThreadsRequested&) {
  if (state_ != State::kUser) return Reply(ShowThreads{});
  Get(RequestKind::kThreads, Path("/threads"));
}

void Session::EndThreads(const Request& request) {
  // {"threads":[…]}: the list is handed on as it is, where it is sound.
  constexpr std::size_t kBefore = 11;
  const std::string_view body = request.body;
  const std::string_view list = body.size() > kBefore ? body.substr(kBefore, body.size() - kBefore - 1) : body;
  JsonFields fields;
  if (request.status == 200 && fields.Parse(list)) return Reply(ShowThreads{list, thread_id_});
  if (!TakeCommonProblem(request)) Reply(ShowThreads{.current = thread_id_, .failed = true});
}

// What has arrived is in the history, and a reply goes on on the server.
void Session::On(const ThreadChosen& event) {
  const bool is_new = event.thread_id.empty();
  if (state_ != State::kUser && (state_ != State::kGuest || !is_new)) return;
  for (const OutboxMessage& message : outbox_.messages())
    if (!message.stored) return Reply(ShowNotice{"unsent_message"});
  if (run_) DropRequest(run_->request);
  DropRequest(history_request_);
  history_request_ = 0;
  CloseThread();
  Reply(ShowNotice{""});
  ShowOnline();
  if (is_new) return;
  thread_id_ = event.thread_id;
  LoadHistory();
}

std::string Session::RatingLine(std::string_view id, std::string_view rating) {
  return std::string("\n").append(id).append(" ").append(rating);
}

void Session::On(const FeedbackGiven& event) {
  if (thread_id_.empty()) return;
  JsonWriter body;
  body.Open('{').Put("rating", event.rating).PutIf("comment", event.comment).Close('}');
  const std::string path = ThreadPath("/messages/").append(event.message_id).append("/feedback");
  const int id = TellTheServer(path, body.text(), RequestKind::kFeedback);
  FindRequest(id)->body = RatingLine(event.message_id, event.rating);
}

void Session::EndFeedback(const Request& request) {
  if (request.status == 204) {
    ratings_ += request.body;
    return;
  }
  // What stood before: nothing, or what the last line of this message says.
  const std::string line = request.body.substr(0, request.body.find(' ') + 1);
  const auto place = ratings_.rfind(line);
  const std::string_view id = std::string_view(line).substr(1, line.size() - 2);
  Reply(ShowRating{id, place == line.npos ? "" : ratings_[place + line.size()] == 'u' ? "up" : "down"});
}

}  // namespace widgent
