// What can happen to a session. Names say what happened; session/json.h tells each as the page sends it.
#pragma once
#include <cstdint>
#include <string>

namespace widgent {

// A page's call waits for its settlement under this number; 0: nobody waits.
using CallId = int;

struct InitCalled {
  CallId call = 0;
  std::string product_id, service_key;
  std::string guest_id;   // 128 random bits, base64url
  std::string seed;       // 128 random bits, 32 hexadecimal digits: all ids and jitter are drawn from it
  std::string thread_id;  // this tab's guest thread, if any
  std::string page, locale;
};
struct IdentifyCalled {
  CallId call = 0;
  std::string token;
  std::string guest_id;  // fresh; used where the guest must change
};
struct LogoutCalled {
  CallId call = 0;
  std::string guest_id;  // fresh
};
struct PanelOpened {};
struct PanelClosed {};
struct MessageSubmitted {
  std::string text;
};
struct RetryRequested {
  std::string message_id;
};
struct CancelRequested {};
struct ResponseStarted {
  int request = 0, status = 0;
  std::int64_t retry_after_s = 0;
};
struct ResponseChunk {
  int request = 0;
  std::string text;
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
