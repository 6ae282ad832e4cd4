#include "server/admin_api.h"

#include <algorithm>
#include <optional>

#include "identity/crypto.h"
#include "protocol/json_writer.h"
#include "server/admission.h"
#include "server/history.h"
#include "server/problems.h"

namespace widgent {

namespace {

constexpr std::string_view kPrefix = "/v1/admin/", kProducts = "/v1/admin/products/", kUsers = "users/";
constexpr std::string_view kRevoke = "/revoke", kKeyPrefix = "wsk_";
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
  const bool is_revoke =
      path.starts_with(kUsers) && path.ends_with(kRevoke) && path.size() > kUsers.size() + kRevoke.size();
  if (!is_revoke) return x->Refuse(MakeProblem("not_found", "There is no such endpoint."));
  x->route = "/v1/admin/products/{pid}/users/{sub}/revoke";
  if (x->request.method != "POST") {
    x->cors = {{"Allow", "POST"}};
    return x->Refuse(MakeProblem("method_not_allowed", "This endpoint takes POST."));
  }
  path.remove_prefix(kUsers.size());
  path.remove_suffix(kRevoke.size());
  const auto sub = DecodePercent(path);
  if (!sub || path.find('/') != path.npos || !IsUsableSub(*sub)) {
    return x->Refuse(MakeProblem("invalid_input", "The address holds no user's id.",
                                 "Write the sub of the user's tokens percent-encoded: encodeURIComponent(user.id)."));
  }
  Revoke(x, *sub, *key);
}

// The right key is let through however many wrong ones came from its address: the operator may share it with the
// attacker, behind one proxy, and a key of 256 bits is not found by trying. The limit keeps the trying cheap for us.
void AdminApi::RefuseKey(const ExchangePtr& x) {
  if (const auto wait_s = limits_.Take("admin " + x->request.peer_address, kWrongKeysPerMinute, x->Now()))
    return x->Refuse(
        MakeProblem("rate_limited", "Too many wrong admin keys from this address.", "Wait a moment.", *wait_s));
  x->Refuse(MakeProblem("admin_key_invalid", "The request has no admin key of this product.",
                        "Send `Authorization: Bearer wsk_…`. `widgentd product admin-key` makes a key."));
}

void AdminApi::Revoke(const ExchangePtr& x, const std::string& sub, const std::string& key_sha256) {
  const ProductId& product = x->product->config.id;
  const UnixMillis now = x->Now();
  RevokeUser(store_, audit_, ContextOf(*x), sub, "admin key " + key_sha256.substr(0, kKeyPartShown), now);
  const int cancelled = hub_.CancelRevoked({product, sub, now}, now);
  JsonWriter writer;
  writer.Open('{').Put("product", product.value).Put("sub", sub).Put("revoked_at", WriteTime(now));
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
