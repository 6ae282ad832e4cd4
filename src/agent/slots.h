// Filling a tool's arguments from what people write, and asking for what is missing. No model: the tool's JSON Schema
// says what to look for.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/json_schema.h"

namespace widgent {

// One value found in a text, and where.
struct Slot {
  std::string json;  // the value
  std::size_t at = 0, length = 0;
  bool distinctive = false;  // fits a pattern and has a digit or an @: nobody writes that by accident
};

// What `text` says of one property: a distinctive string that matches its pattern (also in another letter case), one of
// its choices, a number. With `asked` the text is the answer to a question for this property: then a pattern may match
// any words, or a number without what all begin with, a plain string is the whole text, and yes or no is a boolean.
std::optional<Slot> FindSlot(const JsonSchema& property, std::string_view text, bool asked);

// What `text` says of the properties of `schema`, by name, without having been asked.
std::map<std::string, Slot> FindSlots(const JsonSchema& schema, std::string_view text);

// True where every required property can be said in one line of text.
bool CanBeAsked(const JsonSchema& schema);

// "Which order? It looks like A-1001." The same property always gives the same question.
std::string AskFor(const std::string& name, const JsonSchema& property);

}  // namespace widgent
