#include "protocol/ag_ui.h"

#include <algorithm>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

constexpr const char* kEventTypeNames[] = {
    "RUN_STARTED",          "RUN_FINISHED",     "RUN_ERROR",         "TEXT_MESSAGE_START",
    "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "TOOL_CALL_START",   "TOOL_CALL_ARGS",
    "TOOL_CALL_END",        "TOOL_CALL_RESULT", "MESSAGES_SNAPSHOT", "CUSTOM",
};

constexpr const char* kProtocolVersion = "1.0";

// Every look into the body passes over all of it, and a stranger wrote it: a body of 64 KiB holds 30,000 empty
// messages.
constexpr int kMessagesReadMax = 100, kPartsMax = 100;

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCancelled:
      return "cancelled";
    case Outcome::kInterrupt:
      return "interrupt";
    case Outcome::kSuccess:
      break;
  }
  return "success";
}

std::string Member(const JsonFields& fields, std::string_view list, int index, std::string_view member) {
  return fields.Text(JsonFields::Path(list, index, member));
}

// A message's content is a string, or a list of parts of which the text ones count.
std::string ReadContent(const JsonFields& fields, const std::string& message) {
  const std::string content = message + "/content";
  std::string text = fields.Text(content);
  for (int i = 0, count = fields.Count(content); i < count; ++i) {
    if (Member(fields, content, i, "type") == "text") text += Member(fields, content, i, "text");
  }
  return text;
}

// A yes must be written out: whatever is neither a clear yes nor a clear no is an error.
std::optional<InputError> ReadResume(const JsonFields& fields, std::optional<Resume>& resume) {
  const int count = fields.Count("resume");
  if (count == 0) return std::nullopt;
  if (count > 1) return InputError{"resume answers one interrupt at a time."};
  resume.emplace();
  resume->interrupt_id = fields.Text("resume/0/interruptId");
  if (!IsValidId(resume->interrupt_id))
    return InputError{"resume/0/interruptId must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -"};
  const std::string status = fields.Text("resume/0/status");
  resume->cancelled = status == "cancelled";
  if (resume->cancelled) return std::nullopt;
  if (status != "resolved") return InputError{"resume/0/status must be \"resolved\" or \"cancelled\"."};
  constexpr std::string_view kApproved = "resume/0/payload/approved";
  resume->approved = fields.Flag(kApproved);
  if (fields.Flag(kApproved, true) != resume->approved)
    return InputError{"resume/0/payload/approved must be true or false."};
  return std::nullopt;
}

}  // namespace

std::string_view EventTypeName(EventType type) {
  return type == EventType::kOther ? "" : kEventTypeNames[static_cast<int>(type)];
}

EventType FindEventType(TextView name) {
  int type = 0;
  for (TextView known : kEventTypeNames) {
    if (known == name) break;
    ++type;
  }
  return static_cast<EventType>(type);
}

std::optional<InputError> ReadRunAgentInput(std::string_view body, RunAgentInput& input) {
  JsonFields fields;
  if (!fields.Parse(body)) return InputError{"The body is not one JSON object of at most 32 levels."};
  input.thread_id.value = fields.Text("threadId");
  input.run_id.value = fields.Text("runId");
  if (!IsValidId(input.thread_id.value))
    return InputError{"threadId must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -"};
  if (!IsValidId(input.run_id.value)) return InputError{"runId must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -"};
  if (auto error = ReadResume(fields, input.resume)) return error;
  input.page = fields.Text("forwardedProps/widgent/page");
  input.locale = fields.Text("forwardedProps/widgent/locale");
  int last = fields.Count("messages") - 1;
  const int first = std::max(last + 1 - kMessagesReadMax, 0);
  while (last >= first && fields.Text(JsonFields::Path("messages", last, "role")) != "user") --last;
  if (last < first) {
    if (input.resume) return std::nullopt;
    return InputError{"messages holds no message with role \"user\" among its last 100."};
  }
  const std::string message = JsonFields::Path("messages", last, "");
  input.message_id.value = fields.Text(message + "/id");
  if (!IsValidId(input.message_id.value))
    return InputError{"The message's id must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -"};
  if (fields.Count(message + "/content") > kPartsMax) return InputError{"The message has more than 100 parts."};
  input.text = ReadContent(fields, message);
  if (input.text.find_first_not_of(" \t\r\n") == std::string::npos) return InputError{"The message has no text."};
  return std::nullopt;
}

