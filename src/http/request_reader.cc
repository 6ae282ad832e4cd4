#include "http/request_reader.h"

#include <utility>
#include <variant>

namespace widgent::http {

RequestReader::Found RequestReader::Next(const Limits& limits, Refusal& refusal) {
  if (head_) return IsBodyComplete() ? Found::kRequest : Found::kNothing;
  if (received_.empty()) return Found::kNothing;
  if (!std::exchange(has_begun_, true)) return Found::kBegin;
  const auto refuse = [&](Refusal why) {
    refusal = std::move(why);
    Clear();
    return Found::kRefusal;
  };
  const HeadScanner::Result result = scanner_.Scan(received_);
  if (result == HeadScanner::Result::kMalformed) return refuse({"invalid_input", {}});
  const bool is_complete = result == HeadScanner::Result::kComplete;
  if ((is_complete ? scanner_.HeadBytes() : received_.size()) > limits.header_bytes_max)
    return refuse({"header_too_large", {}});
  if (!is_complete) return Found::kNothing;
  const std::string_view head = std::string_view(received_).substr(0, scanner_.HeadBytes());
  auto parsed = ParseRequestHead(head, limits.body_bytes_max, limits.unique_header_prefixes);
  if (auto* refused = std::get_if<Refusal>(&parsed)) return refuse(std::move(*refused));
  received_.erase(0, head.size());
  scanner_.Reset();
  head_ = std::make_unique<RequestHead>(std::get<RequestHead>(std::move(parsed)));
  return Found::kHead;
}

RequestHead RequestReader::Take() {
  RequestHead head = std::move(*head_);
  head_.reset();
  has_begun_ = false;
  if (received_.size() > head.content_length) {
    head.request.body = received_.substr(0, head.content_length);
    received_.erase(0, head.content_length);
  } else {
    // A viewer may look on for hours, and its connection keeps no buffer meanwhile.
    std::string body = std::exchange(received_, {});
    if (!body.empty()) head.request.body = std::move(body);
  }
  return head;
}

void RequestReader::Clear() {
  std::string().swap(received_);  // To assign an empty text would keep the room.
  head_.reset();
}

}  // namespace widgent::http
