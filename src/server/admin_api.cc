#include "server/admin_api.h"

#include <algorithm>
#include <optional>

#include "http/client_address.h"
#include "identity/crypto.h"
#include "protocol/json_writer.h"
#include "server/admission.h"
#include "server/history.h"
#include "server/problems.h"

namespace widgent {

namespace {

constexpr std::string_view kPrefix = "/v1/admin/", kProducts = "/v1/admin/products/", kKeyPrefix = "wsk_";
constexpr int kWrongKeysPerMinute = 10;
constexpr std::size_t kKeyPartShown = 8;  // of a key's SHA-256: enough to tell the keys of one product apart

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nothing where a '%' is not followed by two hexadecimal digits.
std::optional<std::string> DecodePercent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || HexDigit(text[i + 1]) < 0 || HexDigit(text[i + 2]) < 0) return std::nullopt;
    decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

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

AdminApi::AdminApi(Store& store, AuditLog& audit, Limits& limits, RunHub& hub, OperatorApi& operators)
    : store_(store), audit_(audit), limits_(limits), hub_(hub) {
  const auto on = [this](const char* before, const char* after, auto act, const char* method = "POST") {
    endpoints_.push_back({method, before, after, std::move(act)});
  };
  const auto on_thread = [&](const char* after, auto act) {
    on("threads/", after, [&operators, act](const ExchangePtr& x, std::string_view id, const std::string& by) {
      if (IsValidId(id)) return (operators.*act)(x, {std::string(id)}, by);
      x->Refuse(MakeProblem("thread_not_found", "The address holds no conversation's id."));
    });
  };
  on("users/", "/revoke",
     [this](const ExchangePtr& x, std::string_view sub, const std::string& by) { Revoke(x, sub, by); });
  on("approvals/", "", [&operators](const ExchangePtr& x, std::string_view id, const std::string& by) {
    operators.PostApproval(x, std::string(id), by);
  });
  on(
      "approvals", "",
      [&operators](const ExchangePtr& x, std::string_view, const std::string&) { operators.ListApprovals(x); }, "GET");
  on(
      "unanswered", "", [this](const ExchangePtr& x, std::string_view, const std::string&) { ListUnanswered(x); },
      "GET");
  on_thread("/messages", &OperatorApi::PostMessage);
  on_thread("/hand-back", &OperatorApi::PostHandBack);
}

bool AdminApi::Owns(std::string_view path) { return path.starts_with(kPrefix); }

void AdminApi::Handle(const ExchangePtr& x, const std::function<ServedProductPtr(std::string_view id)>& find) {
  std::string_view path = x->request.path;
  if (!path.starts_with(kProducts)) return x->Refuse(MakeProblem("not_found", "There is no such endpoint."));
  path.remove_prefix(kProducts.size());
  const std::string_view product = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(product.size() + 1, path.size()));

  // Before anything else is said: a stranger does not learn which products and endpoints there are.
  const ServedProductPtr served = find(product);
  const auto key = FindKey(x->request, served ? served->config.admin_keys : std::vector<std::string>());
  if (!key) return RefuseKey(x);
  x->product = served;
  for (const Endpoint& endpoint : endpoints_) {
    const bool has_id = endpoint.before.ends_with('/');
    const std::size_t around = endpoint.before.size() + endpoint.after.size();
    if (!path.starts_with(endpoint.before) || !path.ends_with(endpoint.after) ||
        (has_id ? path.size() <= around : path.size() != around))
      continue;
    path.remove_prefix(endpoint.before.size());
    path.remove_suffix(endpoint.after.size());
    x->route = std::string(kProducts) + "{pid}/" + endpoint.before + (has_id ? "{id}" : "") + endpoint.after;
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

void AdminApi::Revoke(const ExchangePtr& x, std::string_view written, const std::string& by) {
  const auto sub = DecodePercent(written);
  if (!sub || written.find('/') != written.npos || !IsUsableSub(*sub)) {
    return x->Refuse(MakeProblem("invalid_input", "The address holds no user's id.",
                                 "Write the sub of the user's tokens percent-encoded: encodeURIComponent(user.id)."));
  }
  const ProductId& product = x->product->config.id;
  const UnixMillis now = x->Now();
  RevokeUser(store_, audit_, ContextOf(*x), *sub, by, now);
  const int cancelled = hub_.CancelRevoked({product, *sub, now}, now);
  JsonWriter writer;
  writer.Open('{').Put("product", product.value).Put("sub", *sub).Put("revoked_at", WriteTime(now));
  x->SendJson(200, writer.Put("runs_cancelled", cancelled).Close('}').Take());
}

void RevokeUser(Store& store, AuditLog& audit, const AuditContext& context, const std::string& sub,
                const std::string& by, UnixMillis now) {
  store.PutRevocation({context.product, sub, now});
  User user;
  user.sub = sub;
  IdentityAct act;
  act.kind = IdentityAct::Kind::kRevoke;
  act.identity = std::move(user);
  act.by = by;
  audit.Write(context, act, now);
}

}  // namespace widgent
