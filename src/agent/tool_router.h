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
  std::size_t tool = 0;  // index into the tools that were given
  double score = 0;      // 0 to 1: likeness to the closest example, and evidence
  double coverage = 0;   // 0 to 1: share of the message's words that the example has
  bool evident = false;  // the message holds an argument that nobody writes by accident
  std::map<std::string, Slot> slots;
};

// The one tool that is clearly meant, or nothing: at least half of the message's words are the example's, and the next
// best tool is behind by the margin of 1.15. A message with "not" in it never routes to a tool that changes something.
std::optional<Route> RouteToTool(const std::vector<RoutedTool>& tools, std::string_view message);

}  // namespace widgent
