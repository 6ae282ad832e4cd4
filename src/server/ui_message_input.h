// What a page built with the AI SDK sends (`ai` 6, DefaultChatTransport) as the input of a run.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "protocol/ag_ui.h"

namespace widgent {

// `id` is the thread; of `messages` the last one counts: a user's text, or the answer to a question in the approval of
// a tool's part. Run ids are derived from it, so that a repeat of the same request shows the same run; a regeneration
// is a run of its own, told apart by `request_id`. On failure says which field is wrong.
std::optional<InputError> ReadUiMessages(std::string_view body, const std::string& request_id, RunAgentInput& input);

}  // namespace widgent
