#include "agent/tool_dialog.h"

#include <algorithm>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

// The property that `text` asks for, or empty.
std::string FindAsked(const JsonSchema& schema, const std::string& text) {
  for (const std::string& name : schema.required) {
    const auto property = schema.properties.find(name);
    if (property != schema.properties.end() && AskFor(name, property->second) == text) return name;
  }
  return {};
}

bool IsQuestion(const std::vector<RoutedTool>& tools, const StoredMessage& message) {
  return message.role == StoredMessage::Role::kAssistant &&
         std::any_of(tools.begin(), tools.end(),
                     [&](const RoutedTool& tool) { return !FindAsked(*tool.schema, message.text).empty(); });
}

}  // namespace

std::optional<ToolDialog> FindToolDialog(const std::vector<RoutedTool>& tools,
                                         const std::vector<StoredMessage>& history) {
  // Back over question and answer to the message that began it. Several tools may ask the same question; the first
  // message tells which of them is meant.
  std::size_t first = history.empty() ? 0 : history.size() - 1;
  while (first >= 2 && IsQuestion(tools, history[first - 1])) first -= 2;
  if (history.empty() || first + 1 == history.size()) return std::nullopt;
  std::optional<Route> route = RouteToTool(tools, history[first].text);
  if (!route) return std::nullopt;
  ToolDialog dialog;
  dialog.tool = route->tool;
  dialog.slots = std::move(route->slots);
  const JsonSchema& schema = *tools[dialog.tool].schema;
  std::string open;
  for (std::size_t i = first + 2; i < history.size(); i += 2) {
    const std::string asked = FindAsked(schema, history[i - 1].text);
    if (asked.empty()) return std::nullopt;
    dialog.asked = asked == open ? dialog.asked + 1 : 1;
    open = asked;
    const std::string& answer = history[i].text;
    for (auto& [name, slot] : FindSlots(schema, answer)) dialog.slots[name] = std::move(slot);
    std::optional<Slot> slot = FindSlot(schema.properties.at(asked), answer, true);
    dialog.advanced = slot.has_value();
    if (slot) dialog.slots[asked] = std::move(*slot);
  }
  return dialog;
}

std::string FindMissing(const JsonSchema& schema, const std::map<std::string, Slot>& slots) {
  for (const std::string& name : schema.required)
    if (!slots.contains(name)) return name;
  return {};
}

std::string WriteArguments(const std::map<std::string, Slot>& slots) {
  JsonWriter writer;
  writer.Open('{');
  for (const auto& [name, slot] : slots) writer.Key(name).Raw(slot.json);
  return writer.Close('}').Take();
}

}  // namespace widgent
