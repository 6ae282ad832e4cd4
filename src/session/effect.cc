#include "session/effect.h"

namespace widgent {

namespace {

const char* NameOf(MessageStatus status) {
  constexpr const char* kNames[] = {"queued", "sending", "sent", "failed", "streaming", "done", "interrupted"};
  return kNames[static_cast<int>(status)];
}

}  // namespace

JsonWriter& EffectWriter::Begin(const char* type) {
  if (json_.view().empty()) json_.Open('{').Key("effects").Open('[');
  return json_.Open('{').Put("type", type);
}

JsonWriter& EffectWriter::PutCitations(JsonWriter& writer, const JsonField* citations) {
  if (!citations) return writer;
  writer.Key("citations").Open('[');
  for (auto* item = citations->First(); item; item = item->Next()) {
    writer.Open('{').Put("n", item->Integer("n"));
    writer.Put("title", item->Text("title")).Put("url", item->Text("url")).Close('}');
  }
  return writer.Close(']');
}

JsonWriter& EffectWriter::PutTexts(JsonWriter& writer, const char* key, const JsonField& texts) {
  writer.Key(key).Open('[');
  for (auto* item = texts.First(); item; item = item->Next()) writer.Value(item->Text());
  return writer.Close(']');
}

void EffectWriter::SendRequest(const Request& e) {
  Begin("send_request")
      .Put("request", e.request)
      .Put("method", e.method)
      .Put("path", e.path)
      .PutIf("body", e.body)
      .PutIf("token", e.token)
      .PutIf("guest_id", e.guest_id)
      .PutIf("service_key", e.service_key)
      .PutIf("last_event_id", e.last_event_id)
      .Put("stream", e.stream)
      .Close('}');
}

void EffectWriter::CancelRequest(int request) { Begin("cancel_request").Put("request", request).Close('}'); }

void EffectWriter::ShowMessage(TextView id, bool from_user, TextView text, MessageStatus status, UnixMillis at,
                               const JsonField* citations, TextView rating, TextView name) {
  JsonWriter& w = Begin("show_message").Put("id", id).Put("role", from_user ? "user" : "assistant");
  w.Put("text", text).Put("status", NameOf(status));
  if (at) w.Put("at", at);
  PutCitations(w, citations).PutIf("rating", rating).PutIf("name", name).Close('}');
}

void EffectWriter::AppendText(TextView id, TextView text) {
  Begin("append_text").Put("id", id).Put("text", text).Close('}');
}

void EffectWriter::UpdateMessage(TextView id, MessageStatus status, TextView code, TextView hint,
                                 const JsonField* citations, std::int64_t retry_in) {
  JsonWriter& w = Begin("update_message").Put("id", id).Put("status", NameOf(status));
  PutCitations(w.PutIf("code", code).PutIf("hint", hint), citations);
  if (retry_in) w.Put("retry_in", retry_in);
  w.Close('}');
}

void EffectWriter::RemoveMessage(TextView id) { Begin("remove_message").Put("id", id).Close('}'); }

void EffectWriter::ShowRating(TextView id, TextView rating) {
  Begin("show_rating").Put("id", id).PutIf("rating", rating).Close('}');
}

void EffectWriter::ShowThreads(TextView list, TextView current, bool failed) {
  JsonWriter& w = Begin("show_threads").PutIf("current", current);
  if (failed) w.Put("failed", true);
  w.Key("threads").Raw(list).Close('}');
}

void EffectWriter::ShowTool(TextView id, TextView name, TextView status) {
  Begin("show_tool").Put("id", id).PutIf("name", name).Put("status", status).Close('}');
}

void EffectWriter::ShowApproval(TextView id, TextView status, TextView tool, TextView message, TextView expires_at) {
  Begin("show_approval")
      .Put("id", id)
      .Put("status", status)
      .PutIf("tool", tool)
      .PutIf("message", message)
      .PutIf("expires_at", expires_at)
      .Close('}');
}

void EffectWriter::ClearMessages() { Begin("clear_messages").Close('}'); }

void EffectWriter::ChangeDraft(TextView change) { Begin("change_draft").Put("change", change).Close('}'); }

void EffectWriter::ShowIdentity(const Who& who) {
  JsonWriter& w = Begin("show_identity").Put("state", who.state).PutIf("sub", who.sub);
  w.PutIf("name", who.name).PutIf("email", who.email).PutIf("reason", who.reason);
  if (who.state == "user") w.Put("expires_in", who.expires_in);
  if (who.locked) w.Put("locked", true);
  w.Close('}');
}

void EffectWriter::ShowGreeting(const JsonField& verdict) {
  JsonWriter& w = Begin("show_greeting").Put("text", verdict.Text("greeting")).Put("agent", verdict.Text("agent/name"));
  PutTexts(w.PutIf("accent", verdict.Text("appearance/accent")), "suggestions", verdict.At("suggestions"))
      .PutIf("handoff_url", verdict.Text("handoff/url"))
      .PutIf("handoff_label", verdict.Text("handoff/label"))
      .Close('}');
}

void EffectWriter::ShowNotice(TextView code) { Begin("show_notice").Put("code", code).Close('}'); }

void EffectWriter::ShowConnection(TextView state) { Begin("show_connection").Put("state", state).Close('}'); }

void EffectWriter::ShowBusy(bool busy) { Begin("show_busy").Put("busy", busy).Close('}'); }

void EffectWriter::ShowSuggestions(const JsonField& items) {
  PutTexts(Begin("show_suggestions"), "items", items).Close('}');
}

void EffectWriter::ShowHandoff(TextView url, TextView label) {
  Begin("show_handoff").Put("url", url).Put("label", label).Close('}');
}

void EffectWriter::ShowMergeOffer(bool visible) { Begin("show_merge_offer").Put("visible", visible).Close('}'); }

void EffectWriter::AskForToken(int ask) { Begin("ask_for_token").Put("ask", ask).Close('}'); }

void EffectWriter::Broadcast(TextView kind, TextView fingerprint) {
  Begin("broadcast").Put("kind", kind).Put("fingerprint", fingerprint).Close('}');
}

void EffectWriter::Settle(CallId call, TextView sub, std::int64_t expires_in) {
  JsonWriter& w = Begin("settle").Put("call", call).Put("ok", true);
  if (!sub.empty()) w.Put("sub", sub).Put("expires_in", expires_in);
  w.Close('}');
}

void EffectWriter::SettleFailed(CallId call, TextView code, TextView hint) {
  Begin("settle").Put("call", call).Put("ok", false).PutIf("code", code).PutIf("hint", hint).Close('}');
}

void EffectWriter::Emit(TextView name, const char* key, TextView text, const char* other_key, TextView other) {
  Begin("emit")
      .Put("name", name)
      .Key("detail")
      .Open('{')
      .PutIf(key, text)
      .PutIf(other_key, other)
      .Close('}')
      .Close('}');
}

void EffectWriter::EmitExpiring(std::int64_t expires_in) {
  JsonWriter& w = Begin("emit").Put("name", "identity:expiring").Key("detail").Open('{');
  if (expires_in) w.Put("expiresIn", expires_in);
  w.Close('}').Close('}');
}

void EffectWriter::Save(TextView key, TextView value) { Begin("save").Put("key", key).Put("value", value).Close('}'); }

void EffectWriter::Report(TextView code, TextView hint) {
  Begin("report").Put("code", code).Put("hint", hint).Close('}');
}

Text EffectWriter::Take(MonotonicMillis wake_at) {
  if (json_.view().empty()) json_.Open('{').Key("effects").Open('[');
  json_.Close(']').Key("wake_at");
  if (wake_at == kNever) json_.Raw("null");
  else json_.Value(wake_at);
  return json_.Close('}').TakeText();
}

}  // namespace widgent
