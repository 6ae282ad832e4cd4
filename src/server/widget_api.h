// What the widget asks besides runs: who am I, my threads, their messages. Every function reads from top to bottom;
// the exchange has passed Admission, so its identity is decided.
#pragma once
#include <optional>

#include "agent/limits.h"
#include "audit/audit.h"
#include "server/exchange.h"
#include "server/guest_merge.h"
#include "server/run_hub.h"
#include "store/store.h"

namespace widgent {

inline constexpr std::size_t kMessageCharactersMax = 4000;

class WidgetApi {
 public:
  WidgetApi(Store& store, AuditLog& audit, Limits& limits, RunHub& hub)
      : store_(store), audit_(audit), limits_(limits), hub_(hub), merge_(store, audit, hub) {}

  void PostSession(const ExchangePtr& x);
  void GetCapabilities(const ExchangePtr& x);
  void ListThreads(const ExchangePtr& x);
  void ListMessages(const ExchangePtr& x);
  void PostFeedback(const ExchangePtr& x);
  void DeleteThread(const ExchangePtr& x);

 private:
  Store& store_;
  AuditLog& audit_;
  Limits& limits_;
  RunHub& hub_;
  GuestMerge merge_;
};

// Nothing, and `problem` is filled, where the caller owns no threads.
std::optional<Owner> RequireOwner(const Exchange& x, Problem& problem);

// The thread where it exists and is the caller's own. Someone else's looks exactly like one that does not exist.
std::optional<Thread> FindOwnThread(Store& store, const Exchange& x, const ThreadId& thread);

// Nothing: neither the caller nor the caller's address has sent too much in the last minute. What is asked counts.
std::optional<Problem> CheckRate(Limits& limits, Exchange& x, const Owner& owner);

Problem ThreadNotFound();

// Nothing: the request has a JSON body.
std::optional<Problem> CheckJsonBody(const http::Request& request);

}  // namespace widgent
