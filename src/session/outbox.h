// The messages that the server has not acknowledged, in the order in which they were typed.
#pragma once
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "session/effect.h"

namespace widgent {

struct OutboxMessage {
  std::string id;      // for life: a repeat under the same id is never executed twice
  std::string run_id;  // of the present attempt; a new one after a failure that the visitor retries
  std::string text;
  std::uint32_t epoch = 0;
  std::string meant_for;  // where that user did not come, or is gone: the fingerprint of who alone may have it
  bool stored = false;    // the server has begun a run for it: it stands in a thread
  bool sent = false;      // at least once: it may have arrived
  int attempts = 0;       // to reach the server with this run id
  MessageStatus status = MessageStatus::kQueued;
  std::string code;  // where it failed
  // The approval that it answers. Yes and no are messages without a text; to dismiss it is what writing on means.
  std::string interrupt_id;
  enum class Answer : std::uint8_t { kNone, kYes, kNo, kDismiss } answer = Answer::kNone;
  bool IsText() const { return answer == Answer::kNone || answer == Answer::kDismiss; }
};

class Outbox {
 public:
  static constexpr std::size_t kMessagesMax = 50;

  bool IsFull() const { return messages_.size() >= kMessagesMax; }
  OutboxMessage& Add(OutboxMessage message);
  OutboxMessage* Find(std::string_view id);
  // The first message that waits to be sent in this epoch, unless one before it is on its way.
  OutboxMessage* Next(std::uint32_t epoch);
  void Remove(std::string_view id);
  void Clear() { messages_.clear(); }
  std::list<OutboxMessage>& messages() { return messages_; }

 private:
  std::list<OutboxMessage> messages_;
};

}  // namespace widgent
