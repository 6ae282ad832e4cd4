// What the page shall do. Names are imperative; session/json.h tells each as the page receives it.
// An effect is written out the moment it is decided, so its members are views and none is kept: a list of variants
// would cost 3 KB of compressed Wasm, and no effect can be left lying in a queue either way.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ag_ui.h"
#include "protocol/json_writer.h"
#include "session/event.h"

namespace widgent {

struct SendRequest {
  int request = 0;
  const char* method = "POST";
  std::string_view path, body;
  std::string_view token, guest_id, service_key, last_event_id;  // headers; an empty one is not sent
  bool stream = false;
};
struct CancelRequest {
  int request = 0;
};

// A user's message is queued, sending, sent or failed; a reply is streaming, done, interrupted or failed.
enum class MessageStatus : std::uint8_t { kQueued, kSending, kSent, kFailed, kStreaming, kDone, kInterrupted };

struct ShowMessage {
  std::string_view id;
  bool from_user = false;
  std::string_view text;
  MessageStatus status = MessageStatus::kDone;
  UnixMillis at = 0;  // by the server's clock; 0: now
  const std::vector<Citation>* citations = nullptr;
  std::string_view rating;  // up, down; empty: none
};
struct AppendText {
  std::string_view id, text;
};
struct UpdateMessage {
  std::string_view id;
  MessageStatus status = MessageStatus::kDone;
  std::string_view code, hint;
  const std::vector<Citation>* citations = nullptr;
  std::int64_t retry_in = 0;  // seconds until it is sent again by itself; 0: that is not known
};
struct RemoveMessage {
  std::string_view id;
};
struct ShowRating {
  std::string_view id, rating;
};
struct ShowThreads {
  std::string_view list = "[]";  // as the server wrote it
  std::string_view current;
  bool failed = false;
};
struct ShowTool {
  std::string_view id, name, status;  // status: running, done, failed, denied
};
// An action of the agent waits for the visitor's yes; told again under the same id when its status changes.
struct ShowApproval {
  std::string_view id;
  enum class Status : std::uint8_t { kPending, kApproved, kRejected, kDismissed, kExpired } status = Status::kPending;
  std::string_view tool, message, expires_at;  // when it is first shown; expires_at: RFC 3339
};
struct ClearMessages {};
// What stands in the composer. A switch that is not verified yet only puts it aside.
struct ChangeDraft {
  enum class Change : std::uint8_t {
    kClear,    // it, and what was put aside
    kStash,    // put it aside
    kRestore,  // what was put aside returns, where nothing was typed since
    kDrop      // forget what was put aside
  } change = Change::kClear;
};
struct ShowIdentity {
  enum class State : std::uint8_t { kGuest, kIdentifying, kUser } state = State::kGuest;
  std::string_view sub, name, email, reason;
  std::int64_t expires_in = 0;  // seconds
  bool locked = false;          // nobody may write until somebody is identified
};
struct ShowGreeting {
  std::string_view text, agent, accent, handoff_url, handoff_label;
  std::vector<std::string_view> suggestions;
};
struct ShowNotice {
  std::string_view code;  // empty: hide it
};
struct ShowConnection {
  enum class State : std::uint8_t { kOnline, kOffline, kReconnecting } state = State::kOnline;
};
struct ShowBusy {
  bool busy = false;
};
struct ShowSuggestions {
  const std::vector<std::string>& items;
};
struct ShowHandoff {
  std::string_view url, label;
};
// The guest's conversation could become this user's: ask, or (false) stop asking.
struct ShowMergeOffer {
  bool visible = false;
};
// The page's getToken is to be called; its answer names this number.
struct AskForToken {
  int ask = 0;
};
// To the other tabs of this browser and product.
struct Broadcast {
  const char* kind = "";  // identified, signed_out
  std::string_view fingerprint;
};
struct Settle {
  CallId call = 0;
  bool ok = true;
  std::string_view sub;
  std::int64_t expires_in = 0;
  std::string_view code, hint;
};
struct Emit {
  std::string_view name;
  std::string_view id, state, sub, reason, code, hint;  // the event's detail; empty ones are left out
  std::int64_t expires_in = 0;                          // seconds; 0 is left out
};
struct Save {
  const char* key = "";    // guest_id, thread_id, thread_of
  std::string_view value;  // empty: remove
};
struct Report {
  std::string_view code, hint;
};

// The effects of one step, as the JSON array in which they are handed over.
class EffectWriter {
 public:
  EffectWriter() { json_.Open('['); }
  void Add(const SendRequest& effect);
  void Add(const CancelRequest& effect);
  void Add(const ShowMessage& effect);
  void Add(const AppendText& effect);
  void Add(const UpdateMessage& effect);
  void Add(const RemoveMessage& effect);
  void Add(const ShowRating& effect);
  void Add(const ShowThreads& effect);
  void Add(const ShowTool& effect);
  void Add(const ShowApproval& effect);
  void Add(const ClearMessages& effect);
  void Add(const ChangeDraft& effect);
  void Add(const ShowIdentity& effect);
  void Add(const ShowGreeting& effect);
  void Add(const ShowNotice& effect);
  void Add(const ShowConnection& effect);
  void Add(const ShowBusy& effect);
  void Add(const ShowSuggestions& effect);
  void Add(const ShowHandoff& effect);
  void Add(const ShowMergeOffer& effect);
  void Add(const AskForToken& effect);
  void Add(const Broadcast& effect);
  void Add(const Settle& effect);
  void Add(const Emit& effect);
  void Add(const Save& effect);
  void Add(const Report& effect);
  std::string Take() { return json_.Close(']').Take(); }

 private:
  JsonWriter& Begin(const char* type);
  void PutCitations(const std::vector<Citation>* citations);

  JsonWriter json_;
};

}  // namespace widgent
