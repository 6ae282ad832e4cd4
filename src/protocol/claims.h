// What may be read of a token without its secret. NOTHING here is verified: it serves only to tell a refresh from a
// switch before the server has spoken. Identity is decided by src/identity alone.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "protocol/text.h"

namespace widgent {

struct UnverifiedClaims {
  std::string sub;
};

// The `sub`; empty where PeekClaims finds nothing.
Text PeekSubject(std::string_view token);

// Nothing where the token has not three segments, its payload is no JSON object, or it has no `sub`. An integer `sub`
// reads as its decimal text, as the verifier takes it.
std::optional<UnverifiedClaims> PeekClaims(std::string_view token);

}  // namespace widgent
