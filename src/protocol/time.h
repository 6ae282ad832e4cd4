// Points in time are arguments, never read from a clock below src/server and web/.
#pragma once
#include <cstdint>

namespace widgent {

// Milliseconds since the Unix epoch (the server's clock).
using UnixMillis = std::int64_t;

// Milliseconds of a clock that only goes forward, with any zero (the widget's performance.now()).
using MonotonicMillis = std::int64_t;

}  // namespace widgent
