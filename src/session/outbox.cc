#include "session/outbox.h"

#include <utility>

namespace widgent {

OutboxMessage& Outbox::Add(OutboxMessage message) {
  messages_.push_back(std::move(message));
  return messages_.back();
}

OutboxMessage* Outbox::Find(std::string_view id) {
  for (OutboxMessage& message : messages_)
    if (message.id == id) return &message;
  return nullptr;
}

OutboxMessage* Outbox::Next(std::uint32_t epoch) {
  for (OutboxMessage& message : messages_) {
    if (message.status == MessageStatus::kSending) return nullptr;
    if (message.status == MessageStatus::kQueued && message.epoch == epoch) return &message;
  }
  return nullptr;
}

void Outbox::Remove(std::string_view id) {
  for (auto message = messages_.begin(); message != messages_.end(); ++message) {
    if (message->id != id) continue;
    messages_.erase(message);
    return;
  }
}

}  // namespace widgent
