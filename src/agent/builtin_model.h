// The model that needs no endpoint: it says what ThinkBuiltin thinks, word by word.
#pragma once
#include <memory>

#include "agent/agent_model.h"
#include "http/event_loop.h"

namespace widgent {

class BuiltinModel final : public AgentModel {
 public:
  // `delta_interval_ms` lies between two words, so that a reply reads as being said.
  BuiltinModel(http::EventLoop& loop, std::int64_t delta_interval_ms);
  ~BuiltinModel() override;

  void Next(const Prompt& prompt, std::function<void(std::string_view)> on_text,
            std::function<void(ModelTurn)> on_done) override;

 private:
  void SayWord();

  http::EventLoop& loop_;
  const std::int64_t delta_interval_ms_;
  std::string text_;
  std::size_t said_ = 0;  // bytes of text_
  ModelTurn turn_;
  std::function<void(std::string_view)> on_text_;
  std::function<void(ModelTurn)> on_done_;
  http::TimerId timer_ = 0;
};

}  // namespace widgent
