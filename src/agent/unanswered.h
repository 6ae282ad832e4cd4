// Questions that nobody could answer, as the owner of the site may keep them.
#pragma once
#include <string>
#include <string_view>

#include "identity/identity.h"

namespace widgent {

// The question as one line, without what tells who asked: the user's own name, address and id, other addresses, and
// numbers of four digits and more. It names no conversation.
std::string QuestionForOwner(std::string_view question, const Identity& identity);

}  // namespace widgent
