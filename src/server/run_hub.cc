#include "server/run_hub.h"

#include <algorithm>

namespace widgent {

namespace {

const VerificationSecret* FindSecret(const KeyRing& keys, const std::string& kid) {
  const auto secret = std::find_if(keys.secrets.begin(), keys.secrets.end(),
                                   [&](const VerificationSecret& candidate) { return candidate.kid == kid; });
  return secret == keys.secrets.end() ? nullptr : &*secret;
}

}  // namespace

std::shared_ptr<LiveRun> RunHub::Find(const ProductId& product, const ThreadId& thread) const {
  const auto run = runs_.find({product, thread});
  return run == runs_.end() ? nullptr : run->second;
}

int RunHub::CountOf(const ProductId& product, const Owner& owner) const {
  return static_cast<int>(std::count_if(runs_.begin(), runs_.end(), [&](const auto& entry) {
    return entry.first.first == product && entry.second->owner() == owner;
  }));
}

std::shared_ptr<LiveRun> RunHub::Admit(ServedProductPtr served, RunRequest request, StoredRun record, Owner owner) {
  const std::pair key{request.product->id, request.thread};
  auto run = std::make_shared<LiveRun>(ports_, commits_, std::move(served), std::move(request), std::move(record),
                                       std::move(owner), [this](LiveRun& ended) { Bury(ended); });
  runs_[key] = run;
  const auto settle = [weak = std::weak_ptr<LiveRun>(run)](void (LiveRun::*step)()) {
    if (const auto admitted = weak.lock()) (admitted.get()->*step)();
  };
  commits_.After([settle] { settle(&LiveRun::Begin); }, [settle] { settle(&LiveRun::Abandon); });
  return run;
}

int RunHub::CancelRevoked(const Revocation& revocation, UnixMillis now) {
  return CancelWhere([&](const LiveRun& run, const User& user) {
    return run.product() == revocation.product && user.sub == revocation.sub &&
           IsRevoked(user, revocation.at, run.token_policy(), now);
  });
}

int RunHub::CancelUnkeyed(const Product& product, UnixMillis now) {
  return CancelWhere([&](const LiveRun& run, const User& user) {
    const VerificationSecret* used = FindSecret(run.keys(), user.kid);
    const VerificationSecret* present = FindSecret(product.keys, user.kid);
    if (run.product() != product.id || !used) return false;
    return !present || present->value != used->value || (present->not_after && *present->not_after <= now);
  });
}

int RunHub::CancelWhere(const std::function<bool(const LiveRun& run, const User& user)>& is_over) {
  std::vector<std::shared_ptr<LiveRun>> over;
  for (const auto& [key, run] : runs_) {
    const User* user = AsUser(run->identity());
    if (user && is_over(*run, *user)) over.push_back(run);
  }
  for (const auto& run : over) run->Cancel();
  return static_cast<int>(over.size());
}

void RunHub::Bury(LiveRun& run) {
  const auto entry = runs_.find({run.product(), run.thread()});
  if (entry == runs_.end() || entry->second.get() != &run) return;
  buried_.push_back(std::move(entry->second));
  runs_.erase(entry);
  ports_.loop.Post([this, weak = std::weak_ptr<int>(alive_)] {
    if (!weak.expired()) buried_.clear();
  });
}

}  // namespace widgent
