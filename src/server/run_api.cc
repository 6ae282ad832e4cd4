#include "server/run_api.h"

#include <algorithm>

#include "identity/crypto.h"
#include "server/admission.h"
#include "server/greeting.h"
#include "server/history.h"
#include "server/problems.h"
#include "server/run_stream.h"
#include "server/trace.h"
#include "server/ui_message_input.h"
#include "server/watchers.h"
#include "server/widget_api.h"

namespace widgent {

namespace {

constexpr int kHistoryMessagesMax = 40, kSnapshotMessagesMax = 200;
constexpr std::size_t kTitleCharactersMax = 80;
// Each holds its history, and its viewers.
constexpr std::size_t kRunsMax = 2000;

// What makes two requests the same: the message. A repeat may come from another page or in another language.
std::string InputHash(const RunAgentInput& input) {
  std::string text = input.message_id.value + '\n' + input.text;
  if (const auto& resume = input.resume) {
    const std::string_view verdict = resume->cancelled ? "cancelled" : resume->approved ? "approved" : "rejected";
    text.append("\n\n").append(resume->interrupt_id).append("\n").append(verdict);
  }
  return Hex(Sha256(text));
}

bool HasFlag(std::string_view query, std::string_view flag) {
  for (std::size_t from = 0; from <= query.size();) {
    const std::size_t end = std::min(query.find('&', from), query.size());
    if (query.substr(from, end - from) == flag) return true;
    from = end + 1;
  }
  return false;
}

// Nothing was admitted, so nothing begins: the stream is one error.
http::Response RefusedRun(const RunId& run, std::string_view code, UnixMillis now) {
  RunStream stream(run);
  stream.Append(RunError(code), now);
  return StreamResponse(stream.text());
}

Problem IdempotencyMismatch(std::string detail) {
  return MakeProblem("idempotency_mismatch", std::move(detail),
                     "Ids are for life: a repeat sends the same message, a new message has new ids.");
}

}  // namespace

void RunApi::PostAgent(const ExchangePtr& x) {
  if (auto problem = CheckJsonBody(x->request)) return x->Refuse(*problem);
  RunAgentInput input;
  if (auto error = ReadRunAgentInput(x->request.body, input))
    return x->Refuse(MakeProblem("invalid_input", error->detail));
  Start(x, input);
}

void RunApi::PostChat(const ExchangePtr& x) {
  if (auto problem = CheckJsonBody(x->request)) return x->Refuse(*problem);
  RunAgentInput input;
  if (auto error = ReadUiMessages(x->request.body, x->request_id, input))
    return x->Refuse(MakeProblem("invalid_input", error->detail));
  x->SpeakUiMessages();
  Start(x, input);
}

void RunApi::Start(const ExchangePtr& x, const RunAgentInput& input) {
  if (CountCharacters(input.text) > kMessageCharactersMax) {
    return x->Refuse(MakeProblem("message_too_large", "A message may have 4000 characters at most.",
                                 "Send it in parts, or less of it."));
  }
  Problem problem;
  const auto owner = RequireOwner(*x, problem);
  if (!owner) return x->Refuse(problem);
  if (input.resume && owner->kind != Owner::Kind::kUser) {
    return x->Refuse(MakeProblem("identity_changed", "Only the signed-in user who was asked can answer.",
                                 "Identify that user again, then send the answer again."));
  }

  // Ids of the owner's people: one of these, taken by a visitor, would keep a person's message out.
  if (input.message_id.value.starts_with(kOperatorPrefix))
    return x->Refuse(MakeProblem("invalid_input", "A visitor's message has an id of the owner's people (op_…)."));
  const ProductId& product = x->product->config.id;
  auto thread = store_.FindThread(product, input.thread_id);
  if (thread ? thread->owner != *owner : input.resume.has_value()) return x->Refuse(ThreadNotFound());
  // A guest's message that arrives after its thread was taken over must not begin that thread anew.
  if (!thread && store_.FindMoved(product, input.thread_id, x->guest_id)) return x->Refuse(ThreadNotFound());

  if (thread) {
    if (const auto run = store_.FindRun(product, input.thread_id, input.run_id)) {
      if (run->input_sha256 != InputHash(input))
        return x->Refuse(IdempotencyMismatch("This runId was used for another message."));
      return Repeat(x, input.thread_id, *run);
    }
  }
  // What people have decided is told to all pages of the user: whichever comes first goes on from it, the others watch.
  if (thread && input.resume) {
    const auto asked = store_.FindInterrupt(product, input.thread_id, input.resume->interrupt_id);
    const auto run =
        asked && asked->by_operator ? store_.FindRun(product, input.thread_id, asked->answered_by) : std::nullopt;
    if (run) return Show(x, input.thread_id, *run, 0);
  }
  const auto known = thread ? store_.FindMessage(product, input.thread_id, input.message_id) : std::nullopt;
  if (known && (known->role != StoredMessage::Role::kUser || known->text != input.text))
    return x->Refuse(IdempotencyMismatch("This message id was used for another message."));
  const bool has_new_message = !known && !input.message_id.value.empty();
  const auto verdict = approvals_.Judge(*x, input, has_new_message);
  if (!verdict.refusal.empty()) return x->Send(RefusedRun(input.run_id, verdict.refusal, x->Now()));
  if (verdict.answer && has_new_message && !verdict.is_dismissal) {
    return x->Refuse(MakeProblem("invalid_input", "A new message came with an answer.",
                                 "Send the answer first and the message in a run of its own; or put the question aside "
                                 "by the status \"cancelled\"."));
  }
  if (hub_.Find(product, input.thread_id)) {
    return x->Refuse(MakeProblem("run_in_progress", "The previous reply of this conversation is still running.",
                                 "Wait for its end, or cancel it.", 1));
  }
  if (const auto refusal = CheckLimits(*x, *owner)) return x->Refuse(*refusal);

  const bool goes_on = verdict.answer && !verdict.is_dismissal;
  const bool is_handed_off = thread && thread->handed_off_at > 0;
  approvals_.Settle(*x, input, verdict);
  if (goes_on) TouchThread(*x, std::move(*thread));
  else WriteMessage(*x, input, std::move(thread), *owner, !known);
  StoredRun record;
  record.id = input.run_id;
  record.input_sha256 = InputHash(input);
  record.message = input.message_id;
  if (goes_on) record.message = verdict.question;
  record.started_at = x->Now();
  store_.PutRun(product, input.thread_id, record);

  RunRequest request;
  request.product = &x->product->config;
  request.knowledge = x->product->knowledge.get();
  request.identity = x->identity;
  request.thread = input.thread_id;
  request.run = input.run_id;
  request.history = HistoryUpTo(product, input.thread_id, record.message);
  if (goes_on) request.answer = verdict.answer;
  request.is_handed_off = is_handed_off && !goes_on;
  request.page = input.page;
  request.locale = input.locale;
  request.peer_address = x->request.peer_address;
  request.traceparent = ChildTrace(x->request, x->request_id);
  const auto run = hub_.Admit(x->product, std::move(request), std::move(record), *owner);
  run->Attach(x, 0);
}

void RunApi::GetEvents(const ExchangePtr& x) {
  const ThreadId id{x->ids[1]};
  const auto thread = FindOwnThread(store_, *x, id);
  if (!thread) return x->Refuse(ThreadNotFound());
  const ProductId& product = x->product->config.id;

  if (const auto last_event_id = x->request.Find("last-event-id")) {
    const auto cursor = ParseCursor(*last_event_id);
    if (!cursor)
      return x->Refuse(MakeProblem("invalid_input", "Last-Event-ID is not of the form `<run>:<n>`.",
                                   "Send the id of the last event that arrived."));
    if (cursor->run.value.starts_with(kOperatorPrefix)) return watchers_.Watch(x, *thread, cursor->run.value);
    const auto run = store_.FindRun(product, id, cursor->run);
    if (!run)
      return x->Refuse(MakeProblem("cursor_too_old", "This run is not kept any more.", "Read the messages instead."));
    return Show(x, id, *run, cursor->frame);
  }

  const auto live = hub_.Find(product, id);
  if (!live) return watchers_.Watch(x, *thread, "");
  if (!HasFlag(x->request.query, "join=1")) return live->Attach(x, 0);
  live->Join(x, WriteMessages(store_.ListMessages(product, id, kSnapshotMessagesMax)));
}

void RunApi::PostCancel(const ExchangePtr& x) {
  const ThreadId id{x->ids[1]};
  const RunId run_id{x->ids[2]};
  if (!FindOwnThread(store_, *x, id)) return x->Refuse(ThreadNotFound());
  const ProductId& product = x->product->config.id;
  const auto live = hub_.Find(product, id);
  if (live && live->id() == run_id) {
    live->Cancel();
  } else if (!store_.FindRun(product, id, run_id)) {
    return x->Refuse(MakeProblem("run_not_found", "This conversation has no run of this id."));
  }
  x->Send({202, {{"Cache-Control", "no-store"}}, ""});
}

void RunApi::Repeat(const ExchangePtr& x, const ThreadId& thread, const StoredRun& run) {
  const auto cursor = ParseCursor(x->request.Find("last-event-id").value_or(""));
  Show(x, thread, run, cursor && cursor->run == run.id ? cursor->frame : 0);
}

void RunApi::Show(const ExchangePtr& x, const ThreadId& thread, const StoredRun& run, std::size_t cursor) {
  const auto live = hub_.Find(x->product->config.id, thread);
  if (live && live->id() == run.id) return live->Attach(x, cursor);
  if (run.status == StoredRun::Status::kRunning || run.status == StoredRun::Status::kInterrupted)
    return x->Send(StreamResponse(TruncatedStream(thread, run.id, cursor, x->Now())));
  const std::string_view tail = FramesAfter(run.events, cursor);
  if (tail.empty()) return x->Send({204, {{"Cache-Control", "no-store"}}, ""});
  x->Send(StreamResponse(std::string(tail)));
}

std::optional<Problem> RunApi::CheckLimits(Exchange& x, const Owner& owner) {
  if (is_draining_)
    return MakeProblem("draining", "The server is about to restart.", "Send the message again in a moment.", 2);
  if (hub_.size() >= kRunsMax)
    return MakeProblem("overloaded", "Too many replies are running at once.", "Send the message again in a moment.", 2);
  const Product& product = x.product->config;
  if (hub_.CountOf(product.id, owner) >= product.rate_limits.concurrent_runs_per_user)
    return MakeProblem("rate_limited", "Too many replies are running at once.", "Wait for one of them to end.", 2);
  return CheckRate(limits_, x, owner);
}

void RunApi::WriteMessage(const Exchange& x, const RunAgentInput& input, std::optional<Thread> thread,
                          const Owner& owner, bool is_new_message) {
  const ProductId& product = x.product->config.id;
  const UnixMillis now = x.Now();
  if (!thread) {
    thread.emplace();
    thread->product = product;
    thread->id = input.thread_id;
    thread->owner = owner;
    thread->created_at = now;
    thread->title = CutCharacters(input.text, kTitleCharactersMax);
  }
  thread->active_at = now;
  store_.PutThread(*thread);
  if (!is_new_message) return store_.DeleteUnfinishedReplies(product, input.thread_id, input.message_id);
  StoredMessage message;
  message.id = input.message_id;
  message.run = input.run_id;
  message.role = StoredMessage::Role::kUser;
  message.text = input.text;
  message.at = now;
  store_.AppendMessage(product, input.thread_id, message);
}

void RunApi::TouchThread(const Exchange& x, Thread thread) {
  thread.active_at = x.Now();
  store_.PutThread(thread);
}

// Oldest first, the message to answer last, also where it is answered again.
std::vector<StoredMessage> RunApi::HistoryUpTo(const ProductId& product, const ThreadId& thread,
                                               const MessageId& question) {
  auto history = store_.ListMessages(product, thread, kHistoryMessagesMax);
  const auto is_question = [&](const StoredMessage& message) { return message.id == question; };
  const auto place = std::find_if(history.begin(), history.end(), is_question);
  if (place != history.end()) {
    history.erase(place + 1, history.end());
  } else if (const auto older = store_.FindMessage(product, thread, question)) {
    history = {*older};
  }
  return history;
}

}  // namespace widgent
