#include "agent/builtin_model.h"

#include <algorithm>
#include <utility>

#include "agent/builtin_reply.h"

namespace widgent {

BuiltinModel::BuiltinModel(http::EventLoop& loop, std::int64_t delta_interval_ms)
    : loop_(loop), delta_interval_ms_(delta_interval_ms) {}

BuiltinModel::~BuiltinModel() {
  if (timer_) loop_.Cancel(timer_);
}

void BuiltinModel::Next(const Prompt& prompt, std::function<void(std::string_view)> on_text,
                        std::function<void(ModelTurn)> on_done) {
  BuiltinReply reply = ThinkBuiltin(prompt);
  text_ = std::move(reply.text);
  said_ = 0;
  turn_ = std::move(reply.turn);
  on_text_ = std::move(on_text);
  on_done_ = std::move(on_done);
  timer_ = loop_.After(0, [this] { SayWord(); });
}

void BuiltinModel::SayWord() {
  timer_ = 0;
  if (said_ == text_.size()) {
    // The next turn may begin within this call.
    const auto on_done = std::exchange(on_done_, nullptr);
    on_done(std::move(turn_));
    return;
  }
  const std::size_t end = std::min(text_.find_first_of(" \n", said_), text_.size() - 1) + 1;
  const std::string word = text_.substr(said_, end - said_);
  said_ = end;
  timer_ = loop_.After(said_ == text_.size() ? 0 : delta_interval_ms_, [this] { SayWord(); });
  on_text_(word);
}

}  // namespace widgent