template <class View>
JsonWriter& WriteRunInput(JsonWriter& writer, const RunInputView<View>& input) {
  writer.Open('{').Put("threadId", input.thread_id).Put("runId", input.run_id);
  writer.Put("protocolVersion", kProtocolVersion).Key("messages").Open('[');
  if (!input.message_id.empty()) {
    writer.Open('{').Put("id", input.message_id).Put("role", "user").Put("content", input.text).Close('}');
  }
  writer.Close(']');
  if (!input.interrupt_id.empty()) {
    writer.Key("resume").Open('[').Open('{').Put("interruptId", input.interrupt_id);
    writer.Put("status", input.cancelled ? "cancelled" : "resolved");
    if (!input.cancelled) writer.Key("payload").Open('{').Put("approved", input.approved).Close('}');
    writer.Close('}').Close(']');
  }
  writer.Key("tools").Raw("[]").Key("context").Raw("[]").Key("state").Raw("{}");
  writer.Key("forwardedProps").Open('{').Key("widgent").Open('{');
  return writer.PutIf("page", input.page).PutIf("locale", input.locale).Close('}').Close('}').Close('}');
}
template JsonWriter& WriteRunInput(JsonWriter& writer, const RunInputView<TextView>& input);

std::string WriteRunAgentInput(const RunAgentInput& input) {
  RunInputView<std::string_view> view{
      input.thread_id.value, input.run_id.value, input.message_id.value, input.text, input.page, input.locale};
  if (input.resume) {
    view.interrupt_id = input.resume->interrupt_id;
    view.cancelled = input.resume->cancelled;
    view.approved = input.resume->approved;
  }
  JsonWriter writer;
  return WriteRunInput(writer, view).Take();
}

void WriteIdentity(JsonWriter& writer, const WireIdentity& identity) {
  writer.Open('{').Put("state", identity.verified ? "verified" : "anonymous");
  writer.PutIf("sub", identity.sub).PutIf("name", identity.name).PutIf("email", identity.email);
  if (identity.verified) writer.Put("expires_in", identity.expires_in);
  writer.PutIf("reason", identity.reason).Close('}');
}

WireIdentity ReadIdentity(const JsonFields& fields, std::string_view path) {
  const std::string prefix = std::string(path) + '/';
  WireIdentity identity;
  identity.verified = fields.Text(prefix + "state") == "verified";
  identity.sub = fields.Text(prefix + "sub");
  identity.name = fields.Text(prefix + "name");
  identity.email = fields.Text(prefix + "email");
  identity.expires_in = fields.Integer(prefix + "expires_in", 0);
  identity.reason = fields.Text(prefix + "reason");
  return identity;
}

std::vector<Citation> ReadCitations(const JsonFields& fields, std::string_view path) {
  std::vector<Citation> citations(static_cast<std::size_t>(fields.Count(path)));
  int i = 0;
  for (Citation& citation : citations) {
    citation.n = static_cast<int>(fields.Integer(JsonFields::Path(path, i, "n"), 0));
    citation.title = Member(fields, path, i, "title");
    citation.url = Member(fields, path, i++, "url");
  }
  return citations;
}

void WriteInterrupts(JsonWriter& writer, const std::vector<Interrupt>& interrupts) {
  writer.Open('[');
  for (const Interrupt& interrupt : interrupts) {
    writer.Open('{').Put("id", interrupt.id).Put("reason", "tool_call").Put("toolCallId", interrupt.tool_call_id);
    writer.Put("message", interrupt.message);
    writer.Key("responseSchema")
        .Raw(R"({"type":"object","required":["approved"],"properties":{"approved":{"type":"boolean"}}})");
    writer.Put("expiresAt", interrupt.expires_at);
    writer.Key("metadata").Open('{').Key("widgent").Open('{').Put("tool", interrupt.tool);
    writer.PutIf("by", interrupt.by_operator ? "operator" : "").PutIf("decided", interrupt.decided);
    writer.Close('}').Close('}').Close('}');
  }
  writer.Close(']');
}

std::vector<Interrupt> ReadInterrupts(const JsonFields& fields, std::string_view path) {
  std::vector<Interrupt> interrupts(static_cast<std::size_t>(fields.Count(path)));
  int i = 0;
  for (Interrupt& interrupt : interrupts) {
    interrupt.id = Member(fields, path, i, "id");
    interrupt.tool = Member(fields, path, i, "metadata/widgent/tool");
    interrupt.message = Member(fields, path, i, "message");
    interrupt.by_operator = Member(fields, path, i, "metadata/widgent/by") == "operator";
    interrupt.decided = Member(fields, path, i, "metadata/widgent/decided");
    interrupt.expires_at = Member(fields, path, i++, "expiresAt");
  }
  return interrupts;
}

