// A user's fingerprint among the tabs of one browser: who listens learns whether two tabs know the same user, not whom.
#pragma once
#include <cstdint>
#include <string_view>

#include "protocol/text.h"

namespace widgent {

// 128 bits of a secret that the tabs of one browser and product share.
struct Salt {
  std::uint64_t half[2] = {0, 0};
};

// From 32 hexadecimal digits; what is no digit counts as some number all the same.
Salt ReadSalt(TextView hex);

// SipHash-2-4 (Aumasson and Bernstein, 2012) of `text` keyed by `salt`, as 16 hexadecimal digits; empty for an empty
// text. A keyed hash of 40 lines, as a cryptographic library would cost the page more than all of Widgent.
Text FingerprintOf(std::string_view text, const Salt& salt);

}  // namespace widgent
