// JSON from outside as a tree of bounded depth: copying, dumping and destroying a tree recurse, so an unbounded one
// would overflow the stack. For the .cc files of this floor.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace widgent {

inline constexpr int kJsonDepthMax = 16;

// Nothing where `text` is no JSON value, or is longer or deeper than allowed.
std::optional<nlohmann::json> ParseJson(std::string_view text, std::size_t bytes_max, int depth_max = kJsonDepthMax);

// The text of a value; never throws.
std::string DumpJson(const nlohmann::json& value);

}  // namespace widgent
