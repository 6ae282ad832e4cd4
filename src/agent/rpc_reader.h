// The answer to one JSON-RPC request over HTTP, taken in pieces as it arrives: server-sent events, among which other
// messages may stand, or one JSON document. No network here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/sse.h"

namespace widgent {

struct RpcAnswer {
  std::string result_json;  // empty: it is an error
  std::int64_t code = 0;
  std::string message;  // of the error, cleaned
};

class RpcReader {
 public:
  explicit RpcReader(std::int64_t id) : id_(id) {}

  // True once the answer is there.
  bool Feed(std::string_view piece);
  // What came, after the last piece; nothing where no answer was among it.
  std::optional<RpcAnswer> End();

 private:
  void Take(std::string_view text);

  const std::int64_t id_;
  enum class Form : std::uint8_t { kUnknown, kStream, kDocument } form_ = Form::kUnknown;
  SseDecoder sse_;
  std::string document_;
  std::optional<RpcAnswer> answer_;
};

}  // namespace widgent
