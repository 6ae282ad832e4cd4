// A folder of help pages, as files.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace widgent {

// Every .md in `dir` and below it, in order of name. Throws std::runtime_error that names what cannot be used.
std::vector<std::filesystem::path> FindPages(const std::string& dir);

// Throws as above.
std::string ReadPage(const std::filesystem::path& path);

// Differs after whatever changes, adds or removes a page of these; reads none.
std::string StampOfPages(const std::vector<std::filesystem::path>& pages);

}  // namespace widgent
