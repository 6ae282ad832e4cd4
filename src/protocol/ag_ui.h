// The part of AG-UI 1.0 that Widgent speaks: the run's input, and the events of its stream. Reader and writer of each
// format stand side by side. Everything of ours is under metadata.widgent or in CUSTOM events named `widgent.*`.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.h"
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "protocol/time.h"

namespace widgent {

// ---- The input of a run (RunAgentInput)

// The answer to an interrupt that ended an earlier run (`resume`, of which one entry is taken).
struct Resume {
  std::string interrupt_id;
  bool cancelled = false;  // dismissed: "cancelled" in place of "resolved"
  bool approved = false;   // payload.approved
};

struct RunAgentInput {
  ThreadId thread_id;
  RunId run_id;
  // The last message with role "user": the server owns the history and ignores whatever else a client sends. Empty
  // where only `resume` is sent.
  MessageId message_id;
  std::string text;
  std::string page;    // forwardedProps.widgent.page: where the visitor is, for the agent's context only
  std::string locale;  // forwardedProps.widgent.locale: BCP 47
  std::optional<Resume> resume = std::nullopt;
};

struct InputError {
  std::string detail;  // one sentence that names the field
};

// Reads a request body. On failure says which field is wrong.
std::optional<InputError> ReadRunAgentInput(std::string_view body, RunAgentInput& input);
std::string WriteRunAgentInput(const RunAgentInput& input);

// The same, as views of texts: TextView or std::string_view. An empty message_id: no message; an empty interrupt_id: no
// `resume`.
template <class View>
struct RunInputView {
  View thread_id, run_id, message_id, text, page, locale, interrupt_id;
  bool cancelled = false, approved = false;
};
template <class View>
JsonWriter& WriteRunInput(JsonWriter& writer, const RunInputView<View>& input);

// ---- Identity as the wire shows it

struct WireIdentity {
  bool verified = false;
  std::string sub, name, email;  // empty for a guest
  std::int64_t expires_in = 0;   // seconds until `exp`; 0 for a guest
  std::string reason;            // of a guest: token_missing, token_expired
};

void WriteIdentity(JsonWriter& writer, const WireIdentity& identity);
WireIdentity ReadIdentity(const JsonFields& fields, std::string_view path);

// ---- Events

enum class EventType : std::uint8_t {
  kRunStarted,
  kRunFinished,
  kRunError,
  kTextMessageStart,
  kTextMessageContent,
  kTextMessageEnd,
  kToolCallStart,
  kToolCallArgs,
  kToolCallEnd,
  kToolCallResult,
  kMessagesSnapshot,
  kCustom,
  kOther,  // any type that we accept and ignore
};

// "RUN_STARTED" etc.
std::string_view EventTypeName(EventType type);
EventType FindEventType(TextView name);

struct Citation {
  int n = 0;  // as in the text's [1]
  std::string title, url;
};

// The citations of a message's metadata, at `path`.
std::vector<Citation> ReadCitations(const JsonFields& fields, std::string_view path);

// A question to the visitor that a run ended with: may this tool be called with these arguments? The next run's
// `resume` answers it.
struct Interrupt {
  std::string id;
  std::string tool_call_id;  // written only
  std::string tool;          // its name
  std::string message;       // the server's own text, to be shown as it is
  std::string expires_at;    // RFC 3339
  bool by_operator = false;  // the site's people are asked, and the visitor waits for them
  std::string decided;       // of by_operator: "granted" or "refused"; empty: not yet
};

// The list of interrupts as a JSON array, and from the array at `path`.
void WriteInterrupts(JsonWriter& writer, const std::vector<Interrupt>& interrupts);
std::vector<Interrupt> ReadInterrupts(const JsonFields& fields, std::string_view path);

// How a run ended, in RUN_FINISHED.outcome.type.
enum class Outcome : std::uint8_t { kSuccess, kCancelled, kInterrupt };

// One event, flat: which members count is told by `type`.
struct AgUiEvent {
  EventType type = EventType::kOther;
  ThreadId thread_id;                    // RUN_STARTED, RUN_FINISHED
  RunId run_id;                          // RUN_STARTED, RUN_FINISHED
  std::optional<WireIdentity> identity;  // RUN_STARTED
  Outcome outcome = Outcome::kSuccess;   // RUN_FINISHED
  std::vector<Interrupt> interrupts;     // RUN_FINISHED of kInterrupt
  bool with_people = false;              // RUN_FINISHED (written only): the site's people are waited for
  MessageId message_id;                  // TEXT_MESSAGE_*, TOOL_CALL_RESULT
  std::string delta;                     // TEXT_MESSAGE_CONTENT, TOOL_CALL_ARGS
  std::vector<Citation> citations;       // TEXT_MESSAGE_END
  std::string tool_call_id;              // TOOL_CALL_*
  std::string name;                      // TOOL_CALL_START: the tool; CUSTOM: the event
  bool failed = false;                   // TOOL_CALL_RESULT
  std::string denied;                    // TOOL_CALL_RESULT: why the policy, or the visitor, refused the call
  std::string code, message;             // RUN_ERROR
  std::string value_json;                // CUSTOM (written only): one JSON value
  std::string url, label;                // CUSTOM widgent.handoff (read only)
  std::vector<std::string> items;        // CUSTOM widgent.suggestions (read only)
  std::string operator_json;             // TEXT_MESSAGE_START (written only): {"name":…} of the person who says it
  std::string messages_json;             // MESSAGES_SNAPSHOT (written only): a JSON array
};

// One line of JSON. `now` fills `timestamp` where it is not 0.
std::string WriteEvent(const AgUiEvent& event, UnixMillis now = 0);

// Nothing where `json` is no JSON object with a string `type`.
std::optional<AgUiEvent> ReadEvent(std::string_view json);

}  // namespace widgent
