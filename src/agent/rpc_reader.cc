#include "agent/rpc_reader.h"

#include <nlohmann/json.hpp>

#include "agent/json.h"
#include "agent/text.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kMessageBytesMax = 1 << 20;
constexpr int kDepthMax = 32;

}  // namespace

bool RpcReader::Feed(std::string_view piece) {
  if (answer_) return true;
  if (form_ == Form::kUnknown) {
    const std::size_t first = piece.find_first_not_of(" \t\r\n");
    if (first == piece.npos) return false;
    form_ = piece[first] == '{' ? Form::kDocument : Form::kStream;
  }
  if (form_ == Form::kDocument) document_.append(piece.substr(0, kMessageBytesMax + 1 - document_.size()));
  else sse_.Feed(piece, [this](std::string_view, std::string_view data) { Take(data); });
  return answer_.has_value();
}

std::optional<RpcAnswer> RpcReader::End() {
  if (!answer_ && form_ == Form::kDocument) Take(document_);
  return answer_;
}

void RpcReader::Take(std::string_view text) {
  if (answer_) return;
  const std::optional<json> message = ParseJson(text, kMessageBytesMax, kDepthMax);
  if (!message || !message->is_object()) return;
  const auto error = message->find("error"), result = message->find("result"), id = message->find("id");
  const bool has_error = error != message->end() && error->is_object();
  // An error about what could not be read as a request has no id.
  const bool is_ours =
      id != message->end() && ((id->is_number_integer() && *id == id_) || (id->is_null() && has_error));
  if (!is_ours) return;
  if (has_error) {
    answer_.emplace();
    const auto code = error->find("code"), words = error->find("message");
    if (code != error->end() && code->is_number_integer()) answer_->code = code->get<std::int64_t>();
    if (words != error->end() && words->is_string())
      answer_->message = CleanLine(words->get_ref<const std::string&>(), words->get_ref<const std::string&>().size());
  } else if (result != message->end() && result->is_object()) {
    answer_.emplace().result_json = DumpJson(*result);
  }
}

}  // namespace widgent
