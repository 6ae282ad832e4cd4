#include "server/watchers.h"

#include <algorithm>
#include <utility>

#include "agent/agent.h"
#include "identity/token.h"
#include "protocol/ag_ui.h"
#include "protocol/json_writer.h"
#include "protocol/sse.h"
#include "server/problems.h"
#include "server/run_stream.h"

namespace widgent {

namespace {

constexpr std::int64_t kHeartbeatMs = 10'000;
constexpr std::size_t kPagesOfThreadMax = 8, kBacklogBytesMax = 256 * 1024;
constexpr int kMessagesLookedAtMax = 200;

AgUiEvent Custom(std::string name, std::string value_json) {
  AgUiEvent event;
  event.type = EventType::kCustom;
  event.name = std::move(name);
  event.value_json = std::move(value_json);
  return event;
}

std::string Frame(const AgUiEvent& event) { return "data: " + WriteEvent(event) + "\n\n"; }

// People's words are no run of the agent's; to a client they look like one.
RunId RunOf(const ThreadId& thread) { return {std::string(kOperatorPrefix) + thread.value}; }

}  // namespace

bool WaitsForPeople(Store& store, const Thread& thread) {
  return thread.handed_off_at > 0 || !store.ListOperatorQuestions(thread.product, thread.id).empty();
}

Watchers::~Watchers() { loop_.Cancel(heartbeat_timer_); }

void Watchers::Watch(const ExchangePtr& x, const Thread& thread, const std::string& heard) {
  if (is_closed_) return x->Refuse(MakeProblem("draining", "The server is about to restart.", "Ask again.", 2));
  if (!WaitsForPeople(store_, thread)) return x->Send({204, {{"Cache-Control", "no-store"}}, ""});
  std::erase_if(pages_, [](const auto& page) { return page->is_gone; });
  // Who opens one page after the other keeps the newest.
  const auto is_here = [&](const auto& page) {
    return page->thread == thread.id && page->x->product->config.id == thread.product;
  };
  if (std::count_if(pages_.begin(), pages_.end(), is_here) >= std::ptrdiff_t{kPagesOfThreadMax})
    Drop(**std::find_if(pages_.begin(), pages_.end(), is_here));
  const auto page = std::make_shared<Page>(Page{.x = x, .thread = thread.id, .owner = thread.owner});
  pages_.push_back(page);
  const auto messages = store_.ListMessages(thread.product, thread.id, kMessagesLookedAtMax);
  const auto last = std::find_if(messages.begin(), messages.end(),
                                 [&](const StoredMessage& message) { return message.id.value == heard; });
  if (last != messages.end())
    for (auto message = messages.begin(); message <= last; ++message) page->told.insert(message->id.value);
  x->responder()->OnClosed([gone = std::weak_ptr<Page>(page)] {
    if (const auto closed = gone.lock()) closed->is_gone = true;
  });
  x->StartStream();
  x->responder()->Write(Frame(RunStarted(thread.id, RunOf(thread.id), ToWire(x->identity, x->Now()))));
  Tell(*page);
  if (!heartbeat_timer_) Beat();
}

void Watchers::Refresh(const ProductId& product, const ThreadId& thread) {
  for (const auto& page : std::vector(pages_))
    if (page->thread == thread && page->x->product->config.id == product) Tell(*page);
}

void Watchers::RefreshQuestions() {
  for (const auto& page : std::vector(pages_))
    if (!page->asked.empty()) Tell(*page);
}

void Watchers::Close() {
  is_closed_ = true;
  for (const auto& page : std::vector(pages_)) Drop(*page);
}

// A page that waits sends no token: what it came in with must still hold.
bool Watchers::IsAdmitted(const Page& page, const std::optional<Thread>& thread) {
  if (!thread || thread->owner != page.owner) return false;
  const User* user = AsUser(page.x->identity);
  if (!user) return true;
  const auto revoked_at = store_.FindRevocation(thread->product, user->sub);
  const UnixMillis now = loop_.Now();
  return user->expires_at_s * 1000 > now &&
         !(revoked_at && IsRevoked(*user, *revoked_at, page.x->product->config.token_policy, now));
}

void Watchers::Tell(Page& page) {
  if (page.is_gone) return;
  const ProductId& product = page.x->product->config.id;
  const auto thread = store_.FindThread(product, page.thread);
  http::Responder& responder = *page.x->responder();
  if (!IsAdmitted(page, thread) || responder.Backlog() > kBacklogBytesMax) return Drop(page);
  std::string frames = TellMessages(page, *thread) + TellQuestions(page, *thread);
  const bool is_over = thread->handed_off_at == 0 && page.asked.empty();
  if (is_over) frames += Frame(RunFinished(page.thread, RunOf(page.thread), Outcome::kSuccess));
  if (!frames.empty()) responder.Write(std::move(frames));
  if (is_over) Drop(page);
}

std::string Watchers::TellMessages(Page& page, const Thread& thread) {
  if (thread.handed_off_at > 0) page.since = thread.handed_off_at;
  std::string frames;
  for (const StoredMessage& message : store_.ListMessages(thread.product, thread.id, kMessagesLookedAtMax)) {
    const bool is_news = message.role == StoredMessage::Role::kOperator && message.at >= page.since;
    if (!is_news || !page.told.insert(message.id.value).second) continue;
    AgUiEvent start = TextEvent(EventType::kTextMessageStart, message.id);
    start.operator_json = message.metadata_json;
    frames += Frame(start) + Frame(TextEvent(EventType::kTextMessageContent, message.id, message.text));
    frames += Frame(TextEvent(EventType::kTextMessageEnd, message.id));
  }
  return frames;
}

// A question that is decided waits for the page all the same, until a run has gone on from it.
std::string Watchers::TellQuestions(Page& page, const Thread& thread) {
  std::string frames;
  page.asked.clear();
  for (const auto& [where, question] : store_.ListOperatorQuestions(thread.product, thread.id)) {
    const bool has_expired = question.expires_at <= loop_.Now();
    const std::string status = has_expired ? "expired" : ToWire(question).decided;
    if (!has_expired) page.asked.insert(question.id);
    if (status.empty() || !page.told.insert(question.id).second) continue;
    JsonWriter value;
    value.Open('{').Put("id", question.id).Put("status", status).Close('}');
    frames += Frame(Custom("widgent.approval", value.Take()));
  }
  return frames;
}

void Watchers::Drop(Page& page) {
  if (std::exchange(page.is_gone, true)) return;
  page.x->responder()->Finish();
}

void Watchers::Beat() {
  heartbeat_timer_ = loop_.After(kHeartbeatMs, [this] {
    heartbeat_timer_ = 0;
    std::erase_if(pages_, [](const auto& page) { return page->is_gone; });
    for (const auto& page : std::vector(pages_)) {
      const auto thread = store_.FindThread(page->x->product->config.id, page->thread);
      if (!IsAdmitted(*page, thread)) Drop(*page);
      else if (!page->is_gone) page->x->responder()->Write(std::string(kSseHeartbeat));
    }
    if (!pages_.empty()) Beat();
  });
}

}  // namespace widgent
