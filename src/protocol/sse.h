// Server-sent events (WHATWG HTML section 9.2): encoder and incremental decoder of the one stream format we speak.
#pragma once
#include <string>
#include <string_view>

namespace widgent {

// One frame, LF only: "id: <id>\ndata: <data>\n\n". `data` must hold no line break.
std::string EncodeSse(std::string_view id, std::string_view data);

// A comment frame that keeps proxies from cutting an idle stream.
inline constexpr std::string_view kSseHeartbeat = ": hb\n\n";

// Takes a stream in pieces of any size and hands out whole events. LF, CR and CRLF end a line.
class SseDecoder {
 public:
  // A line or an event longer than this ends the stream: Feed answers false from then on.
  static constexpr std::size_t kEventBytesMax = 1 << 20;

  // Calls on_event(id, data) for each event completed by `piece`; `id` is the last one seen.
  template <class OnEvent>
  bool Feed(std::string_view piece, OnEvent&& on_event) {
    for (char c : piece) {
      if (overflow_) return false;
      if (c == '\n' && after_cr_) {
        after_cr_ = false;
        continue;
      }
      after_cr_ = c == '\r';
      if (c != '\n' && c != '\r') {
        line_ += c;
        overflow_ = line_.size() + data_.size() > kEventBytesMax;
        continue;
      }
      if (!EndLine()) continue;
      on_event(std::string_view(id_), std::string_view(data_));
      data_.clear();
    }
    return !overflow_;
  }

 private:
  // True where the line just ended completes an event.
  bool EndLine();

  std::string line_, data_, id_;
  bool has_data_ = false, after_cr_ = false, overflow_ = false, started_ = false;
};

}  // namespace widgent
