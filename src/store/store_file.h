// A store as a file: to copy one that is in use, and to look for damage.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace widgent {

// Copies the store at `path`, as it is at one moment, to the file `copy`, which is there afterwards whole and durable
// or not at all; readable by its owner alone. A server may use the store meanwhile. Throws std::runtime_error with a
// sentence.
void CopyStore(
    const std::string& path, const std::string& copy,
    const std::function<void(int pages_done, int pages)>& on_progress = [](int, int) {});

// What is damaged in the file, a line for each; nothing: the file holds, and this program reads its schema. Throws
// std::runtime_error where it is no store at all, or of another release.
std::vector<std::string> FindDamage(const std::string& path);

}  // namespace widgent
