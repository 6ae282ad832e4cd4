// Stored messages as AG-UI messages.
#pragma once
#include <string>
#include <vector>

#include "protocol/time.h"
#include "store/store.h"

namespace widgent {

// A JSON array of {id, role, content, metadata?: {widgent: {status?, unverified?, citations?}}}.
std::string WriteMessages(const std::vector<StoredMessage>& messages);

// "2026-01-01T00:00:00.000Z"
std::string WriteTime(UnixMillis time);

}  // namespace widgent
