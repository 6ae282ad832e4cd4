#include "server/admin_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "http/client_address.h"
#include "identity/crypto.h"
#include "protocol/json_writer.h"
#include "server/admin_input.h"
#include "server/admission.h"
#include "server/history.h"
#include "server/problems.h"

namespace widgent {

namespace {

constexpr std::string_view kPrefix = "/v1/admin/", kProducts = "/v1/admin/products/", kKeyPrefix = "wsk_";
constexpr int kWrongKeysPerMinute = 10, kFeedbackMax = 200;

// The SHA-256 of the request's key where it is one of `known`, all of which are looked at.
std::optional<std::string> FindKey(const http::Request& request, const std::vector<std::string>& known) {
  const std::string_view given = BearerToken(request).value_or("");
  const std::string sha256 = Hex(Sha256(given));
  bool is_known = false;
  for (const std::string& key : known) is_known |= EqualInConstantTime(key, sha256);
  if (!is_known || !given.starts_with(kKeyPrefix)) return std::nullopt;
  return sha256;
}

}  // namespace

AdminApi::AdminApi(Store& store, AuditLog& audit, Limits& limits, RunHub& hub, OperatorApi& operators, FindServed find,
                   ProductFileAccess files)
    : store_(store),
      audit_(audit),
      limits_(limits),
      find_(std::move(find)),
      products_(store, audit, find_, std::move(files)),
      records_(store),
      users_(store, audit, hub) {
  AddEndpoints(operators);
}

void AdminApi::AddEndpoints(OperatorApi& operators) {
  const auto on = [this](const char* method, const char* before, const char* after, Act act) {
    endpoints_.push_back({method, before, after, std::move(act)});
  };
  const auto on_read = [&](const char* before, auto& api, auto read) {
    on("GET", before, "", [&api, read](const ExchangePtr& x, std::string_view, const std::string&) { (api.*read)(x); });
  };
  const auto on_act = [&](const char* method, const char* before, auto& api, auto act) {
    on(method, before, "",
       [&api, act](const ExchangePtr& x, std::string_view, const std::string& by) { (api.*act)(x, by); });
  };
  const auto on_thread = [&](const char* after, auto act) {
    on("POST", "threads/", after, [&operators, act](const ExchangePtr& x, std::string_view id, const std::string& by) {
      if (IsValidId(id)) return (operators.*act)(x, {std::string(id)}, by);
      x->Refuse(MakeProblem("thread_not_found", "The address holds no conversation's id."));
    });
  };
  const auto on_user = [&](const char* method, const char* after, auto act) {
    on(method, "users/", after, [act](const ExchangePtr& x, std::string_view id, const std::string& by) {
      const auto sub = DecodePercent(id);
      if (sub && id.find('/') == id.npos && IsUsableSub(*sub)) return act(x, *sub, by);
      x->Refuse(MakeProblem("invalid_input", "The address holds no user's id.",
                            "Write the sub of the user's tokens percent-encoded: encodeURIComponent(user.id)."));
    });
  };

  on_read("", products_, &ProductAdmin::Get);
  on_act("PUT", "origins", products_, &ProductAdmin::PutOrigins);
  on_act("POST", "secrets", products_, &ProductAdmin::PostSecret);
  on("POST", "secrets/", "/revoke", [this](const ExchangePtr& x, std::string_view kid, const std::string& by) {
    products_.PostRevoke(x, DecodePercent(kid).value_or(""), by);
  });
  on("POST", "tools/", "/dry-run", [this](const ExchangePtr& x, std::string_view tool, const std::string&) {
    products_.PostDryRun(x, DecodePercent(tool).value_or(""));
  });
  on_read("audit", records_, &AuditAdmin::List);
  on_read("audit/head", records_, &AuditAdmin::GetHead);
  on_read("approvals", operators, &OperatorApi::ListApprovals);
  on("POST", "approvals/", "", [&operators](const ExchangePtr& x, std::string_view id, const std::string& by) {
    operators.PostApproval(x, std::string(id), by);
  });
  on_thread("/messages", &OperatorApi::PostMessage);
  on_thread("/hand-back", &OperatorApi::PostHandBack);
  on_read("unanswered", *this, &AdminApi::ListUnanswered);
  on_act("POST", "unanswered/clear", *this, &AdminApi::PostClear);
  on_read("feedback", *this, &AdminApi::ListFeedback);
  on_user("POST", "/revoke", [this](const ExchangePtr& x, const std::string& sub, const std::string& by) {
    users_.PostRevoke(x, sub, by);
  });
  on_user("POST", "/erase", [this](const ExchangePtr& x, const std::string& sub, const std::string& by) {
    users_.PostErase(x, sub, by);
  });
  on_user("GET", "/export",
          [this](const ExchangePtr& x, const std::string& sub, const std::string&) { users_.Export(x, sub); });
  on_user("GET", "", [this](const ExchangePtr& x, const std::string& sub, const std::string&) { users_.Get(x, sub); });
}

bool AdminApi::Owns(std::string_view path) { return path.starts_with(kPrefix); }

bool AdminApi::Fits(const Endpoint& endpoint, std::string_view path) const {
  if (!path.starts_with(endpoint.before) || !path.ends_with(endpoint.after)) return false;
  const std::size_t around = endpoint.before.size() + endpoint.after.size();
  if (!endpoint.before.ends_with('/')) return path.size() == around;
  // An id that is the last of the address ends at no slash.
  return path.size() > around && (!endpoint.after.empty() || path.find('/', around) == path.npos);
}

void AdminApi::Handle(const ExchangePtr& x) {
  std::string_view path = x->request.path;
  if (!path.starts_with(kProducts)) return x->Refuse(MakeProblem("not_found", "There is no such endpoint."));
  path.remove_prefix(kProducts.size());
  const std::string_view product = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(product.size() + 1, path.size()));

