// A file that appears whole or not at all, also after a power cut.
#pragma once
#include <string>
#include <string_view>

namespace widgent {

// It keeps the owner and the rights of the file that is there, and a link to it. False where it cannot be written; what
// is there is then as it was.
bool WriteFileAtomically(const std::string& wanted, std::string_view text);

// While it is there no other program of ours changes a file of the folder: what was read is what is replaced.
class FolderHold {
 public:
  // Waits until whoever changes a file of the folder is done, at most ten seconds; with `is_patient` false not at all.
  explicit FolderHold(const std::string& folder, bool is_patient = true);
  ~FolderHold();
  FolderHold(const FolderHold&) = delete;
  FolderHold& operator=(const FolderHold&) = delete;
  // False where somebody else holds it. A folder that cannot be held at all, or is not there, is nobody's.
  bool IsHeld() const { return is_held_; }

 private:
  int folder_;
  bool is_held_;
};

}  // namespace widgent
