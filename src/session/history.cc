// History: the conversation as the server has kept it.
#include "protocol/ids.h"
#include "session/session.h"

namespace widgent {

namespace {

constexpr int kHistoryAttemptsMax = 3;

}  // namespace

void Session::LoadHistory() {
  history_due_ = true;
  history_attempts_ = 0;
  SendHistory();
}

void Session::SendHistory() {
  if (!history_due_) return;
  history_request_ = Send(RequestKind::kHistory, ThreadPath("/messages")).id;
}

void Session::EndHistory(const Request& request) {
  history_request_ = 0;
  const JsonField& answer = request.answer.root();
  if (request.status != 200 || !answer.exists()) {
    if (TakeCommonProblem(request)) return;
    if (IsWorthRetrying(request.status) && ++history_attempts_ < kHistoryAttemptsMax) {
      history_at_ = RetryAt(history_attempts_, request.retry_after_s);
      return;
    }
    history_due_ = false;
    if (request.code == "thread_not_found") {
      ForgetThread();
      if (state_ == State::kUser) On(ThreadsRequested{});
    }
    return Pump();
  }
  questions_.Clear();
  ratings_.clear();
  effects_.ClearMessages();
  Text last_id;  // of the visitor's message, where it is the last one
  TextView last_text;
  for (auto* item = answer.At("messages").First(); item; item = item->Next()) {
    const TextView id = item->Text("id"), content = item->Text("content");
    const JsonField& ours = item->At("metadata/widgent");
    const bool from_user = item->Text("role") == "user";
    last_id.clear();
    if (from_user) {
      last_id = id;
      last_text = content;
      // It has arrived, whatever we made of the answer that never came.
      if (OutboxMessage* arrived = outbox_.Find(id)) {
        if (arrived->status != MessageStatus::kSent) effects_.Emit("message:sent", "id", id);
        outbox_.Remove(arrived);
      }
    }
    const TextView status = ours.Text("status"), rating = ours.Text("rating");
    const bool whole = status.empty() || status == "done";
    for (auto* tool = ours.At("tools").First(); tool; tool = tool->Next())
      effects_.ShowTool(tool->Text("id"), tool->Text("name"), tool->Text("status"));
    const JsonField& citations = ours.At("citations");
    if (!rating.empty()) ratings_.Append(RatingLine(id, rating));
    effects_.ShowMessage(id, from_user, content,
                         from_user ? MessageStatus::kSent
                         : whole   ? MessageStatus::kDone
                                   : MessageStatus::kInterrupted,
                         ours.Integer("at"), citations.count() ? &citations : nullptr, rating, PersonOf(*item));
  }
  const TextView active = answer.Text("active_run");
  const JsonField& interrupts = answer.At("interrupts");
  people_ = answer.Text("people");
  if (!last_id.empty() && !interrupts.count() && (people_.empty() || !active.empty())) {
    // The last word is the visitor's: the reply is on its way, or waits for a yes, or never came and can be asked for
    // again.
    auto* last = new OutboxMessage;
    last->id = last_id;
    last->text = last_text;
    last->epoch = epoch_;
    last->stored = true;
    last->run_id = active;
    last->status = MessageStatus::kSent;
    if (active.empty()) {
      last->status = MessageStatus::kFailed;
      last->code = "agent_truncated";
      Tell(*last);
    }
    outbox_.Prepend(last);
  }
  ShowApprovals(interrupts);
  history_due_ = false;
  for (const OutboxMessage& message : outbox_)
    if (!(message.id == last_id)) Show(message);
  if (!IsValidId(active)) return Pump();
  BeginRun(active, last_id);
  run_->started = true;
  effects_.ShowBusy(true);
  ResumeRun();
}

}  // namespace widgent
