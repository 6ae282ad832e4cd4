// What an AG-UI agent behind Widgent answers in one round, taken in pieces as it arrives. Of its events only its words,
// its tool calls and its end count; states, snapshots, reasoning and events of its own are not passed on. No network
// here.
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent_model.h"
#include "protocol/sse.h"

namespace widgent {

struct AgUiReply {
  std::vector<ModelToolCall> calls;  // without those whose result the agent has told itself: its own tools
  bool is_complete = false;          // RUN_FINISHED came
  std::string error;                 // not empty: RUN_ERROR, or what could not be read; for the log alone
};

class AgUiStream {
 public:
  static constexpr std::size_t kCallsMax = 16, kArgumentsBytesMax = 64 * 1024;

  explicit AgUiStream(std::function<void(std::string_view)> on_text) : on_text_(std::move(on_text)) {}

  // What comes after the end or an error is ignored.
  void Feed(std::string_view piece);
  // The connection has ended. Called once.
  AgUiReply End() { return std::move(reply_); }

 private:
  void Take(std::string_view data);
  void TakeText(const nlohmann::json& event, std::string_view type);
  void TakeCall(const nlohmann::json& event, std::string_view type);
  void Fail(std::string error);

  const std::function<void(std::string_view)> on_text_;
  SseDecoder sse_;
  std::string hidden_;     // the message that is no word to the visitor, such as a system message
  std::string last_call_;  // what a chunk without an id goes on with
  AgUiReply reply_;
};

}  // namespace widgent
