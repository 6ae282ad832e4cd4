// The loop of a run with any model. StartRun of agent.h chooses the model by the product's configuration.
#pragma once
#include <functional>
#include <memory>

#include "agent/agent.h"
#include "agent/agent_model.h"

namespace widgent {

struct RunLimits {
  int rounds_max = 6;
  int tool_calls_max = 8;
  std::int64_t lifetime_ms_max = 120'000;
};

// As StartRun, with `model` doing the thinking.
std::unique_ptr<AgentRun> StartRunWith(std::unique_ptr<AgentModel> model, const RunLimits& limits, AgentPorts ports,
                                       RunRequest request, std::function<void(const AgUiEvent&)> emit,
                                       std::function<void(RunResult)> done);

}  // namespace widgent
