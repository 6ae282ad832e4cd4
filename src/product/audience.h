// Who may read a help page.
#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "product/product.h"

namespace widgent {

// `text` as it stands in a page's front matter: "public", which requires nothing, "identified", or what a tool has as
// `requires`, as JSON. A sentence where it is none of them: then nobody may read the page.
std::variant<Requirement, std::string> ReadAudience(std::string_view text);

}  // namespace widgent
