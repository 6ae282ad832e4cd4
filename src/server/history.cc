#include "server/history.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

// What a reply's metadata says of its sources and of the tools that were called for it.
void PutLists(JsonWriter& writer, const std::string& metadata_json) {
  const auto metadata = nlohmann::json::parse(metadata_json, nullptr, false);
  if (!metadata.is_object()) return;
  for (const char* name : {"citations", "tools"}) {
    const auto list = metadata.find(name);
    if (list == metadata.end() || !list->is_array() || list->empty()) continue;
    writer.Key(name).Raw(list->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
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
    writer.Key("metadata").Open('{').Key("widgent").Open('{').Put("at", message.at);
    writer.PutIf("status", StatusName(message.status));
    if (IsUnverified(message)) writer.Put("unverified", true);
    if (message.role == StoredMessage::Role::kOperator) writer.Key("operator").Raw(message.metadata_json);
    else if (!is_user && !message.metadata_json.empty()) PutLists(writer, message.metadata_json);
    writer.PutIf("rating", RatingName(message.rating));
    writer.Close('}').Close('}').Close('}');
  }
  return writer.Close(']').Take();
}

std::string_view RatingName(StoredMessage::Rating rating) {
  constexpr std::string_view kNames[] = {"", "up", "down"};
  return kNames[static_cast<int>(rating)];
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
