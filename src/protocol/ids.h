// Identifiers on the wire: 1 to 128 characters of A-Z a-z 0-9 . _ ~ - (the unreserved set of RFC 3986, so that an id
// can stand in a path). A type of its own each, so that a thread's id cannot be passed for a run's.
#pragma once
#include <compare>
#include <string>
#include <string_view>

namespace widgent {

template <class Tag>
struct Id {
  std::string value;
  auto operator<=>(const Id&) const = default;
};

using ProductId = Id<struct ProductTag>;
using ThreadId = Id<struct ThreadTag>;
using RunId = Id<struct RunTag>;
using MessageId = Id<struct MessageTag>;

// True where `text` may be used as an id.
bool IsValidId(std::string_view text);

}  // namespace widgent
