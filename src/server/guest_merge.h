// A guest's conversation becomes a user's (identity.md 3.7 and 3.13): once, atomically, audited, and never by anything
// but both credentials in one request: the user's token and the anonymous id that owns the thread.
#pragma once
#include "audit/audit.h"
#include "server/exchange.h"
#include "server/run_hub.h"
#include "store/store.h"

namespace widgent {

struct MergeRequest {
  ThreadId thread;           // the guest's
  bool append = false;       // said since an expiry: goes to the end of this user's newest thread, where it is short
  bool is_accepted = false;  // the visitor was asked and said yes
};

struct MergeResult {
  ThreadId thread;          // merged: where the turns are now, also for a request that is repeated
  bool is_offered = false;  // it could be, and the product wants the visitor to be asked
  bool is_merged() const { return !thread.value.empty(); }
};

class GuestMerge {
 public:
  GuestMerge(Store& store, AuditLog& audit, RunHub& hub) : store_(store), audit_(audit), hub_(hub) {}

  // Nothing happens, and nothing is told, where the thread is not the guest's of `x`, was not active within 30 minutes,
  // went to somebody else, or the product does not merge. `x` is a verified user's.
  MergeResult Merge(const Exchange& x, const MergeRequest& request);

 private:
  ThreadId Move(const Exchange& x, const Thread& thread, const Owner& user, bool append);

  Store& store_;
  AuditLog& audit_;
  RunHub& hub_;
};

}  // namespace widgent
