// JSON pointers (RFC 6901) into verified claims, answered with the claim's own text: a number or an object goes on to a
// tool exactly as the customer signed it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "identity/identity.h"

namespace widgent {

// True for "" and for "/…" whose every '~' is "~0" or "~1".
bool IsJsonPointer(std::string_view text);

// The part of `json` that `pointer` names, white space around it left out. `json` must be valid; nothing where the
// pointer is not, or names nothing.
std::optional<std::string_view> JsonTextAt(std::string_view json, std::string_view pointer);

// JSON text of one claim. "/sub" is always the verified `sub` as a string, also where the token holds a number.
std::optional<std::string> ClaimAt(const User& user, std::string_view pointer);

}  // namespace widgent
