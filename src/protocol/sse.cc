#include "protocol/sse.h"

#include <cstring>
#include <utility>

namespace widgent {

namespace {

// What `line` says of `field`; nullptr where it is about another.
const char* ValueOf(const char* line, const char* field) {
  if (!TextView(line).StartsWith(field)) return nullptr;
  const char* rest = line + std::strlen(field);
  if (!*rest) return rest;
  if (*rest++ != ':') return nullptr;
  return rest + (*rest == ' ');
}

}  // namespace

std::string EncodeSse(std::string_view id, std::string_view data) {
  std::string frame;
  frame.reserve(id.size() + data.size() + 14);
  frame.append("id: ").append(id).append("\ndata: ").append(data).append("\n\n");
  return frame;
}

bool SseDecoder::Next(std::string_view& piece) {
  if (complete_) data_.clear();
  complete_ = false;
  while (!piece.empty() && !overflow_ && !complete_) {
    const char c = piece.front();
    piece.remove_prefix(1);
    const bool in_crlf = c == '\n' && after_cr_;
    after_cr_ = c == '\r';
    if (in_crlf) continue;
    if (c == '\n' || c == '\r') {
      complete_ = EndLine();
    } else {
      line_.push_back(c);
      overflow_ = line_.size() + data_.size() > kEventBytesMax;
    }
  }
  return complete_;
}

bool SseDecoder::EndLine() {
  Text line;
  line.Swap(line_);
  const char* name = line.c_str();
  if (!started_ && TextView(name).StartsWith("\xEF\xBB\xBF")) name += 3;
  started_ = true;
  if (!*name) return std::exchange(has_data_, false);
  if (const char* data = ValueOf(name, "data")) {
    if (has_data_) data_.push_back('\n');
    data_.Append(data);
    has_data_ = true;
  } else if (const char* id = ValueOf(name, "id"); id && !std::strchr(id, 0xC0)) {  // as it begins U+0000
    id_ = id;
  }
  return false;
}

}  // namespace widgent
