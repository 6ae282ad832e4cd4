// A body: the three readers of JSON agree about it, and what was read can be written and read again.
#include <nlohmann/json.hpp>

#include "agent/json.h"
#include "fuzz/fuzz.h"
#include "identity/strict_json.h"
#include "protocol/ag_ui.h"

using namespace widgent;
using namespace widgent::test;

namespace {

void CheckStrict(std::string_view text, const std::optional<nlohmann::json>& tree) {
  const auto object = ReadStrictObject(text);
  if (!object) return;
  Demand(IsStrictJson(text), "a strict object is strict JSON");
  Demand(tree && tree->is_object() && tree->size() == object->members.size(), "what is strict is JSON to others");
  JsonFields fields;
  Demand(fields.Parse(text), "what is strict is JSON to the widget");
  for (const JsonMember& member : object->members) {
    const auto& value = tree->at(member.name);
    if (member.kind != JsonMember::Kind::kText) continue;
    Demand(value == member.text, "a text reads the same in the policy and in the token");
  }
}

void CheckRunInput(std::string_view text) {
  RunAgentInput input, again;
  if (ReadRunAgentInput(text, input)) return;
  const std::string written = WriteRunAgentInput(input);
  Demand(!ReadRunAgentInput(written, again), "a run's input can be written and read");
  Demand(again.thread_id == input.thread_id && again.run_id == input.run_id && again.message_id == input.message_id &&
             again.text == input.text && again.page == input.page && again.locale == input.locale,
         "a run's input stays itself");
  Demand(again.resume.has_value() == input.resume.has_value(), "an answer stays an answer");
}

void CheckEvent(std::string_view text) {
  const auto event = ReadEvent(text);
  // The value of a CUSTOM event is written by some and read by others.
  if (!event || event->type == EventType::kOther || event->type == EventType::kCustom) return;
  const auto again = ReadEvent(WriteEvent(*event));
  Demand(again && again->type == event->type, "an event can be written and read");
}

void CheckWriter(std::string_view text) {
  JsonWriter writer;
  writer.Open('{').Put("text", text).Close('}');
  const auto tree = nlohmann::json::parse(writer.text(), nullptr, false);
  Demand(tree.is_object(), "what is written is JSON, whatever it was");
  JsonFields fields;
  Demand(fields.Parse(writer.text()), "the widget reads what the server writes");
  Demand(fields.Text("text") == tree["text"], "a text reads the same everywhere");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = ParseJson(text, 1 << 16);
  if (tree) {
    const auto again = ParseJson(DumpJson(*tree), 1 << 20);
    Demand(again && *again == *tree, "a document survives being written");
  }
  CheckStrict(text, tree);
  CheckRunInput(text);
  CheckEvent(text);
  CheckWriter(text);
  return 0;
}
