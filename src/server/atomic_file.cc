#include "server/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

namespace widgent {

bool WriteFileAtomically(const std::string& wanted, std::string_view text) {
  std::error_code error;
  const bool is_there = std::filesystem::exists(wanted, error);
  // What a link leads to is replaced, not the link.
  const std::string path = is_there ? std::filesystem::canonical(wanted, error).string() : wanted;
  struct stat status {};
  if (error || (is_there && ::stat(path.c_str(), &status) != 0)) return false;
  const mode_t mode = is_there ? status.st_mode & 0777 : 0644;
  // Whoever owns the folder may have put something else at this name, for root to write through.
  const std::string unfinished = path + ".tmp";
  ::unlink(unfinished.c_str());
  const int file = ::open(unfinished.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_owned = !is_there || (status.st_uid == ::geteuid() && status.st_gid == ::getegid()) ||
                        ::fchown(file, status.st_uid, status.st_gid) == 0;
  const bool is_written = is_owned && ::fchmod(file, mode) == 0 &&
                          ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                          ::fsync(file) == 0;
  ::close(file);
  if (is_written && ::rename(unfinished.c_str(), path.c_str()) == 0) return true;
  ::unlink(unfinished.c_str());
  return false;
}

FolderHold::FolderHold(const std::string& folder, bool is_patient)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), is_held_(true) {
  constexpr int kTries = 200;
  for (int i = 0; folder_ >= 0; ++i) {
    is_held_ = ::flock(folder_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (is_held_ || !is_patient || i == kTries) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

FolderHold::~FolderHold() {
  if (folder_ >= 0) ::close(folder_);
}

}  // namespace widgent
