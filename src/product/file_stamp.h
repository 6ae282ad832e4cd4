// Tells whether a file has changed without reading it.
#pragma once
#include <string>

namespace widgent {

// Differs after whatever changes the file; empty where there is none.
std::string FileStamp(const std::string& path);

}  // namespace widgent
