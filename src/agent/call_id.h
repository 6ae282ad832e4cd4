// Ids that the agent makes. All randomness comes in as an argument.
#pragma once
#include <string>
#include <string_view>

#include "protocol/time.h"

namespace widgent {

inline constexpr std::size_t kCallIdRandomBytes = 10;

// A ULID: 26 characters of Crockford's base 32, 48 bits of time and 80 of randomness, so that ids sort by time.
// `random` holds kCallIdRandomBytes bytes.
std::string MakeUlid(UnixMillis now, std::string_view random);

// "2026-01-01T00:00:00Z" (RFC 3339, UTC, whole seconds).
std::string FormatTime(UnixMillis now);

}  // namespace widgent
