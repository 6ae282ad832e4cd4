// A page and the answers that a server would give it.
#pragma once
#include <cstdlib>
#include <fstream>

#include "protocol/ag_ui.h"
#include "protocol/sse.h"
#include "support/page.h"

namespace widgent::test {

inline json Verified(const std::string& sub, std::int64_t expires_in = 3600, const std::string& thread = "") {
  json body = {{"identity", {{"state", "verified"}, {"sub", sub}, {"name", sub + " Name"}, {"expires_in", expires_in}}},
               {"greeting", "Hi " + sub + ", how can I help?"},
               {"agent", {{"name", "Acme"}}},
               {"suggestions", {"Where is my order?"}}};
  if (!thread.empty()) body["thread_id"] = thread;
  return body;
}
inline json AsGuest(const std::string& reason = "token_missing") {
  return {
      {"identity", {{"state", "anonymous"}, {"reason", reason}}}, {"greeting", "Hi!"}, {"agent", {{"name", "Acme"}}}};
}
inline json ProblemOf(const std::string& code, int status, const std::string& hint = "") {
  return {{"code", code}, {"status", status}, {"title", code}, {"hint", hint}};
}

// The frames of a run, one per event, as the server numbers them.
inline std::vector<std::string> Frames(const std::string& run, const std::string& thread,
                                       const std::vector<std::string>& deltas,
                                       std::optional<WireIdentity> identity = std::nullopt) {
  std::vector<AgUiEvent> events;
  AgUiEvent event;
  event.type = EventType::kRunStarted;
  event.thread_id = {thread};
  event.run_id = {run};
  event.identity = identity ? *identity : WireIdentity{};
  events.push_back(event);
  event = {};
  event.message_id = {"m_" + run};
  event.type = EventType::kTextMessageStart;
  events.push_back(event);
  for (const std::string& delta : deltas) {
    event.type = EventType::kTextMessageContent;
    event.delta = delta;
    events.push_back(event);
  }
  event.type = EventType::kTextMessageEnd;
  events.push_back(event);
  event = {};
  event.type = EventType::kRunFinished;
  event.thread_id = {thread};
  event.run_id = {run};
  events.push_back(event);
  std::vector<std::string> frames;
  for (const AgUiEvent& e : events)
    frames.push_back(EncodeSse(run + ":" + std::to_string(frames.size() + 1), WriteEvent(e)));
  return frames;
}

inline WireIdentity UserIdentity(const std::string& sub, std::int64_t expires_in = 3600) {
  WireIdentity identity;
  identity.verified = true;
  identity.sub = sub;
  identity.expires_in = expires_in;
  return identity;
}

// Where WIDGENT_TRANSCRIPTS names a folder, every test leaves what was said there, to be replayed by the shipped Wasm
// (tests/node/transcripts.test.mjs).
struct PageFixture : Page {
  PageFixture() = default;
  ~PageFixture() {
    const char* folder = std::getenv("WIDGENT_TRANSCRIPTS");
    if (!folder || transcript.empty()) return;
    static int count = 0;
    std::ofstream file(std::string(folder) + "/" + std::to_string(++count) + ".jsonl");
    for (const auto& [event, step] : transcript) file << event << "\n" << step << "\n";
  }

  // A page on which `sub` is signed in.
  void SignIn(const std::string& sub, std::int64_t expires_in = 3600, const std::string& thread = "") {
    Identify(TokenOf(sub));
    Wait(0);
    Answer(Find("/session"), 200, Verified(sub, expires_in, thread));
  }
  std::string RunId(int request) const { return json::parse(open.at(request)["body"].get<std::string>())["runId"]; }
  std::string ThreadId(int request) const {
    return json::parse(open.at(request)["body"].get<std::string>())["threadId"];
  }
  std::vector<std::string> FramesFor(int request, const std::vector<std::string>& deltas) const {
    std::optional<WireIdentity> who;
    if (identity.value("state", "") == "user") who = UserIdentity(identity["sub"]);
    return Frames(RunId(request), ThreadId(request), deltas, who);
  }
  // Answers the run that is on its way, whole.
  void AnswerRun(const std::vector<std::string>& deltas) {
    const int request = Find("/agent");
    const auto frames = FramesFor(request, deltas);
    Started(request, 200);
    for (const std::string& frame : frames) Chunk(request, frame);
    Ended(request);
  }
  bool Emitted(const std::string& name, const std::string& key = "", const std::string& value = "") const {
    for (const json& e : emitted)
      if (e["name"] == name && (key.empty() || e["detail"].value(key, "") == value)) return true;
    return false;
  }
};

}  // namespace widgent::test
