// What the page shall do. Names are imperative; session/json.h tells each as the page receives it.
// An effect is written out the moment it is decided: a list of variants would cost 3 KB of compressed Wasm, and no
// effect can be left lying in a queue either way.
#pragma once
#include <cstdint>

#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "protocol/text.h"
#include "protocol/time.h"
#include "session/event.h"

namespace widgent {

// A user's message is queued, sending, sent or failed; a reply is streaming, done, interrupted or failed.
enum class MessageStatus : std::uint8_t { kQueued, kSending, kSent, kFailed, kStreaming, kDone, kInterrupted };

// The effects of one step, as the JSON in which they are handed over. Texts that are left out where they are empty have
// a default.
class EffectWriter {
 public:
  struct Request {
    int request;
    const char* method;
    TextView path, body, token, guest_id, service_key, last_event_id;  // headers; an empty one is not sent
    bool stream;
  };
  void SendRequest(const Request& request);
  void CancelRequest(int request);
  // `at`: by the server's clock; 0: now. `citations`: nullptr where it has none. `rating`: up, down. `name`: of the
  // person who says it; empty: the agent, or the visitor.
  void ShowMessage(TextView id, bool from_user, TextView text, MessageStatus status, UnixMillis at = 0,
                   const JsonField* citations = nullptr, TextView rating = {}, TextView name = {});
  void AppendText(TextView id, TextView text);
  // `retry_in`: seconds until it is sent again by itself; 0: that is not known.
  void UpdateMessage(TextView id, MessageStatus status, TextView code = {}, TextView hint = {},
                     const JsonField* citations = nullptr, std::int64_t retry_in = 0);
  void RemoveMessage(TextView id);
  void ShowRating(TextView id, TextView rating);
  void ShowThreads(TextView list = "[]", TextView current = {}, bool failed = false);  // `list` as the server wrote it
  void ShowTool(TextView id, TextView name, TextView status);  // status: running, done, failed, denied
  // An action of the agent waits for the visitor's yes; told again under the same id when its status (pending,
  // approved, rejected, dismissed, expired) changes. `expires_at`: RFC 3339.
  void ShowApproval(TextView id, TextView status, TextView tool = {}, TextView message = {}, TextView expires_at = {});
  void ClearMessages();
  // What stands in the composer. clear: it, and what was put aside; stash: put it aside, as a switch is not verified
  // yet; restore: what was put aside returns, where nothing was typed since; drop: forget what was put aside.
  void ChangeDraft(TextView change);
  struct Who {
    TextView state, sub, name, email, reason;  // state: guest, identifying, user
    std::int64_t expires_in = 0;               // seconds, of a user
    bool locked = false;                       // nobody may write until somebody is identified
  };
  void ShowIdentity(const Who& who);
  void ShowGreeting(const JsonField& verdict);  // as the server's answer tells it; nothing: none
  void ShowNotice(TextView code);               // empty: hide it
  void ShowConnection(TextView state);          // online, offline, reconnecting
  void ShowBusy(bool busy);
  void ShowSuggestions(const JsonField& items);
  void ShowHandoff(TextView url, TextView label);
  void ShowMergeOffer(bool visible);  // the guest's conversation could become this user's: ask, or stop asking
  void AskForToken(int ask);          // the page's getToken is to be called; its answer names this number
  void Broadcast(TextView kind, TextView fingerprint);  // to the other tabs of this browser: identified, signed_out
  void Settle(CallId call, TextView sub, std::int64_t expires_in);
  void SettleFailed(CallId call, TextView code, TextView hint);
  // The event's detail has up to two texts; empty ones are left out.
  void Emit(TextView name, const char* key = "", TextView text = {}, const char* other_key = "", TextView other = {});
  void EmitExpiring(std::int64_t expires_in);
  void Save(TextView key, TextView value = {});  // guest_id, thread_id, thread_of; an empty value: remove
  void Report(TextView code, TextView hint);

  Text Take(MonotonicMillis wake_at);

 private:
  JsonWriter& Begin(const char* type);
  JsonWriter& PutCitations(JsonWriter& writer, const JsonField* citations);
  JsonWriter& PutTexts(JsonWriter& writer, const char* key, const JsonField& texts);

  JsonWriter json_;
};

}  // namespace widgent
