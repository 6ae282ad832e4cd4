#include "session/effect.h"

namespace widgent {

namespace {

constexpr const char* kMessageStatus[] = {"queued", "sending", "sent", "failed", "streaming", "done", "interrupted"};
constexpr const char* kApprovalStatus[] = {"pending", "approved", "rejected", "dismissed", "expired"};
constexpr const char* kIdentityState[] = {"guest", "identifying", "user"};
constexpr const char* kDraftChange[] = {"clear", "stash", "restore", "drop"};
constexpr const char* kConnectionState[] = {"online", "offline", "reconnecting"};

template <class Status>
const char* Name(const char* const* names, Status status) {
  return names[static_cast<int>(status)];
}

template <class Texts>
void PutTexts(JsonWriter& w, std::string_view key, const Texts& texts) {
  w.Key(key).Open('[');
  for (std::string_view text : texts) w.Value(text);
  w.Close(']');
}

}  // namespace

JsonWriter& EffectWriter::Begin(const char* type) { return json_.Open('{').Put("type", type); }

void EffectWriter::PutCitations(const std::vector<Citation>* citations) {
  if (!citations) return;
  JsonWriter& w = json_.Key("citations").Open('[');
  for (const Citation& c : *citations) w.Open('{').Put("n", c.n).Put("title", c.title).Put("url", c.url).Close('}');
  w.Close(']');
}

void EffectWriter::Add(const SendRequest& e) {
  JsonWriter& w = Begin("send_request");
  w.Put("request", e.request).Put("method", e.method).Put("path", e.path);
  w.PutIf("body", e.body).PutIf("token", e.token).PutIf("guest_id", e.guest_id);
  w.PutIf("service_key", e.service_key).PutIf("last_event_id", e.last_event_id).Put("stream", e.stream);
  w.Close('}');
}

void EffectWriter::Add(const CancelRequest& e) {
  JsonWriter& w = Begin("cancel_request");
  w.Put("request", e.request);
  w.Close('}');
}

void EffectWriter::Add(const ShowMessage& e) {
  JsonWriter& w = Begin("show_message");
  w.Put("id", e.id).Put("role", e.from_user ? "user" : "assistant");
  w.Put("text", e.text).Put("status", Name(kMessageStatus, e.status));
  if (e.at) w.Put("at", e.at);
  PutCitations(e.citations);
  w.PutIf("rating", e.rating).Close('}');
}

void EffectWriter::Add(const AppendText& e) {
  JsonWriter& w = Begin("append_text");
  w.Put("id", e.id).Put("text", e.text);
  w.Close('}');
}

void EffectWriter::Add(const UpdateMessage& e) {
  JsonWriter& w = Begin("update_message");
  w.Put("id", e.id).Put("status", Name(kMessageStatus, e.status));
  w.PutIf("code", e.code).PutIf("hint", e.hint);
  PutCitations(e.citations);
  if (e.retry_in) w.Put("retry_in", e.retry_in);
  w.Close('}');
}

void EffectWriter::Add(const RemoveMessage& e) { Begin("remove_message").Put("id", e.id).Close('}'); }

void EffectWriter::Add(const ShowRating& e) {
  Begin("show_rating").Put("id", e.id).PutIf("rating", e.rating).Close('}');
}

void EffectWriter::Add(const ShowThreads& e) {
  JsonWriter& w = Begin("show_threads").PutIf("current", e.current);
  if (e.failed) w.Put("failed", true);
  w.Key("threads").Raw(e.list).Close('}');
}

void EffectWriter::Add(const ShowTool& e) {
  JsonWriter& w = Begin("show_tool");
  w.Put("id", e.id).PutIf("name", e.name).Put("status", e.status);
  w.Close('}');
}

void EffectWriter::Add(const ShowApproval& e) {
  JsonWriter& w = Begin("show_approval");
  w.Put("id", e.id).Put("status", Name(kApprovalStatus, e.status));
  w.PutIf("tool", e.tool).PutIf("message", e.message).PutIf("expires_at", e.expires_at);
  w.Close('}');
}

void EffectWriter::Add(const ClearMessages&) { Begin("clear_messages").Close('}'); }

void EffectWriter::Add(const ChangeDraft& e) {
  Begin("change_draft").Put("change", Name(kDraftChange, e.change)).Close('}');
}

void EffectWriter::Add(const ShowIdentity& e) {
  JsonWriter& w = Begin("show_identity");
  w.Put("state", Name(kIdentityState, e.state)).PutIf("sub", e.sub);
  w.PutIf("name", e.name).PutIf("email", e.email).PutIf("reason", e.reason);
  if (e.state == ShowIdentity::State::kUser) w.Put("expires_in", e.expires_in);
  if (e.locked) w.Put("locked", true);
  w.Close('}');
}

void EffectWriter::Add(const ShowGreeting& e) {
  JsonWriter& w = Begin("show_greeting");
  w.Put("text", e.text).Put("agent", e.agent).PutIf("accent", e.accent);
  PutTexts(w, "suggestions", e.suggestions);
  w.PutIf("handoff_url", e.handoff_url).PutIf("handoff_label", e.handoff_label);
  w.Close('}');
}

void EffectWriter::Add(const ShowNotice& e) {
  JsonWriter& w = Begin("show_notice");
  w.Put("code", e.code);
  w.Close('}');
}

void EffectWriter::Add(const ShowConnection& e) {
  JsonWriter& w = Begin("show_connection");
  w.Put("state", Name(kConnectionState, e.state));
  w.Close('}');
}

void EffectWriter::Add(const ShowBusy& e) {
  JsonWriter& w = Begin("show_busy");
  w.Put("busy", e.busy);
  w.Close('}');
}

void EffectWriter::Add(const ShowSuggestions& e) {
  JsonWriter& w = Begin("show_suggestions");
  PutTexts(w, "items", e.items);
  w.Close('}');
}

void EffectWriter::Add(const ShowHandoff& e) {
  JsonWriter& w = Begin("show_handoff");
  w.Put("url", e.url).Put("label", e.label);
  w.Close('}');
}

void EffectWriter::Add(const ShowMergeOffer& e) { Begin("show_merge_offer").Put("visible", e.visible).Close('}'); }

void EffectWriter::Add(const AskForToken& e) { Begin("ask_for_token").Put("ask", e.ask).Close('}'); }

void EffectWriter::Add(const Broadcast& e) {
  Begin("broadcast").Put("kind", e.kind).Put("fingerprint", e.fingerprint).Close('}');
}

void EffectWriter::Add(const Settle& e) {
  JsonWriter& w = Begin("settle");
  w.Put("call", e.call).Put("ok", e.ok).PutIf("sub", e.sub);
  if (!e.sub.empty()) w.Put("expires_in", e.expires_in);
  w.PutIf("code", e.code).PutIf("hint", e.hint);
  w.Close('}');
}

void EffectWriter::Add(const Emit& e) {
  JsonWriter& w = Begin("emit");
  w.Put("name", e.name).Key("detail").Open('{');
  w.PutIf("id", e.id).PutIf("state", e.state).PutIf("sub", e.sub).PutIf("reason", e.reason);
  w.PutIf("code", e.code).PutIf("hint", e.hint);
  if (e.expires_in) w.Put("expiresIn", e.expires_in);
  w.Close('}');
  w.Close('}');
}

void EffectWriter::Add(const Save& e) {
  JsonWriter& w = Begin("save");
  w.Put("key", e.key).Put("value", e.value);
  w.Close('}');
}

void EffectWriter::Add(const Report& e) {
  JsonWriter& w = Begin("report");
  w.Put("code", e.code).Put("hint", e.hint);
  w.Close('}');
}

}  // namespace widgent