  // Before anything else is said: a stranger does not learn which products and endpoints there are.
  const ServedProductPtr served = find_(product);
  const auto key = FindKey(x->request, served ? served->config.admin_keys : std::vector<std::string>());
  if (!key) return RefuseKey(x);
  x->product = served;
  for (const Endpoint& endpoint : endpoints_) {
    if (!Fits(endpoint, path)) continue;
    const bool has_id = endpoint.before.ends_with('/');
    path.remove_prefix(endpoint.before.size());
    path.remove_suffix(endpoint.after.size());
    const std::string below = endpoint.before + (has_id ? "{id}" : "") + endpoint.after;
    x->route = std::string(kProducts) + "{pid}" + (below.empty() ? "" : "/" + below);
    if (x->request.method != endpoint.method) {
      x->cors = {{"Allow", endpoint.method}};
      return x->Refuse(MakeProblem("method_not_allowed", "This endpoint takes " + endpoint.method + "."));
    }
    return endpoint.act(x, path, "admin key " + key->substr(0, kKeyPartShown));
  }
  x->Refuse(MakeProblem("not_found", "There is no such endpoint."));
}

// The right key is let through however many wrong ones came from its address: the operator may share it with the
// attacker, behind one proxy, and a key of 256 bits is not found by trying. The limit keeps the trying cheap for us.
void AdminApi::RefuseKey(const ExchangePtr& x) {
  if (const auto wait_s =
          limits_.Take("admin " + http::AddressBlock(x->request.peer_address), kWrongKeysPerMinute, x->Now()))
    return x->Refuse(
        MakeProblem("rate_limited", "Too many wrong admin keys from this address.", "Wait a moment.", *wait_s));
  x->Refuse(MakeProblem("admin_key_invalid", "The request has no admin key of this product.",
                        "Send `Authorization: Bearer wsk_…`. `widgentd product admin-key` makes a key."));
}

void AdminApi::ListUnanswered(const ExchangePtr& x) {
  JsonWriter writer;
  writer.Open('{').Key("questions").Open('[');
  for (const UnansweredQuestion& question : store_.ListUnanswered(x->product->config.id, Store::kUnansweredMax)) {
    writer.Open('{').Put("question", question.text).Put("times", question.times);
    writer.Put("first_at", WriteTime(question.first_at)).Put("last_at", WriteTime(question.last_at)).Close('}');
  }
  x->SendJson(200, writer.Close(']').Close('}').Take());
}

void AdminApi::PostClear(const ExchangePtr& x, std::string by) {
  nlohmann::json body;
  if (const auto problem = ReadMembers(x->request, {"name"}, body)) return x->Refuse(*problem);
  if (const auto problem = SignByName(body, by)) return x->Refuse(*problem);
  store_.DeleteUnanswered(x->product->config.id);
  AdminAct act;
  act.by = by;
  act.what = "cleared the unanswered questions";
  audit_.Write(ContextOf(*x), act, x->Now());
  x->SendJson(200, "{}");
}

void AdminApi::ListFeedback(const ExchangePtr& x) {
  JsonWriter writer;
  writer.Open('{').Key("feedback").Open('[');
  for (const Feedback& feedback : store_.ListFeedback(x->product->config.id, kFeedbackMax)) {
    const Owner& owner = feedback.thread.owner;
    writer.Open('{').Put("thread", feedback.thread.id.value).Put("reply", feedback.reply.id.value);
    writer.Put("text", feedback.reply.text).Put("rating", RatingName(feedback.reply.rating));
    writer.Put("comment", feedback.reply.comment).Put("at", WriteTime(feedback.at)).Key("user");
    if (owner.kind == Owner::Kind::kUser) writer.Value(owner.id);
    else writer.Raw("null");
    writer.Close('}');
  }
  x->SendJson(200, writer.Close(']').Close('}').Take());
}

}  // namespace widgent
