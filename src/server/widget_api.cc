#include "server/widget_api.h"

#include <algorithm>

#include "http/client_address.h"
#include "protocol/json_fields.h"
#include "protocol/json_writer.h"
#include "server/admission.h"
#include "server/approvals.h"
#include "server/greeting.h"
#include "server/history.h"
#include "server/problems.h"
#include "server/watchers.h"

namespace widgent {

namespace {

// The identity inspector asks: nothing is written, not even an audit row.
constexpr std::string_view kInspect = "inspect";
constexpr std::string_view kSignOut = "sign_out";

constexpr std::size_t kCommentCharactersMax = 1000;
constexpr int kThreadsListedMax = 50, kMessagesListedMax = 200;

// What the widget says has happened. Nothing: who is here has not changed by it.
std::optional<IdentityAct::Kind> ActOf(std::string_view event) {
  if (event == "refresh" || event == "merge" || event == kInspect) return std::nullopt;
  if (event == "switch") return IdentityAct::Kind::kSwitch;
  if (event == kSignOut) return IdentityAct::Kind::kSignOut;
  return IdentityAct::Kind::kIdentify;
}

// What the widget has to know of the product's rules: only what differs from the rule of thumb.
void PutPolicy(JsonWriter& writer, const IdentityRules& rules) {
  if (!rules.required && !rules.lock_on_expiry) return;
  writer.Key("policy").Open('{').PutIf("identity", rules.required ? "required" : "");
  writer.PutIf("on_expiry", rules.lock_on_expiry ? "lock" : "").Close('}');
}

void PutToken(JsonWriter& writer, const User& user) {
  writer.Key("token").Open('{').PutIf("kid", user.kid);
  if (user.issued_at_s) writer.Put("issued_at", *user.issued_at_s);
  writer.Put("expires_at", user.expires_at_s).Close('}');
}

std::string SessionAnswer(const Product& product, const Identity& identity, std::string_view event,
                          const std::string& thread_id, const MergeResult& merge, UnixMillis now) {
  JsonWriter writer;
  WriteIdentity(writer.Open('{').Key("identity"), ToWire(identity, now));
  // For the developer: what to mend about a token that held, or why it ended so early.
  const User* user = AsUser(identity);
  writer.PutIf("hint", user ? user->hint : std::get<Anonymous>(identity).hint);
  writer.Put("server_time", WriteTime(now)).PutIf("thread_id", thread_id);
  if (merge.is_merged()) writer.Put("merged", true);
  if (merge.is_offered) writer.Put("merge_offer", true);
  PutPolicy(writer, product.identity_rules);
  if (user && event == kInspect) PutToken(writer, *user);
  writer.Put("greeting", Greeting(product, identity));
  writer.Key("agent").Open('{').Put("name", product.agent.name.empty() ? product.name : product.agent.name);
  writer.Put("kind", product.agent.kind).Close('}');
  writer.Key("appearance").Open('{').PutIf("accent", product.accent).Close('}');
  writer.Key("suggestions").Open('[');
  for (const std::string& item : user ? product.suggestions_verified : product.suggestions_anonymous)
    writer.Value(item);
  writer.Close(']');
  if (!product.handoff_url.empty())
    writer.Key("handoff").Open('{').Put("url", product.handoff_url).Put("label", product.handoff_label).Close('}');
  writer.Key("capabilities").Open('{').Put("streaming", true).Put("resume", true).Put("cancel", true).Close('}');
  writer.Key("limits").Open('{').Put("message_chars", static_cast<int>(kMessageCharactersMax)).Close('}');
  return writer.Close('}').Take();
}

}  // namespace

void WidgetApi::PostSession(const ExchangePtr& x) {
  std::string event;
  JsonFields body;
  if (!x->request.body.empty()) {
    if (auto problem = CheckJsonBody(x->request)) return x->Refuse(*problem);
    if (!body.Parse(x->request.body))
      return x->Refuse(MakeProblem("invalid_input", "The body is not one JSON object of at most 32 levels."));
    event = body.Text("event");
  }

  const Product& product = x->product->config;
  MergeResult merge;
  std::string thread_id;
  if (const User* user = AsUser(x->identity)) {
    // A page that asks again and again must not fill the log: the same act of the same token within a minute says
    // nothing new, so one row is enough.
    const auto kind = ActOf(event);
    if (kind && !limits_.Take("act " + std::to_string(static_cast<int>(*kind)) + " " + product.id.value + " " +
                                  user->token_sha256,
                              1, x->Now())) {
      IdentityAct act;
      act.kind = *kind;
      act.identity = x->identity;
      act.token_sha256 = user->token_sha256;
      audit_.Write(ContextOf(*x), act, x->Now());
    }
    if (event != kInspect && event != kSignOut) {
      merge = merge_.Merge(
          *x, {.thread = {body.Text("merge")}, .append = body.Flag("append"), .is_accepted = event == "merge"});
    }
    thread_id = merge.thread.value;
    const auto threads = store_.ListThreads(product.id, {Owner::Kind::kUser, user->sub}, 1);
    if (thread_id.empty() && !threads.empty()) thread_id = threads.front().id.value;
  }
  x->SendJson(200, SessionAnswer(product, x->identity, event, thread_id, merge, x->Now()));
}

void WidgetApi::GetCapabilities(const ExchangePtr& x) {
  const Product& product = x->product->config;
  JsonWriter writer;
  writer.Open('{').Key("identity").Open('{');
  writer.Put("name", product.agent.name.empty() ? product.name : product.agent.name);
  writer.Put("type", product.agent.kind).Put("provider", "Widgent").Put("version", WIDGENT_VERSION).Close('}');
  writer.Key("transport").Open('{').Put("streaming", true).Put("resumable", true).Close('}');
  writer.Key("tools").Open('{').Put("supported", !product.tools.empty()).Put("clientProvided", false).Close('}');
  const bool asks = std::any_of(product.tools.begin(), product.tools.end(),
                                [](const ToolConfig& tool) { return tool.approval.has_value(); });
  writer.Key("humanInTheLoop").Open('{').Put("supported", asks).Put("approvals", asks).Put("interrupts", asks);
  writer.Close('}');
  writer.Key("state").Open('{').Put("snapshots", false).Put("deltas", false).Put("persistentState", true).Close('}');
  x->SendJson(200, writer.Close('}').Take());
}

void WidgetApi::ListThreads(const ExchangePtr& x) {
  Problem problem;
  const auto owner = RequireOwner(*x, problem);
  if (!owner) return x->Refuse(problem);
  JsonWriter writer;
  writer.Open('{').Key("threads").Open('[');
  for (const Thread& thread : store_.ListThreads(x->product->config.id, *owner, kThreadsListedMax)) {
    writer.Open('{').Put("id", thread.id.value).Put("title", thread.title);
    writer.Put("created_at", WriteTime(thread.created_at)).Put("active_at", WriteTime(thread.active_at));
    writer.Put("at", thread.active_at).Close('}');
  }
  x->SendJson(200, writer.Close(']').Close('}').Take());
}

void WidgetApi::ListMessages(const ExchangePtr& x) {
  const ThreadId id{x->ids[1]};
  const auto thread = FindOwnThread(store_, *x, id);
  if (!thread) return x->Refuse(ThreadNotFound());
  const ProductId& product = x->product->config.id;
  JsonWriter writer;
  writer.Open('{').Put("thread_id", id.value);
  const auto messages = store_.ListMessages(product, id, kMessagesListedMax);
  writer.Key("messages").Raw(WriteMessages(messages));
  if (WaitsForPeople(store_, *thread)) {
    const auto last = std::find_if(messages.rbegin(), messages.rend(), [](const StoredMessage& message) {
      return message.role == StoredMessage::Role::kOperator;
    });
    writer.Put("people", last == messages.rend() ? std::string(kOperatorPrefix) : last->id.value);
  }
  if (const auto run = hub_.Find(product, id)) writer.Put("active_run", run->id().value);
  const auto interrupts = Approvals(store_, audit_).ListOpen(product, id, x->Now());
  if (!interrupts.empty()) WriteInterrupts(writer.Key("interrupts"), interrupts);
  x->SendJson(200, writer.Close('}').Take());
}

void WidgetApi::PostFeedback(const ExchangePtr& x) {
  if (auto problem = CheckJsonBody(x->request)) return x->Refuse(*problem);
  JsonFields body;
  if (!body.Parse(x->request.body))
    return x->Refuse(MakeProblem("invalid_input", "The body is not one JSON object of at most 32 levels."));
  const std::string rating = body.Text("rating"), comment = body.Text("comment");
  if (rating != "up" && rating != "down")
    return x->Refuse(MakeProblem("invalid_input", "rating must be \"up\" or \"down\"."));
  if (CountCharacters(comment) > kCommentCharactersMax)
    return x->Refuse(MakeProblem("invalid_input", "comment may have 1000 characters at most."));
  const ThreadId thread{x->ids[1]};
  const auto owned = FindOwnThread(store_, *x, thread);
  if (!owned) return x->Refuse(ThreadNotFound());
  if (const auto problem = CheckRate(limits_, *x, owned->owner)) return x->Refuse(*problem);
  const bool is_stored =
      store_.PutFeedback(x->product->config.id, thread, {x->ids[2]},
                         rating == "up" ? StoredMessage::Rating::kUp : StoredMessage::Rating::kDown, comment, x->Now());
  if (!is_stored) return x->Refuse(MakeProblem("message_not_found", "This conversation has no reply of this id."));
  x->Send({204, {{"Cache-Control", "no-store"}}, ""});
}

void WidgetApi::DeleteThread(const ExchangePtr& x) {
  const ThreadId id{x->ids[1]};
  if (!FindOwnThread(store_, *x, id)) return x->Refuse(ThreadNotFound());
  const ProductId& product = x->product->config.id;
  if (const auto run = hub_.Find(product, id)) run->Drop();
  store_.DeleteThread(product, id);
  x->Send({204, {{"Cache-Control", "no-store"}}, ""});
}

std::optional<Owner> RequireOwner(const Exchange& x, Problem& problem) {
  auto owner = OwnerOf(x.identity);
  if (!owner) {
    problem =
        MakeProblem("invalid_input", "A guest's threads belong to the Widgent-Anonymous-Id header, which is missing.",
                    "Send 128 random bits as base64url in Widgent-Anonymous-Id, the same for all requests of this "
                    "visitor; or a token.");
  }
  return owner;
}

std::optional<Thread> FindOwnThread(Store& store, const Exchange& x, const ThreadId& id) {
  const auto owner = OwnerOf(x.identity);
  if (!owner) return std::nullopt;
  auto thread = store.FindThread(x.product->config.id, id);
  if (thread && thread->owner != *owner) return std::nullopt;
  return thread;
}

std::optional<Problem> CheckRate(Limits& limits, Exchange& x, const Owner& owner) {
  const ProductId& product = x.product->config.id;
  const RateLimits& rates = x.product->config.rate_limits;
  struct Rate {
    std::string_view name;
    std::string who;
    int per_minute;
    bool is_told = true;  // to the visitor
  };
  const std::string_view kind = owner.kind == Owner::Kind::kUser ? "user" : "guest";
  std::vector<Rate> all{{"address", http::AddressBlock(x.request.peer_address), rates.per_ip_per_min},
                        {kind, owner.id, rates.per_user_per_min}};
  if (rates.per_product_per_min) all.push_back({"product", "", *rates.per_product_per_min, false});

  std::optional<std::int64_t> wait_s;
  std::string policy, left;
  for (const Rate& rate : all) {
    const std::string key = product.value + ' ' + std::string(rate.name) + ' ' + rate.who;
    if (!wait_s) wait_s = limits.Take(key, rate.per_minute, x.Now());
    if (!rate.is_told) continue;
    const auto share = limits.Look(key, rate.per_minute, x.Now());
    const std::string name = (policy.empty() ? "\"" : ", \"") + std::string(rate.name);
    policy += name + "\";q=" + std::to_string(rate.per_minute) + ";w=60";
    left += name + "\";r=" + std::to_string(share.left) + ";t=" + std::to_string(share.full_in_s);
  }
  x.rate_limits = {{"RateLimit-Policy", std::move(policy)}, {"RateLimit", std::move(left)}};
  if (!wait_s) return std::nullopt;
  return MakeProblem("rate_limited", "Too many messages in a short time.", "Wait a moment.", *wait_s);
}

Problem ThreadNotFound() { return MakeProblem("thread_not_found", "You have no conversation of this id."); }

std::optional<Problem> CheckJsonBody(const http::Request& request) {
  // However small it is: what it would unpack to is not known.
  if (request.Find("content-encoding"))
    return MakeProblem("unsupported_media_type", "The body is compressed.",
                       "Send it as it is, without Content-Encoding.");
  if (request.Find("content-type").value_or("").starts_with("application/json")) return std::nullopt;
  return MakeProblem("unsupported_media_type", "The body's type is not JSON.", "Send Content-Type: application/json.");
}

}  // namespace widgent
