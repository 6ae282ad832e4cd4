#include "session/outbox.h"

namespace widgent {

bool Outbox::IsFull() const {
  constexpr int kMessagesMax = 50;
  int count = 0;
  for (const Link* link = first(); link; link = link->next) ++count;
  return count >= kMessagesMax;
}

OutboxMessage* Outbox::Find(TextView id) const {
  for (OutboxMessage& message : *this)
    if (message.id == id) return &message;
  return nullptr;
}

OutboxMessage* Outbox::NextToSend(std::uint32_t epoch) const {
  for (OutboxMessage& message : *this) {
    if (message.status == MessageStatus::kSending) return nullptr;
    if (message.status == MessageStatus::kQueued && message.epoch == epoch) return &message;
  }
  return nullptr;
}

void Outbox::RemoveById(TextView id) {
  if (OutboxMessage* message = Find(id)) Remove(message);
}

}  // namespace widgent
