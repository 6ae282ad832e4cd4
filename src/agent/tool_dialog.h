// A tool that was asked for over several messages: "where is my order" - "Which order?" - "A-1001". Nothing is stored:
// the questions always read the same, so the history tells which of them are open.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/slots.h"
#include "agent/tool_router.h"
#include "store/store.h"

namespace widgent {

struct ToolDialog {
  std::size_t tool = 0;               // index into the tools that were given
  std::map<std::string, Slot> slots;  // said so far, in all messages of the dialog
  bool advanced = false;              // the last message answered the last question
  int asked = 0;                      // how often in a row the open question was put
};

// The dialog that the last message of `history` may belong to, or nothing where the message before is no question of
// ours.
std::optional<ToolDialog> FindToolDialog(const std::vector<RoutedTool>& tools,
                                         const std::vector<StoredMessage>& history);

// The first required property that no slot fills; empty where all are filled.
std::string FindMissing(const JsonSchema& schema, const std::map<std::string, Slot>& slots);

// The arguments as a JSON object.
std::string WriteArguments(const std::map<std::string, Slot>& slots);

}  // namespace widgent
