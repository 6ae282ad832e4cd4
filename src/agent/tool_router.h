// Which tool a message asks for, by the tools' examples and by what the message says of their arguments.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/json_schema.h"
#include "agent/slots.h"
#include "product/product.h"

namespace widgent {

struct RoutedTool {
  const ToolConfig* config = nullptr;
  const JsonSchema* schema = nullptr;
};

struct Route {
  std::size_t tool = 0;   // index into the tools that were given
  double score = 0;       // 0 to 1: likeness to the closest example, and evidence
  double coverage = 0;    // 0 to 1: share of the message's words that the example has
  bool evident = false;   // the message holds an argument that nobody writes by accident
  bool named = false;     // the message has a word of this tool's name that no other tool's name has
  bool complete = false;  // the message has nearly all words of an example
  std::map<std::string, Slot> slots;
};

// The one tool that is clearly meant, or nothing: at least half of the message's words are the example's, and the next
// best tool is behind by the margin of 1.15. A tool that changes something must be named, or an example of it said in
// full, and never in a message with "not" in it.
std::optional<Route> RouteToTool(const std::vector<RoutedTool>& tools, std::string_view message);

}  // namespace widgent
