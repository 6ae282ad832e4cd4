// A folder of files, read once into memory and served from there: a request is a lookup, so that no path can lead
// out of the folder. Names with a content hash (name-0a1b2c3d.js) are immutable, others are checked by ETag.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/message.h"

namespace widgent::http {

class StaticFiles {
 public:
  // Reads every file below `folder`; `x.br` becomes the compressed twin of `x`. Throws std::runtime_error with a
  // sentence where the folder cannot be read.
  explicit StaticFiles(const std::string& folder);

  // The answer to a GET of `path` ("/widget.js"), or nothing where there is no such file.
  std::optional<Response> Find(std::string_view path, const Request& request) const;

 private:
  struct File {
    std::string body, brotli, etag;
    std::string_view content_type;
    bool is_immutable = false;
  };
  std::unordered_map<std::string, File> files_;
};

// The content type of a file by its ending; application/octet-stream where it is not known.
std::string_view ContentTypeOf(std::string_view path);
// True for "name-<hash>.ending", where the hash is 8 or more lower-case letters and digits, and no word.
bool HasContentHash(std::string_view path);

}  // namespace widgent::http
