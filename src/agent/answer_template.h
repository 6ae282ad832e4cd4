// A tool's answer in words: "Order {{result.id}} is {{result.status}}."
#pragma once
#include <string>
#include <string_view>

#include "identity/identity.h"
#include "product/product.h"

namespace widgent {

// What stands for the values of a template. Each is one JSON value, or empty.
struct TemplateValues {
  std::string_view result_json, args_json;
  std::string_view user_name;
};

// Fills in {{result.a.b}}, {{args.a}} and {{user.name}}; members of lists by index. A value that is missing or is an
// object leaves nothing; text is cleaned as CleanLine does, and is never read as a template again.
std::string FillTemplate(std::string_view text, const TemplateValues& values);

// For a tool without a template: the result itself where it is a text, else its members in a row.
std::string DescribeResult(std::string_view result_json);

// The user's name as it may be shown: one line, at most 80 characters. Empty for a guest.
std::string DisplayName(const Identity& identity);

// The product's greeting for this visitor. For a user without a name the placeholder leaves no trace:
// "Hi {{name}}, how…" reads "Hi, how…".
std::string GreetingFor(const Product& product, const Identity& identity);

}  // namespace widgent
