#include "server/operator_api.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/text.h"
#include "identity/crypto.h"
#include "identity/strict_json.h"
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "server/admin_input.h"
#include "server/admission.h"
#include "server/approvals.h"
#include "server/greeting.h"
#include "server/history.h"
#include "server/problems.h"
#include "server/widget_api.h"

namespace widgent {

namespace {

constexpr std::size_t kKeyBytesMax = 255, kIdDigits = 32, kIdRandomBytes = 16;

std::string WriteName(const std::string& name) {
  JsonWriter writer;
  return writer.Open('{').Put("name", name).Close('}').Take();
}

std::string Answer(const ThreadId& thread, const StoredMessage& message) {
  JsonWriter writer;
  writer.Open('{').Put("id", message.id.value).Put("thread_id", thread.value);
  return writer.Put("at", WriteTime(message.at)).Close('}').Take();
}

std::optional<Problem> ReadBody(const Exchange& x, JsonFields& body) {
  if (auto problem = CheckJsonBody(x.request)) return problem;
  if (IsStrictJson(x.request.body) && body.Parse(x.request.body)) return std::nullopt;
  return MakeProblem("invalid_input", "The body is not one JSON object of at most 16 levels.",
                     "Is it UTF-8, and does it have each member once?");
}

// The message that the body describes, without its id; otherwise what is wrong.
std::optional<Problem> ReadMessage(const Exchange& x, StoredMessage& message) {
  JsonFields body;
  if (auto problem = ReadBody(x, body)) return problem;
  std::string name = body.Text("name");
  message.text = body.Text("text");
  if (message.text.find_first_not_of(" \t\r\n") == std::string::npos)
    return MakeProblem("invalid_input", "The message has no text.", R"(Send {"text": "Hello, …", "name": "Maria"}.)");
  if (CountCharacters(message.text) > kMessageCharactersMax)
    return MakeProblem("message_too_large", "A message may have 4000 characters at most.", "Send it in parts.");
  if (auto problem = CheckName(name)) return problem;
  name = CleanLine(name, kNameCharactersMax);
  if (name.empty()) name = x.product->config.name;
  message.role = StoredMessage::Role::kOperator;
  message.metadata_json = WriteName(name);
  message.at = x.Now();
  return std::nullopt;
}

}  // namespace

void OperatorApi::PostMessage(const ExchangePtr& x, const ThreadId& id, const std::string& by) {
  StoredMessage message;
  if (const auto problem = ReadMessage(*x, message)) return x->Refuse(*problem);
  const ProductId& product = x->product->config.id;
  auto thread = store_.FindThread(product, id);
  if (!thread) return x->Refuse(MakeProblem("thread_not_found", "The product has no conversation of this id."));

  const std::string_view key = x->request.Find("idempotency-key").value_or("");
  if (key.size() > kKeyBytesMax)
    return x->Refuse(MakeProblem("invalid_input", "Idempotency-Key may have 255 bytes at most."));
  // The key is the id: who sends a message again finds it.
  const std::string source = key.empty() ? random_(kIdRandomBytes) : std::string(key);
  message.id.value = std::string(kOperatorPrefix) + Hex(Sha256(id.value + '\n' + source)).substr(0, kIdDigits);
  if (const auto known = store_.FindMessage(product, id, message.id)) {
    if (known->text == message.text && known->metadata_json == message.metadata_json)
      return x->SendJson(201, Answer(id, *known));
    return x->Refuse(MakeProblem("idempotency_mismatch", "This Idempotency-Key was used for another message.",
                                 "A repeat sends the same message, a new message has a new key."));
  }
  if (thread->handed_off_at == 0) {
    return x->Refuse(MakeProblem("not_handed_off", "The agent answers in this conversation.",
                                 "Only a conversation that was handed over to your people, and not handed back, takes "
                                 "their messages."));
  }
  store_.AppendMessage(product, id, message);
  thread->active_at = x->Now();
  store_.PutThread(*thread);
  OperatorAct act;
  act.kind = OperatorAct::Kind::kMessage;
  act.by = by;
  act.message = message.id.value;
  Audit(*x, *thread, std::move(act));
  TellPages(product, id);
  x->SendJson(201, Answer(id, message));
}

void OperatorApi::PostHandBack(const ExchangePtr& x, const ThreadId& id, const std::string& by) {
  const ProductId& product = x->product->config.id;
  const auto thread = store_.FindThread(product, id);
  if (!thread) return x->Refuse(MakeProblem("thread_not_found", "The product has no conversation of this id."));
  if (thread->handed_off_at > 0) {
    store_.PutHandoff(product, id, 0);
    OperatorAct act;
    act.kind = OperatorAct::Kind::kHandBack;
    act.by = by;
    Audit(*x, *thread, std::move(act));
    TellPages(product, id);
  }
  JsonWriter writer;
  x->SendJson(200, writer.Open('{').Put("thread_id", id.value).Put("handed_off", false).Close('}').Take());
}

void OperatorApi::Audit(const Exchange& x, const Thread& thread, OperatorAct act) {
  if (thread.owner.kind == Owner::Kind::kUser) {
    User user;
    user.sub = thread.owner.id;
    act.identity = std::move(user);
  }
  audit_.Write(ContextOf(x, thread.id), act, x.Now());
}

void OperatorApi::TellPages(const ProductId& product, const ThreadId& thread) {
  commits_.After([this, product, thread] { watchers_.Refresh(product, thread); }, [] {});
}

void OperatorApi::ListApprovals(const ExchangePtr& x) {
  x->SendJson(200, WriteQuestions(store_.ListOperatorQuestions(x->product->config.id, {}), x->Now()));
}

void OperatorApi::PostApproval(const ExchangePtr& x, const std::string& id, const std::string& by) {
  JsonFields body;
  if (const auto problem = ReadBody(*x, body)) return x->Refuse(*problem);
  const bool is_approved = body.Flag("approved");
  if (body.Flag("approved", true) != is_approved)
    return x->Refuse(MakeProblem("invalid_input", "approved must be true or false.", R"(Send {"approved": true}.)"));
  const std::string name = body.Text("name");
  if (const auto problem = CheckName(name)) return x->Refuse(*problem);
  const ProductId& product = x->product->config.id;
  const auto questions = store_.ListOperatorQuestions(product, {});
  const auto question = std::find_if(questions.begin(), questions.end(),
                                     [&](const OperatorQuestion& candidate) { return candidate.interrupt.id == id; });
  if (question == questions.end()) {
    return x->Refuse(MakeProblem("approval_closed", "There is no such question any more.",
                                 "It was answered and done, or has expired. GET …/approvals lists what waits."));
  }
  using Decision = StoredInterrupt::Decision;
  const bool is_same = question->interrupt.decision == (is_approved ? Decision::kYes : Decision::kNo) &&
                       question->interrupt.expires_at > x->Now();
  if (!is_same &&
      !DecideApproval(store_, audit_, ContextOf(*x), *question, is_approved, SignedBy(by, name), x->Now())) {
    return x->Refuse(
        MakeProblem("approval_closed", "The question has expired, or was answered otherwise.", "Nothing has changed."));
  }
  TellPages(product, question->thread);
  JsonWriter writer;
  x->SendJson(200, writer.Open('{').Put("id", id).Put("approved", is_approved).Close('}').Take());
}

}  // namespace widgent