std::string WriteEvent(const AgUiEvent& event, UnixMillis now) {
  JsonWriter writer;
  writer.Open('{').Put("type", EventTypeName(event.type));
  switch (event.type) {
    case EventType::kRunStarted:
      writer.Put("threadId", event.thread_id.value).Put("runId", event.run_id.value);
      writer.Put("protocolVersion", kProtocolVersion);
      if (event.identity) {
        WriteIdentity(writer.Key("metadata").Open('{').Key("widgent").Open('{').Key("identity"), *event.identity);
        writer.Close('}').Close('}');
      }
      break;
    case EventType::kRunFinished:
      writer.Put("threadId", event.thread_id.value).Put("runId", event.run_id.value).Key("outcome").Open('{');
      writer.Put("type", OutcomeName(event.outcome));
      if (event.outcome == Outcome::kInterrupt) WriteInterrupts(writer.Key("interrupts"), event.interrupts);
      writer.Close('}');
      if (event.with_people) {
        writer.Key("metadata").Open('{').Key("widgent").Open('{').Put("people", "op_").Close('}').Close('}');
      }
      break;
    case EventType::kRunError:
      writer.Put("message", event.message).Put("code", event.code);
      break;
    case EventType::kTextMessageStart:
      writer.Put("messageId", event.message_id.value).Put("role", "assistant");
      if (!event.operator_json.empty()) {
        writer.Key("metadata").Open('{').Key("widgent").Open('{').Key("operator").Raw(event.operator_json);
        writer.Close('}').Close('}');
      }
      break;
    case EventType::kTextMessageContent:
      writer.Put("messageId", event.message_id.value).Put("delta", event.delta);
      break;
    case EventType::kTextMessageEnd:
      writer.Put("messageId", event.message_id.value);
      if (!event.citations.empty()) {
        writer.Key("metadata").Open('{').Key("widgent").Open('{').Key("citations").Open('[');
        for (const Citation& citation : event.citations)
          writer.Open('{').Put("n", citation.n).Put("title", citation.title).Put("url", citation.url).Close('}');
        writer.Close(']').Close('}').Close('}');
      }
      break;
    case EventType::kToolCallStart:
      writer.Put("toolCallId", event.tool_call_id).Put("toolCallName", event.name);
      break;
    case EventType::kToolCallArgs:
      writer.Put("toolCallId", event.tool_call_id).Put("delta", event.delta);
      break;
    case EventType::kToolCallEnd:
      writer.Put("toolCallId", event.tool_call_id);
      break;
    case EventType::kToolCallResult:
      // The result stays on the server: it may hold more than the visitor shall see.
      writer.Put("messageId", event.message_id.value).Put("toolCallId", event.tool_call_id).Put("role", "tool");
      writer.Put("content", event.failed ? "failed" : "ok");
      writer.Key("metadata").Open('{').Key("widgent").Open('{').Put("redacted", true);
      writer.PutIf("denied", event.denied).Close('}').Close('}');
      break;
    case EventType::kMessagesSnapshot:
      writer.Key("messages").Raw(event.messages_json);
      break;
    case EventType::kCustom:
      writer.Put("name", event.name).Key("value").Raw(event.value_json);
      break;
    case EventType::kOther:
      break;
  }
  if (now) writer.Put("timestamp", now);
  return writer.Close('}').Take();
}

std::optional<AgUiEvent> ReadEvent(std::string_view json) {
  JsonFields fields;
  if (!fields.Parse(json) || fields.Text("type").empty()) return std::nullopt;
  AgUiEvent event;
  event.type = FindEventType(fields.Text("type").c_str());
  event.thread_id.value = fields.Text("threadId");
  event.run_id.value = fields.Text("runId");
  event.message_id.value = fields.Text("messageId");
  event.delta = fields.Text("delta");
  event.tool_call_id = fields.Text("toolCallId");
  event.code = fields.Text("code");
  event.message = fields.Text("message");
  event.name = fields.Text(event.type == EventType::kToolCallStart ? "toolCallName" : "name");
  event.failed = fields.Text("content") == "failed";
  event.denied = fields.Text("metadata/widgent/denied");
  const std::string outcome = fields.Text("outcome/type");
  if (outcome == "cancelled") event.outcome = Outcome::kCancelled;
  if (outcome == "interrupt") event.outcome = Outcome::kInterrupt;
  event.interrupts = ReadInterrupts(fields, "outcome/interrupts");
  if (fields.Has("metadata/widgent/identity")) event.identity = ReadIdentity(fields, "metadata/widgent/identity");
  event.citations = ReadCitations(fields, "metadata/widgent/citations");
  event.url = fields.Text("value/url");
  event.label = fields.Text("value/label");
  event.items.resize(static_cast<std::size_t>(fields.Count("value/items")));
  int i = 0;
  for (std::string& item : event.items) item = Member(fields, "value/items", i++, "");
  return event;
}

}  // namespace widgent
