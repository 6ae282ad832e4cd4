#include "server/ui_message_input.h"

#include <nlohmann/json.hpp>

#include "agent/json.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kBodyBytesMax = 1 << 20;
constexpr int kBodyDepthMax = 32;

std::string TextOf(const json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// The texts of a message, as one.
std::string TextIn(const json& parts) {
  std::string text;
  for (const json& part : parts)
    if (TextOf(part, "type") == "text") text += TextOf(part, "text");
  return text;
}

// The latest approval that has been answered and not been acted on yet.
std::optional<Resume> AnswerIn(const json& parts) {
  std::optional<Resume> answer;
  for (const json& part : parts) {
    if (TextOf(part, "state") != "approval-responded" || !part.contains("approval")) continue;
    const json& approval = part["approval"];
    const std::string id = TextOf(approval, "id");
    if (id.empty() || approval.value("approved", json()).is_null()) continue;
    answer = Resume{id, false, approval["approved"] == true};
  }
  return answer;
}

}  // namespace

std::optional<InputError> ReadUiMessages(std::string_view body, const std::string& request_id, RunAgentInput& input) {
  const std::optional<json> read = ParseJson(body, kBodyBytesMax, kBodyDepthMax);
  if (!read || !read->is_object()) return InputError{"The body is not one JSON object of at most 32 levels."};
  input.thread_id.value = TextOf(*read, "id");
  if (!IsValidId(input.thread_id.value)) return InputError{"id is missing, or is not 1 to 128 of A-Z a-z 0-9 . _ ~ -."};
  const auto messages = read->find("messages");
  if (messages == read->end() || !messages->is_array() || messages->empty())
    return InputError{"messages is missing, or is no list, or is empty."};
  const json& last = messages->back();
  const json parts = last.is_object() ? last.value("parts", json::array()) : json::array();
  if (!parts.is_array()) return InputError{"parts of the last message is no list."};
  std::string run;
  if (TextOf(last, "role") == "user") {
    input.message_id.value = TextOf(last, "id");
    if (!IsValidId(input.message_id.value))
      return InputError{"id of the last message is missing, or is not 1 to 128 of A-Z a-z 0-9 . _ ~ -."};
    input.text = TextIn(parts);
    if (input.text.empty()) return InputError{"The last message has no text."};
    run = input.message_id.value;
  } else {
    input.resume = AnswerIn(parts);
    if (!input.resume) return InputError{"The last message is neither a user's nor holds the answer to an approval."};
    run = input.resume->interrupt_id;
  }
  if (TextOf(*read, "trigger") == "regenerate-message") run = request_id;
  input.run_id.value = "r_" + run;
  if (!IsValidId(input.run_id.value)) return InputError{"An id in the last message is too long."};
  return std::nullopt;
}

}  // namespace widgent
