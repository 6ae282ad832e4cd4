#include "server/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "server/cli.h"

namespace widgent {

FolderLock::FolderLock(const std::string& folder)
    : file_(::open((folder + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
  if (file_ < 0) Fail(kExitFailure, "The folder " + folder + " cannot be written.", "Choose another one with --data.");
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(file_);
  Fail(kExitFailure, "Another widgentd uses the folder " + folder + ".", "Stop it, or choose another --data.");
}

FolderLock::~FolderLock() { ::close(file_); }

}  // namespace widgent
