#include "protocol/sse.h"

namespace widgent {

std::string EncodeSse(std::string_view id, std::string_view data) {
  std::string frame;
  frame.reserve(id.size() + data.size() + 14);
  frame.append("id: ").append(id).append("\ndata: ").append(data).append("\n\n");
  return frame;
}

bool SseDecoder::EndLine() {
  std::string line;
  line.swap(line_);
  if (!started_) {
    started_ = true;
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  }
  if (line.empty()) {
    const bool complete = has_data_;
    has_data_ = false;
    return complete;
  }
  std::string_view name = line, value;
  if (const auto colon = name.find(':'); colon != name.npos) {
    value = name.substr(colon + 1);
    name = name.substr(0, colon);
    if (value.starts_with(' ')) value.remove_prefix(1);
  }
  if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "id" && value.find('\0') == value.npos) {
    id_ = value;
  }
  return false;
}

}  // namespace widgent
