// The model behind an endpoint of Chat Completions: OpenAI, Azure, llama.cpp, Ollama, vLLM, LiteLLM.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent_model.h"
#include "agent/chat_request.h"
#include "agent/chat_stream.h"
#include "http/client.h"
#include "http/event_loop.h"

namespace widgent {

class OpenAiModel final : public AgentModel {
 public:
  static constexpr int kRoundMsMax = 60'000;
  static constexpr int kRetriesMax = 2;  // of a round, and only before the first byte of a reply

  // `fallback` (may be null) takes the run over where the endpoint cannot be used before anything was said or done.
  OpenAiModel(http::EventLoop& loop, http::Client& client, std::unique_ptr<AgentModel> fallback);
  ~OpenAiModel() override;

  void Next(const Prompt& prompt, std::function<void(std::string_view)> on_text,
            std::function<void(ModelTurn)> on_done) override;

 private:
  void Send();
  void OnAnswer(const http::ClientResult& result);
  // Milliseconds to wait before the round is tried once more; nothing: it is not.
  std::optional<std::int64_t> RetryIn(const http::ClientResult& result, const ChatReply& reply);
  ModelTurn TurnOf(ChatReply reply) const;
  void Fail(std::string code, std::string detail);
  void End(ModelTurn turn);

  http::EventLoop& loop_;
  http::Client& client_;
  std::unique_ptr<AgentModel> fallback_;
  bool has_fallen_back_ = false, asks_for_use_ = true;
  std::vector<ChatRound> rounds_;
  std::vector<Passage> passages_;

  // The round that goes on.
  const Prompt* prompt_ = nullptr;
  std::function<void(std::string_view)> on_text_;
  std::function<void(ModelTurn)> on_done_;
  std::unique_ptr<ChatStream> stream_;
  int retries_ = 0;
  std::int64_t deadline_ = 0;
  http::TimerId timer_ = 0;
  std::optional<http::FetchId> fetch_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace widgent
