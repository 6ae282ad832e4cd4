#include "agent/agent_run.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "agent/ag_ui_model.h"
#include "agent/approval.h"
#include "agent/builtin_model.h"
#include "agent/handoff.h"
#include "agent/json.h"
#include "agent/openai_model.h"
#include "agent/text.h"
#include "agent/text_stream.h"
#include "agent/tool_call.h"
#include "agent/unanswered.h"
#include "protocol/base64url.h"
#include "protocol/json_writer.h"

namespace widgent {

namespace {

constexpr std::size_t kIdRandomBytes = 12;
constexpr std::size_t kCallIdBytesMax = 64;

// One of the calls that are made at the same time.
struct BatchedCall {
  std::unique_ptr<ToolCall> call;
  std::optional<ToolOutcome> outcome;
};

// A tool call as the visitor has seen it.
struct ShownCall {
  std::string id, name, status;
};

std::string WriteMetadata(const std::vector<Citation>& citations, const std::vector<ShownCall>& calls,
                          const TokenUse& use) {
  const bool has_use = use.input > 0 || use.output > 0;
  if (citations.empty() && calls.empty() && !has_use) return {};
  JsonWriter writer;
  writer.Open('{').Key("citations").Open('[');
  for (const Citation& citation : citations)
    writer.Open('{').Put("n", citation.n).Put("title", citation.title).Put("url", citation.url).Close('}');
  writer.Close(']').Key("tools").Open('[');
  for (const ShownCall& call : calls)
    writer.Open('{').Put("id", call.id).Put("name", call.name).Put("status", call.status).Close('}');
  writer.Close(']');
  if (has_use) writer.Key("usage").Open('{').Put("input", use.input).Put("output", use.output).Close('}');
  return writer.Close('}').Take();
}

class Run final : public AgentRun {
 public:
  Run(std::unique_ptr<AgentModel> model, const RunLimits& limits, AgentPorts ports, RunRequest request,
      std::function<void(const AgUiEvent&)> emit, std::function<void(RunResult)> done)
      : ports_(std::move(ports)),
        limits_(limits),
        request_(std::move(request)),
        emit_(std::move(emit)),
        done_(std::move(done)),
        model_(std::move(model)),
        stream_(ports_.loop, MessageId{MakeId("m_")}, [this](const AgUiEvent& event) { emit_(event); }) {
    prompt_.product = request_.product;
    if (request_.knowledge) {
      prompt_.find_pages = [this](std::string_view question, int limit) {
        return request_.knowledge->Search(question, limit, request_.identity, ports_.loop.Now());
      };
    }
    prompt_.identity = request_.identity;
    prompt_.history = request_.history;
    prompt_.page = request_.page;
    prompt_.locale = request_.locale;
    deadline_ = ports_.loop.After(limits_.lifetime_ms_max, [this] {
      deadline_ = 0;
      Stop(RunResult::Status::kFailed, "agent_timeout");
    });
    start_ = ports_.loop.After(0, [this] {
      start_ = 0;
      if (request_.answer) GoOn(*request_.answer);
      else NextRound();
    });
  }

  ~Run() override { CancelTimers(); }

  void Cancel() override {
    if (ended_ || cancel_) return;
    cancel_ = ports_.loop.After(0, [this] {
      cancel_ = 0;
      Stop(RunResult::Status::kCancelled, "cancelled");
    });
  }

  void Abort() override {
    if (std::exchange(ended_, true)) return;
    CancelTimers();
    model_.reset();
    for (BatchedCall& one : batch_)
      if (!one.outcome) one.call->Abort("cancelled");
    batch_.clear();
  }

 private:
  std::string MakeId(std::string_view prefix) {
    return std::string(prefix) + EncodeBase64Url(ports_.random(kIdRandomBytes));
  }

  // Asked again every round, for a token may end in between.
  void OfferTools() {
    widgent::OfferTools(*request_.product, request_.identity, ports_.loop.Now(), prompt_);
    if (!IsHandedOff()) return;
    const auto hands_off = [](const auto& tool) { return tool.config->hands_off; };
    std::erase_if(prompt_.tools, hands_off);
    std::erase_if(prompt_.withheld, hands_off);
  }

  bool IsHandedOff() const {
    const auto thread = ports_.store.FindThread(request_.product->id, request_.thread);
    return thread && thread->handed_off_at > 0;
  }

  void NextRound() {
    if (ended_) return;
    if (++rounds_ > limits_.rounds_max) return End(RunResult::Status::kFailed, "tool_limit");
    OfferTools();
    model_->Next(
        prompt_,
        [this](std::string_view text) {
          if (!ended_) stream_.Append(text);
        },
        [this](ModelTurn turn) {
          if (!ended_) OnTurn(std::move(turn));
        });
  }

