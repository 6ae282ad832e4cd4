#include "agent/handoff.h"

#include <algorithm>
#include <utility>

#include "agent/call_id.h"
#include "agent/webhook.h"
#include "identity/crypto.h"
#include "protocol/json_writer.h"

namespace widgent {

namespace {

constexpr std::size_t kIdDigits = 32;

std::string IdOf(std::string_view prefix, const ThreadId& thread, const std::string& what) {
  return std::string(prefix) + Hex(Sha256(thread.value + '\n' + what)).substr(0, kIdDigits);
}

// What both bodies begin with.
void OpenBody(JsonWriter& writer, std::string_view type, const std::string& id, const Product& product,
              const Identity& identity, const ThreadId& thread, const RunId& run, UnixMillis now) {
  writer.Open('{').Put("type", type).Put("id", id).Put("timestamp", FormatTime(now));
  writer.Put("product_id", product.id.value);
  WriteUser(writer.Key("user"), identity);
  writer.Put("thread_id", thread.value).Put("run_id", run.value);
}

void WriteSaid(JsonWriter& writer, const StoredMessage& message) {
  static constexpr std::string_view kRoles[] = {"user", "assistant", "operator"};
  writer.Open('{').Put("id", message.id.value).Put("role", kRoles[static_cast<int>(message.role)]);
  writer.Put("text", message.text).Put("at", FormatTime(message.at));
  if (IsUnverified(message)) writer.Put("unverified", true);
  writer.Close('}');
}

class Forwarding final : public AgentRun {
 public:
  Forwarding(AgentPorts ports, RunRequest request, std::function<void(RunResult)> done)
      : ports_(std::move(ports)), request_(std::move(request)), done_(std::move(done)) {
    start_ = ports_.loop.After(0, [this] {
      start_ = 0;
      Send();
    });
  }
  ~Forwarding() override { ports_.loop.Cancel(start_); }

  // What has been said cannot be taken back from the help desk.
  void Cancel() override {}
  void Abort() override {
    ports_.loop.Cancel(std::exchange(start_, 0));
    sent_.reset();
  }

 private:
  void Send() {
    const ToolConfig* help_desk = FindHelpDesk(*request_.product);
    if (!help_desk || request_.history.empty()) return End(false);
    const StoredMessage& message = request_.history.back();
    const std::string id = IdOf("hm_", request_.thread, message.id.value);
    JsonWriter writer;
    OpenBody(writer, "handoff.message", id, *request_.product, request_.identity, request_.thread, request_.run,
             ports_.loop.Now());
    WriteSaid(writer.Key("message"), message);
    sent_ = PostWebhook(
        ports_.loop, ports_.client, PostTo(*help_desk, *request_.product, id, writer.Close('}').Take()),
        [] { return true; },
        [this](const WebhookAnswer& answer) {
          const std::string code = FailureOf(answer);
          if (!code.empty() && ports_.warn) {
            ports_.warn("handoff product=" + request_.product->id.value + " run=" + request_.run.value +
                        ": the message did not reach the help desk: " + code + ". " +
                        std::string(RemedyFor(code, true)));
          }
          End(code.empty());
        });
  }

  void End(bool is_delivered) {
    RunResult result;
    if (!is_delivered) {
      result.status = RunResult::Status::kFailed;
      result.code = "handoff_undelivered";
    }
    done_(std::move(result));
  }

  AgentPorts ports_;
  const RunRequest request_;
  const std::function<void(RunResult)> done_;
  http::TimerId start_ = 0;
  std::unique_ptr<SentCall> sent_;
};

}  // namespace

const ToolConfig* FindHelpDesk(const Product& product) {
  const auto tool = std::find_if(product.tools.begin(), product.tools.end(),
                                 [](const ToolConfig& candidate) { return candidate.hands_off; });
  return tool == product.tools.end() ? nullptr : &*tool;
}

std::string HandoffId(const Thread& thread) { return IdOf("ho_", thread.id, std::to_string(thread.handoffs)); }

std::string WriteHandoffBody(const ToolRequest& request, UnixMillis now) {
  JsonWriter writer;
  OpenBody(writer, "handoff.requested", request.request_id, *request.product, request.identity, request.thread,
           request.run, now);
  writer.Key("transcript").Open('[');
  for (const StoredMessage& message : request.transcript) WriteSaid(writer, message);
  return writer.Close(']').Close('}').Take();
}

std::unique_ptr<AgentRun> ForwardMessage(AgentPorts ports, RunRequest request, std::function<void(RunResult)> done) {
  return std::make_unique<Forwarding>(std::move(ports), std::move(request), std::move(done));
}

}  // namespace widgent
