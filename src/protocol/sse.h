// Server-sent events (WHATWG HTML section 9.2): encoder and incremental decoder of the one stream format we speak.
#pragma once
#include <string>
#include <string_view>

#include "protocol/text.h"

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

  // Takes of `piece` up to the end of the next event; true where there is one, which stands in id() and data() until
  // the next call. False: all of `piece` is taken.
  bool Next(std::string_view& piece);
  bool overflow() const { return overflow_; }
  const Text& id() const { return id_; }  // the last one seen
  const Text& data() const { return data_; }

  // Calls on_event(id, data) for each event completed by `piece`.
  template <class OnEvent>
  bool Feed(std::string_view piece, OnEvent&& on_event) {
    while (Next(piece)) on_event(std::string_view(id_), std::string_view(data_));
    return !overflow_;
  }

 private:
  // True where the line just ended completes an event.
  bool EndLine();

  Text line_, data_, id_;
  bool has_data_ = false, complete_ = false, after_cr_ = false, overflow_ = false, started_ = false;
};

}  // namespace widgent
