#include "agent/approval.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/answer_template.h"
#include "agent/call_id.h"
#include "agent/json.h"
#include "agent/text.h"
#include "identity/crypto.h"
#include "protocol/base64url.h"

namespace widgent {

namespace {

constexpr std::size_t kIdRandomBytes = 16;
constexpr std::size_t kMessageCodePointsMax = 1000;
constexpr std::size_t kArgumentsBytesMax = 64 * 1024;
constexpr int kOpenQuestionsMax = 5;

}  // namespace

std::optional<std::string> RefuseQuestion(AgentPorts& ports, const RunRequest& request, const ToolConfig& tool,
                                          const std::string& arguments_json) {
  if (!tool.approval->by_operator) return std::nullopt;
  using Decision = StoredInterrupt::Decision;
  const UnixMillis now = ports.loop.Now();
  int open = 0;
  for (const auto& [thread, question] : ports.store.ListOperatorQuestions(request.product->id, request.thread)) {
    if (question.expires_at <= now || question.decision == Decision::kNo) continue;
    if (!RefuseApproval(question, tool.name, arguments_json, request.identity)) {
      return question.decision == Decision::kYes
                 ? "Our people have agreed to exactly that, and it is about to be done."
                 : "Our people have been asked for exactly that, and have not answered yet.";
    }
    ++open;
  }
  if (open < kOpenQuestionsMax) return std::nullopt;
  return "Our people have not answered yet what was asked of them before.";
}

StoredInterrupt AskUser(AgentPorts& ports, const RunRequest& request, const ToolConfig& tool,
                        const std::string& call_id, const std::string& arguments_json) {
  const User* user = AsUser(request.identity);
  StoredInterrupt interrupt;
  interrupt.id = "int_" + EncodeBase64Url(ports.random(kIdRandomBytes));
  interrupt.run = request.run;
  interrupt.sub = user ? user->sub : "";
  interrupt.tool = tool.name;
  interrupt.call_id = call_id;
  interrupt.arguments_json = arguments_json;
  interrupt.arguments_sha256 = Hex(Sha256(arguments_json));
  const std::string name = DisplayName(request.identity);
  interrupt.message = CleanLine(
      FillTemplate(tool.approval->message, {.result_json = {}, .args_json = arguments_json, .user_name = name}),
      kMessageCodePointsMax);
  interrupt.asked_at = ports.loop.Now();
  interrupt.expires_at = interrupt.asked_at + std::int64_t{tool.approval->expires_s} * 1000;
  interrupt.effect = static_cast<int>(tool.effect);
  interrupt.by_operator = tool.approval->by_operator;
  ports.store.AppendInterrupt(request.product->id, request.thread, interrupt);
  return interrupt;
}

std::optional<std::string> RefuseApproval(const StoredInterrupt& interrupt, const std::string& tool,
                                          const std::string& arguments_json, const Identity& identity) {
  const User* user = AsUser(identity);
  if (!user || user->sub != interrupt.sub) return "identity_changed";
  if (tool != interrupt.tool || Hex(Sha256(arguments_json)) != interrupt.arguments_sha256) return "approval_mismatch";
  return std::nullopt;
}

std::string WithoutBound(const Product& product, const StoredInterrupt& interrupt) {
  std::optional<nlohmann::json> arguments = ParseJson(interrupt.arguments_json, kArgumentsBytesMax);
  const auto tool = std::find_if(product.tools.begin(), product.tools.end(),
                                 [&](const ToolConfig& config) { return config.name == interrupt.tool; });
  if (!arguments || !arguments->is_object() || tool == product.tools.end()) return "{}";
  for (const auto& [name, pointer] : tool->bind) arguments->erase(name);
  return DumpJson(*arguments);
}

Interrupt ToWire(const StoredInterrupt& interrupt) {
  using Decision = StoredInterrupt::Decision;
  const char* decided = interrupt.decision == Decision::kYes ? "granted" : "refused";
  return {interrupt.id,
          interrupt.call_id,
          interrupt.tool,
          interrupt.message,
          FormatTime(interrupt.expires_at),
          interrupt.by_operator,
          interrupt.decision == Decision::kNone ? "" : decided};
}

}  // namespace widgent
