#include "server/live_run.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "protocol/base64url.h"
#include "protocol/sse.h"
#include "server/problems.h"
#include "server/watchers.h"

namespace widgent {

namespace {

constexpr std::int64_t kHeartbeatMs = 10'000;
constexpr std::size_t kBacklogBytesMax = 256 * 1024;

Outcome OutcomeOf(RunResult::Status status) {
  if (status == RunResult::Status::kCancelled) return Outcome::kCancelled;
  return status == RunResult::Status::kAsking ? Outcome::kInterrupt : Outcome::kSuccess;
}

}  // namespace

LiveRun::LiveRun(AgentPorts ports, CommitQueue& commits, ServedProductPtr served, RunRequest request, StoredRun record,
                 Owner owner, std::function<void(LiveRun&)> ended)
    : ports_(std::move(ports)),
      commits_(commits),
      served_(std::move(served)),
      request_(std::move(request)),
      record_(std::move(record)),
      owner_(std::move(owner)),
      ended_(std::move(ended)),
      stream_(record_.id) {}

LiveRun::~LiveRun() { ports_.loop.Cancel(heartbeat_timer_); }

void LiveRun::Begin() {
  if (state_ != State::kAdmitted) return;
  state_ = State::kRunning;
  for (const ExchangePtr& viewer : std::exchange(waiting_, {})) Start(*viewer);
  stream_.Append(Started(), ports_.loop.Now());
  Publish();
  BeatAfterAWhile();
  const std::weak_ptr<LiveRun> weak = weak_from_this();
  agent_ = StartRun(
      ports_, request_,
      [weak](const AgUiEvent& event) {
        if (const auto self = weak.lock()) self->OnEvent(event);
      },
      [weak](const RunResult& result) {
        if (const auto self = weak.lock()) self->OnDone(result);
      });
  if (cancel_requested_) agent_->Cancel();
}

void LiveRun::Abandon() {
  if (state_ != State::kAdmitted) return;
  state_ = State::kEnded;
  for (const ExchangePtr& viewer : std::exchange(waiting_, {}))
    viewer->Refuse(MakeProblem("backend_down", "The message could not be stored.", "Try again in a moment.", 5));
  ended_(*this);
}

void LiveRun::Cancel() {
  cancel_requested_ = true;
  if (state_ == State::kRunning) agent_->Cancel();
}

void LiveRun::Drop() {
  if (state_ == State::kEnded) return;
  if (state_ == State::kAdmitted) {
    state_ = State::kEnded;
    for (const ExchangePtr& viewer : std::exchange(waiting_, {}))
      viewer->Refuse(MakeProblem("thread_not_found", "The conversation was erased."));
    return ended_(*this);
  }
  agent_->Abort();
  stream_.Truncate(published_);
  CloseOpenItems();
  stream_.Append(RunFinished(thread(), id(), Outcome::kCancelled), ports_.loop.Now());
  Publish();
  End();
}

void LiveRun::Attach(const ExchangePtr& viewer, std::size_t cursor) {
  const bool begins_later = state_ == State::kAdmitted;
  if (begins_later) waiting_.push_back(viewer);
  else Start(*viewer);
  Watch(viewer->responder());
  if (!begins_later) Show(viewer->responder(), stream_.Between(cursor, published_));
}

void LiveRun::Join(const ExchangePtr& viewer, std::string messages_json) {
  if (state_ == State::kAdmitted) return Attach(viewer, 0);
  std::vector<AgUiEvent> prelude{Started()};
  AgUiEvent& snapshot = prelude.emplace_back();
  snapshot.type = EventType::kMessagesSnapshot;
  snapshot.messages_json = std::move(messages_json);
  for (const Said& said : said_) {
    prelude.push_back(TextEvent(EventType::kTextMessageStart, said.id));
    if (!said.text.empty()) prelude.push_back(TextEvent(EventType::kTextMessageContent, said.id, said.text));
    if (!said.open) prelude.push_back(TextEvent(EventType::kTextMessageEnd, said.id));
  }
  for (const OpenTool& tool : open_tools_) prelude.push_back(ToolEvent(EventType::kToolCallStart, tool.id, tool.name));
  // Only the last frame has an id: whoever saw less of the prelude must join again.
  std::string frames;
  for (const AgUiEvent& event : prelude) {
    const std::string json = WriteEvent(event);
    if (&event == &prelude.back()) frames += EncodeSse(WriteCursor(id(), published_), json);
    else frames.append("data: ").append(json).append("\n\n");
  }
  Start(*viewer);
  Watch(viewer->responder());
  Show(viewer->responder(), frames);
}

void LiveRun::OnEvent(const AgUiEvent& event) {
  if (state_ != State::kRunning) return;
  Remember(event);
  stream_.Append(event);
  Publish();
}

void LiveRun::Remember(const AgUiEvent& event) {
  if (event.type == EventType::kTextMessageStart) said_.push_back({event.message_id, "", true});
  if (event.type == EventType::kTextMessageContent && !said_.empty()) said_.back().text += event.delta;
  if (event.type == EventType::kTextMessageEnd && !said_.empty()) said_.back().open = false;
  if (event.type == EventType::kToolCallStart) open_tools_.push_back({event.tool_call_id, event.name});
  if (event.type == EventType::kToolCallEnd)
    std::erase_if(open_tools_, [&](const OpenTool& tool) { return tool.id == event.tool_call_id; });
}

void LiveRun::OnDone(const RunResult& result) {
  if (state_ != State::kRunning) return;
  state_ = State::kEnding;
  if (result.status == RunResult::Status::kFailed) {
    stream_.Append(RunError(result.code.empty() ? "internal" : result.code), ports_.loop.Now());
  } else {
    CloseOpenItems();
    AgUiEvent finished = RunFinished(thread(), id(), OutcomeOf(result.status));
    finished.interrupts = result.interrupts;
    const auto stored = ports_.store.FindThread(product(), thread());
    finished.with_people = stored && WaitsForPeople(ports_.store, *stored);
    stream_.Append(finished, ports_.loop.Now());
  }
  try {
    Store(result);
  } catch (const std::exception&) {
    return Settle(false);
  }
  const auto settle = [weak = weak_from_this()](bool is_stored) {
    if (const auto self = weak.lock()) self->Settle(is_stored);
  };
  commits_.After([settle] { settle(true); }, [settle] { settle(false); });
}

// AG-UI clients reject RUN_FINISHED while something is open.
void LiveRun::CloseOpenItems() {
  for (const OpenTool& tool : std::exchange(open_tools_, {}))
    stream_.Append(ToolEvent(EventType::kToolCallEnd, tool.id));
  for (Said& said : said_)
    if (std::exchange(said.open, false)) stream_.Append(TextEvent(EventType::kTextMessageEnd, said.id));
}

void LiveRun::Store(const RunResult& result) {
  StoredMessage reply;
  switch (result.status) {
    case RunResult::Status::kDone:
    case RunResult::Status::kAsking:
      reply.status = StoredMessage::Status::kDone;
      record_.status = StoredRun::Status::kDone;
      break;
    case RunResult::Status::kFailed:
      reply.status = StoredMessage::Status::kFailed;
      record_.status = StoredRun::Status::kFailed;
      break;
    case RunResult::Status::kCancelled:
      reply.status = StoredMessage::Status::kInterrupted;
      record_.status = StoredRun::Status::kCancelled;
      break;
  }
  if (!result.text.empty()) {
    reply.id = result.message;
    if (reply.id.value.empty()) reply.id.value = "m_" + EncodeBase64Url(ports_.random(12));
    reply.run = id();
    reply.role = StoredMessage::Role::kAssistant;
    reply.text = result.text;
    reply.metadata_json = result.metadata_json;
    reply.at = ports_.loop.Now();
    ports_.store.AppendMessage(product(), thread(), reply);
  }
  record_.events = stream_.text();
  ports_.store.PutRun(product(), thread(), record_);
}

// The end is told; where it could not be stored, that is what is told.
void LiveRun::Settle(bool is_stored) {
  if (state_ != State::kEnding) return;
  if (!is_stored) {
    stream_.Truncate(published_);
    stream_.Append(RunError("internal"), ports_.loop.Now());
  }
  Publish();
  End();
}

void LiveRun::End() {
  state_ = State::kEnded;
  ports_.loop.Cancel(std::exchange(heartbeat_timer_, 0));
  for (const Viewer& viewer : std::exchange(viewers_, {})) viewer->Finish();
  ended_(*this);
}

void LiveRun::Publish() {
  const std::string_view news = stream_.Between(published_, stream_.count());
  published_ = stream_.count();
  for (const Viewer& viewer : std::vector(viewers_)) Show(viewer, news);
}

void LiveRun::Show(const Viewer& viewer, std::string_view frames) {
  if (viewer->Backlog() > kBacklogBytesMax) {
    // Whoever cannot keep up is let go, and comes back with the number of the last frame that arrived.
    const Viewer gone = viewer;
    std::erase(viewers_, gone);
    return gone->Finish();
  }
  if (!frames.empty()) viewer->Write(std::string(frames));
}

void LiveRun::Start(Exchange& viewer) {
  viewer.StartStream();
  viewers_.push_back(viewer.responder());
}

void LiveRun::Watch(const Viewer& viewer) {
  viewer->OnClosed([weak = weak_from_this(), gone = std::weak_ptr<http::Responder>(viewer)] {
    const auto self = weak.lock();
    if (!self) return;
    std::erase(self->viewers_, gone.lock());
    std::erase_if(self->waiting_, [&](const ExchangePtr& exchange) { return exchange->responder() == gone.lock(); });
  });
}

void LiveRun::BeatAfterAWhile() {
  heartbeat_timer_ = ports_.loop.After(kHeartbeatMs, [this] {
    for (const Viewer& viewer : std::vector(viewers_)) Show(viewer, kSseHeartbeat);
    BeatAfterAWhile();
  });
}

AgUiEvent LiveRun::Started() const { return RunStarted(thread(), id(), ToWire(request_.identity, ports_.loop.Now())); }

}  // namespace widgent
