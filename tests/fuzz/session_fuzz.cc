// Events of the session, one JSON text in a line. Twice the same events are twice the same steps.
#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "session/json.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr int kLinesMax = 64;

void CheckStep(const Session& session, Session::State before, const std::string& text) {
  const auto step = nlohmann::json::parse(text, nullptr, false);
  Demand(step.is_object() && step["effects"].is_array() && step.contains("wake_at"), "a step is a step");
  for (const auto& effect : step["effects"]) {
    Demand(effect.value("type", "") != "", "an effect has a type");
    Demand(!effect.contains("token") || effect["type"] == "send_request", "a token leaves in a request alone");
    // That a text is no event is said even then.
    Demand(before != Session::State::kDestroyed || effect["code"] == "invalid_event", "what is destroyed does nothing");
  }
  Demand(before != Session::State::kDestroyed || session.state() == before, "nothing brings it back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Session session, twin;
  for (int line = 0; line < kLinesMax && !rest.empty(); ++line) {
    const std::string_view event = TakeUntil(rest, '\n');
    const auto before = session.state();
    const std::uint32_t epoch = session.epoch();
    const std::string step(std::string_view(HandleJson(session, event)));
    Demand(step == std::string_view(HandleJson(twin, event)), "the session is deterministic");
    Demand(session.epoch() >= epoch, "an epoch never comes back");
    CheckStep(session, before, step);
  }
  return 0;
}
