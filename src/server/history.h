// Stored messages as AG-UI messages.
#pragma once
#include <string>
#include <vector>

#include "protocol/time.h"
#include "store/store.h"

namespace widgent {

// A JSON array of {id, role, content, metadata: {widgent: {at, status?, unverified?, operator?, citations?, tools?,
// rating?}}};
// at: Unix ms; tools: [{id, name, status}].
std::string WriteMessages(const std::vector<StoredMessage>& messages);

// "up", "down"; empty: none.
std::string_view RatingName(StoredMessage::Rating rating);

// "2026-01-01T00:00:00.000Z"
std::string WriteTime(UnixMillis time);

}  // namespace widgent
