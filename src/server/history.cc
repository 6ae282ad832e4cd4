#include "server/history.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

// The citations of {"citations":[…]} as JSON text; empty where there are none.
std::string CitationsOf(const std::string& metadata_json) {
  const auto metadata = nlohmann::json::parse(metadata_json, nullptr, false);
  if (!metadata.is_object()) return "";
  const auto citations = metadata.find("citations");
  if (citations == metadata.end() || !citations->is_array() || citations->empty()) return "";
  return citations->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string_view StatusName(StoredMessage::Status status) {
  switch (status) {
    case StoredMessage::Status::kInterrupted:
      return "interrupted";
    case StoredMessage::Status::kFailed:
      return "failed";
    case StoredMessage::Status::kDone:
      break;
  }
  return "";
}

}  // namespace

std::string WriteMessages(const std::vector<StoredMessage>& messages) {
  JsonWriter writer;
  writer.Open('[');
  for (const StoredMessage& message : messages) {
    const bool is_user = message.role == StoredMessage::Role::kUser;
    writer.Open('{').Put("id", message.id.value).Put("role", is_user ? "user" : "assistant");
    writer.Put("content", message.text);
    const std::string_view status = StatusName(message.status);
    const std::string citations = message.metadata_json.empty() ? "" : CitationsOf(message.metadata_json);
    const bool is_unverified = IsUnverified(message);
    if (!status.empty() || !citations.empty() || is_unverified) {
      writer.Key("metadata").Open('{').Key("widgent").Open('{').PutIf("status", status);
      if (is_unverified) writer.Put("unverified", true);
      if (!citations.empty()) writer.Key("citations").Raw(citations);
      writer.Close('}').Close('}');
    }
    writer.Close('}');
  }
  return writer.Close(']').Take();
}

std::string WriteTime(UnixMillis time) {
  const std::time_t seconds = time / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(time % 1000));
  return text.data();
}

}  // namespace widgent
