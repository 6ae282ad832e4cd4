#include "agent/tool_guard.h"

namespace widgent {

bool ToolGuard::IsPaused(const ProductId& product, const ToolConfig& tool, UnixMillis now) const {
  const auto found = health_.find({product.value, tool.name});
  return found != health_.end() && now < found->second.paused_until;
}

bool ToolGuard::TakeCall(const ProductId& product, const ToolConfig& tool, const Identity& identity, UnixMillis now) {
  if (!tool.per_user_per_min) return true;
  const User* user = AsUser(identity);
  const std::string who = user ? "user\n" + user->sub : "guest\n" + std::get<Anonymous>(identity).guest_id;
  return !calls_.Take(product.value + '\n' + tool.name + '\n' + who, *tool.per_user_per_min, now);
}

void ToolGuard::Report(const ProductId& product, const ToolConfig& tool, bool has_failed, UnixMillis now) {
  const Key key{product.value, tool.name};
  if (!has_failed) {
    health_.erase(key);
    return;
  }
  Health& health = health_[key];
  health.failures.push_back(now);
  while (health.failures.front() <= now - kFailureWindowMs) health.failures.pop_front();
  if (health.failures.size() < kFailuresMax) return;
  health.failures.clear();
  health.paused_until = now + kPauseMs;
}

}  // namespace widgent
