#include "agent/page_files.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "identity/crypto.h"
#include "product/file_stamp.h"

namespace widgent {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kPageBytesMax = 4 << 20;
constexpr std::size_t kPagesMax = 10000;

}  // namespace

std::vector<fs::path> FindPages(const std::string& dir) {
  std::vector<fs::path> pages;
  std::error_code error;
  fs::recursive_directory_iterator entry(dir, error);
  if (error) throw std::runtime_error(dir + " cannot be read as a folder of help pages: " + error.message() + '.');
  for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error) throw std::runtime_error(dir + " cannot be read: " + error.message() + '.');
    if (!entry->is_regular_file(error) || entry->path().extension() != ".md") continue;
    if (entry->file_size(error) > kPageBytesMax) throw std::runtime_error(entry->path().string() + " is over 4 MiB.");
    pages.push_back(entry->path());
    if (pages.size() > kPagesMax) throw std::runtime_error(dir + " holds over 10,000 help pages.");
  }
  std::sort(pages.begin(), pages.end());
  return pages;
}

std::string ReadPage(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) throw std::runtime_error(path.string() + " cannot be read.");
  return text;
}

std::string StampOfPages(const std::vector<fs::path>& pages) {
  std::string stamps;
  for (const fs::path& page : pages) stamps += page.string() + '\n' + FileStamp(page.string()) + '\n';
  return Hex(Sha256(stamps));
}

}  // namespace widgent
