// An AG-UI agent of the site's own, behind Widgent: it is sent the history as this server knows it, what it may know of
// the verified user, and this user's tools. What it asks for is executed here, under the policy, and sent to it in the
// next round.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/ag_ui_stream.h"
#include "agent/agent_model.h"
#include "agent/chat_request.h"
#include "http/client.h"
#include "http/event_loop.h"

namespace widgent {

class AgUiModel final : public AgentModel {
 public:
  static constexpr int kRoundMsMax = 60'000;

  // `fallback` (may be null) takes the run over where the agent cannot be used before anything was said or done.
  AgUiModel(http::EventLoop& loop, http::Client& client, ThreadId thread, RunId run,
            std::unique_ptr<AgentModel> fallback);
  ~AgUiModel() override;

  void Next(const Prompt& prompt, std::function<void(std::string_view)> on_text,
            std::function<void(ModelTurn)> on_done) override;

 private:
  void OnAnswer(const http::ClientResult& result);
  void Fail(std::string code, std::string detail);

  http::EventLoop& loop_;
  http::Client& client_;
  const ThreadId thread_;
  const RunId run_;
  std::unique_ptr<AgentModel> fallback_;
  bool has_fallen_back_ = false;
  std::vector<ChatRound> rounds_;

  // The round that goes on.
  const Prompt* prompt_ = nullptr;
  std::function<void(std::string_view)> on_text_;
  std::function<void(ModelTurn)> on_done_;
  std::unique_ptr<AgUiStream> stream_;
  std::optional<http::FetchId> fetch_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

// The input of a round (RunAgentInput of AG-UI 1.0).
std::string WriteAgUiInput(const Prompt& prompt, const std::vector<ChatRound>& rounds, const ThreadId& thread,
                           const RunId& run);

}  // namespace widgent