  void OnTurn(ModelTurn turn) {
    for (Citation& citation : turn.citations) citations_.push_back(std::move(citation));
    use_.input += turn.use.input;
    use_.output += turn.use.output;
    if (!turn.error_detail.empty() && ports_.warn)
      ports_.warn("agent product=" + request_.product->id.value + " run=" + request_.run.value + ": " +
                  turn.error_detail);
    if (!turn.error_code.empty()) return End(RunResult::Status::kFailed, turn.error_code);
    if (!turn.calls.empty()) {
      stream_.Flush();
      for (ModelToolCall& call : turn.calls) queue_.push_back(std::move(call));
      return NextCalls();
    }
    last_turn_ = std::move(turn);
    End(RunResult::Status::kDone, {});
  }

  // Calls that only read go out together; one that may change something goes alone, in its place.
  void NextCalls() {
    if (ended_) return;
    if (queue_.empty()) return NextRound();
    if (calls_ == limits_.tool_calls_max) return End(RunResult::Status::kFailed, "tool_limit");
    std::vector<ModelToolCall> calls;
    do {
      ++calls_;
      calls.push_back(std::move(queue_.front()));
      queue_.pop_front();
    } while (OnlyReads(calls.back().name) && calls_ < limits_.tool_calls_max && !queue_.empty() &&
             OnlyReads(queue_.front().name));
    for (ModelToolCall& call : calls) {
      if (IsValidId(call.id) && call.id.size() <= kCallIdBytesMax && call_ids_.insert(call.id).second) continue;
      call.id = MakeId("call_");
      call_ids_.insert(call.id);
    }
    StartCalls(std::move(calls), nullptr);
  }

  // What is not offered is refused, and changes nothing either.
  bool OnlyReads(const std::string& name) const {
    return std::none_of(prompt_.tools.begin(), prompt_.tools.end(), [&](const OfferedTool& tool) {
      return tool.config->name == name && (tool.config->effect != ToolConfig::Effect::kRead || tool.config->approval);
    });
  }

  // From the user's answer to the question that an earlier run ended with. That run has shown the call's beginning.
  void GoOn(const InterruptAnswer& answer) {
    OfferTools();
    const StoredInterrupt& interrupt = answer.interrupt;
    ModelToolCall call{interrupt.call_id, interrupt.tool, WithoutBound(*request_.product, interrupt)};
    call_ids_.insert(call.id);
    begun_ids_.insert(call.id);
    if (answer.is_approved) return StartCalls({std::move(call)}, &interrupt);
    ToolOutcome outcome;
    outcome.code = interrupt.by_operator ? "operator_rejected" : "approval_rejected";
    outcome.denied = true;
    ShowResult(call, outcome);
    prompt_.exchanges.push_back({std::move(call), std::move(outcome)});
    NextRound();
  }

  void StartCalls(std::vector<ModelToolCall> calls, const StoredInterrupt* approved) {
    batch_.clear();
    for (ModelToolCall& call : calls) {
      const std::size_t at = batch_.size();
      ToolCall::Callbacks callbacks;
      callbacks.on_begin = [this, at] { ShowBegin(batch_[at].call->call()); };
      callbacks.on_ask = [this](const StoredInterrupt& interrupt) { OnAsk(interrupt); };
      callbacks.done = [this, at](ToolOutcome outcome) { OnOutcome(at, std::move(outcome)); };
      batch_.push_back(
          {std::make_unique<ToolCall>(ports_, request_, prompt_, std::move(call), approved, std::move(callbacks)),
           std::nullopt});
    }
    // The last one to end may begin what comes next, while it is being started.
    open_calls_ = batch_.size();
    for (std::size_t at = 0; at < calls.size(); ++at) batch_[at].call->Start();
  }

  // The run ends here; the next one goes on from the answer. What else the model had asked for in this turn it may ask
  // for again. Whatever asks is alone.
  void OnAsk(const StoredInterrupt& interrupt) {
    const std::vector<BatchedCall> batch = std::move(batch_);
    batch_.clear();
    ShowBegin(batch[0].call->call());
    queue_.clear();
    asking_ = ToWire(interrupt);
    End(RunResult::Status::kAsking, {});
  }

  void OnOutcome(std::size_t at, ToolOutcome outcome) {
    const ModelToolCall& call = batch_[at].call->call();
    if (outcome.denied) ShowBegin(call);
    if (begun_ids_.contains(call.id)) ShowResult(call, outcome);
    batch_[at].outcome = std::move(outcome);
    if (--open_calls_ > 0) return;
    std::vector<BatchedCall> batch = std::move(batch_);
    batch_.clear();
    for (BatchedCall& one : batch) prompt_.exchanges.push_back({one.call->call(), std::move(*one.outcome)});
    NextCalls();
  }

  // The visitor sees that a tool acts and never with what: arguments may hold what the page shall not know.
  void ShowBegin(const ModelToolCall& call) {
    // That it hands the conversation over, the agent says in its own words.
    if (FindHelpDesk(*request_.product) && call.name == kHandoffTool) return;
    if (!begun_ids_.insert(call.id).second) return;
    AgUiEvent event;
    event.type = EventType::kToolCallStart;
    event.tool_call_id = call.id;
    event.name = call.name;
    emit_(event);
    event.type = EventType::kToolCallEnd;
    event.name.clear();
    emit_(event);
  }

