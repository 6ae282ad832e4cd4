// One server per folder: a second one would take the first one's running replies for the remains of a crash.
#pragma once
#include <string>

namespace widgent {

// Holds the folder for this process. Where it cannot, the command fails with a sentence and a hint.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

}  // namespace widgent
