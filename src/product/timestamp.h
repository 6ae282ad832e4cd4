// Points in time as people write them: RFC 3339, "2026-12-31T00:00:00Z".
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "protocol/time.h"

namespace widgent {

// Nothing where `text` is no such time. An offset is honoured, a fraction of a second is cut to milliseconds.
std::optional<UnixMillis> ReadTimestamp(std::string_view text);

}  // namespace widgent