  void ShowResult(const ModelToolCall& call, const ToolOutcome& outcome) {
    AgUiEvent event;
    event.type = EventType::kToolCallResult;
    event.tool_call_id = call.id;
    event.message_id.value = MakeId("m_");
    event.failed = !outcome.ok;
    if (outcome.denied) event.denied = outcome.code;
    emit_(event);
    shown_.push_back({call.id, call.name, outcome.denied ? "denied" : outcome.ok ? "done" : "failed"});
  }

  void EmitCustom(std::string name, std::string value_json) {
    AgUiEvent event;
    event.type = EventType::kCustom;
    event.name = std::move(name);
    event.value_json = std::move(value_json);
    emit_(event);
  }

  // From outside of the model: whatever goes on is dropped.
  void Stop(RunResult::Status status, const std::string& code) {
    if (ended_) return;
    model_.reset();
    for (BatchedCall& one : batch_) {
      if (one.outcome) continue;
      one.call->Abort(code);
      if (begun_ids_.contains(one.call->call().id)) ShowResult(one.call->call(), ToolOutcome());
    }
    batch_.clear();
    End(status, code);
  }

  void End(RunResult::Status status, const std::string& code) {
    if (ended_) return;
    CancelTimers();
    const bool is_done = status == RunResult::Status::kDone, is_asking = status == RunResult::Status::kAsking;
    if (is_done || is_asking) stream_.Flush();
    stream_.End(citations_);
    if (is_done) ShowOffers();
    ended_ = true;
    RunResult result;
    result.status = status;
    result.code = code;
    if (is_asking) result.interrupts = {asking_};
    result.text = stream_.text();
    result.metadata_json = WriteMetadata(citations_, shown_, use_);
    if (stream_.started()) result.message = stream_.message();
    done_(std::move(result));
  }

  void ShowOffers() {
    const Product& product = *request_.product;
    if (last_turn_.handoff && !product.handoff_url.empty()) {
      const std::string label = product.handoff_label.empty() ? "Contact us" : product.handoff_label;
      JsonWriter writer;
      writer.Open('{').Put("to", "url").Put("url", product.handoff_url).Put("label", label);
      EmitCustom("widgent.handoff", writer.Close('}').Take());
    }
    if (!last_turn_.suggestions.empty()) {
      JsonWriter writer;
      writer.Open('{').Key("items").Open('[');
      for (const std::string& item : last_turn_.suggestions) writer.Value(item);
      EmitCustom("widgent.suggestions", writer.Close(']').Close('}').Take());
    }
    if (last_turn_.unanswered && !request_.history.empty()) {
      ports_.store.RecordUnanswered(product.id, QuestionForOwner(request_.history.back().text, request_.identity),
                                    ports_.loop.Now());
    }
  }

  void CancelTimers() {
    for (http::TimerId* timer : {&deadline_, &start_, &cancel_})
      if (*timer) ports_.loop.Cancel(std::exchange(*timer, 0));
  }

  AgentPorts ports_;
  const RunLimits limits_;
  const RunRequest request_;
  const std::function<void(const AgUiEvent&)> emit_;
  const std::function<void(RunResult)> done_;
  Prompt prompt_;
  std::unique_ptr<AgentModel> model_;
  TextStream stream_;
  std::deque<ModelToolCall> queue_;             // what the turn asks for beyond the batch
  std::vector<BatchedCall> batch_;              // what goes on now
  std::size_t open_calls_ = 0;                  // of the batch, without an outcome
  std::set<std::string> call_ids_, begun_ids_;  // ids in use; those whose beginning was shown
  Interrupt asking_;
  std::vector<Citation> citations_;
  std::vector<ShownCall> shown_;  // whose end was shown too
  TokenUse use_;
  ModelTurn last_turn_;
  int rounds_ = 0, calls_ = 0;
  http::TimerId deadline_ = 0, start_ = 0, cancel_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<AgentRun> StartRunWith(std::unique_ptr<AgentModel> model, const RunLimits& limits, AgentPorts ports,
                                       RunRequest request, std::function<void(const AgUiEvent&)> emit,
                                       std::function<void(RunResult)> done) {
  return std::make_unique<Run>(std::move(model), limits, std::move(ports), std::move(request), std::move(emit),
                               std::move(done));
}

std::unique_ptr<AgentRun> StartRun(AgentPorts ports, RunRequest request, std::function<void(const AgUiEvent&)> emit,
                                   std::function<void(RunResult)> done) {
  if (request.is_handed_off) return ForwardMessage(std::move(ports), std::move(request), std::move(done));
  const AgentConfig& agent = request.product->agent;
  std::unique_ptr<AgentModel> model;
  if (agent.kind == "builtin" || agent.falls_back)
    model = std::make_unique<BuiltinModel>(ports.loop, ports.delta_interval_ms);
  if (agent.kind == "openai") model = std::make_unique<OpenAiModel>(ports.loop, ports.client, std::move(model));
  if (agent.kind == "ag-ui")
    model = std::make_unique<AgUiModel>(ports.loop, ports.client, request.thread, request.run, std::move(model));
  return StartRunWith(std::move(model), RunLimits(), std::move(ports), std::move(request), std::move(emit),
                      std::move(done));
}

}  // namespace widgent
