// The messages that the server has not acknowledged, in the order in which they were typed.
#pragma once
#include <cstdint>

#include "protocol/text.h"
#include "session/effect.h"
#include "session/list.h"

namespace widgent {

struct OutboxMessage : Link {
  Text id;      // for life: a repeat under the same id is never executed twice
  Text run_id;  // of the present attempt; a new one after a failure that the visitor retries
  Text text;
  std::uint32_t epoch = 0;
  Text meant_for;       // where that user did not come, or is gone: the fingerprint of who alone may have it
  bool stored = false;  // the server has begun a run for it: it stands in a thread
  bool sent = false;    // at least once: it may have arrived
  int attempts = 0;     // to reach the server with this run id
  MessageStatus status = MessageStatus::kQueued;
  Text code;  // where it failed
  // The approval that it answers. Yes and no are messages without a text; to dismiss it is what writing on means.
  Text interrupt_id;
  enum class Answer : std::uint8_t { kNone, kYes, kNo, kDismiss } answer = Answer::kNone;
  bool IsText() const { return answer == Answer::kNone || answer == Answer::kDismiss; }
};

class Outbox : public List<OutboxMessage> {
 public:
  bool IsFull() const;
  OutboxMessage* Find(TextView id) const;
  // The first message that waits to be sent in this epoch, unless one before it is on its way.
  OutboxMessage* NextToSend(std::uint32_t epoch) const;
  void RemoveById(TextView id);
};

}  // namespace widgent
