#include "session/json.h"

#include "protocol/json_fields.h"

namespace widgent {

namespace {

// Hands an event to the session. False where `fields` tell none.
bool HandleEvent(Session& session, const JsonField& fields) {
  const TextView type = fields.Text("type");
  auto text = [&](const char* name) { return fields.Text(name); };
  auto number = [&](const char* name) { return static_cast<int>(fields.Integer(name)); };
  auto handle = [&](const auto& event) {
    session.Handle(event, fields.Integer("now"));
    return true;
  };
  if (type == "response_chunk") return handle(ResponseChunk{number("request"), text("text")});
  if (type == "response_started")
    return handle(ResponseStarted{number("request"), number("status"), fields.Integer("retry_after_s")});
  if (type == "response_ended") return handle(ResponseEnded{number("request")});
  if (type == "request_failed") return handle(RequestFailed{number("request")});
  if (type == "timer_fired") return handle(TimerFired{});
  if (type == "message_submitted") return handle(MessageSubmitted{text("text")});
  if (type == "retry_requested") return handle(RetryRequested{text("message_id")});
  if (type == "approval_answered") return handle(ApprovalAnswered{text("id"), fields.Flag("approved")});
  if (type == "cancel_requested") return handle(CancelRequested{});
  if (type == "message_withdrawn") return handle(MessageWithdrawn{text("message_id")});
  if (type == "feedback_given") return handle(FeedbackGiven{text("message_id"), text("rating"), text("comment")});
  if (type == "threads_requested") return handle(ThreadsRequested{});
  if (type == "thread_chosen") return handle(ThreadChosen{text("thread_id")});
  if (type == "new_thread_chosen") return handle(ThreadChosen{});
  if (type == "panel_awaited") return handle(PanelAwaited{});
  if (type == "panel_opened") return handle(PanelOpened{});
  if (type == "panel_closed") return handle(PanelClosed{});
  if (type == "connection_changed") return handle(ConnectionChanged{fields.Flag("online", true)});
  if (type == "page_resumed") return handle(PageResumed{});
  if (type == "identify_called")
    return handle(IdentifyCalled{number("call"), text("token"), text("guest_id"), fields.Flag("get_token")});
  if (type == "token_provided") return handle(TokenProvided{number("ask"), text("token"), text("guest_id")});
  if (type == "token_failed") return handle(TokenFailed{number("ask")});
  if (type == "broadcast_received")
    return handle(BroadcastReceived{text("kind"), text("fingerprint"), text("guest_id")});
  if (type == "merge_answered") return handle(MergeAnswered{fields.Flag("accepted")});
  if (type == "logout_called") return handle(LogoutCalled{number("call"), text("guest_id")});
  if (type == "destroy_called") return handle(DestroyCalled{});
  if (type == "init_called")
    return handle(InitCalled{number("call"), text("product_id"), text("service_key"), text("guest_id"), text("seed"),
                             text("thread_id"), text("thread_of"), text("salt"), text("page"), text("locale"),
                             fields.Flag("get_token")});
  return false;
}

}  // namespace

Text HandleJson(Session& session, std::string_view text) {
  JsonFields event;
  if (!event.Parse(text) || !HandleEvent(session, event.root()))
    session.effects().Report("invalid_event", "The page sent an event that the session does not know.");
  return session.TakeStep();
}

}  // namespace widgent
