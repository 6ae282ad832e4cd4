// What can happen to a session. Names say what happened; session/json.h tells each as the page sends it.
// Members are views: whoever hands an event in keeps its text until it is handled.
#pragma once
#include <cstdint>

#include "protocol/text.h"
#include "protocol/time.h"

namespace widgent {

inline constexpr MonotonicMillis kNever = INT64_MAX;

// A page's call waits for its settlement under this number; 0: nobody waits.
using CallId = int;

struct InitCalled {
  CallId call = 0;
  TextView product_id, service_key;
  TextView guest_id;   // 128 random bits, base64url
  TextView seed;       // 128 random bits, 32 hexadecimal digits: all ids and jitter are drawn from it
  TextView thread_id;  // this tab's guest thread, if any
  TextView thread_of;  // fingerprint of the user whose identity had ended when that thread began, if any
  TextView salt;       // 128 bits that the tabs of this browser share, 32 hexadecimal digits: fingerprints
  TextView page, locale;
  bool get_token = false;  // the page can be asked for tokens
};
struct IdentifyCalled {
  CallId call = 0;
  TextView token;
  TextView guest_id;       // fresh; used where the guest must change
  bool get_token = false;  // a function was given in place of a token: it is to be asked
};
// The answer of the page's getToken to AskForToken. An empty token: nobody is signed in.
struct TokenProvided {
  int ask = 0;
  TextView token;
  TextView guest_id;  // fresh
};
struct TokenFailed {
  int ask = 0;
};
struct LogoutCalled {
  CallId call = 0;
  TextView guest_id;  // fresh
};
struct PanelAwaited {};  // the pointer is on what opens it
struct PanelOpened {};
struct PanelClosed {};
// From another tab of this browser, as its Broadcast effect said it.
struct BroadcastReceived {
  TextView kind, fingerprint;
  TextView guest_id;  // fresh
};
// Of the question whether a guest's conversation shall become the user's.
struct MergeAnswered {
  bool accepted = false;
};
// Of an approval that was shown.
struct ApprovalAnswered {
  TextView id;
  bool approved = false;
};
struct MessageSubmitted {
  TextView text;
};
struct RetryRequested {
  TextView message_id;
};
struct CancelRequested {};
// A message that waits or has failed is taken back.
struct MessageWithdrawn {
  TextView message_id;
};
struct FeedbackGiven {
  TextView message_id, rating, comment;  // rating: up, down
};
struct ThreadsRequested {};
struct ThreadChosen {
  TextView thread_id;  // empty: a new one
};
struct ResponseStarted {
  int request = 0, status = 0;
  std::int64_t retry_after_s = 0;
};
struct ResponseChunk {
  int request = 0;
  TextView text;
};
struct ResponseEnded {
  int request = 0;
};
struct RequestFailed {
  int request = 0;
};
struct ConnectionChanged {
  bool online = true;
};
struct PageResumed {};
struct TimerFired {};
struct DestroyCalled {};

}  // namespace widgent
