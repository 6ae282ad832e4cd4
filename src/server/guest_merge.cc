#include "server/guest_merge.h"

#include "identity/crypto.h"
#include "server/admission.h"

namespace widgent {

namespace {

constexpr std::int64_t kActiveWithinMs = 30 * 60 * 1000;
// More would take the one thread of the server for longer than the others may be kept waiting.
constexpr int kAppendedMessagesMax = 500;

}  // namespace

MergeResult GuestMerge::Merge(const Exchange& x, const MergeRequest& request) {
  const Product& product = x.product->config;
  const auto user = OwnerOf(x.identity);
  if (product.identity_rules.merge == IdentityRules::Merge::kNever || x.guest_id.empty() || !user ||
      !IsValidId(request.thread.value))
    return {};

  const Owner guest{Owner::Kind::kGuest, x.guest_id};
  const auto thread = store_.FindThread(product.id, request.thread);
  if (!thread || thread->owner != guest) {
    // The request again whose answer was lost, or another tab's.
    const auto moved = store_.FindMoved(product.id, request.thread, x.guest_id);
    if (moved && moved->owner == *user) return {moved->id};
    return {};
  }
  if (thread->active_at + kActiveWithinMs < x.Now()) return {};
  if (product.identity_rules.merge == IdentityRules::Merge::kAsk && !request.is_accepted)
    return {.thread = {}, .is_offered = true};
  return {Move(x, *thread, *user, request.append)};
}

ThreadId GuestMerge::Move(const Exchange& x, const Thread& thread, const Owner& user, bool append) {
  const ProductId& product = x.product->config.id;
  ThreadId target = thread.id;
  const auto is_short = [&] {
    return store_.ListMessages(product, thread.id, kAppendedMessagesMax + 1).size() <=
           std::size_t{kAppendedMessagesMax};
  };
  // A reply that is still being given needs its thread to stay, and so do people who know a conversation by its id.
  if (append && thread.handed_off_at == 0 && !hub_.Find(product, thread.id) && is_short()) {
    const auto threads = store_.ListThreads(product, user, 1);
    if (!threads.empty()) target = threads.front().id;
  }
  if (target == thread.id) store_.MoveThread(product, thread.id, user);
  else store_.AppendThread(product, thread.id, target);

  IdentityAct act;
  act.kind = IdentityAct::Kind::kMerge;
  act.identity = x.identity;
  act.merged_thread = thread.id.value;
  act.guest_sha256 = Hex(Sha256(x.guest_id));
  audit_.Write(ContextOf(x, target), act, x.Now());
  return target;
}

}  // namespace widgent
