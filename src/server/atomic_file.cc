#include "server/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace widgent {

bool WriteFileAtomically(const std::string& path, std::string_view text) {
  struct stat status {};
  const mode_t mode = ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0644;
  const std::string unfinished = path + ".tmp";
  const int file = ::open(unfinished.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return false;
  const bool is_written = ::fchmod(file, mode) == 0 &&
                          ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                          ::fsync(file) == 0;
  ::close(file);
  if (is_written && ::rename(unfinished.c_str(), path.c_str()) == 0) return true;
  ::unlink(unfinished.c_str());
  return false;
}

FolderHold::FolderHold(const std::string& folder, bool is_patient)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      is_held_(folder_ < 0 || ::flock(folder_, is_patient ? LOCK_EX : LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
}

FolderHold::~FolderHold() {
  if (folder_ >= 0) ::close(folder_);
}

}  // namespace widgent
