// A file that appears whole or not at all, also after a power cut.
#pragma once
#include <string>
#include <string_view>

namespace widgent {

// Whoever may read the file that is there may read the new one. False where it cannot be written; what is there is then
// as it was.
bool WriteFileAtomically(const std::string& path, std::string_view text);

}  // namespace widgent
