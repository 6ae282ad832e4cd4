// What a Chat Completions endpoint answers in one round, taken in pieces as it arrives: server-sent events, or one JSON
// document where the endpoint does not stream. Endpoints differ in public and in private ways; what each rule below is
// for stands in tests/agent/quirks. No network here.
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent_model.h"
#include "protocol/sse.h"

namespace widgent {

struct ChatReply {
  std::vector<ModelToolCall> calls;  // in the order they were opened; what was accumulated counts, not finish_reason
  TokenUse use;
  std::string finish_reason;  // as the endpoint wrote it; empty: none came
  bool is_complete = false;   // it came to its end: [DONE], a finish_reason, or a whole document
  std::string error;          // not empty: the endpoint's own error, or what could not be read; for the log alone
};

class ChatStream {
 public:
  static constexpr std::size_t kCallsMax = 16, kArgumentsBytesMax = 64 * 1024, kDocumentBytesMax = 1 << 20;

  // Text to be shown goes to `on_text`; reasoning never does.
  explicit ChatStream(std::function<void(std::string_view)> on_text) : on_text_(std::move(on_text)) {}

  // What comes after an error is ignored.
  void Feed(std::string_view piece);
  // The connection has ended. Called once.
  ChatReply End();
  bool has_text() const { return has_text_; }

 private:
  struct OpenCall {
    std::int64_t index = 0;
    ModelToolCall call;
  };

  void TakeEvent(std::string_view data);
  bool TakeChunk(const nlohmann::json& chunk);
  void TakeMessage(const nlohmann::json& message);
  void TakeToolCall(const nlohmann::json& delta);
  void TakeText(std::string_view text);
  void Show(std::string_view text);
  OpenCall* FindCall(const nlohmann::json& delta, const std::string& id, const std::string& name);
  void Fail(std::string error);

  const std::function<void(std::string_view)> on_text_;
  SseDecoder sse_;
  std::string document_;  // of an answer that is no stream
  enum class Form : std::uint8_t { kUnknown, kStream, kDocument } form_ = Form::kUnknown;
  std::vector<OpenCall> calls_;
  // A model that thinks aloud begins with <think>: nothing is shown until that has ended.
  enum class Thought : std::uint8_t { kUnknown, kInside, kOver } thought_ = Thought::kUnknown;
  std::string held_;  // the beginning of the text, until it is clear whether it is a thought; then the end of a thought
  bool has_text_ = false, is_done_ = false;
  ChatReply reply_;
};

}  // namespace widgent
