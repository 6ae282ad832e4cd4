#include "product/file_stamp.h"

#include <sys/stat.h>

#include <cstdint>

namespace widgent {

std::string FileStamp(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  std::string stamp;
  for (const auto number : {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
                            static_cast<std::int64_t>(status.st_size), std::int64_t{status.st_mtim.tv_sec},
                            std::int64_t{status.st_mtim.tv_nsec}, std::int64_t{status.st_ctim.tv_sec},
                            std::int64_t{status.st_ctim.tv_nsec}})
    stamp += std::to_string(number) + ' ';
  return stamp;
}

}  // namespace widgent
