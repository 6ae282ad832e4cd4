#include "server/admission.h"

#include <algorithm>

#include "http/client_address.h"
#include "identity/crypto.h"
#include "server/cors.h"
#include "server/problems.h"

namespace widgent {

namespace {

constexpr int kRefusalRowsPerMinute = 30, kRefusedTokensPerMinute = 60;
constexpr std::size_t kAnonymousIdBytesMin = 16, kAnonymousIdBytesMax = 128;

bool IsAnonymousId(std::string_view id) {
  return id.size() >= kAnonymousIdBytesMin && id.size() <= kAnonymousIdBytesMax &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

// The product's secret that this is, or nullptr.
const VerificationSecret* FindSecret(const Product& product, std::string_view key) {
  const auto found =
      std::find_if(product.keys.secrets.begin(), product.keys.secrets.end(),
                   [key](const VerificationSecret& secret) { return EqualInConstantTime(secret.value, key); });
  return found == product.keys.secrets.end() ? nullptr : &*found;
}

std::optional<Problem> CheckServiceKey(const Product& product, std::string_view key) {
  if (std::find(product.service_keys.begin(), product.service_keys.end(), key) != product.service_keys.end())
    return std::nullopt;
  if (key.starts_with("wvs_") || FindSecret(product, key)) {
    return MakeProblem("secret_in_browser", "The request carries a Verification Secret where the service key belongs.",
                       "Use the service key (pk_…) in the page. The secret is no longer secret: run `widgentd product "
                       "rotate-secret " +
                           product.id.value + "` now.");
  }
  return MakeProblem(
      "service_key_invalid",
      key.empty() ? "The Widgent-Service-Key header is missing." : "The service key is not one of this product.",
      "Pass the key that `widgentd product show " + product.id.value +
          "` prints (pk_…) to init, or send it as that header.");
}

}  // namespace

std::optional<Problem> Admission::CheckOrigin(Exchange& x) {
  x.cors = {{"Vary", "Origin"}};
  if (auto problem = widgent::CheckOrigin(x.product->config, x.request)) {
    AuditRefusal(x, problem->code, "");
    return problem;
  }
  x.cors = CorsHeaders(*FindOrigin(x.request));
  return std::nullopt;
}

std::optional<Problem> Admission::CheckCaller(Exchange& x) {
  const Product& product = x.product->config;
  const std::string_view service_key = x.request.Find("widgent-service-key").value_or("");
  if (auto problem = CheckServiceKey(product, service_key)) {
    if (problem->code == "secret_in_browser") AuditRefusal(x, problem->code, "");
    if (const auto* secret = FindSecret(product, service_key)) RecordLeak(x, secret->kid);
    return problem;
  }

  const auto token = BearerToken(x.request);
  if (!token) {
    AuditRefusal(x, "token_malformed", "");
    return MakeProblem("token_malformed", "The Authorization header is not of the form `Bearer <token>`.",
                       "Send `Authorization: Bearer <token>`, or no such header for a guest.");
  }
  auto verdict = VerifyToken(*token, product.keys, product.token_policy, x.Now(),
                             [&](std::string_view sub) { return store_.FindRevocation(product.id, sub); });
  if (auto* error = std::get_if<TokenError>(&verdict)) {
    // A valid token is let through however many others came from its address, which an office or a proxy may share.
    const std::string key = "forged " + product.id.value + " " + http::AddressBlock(x.request.peer_address);
    if (const auto wait_s = limits_.Take(key, kRefusedTokensPerMinute, x.Now()))
      return MakeProblem("rate_limited", "Too many refused tokens from this address.", error->hint, *wait_s);
    AuditRefusal(x, error->code, Hex(Sha256(*token)));
    return MakeProblem(error->code, "The token was refused; nothing was done.", error->hint);
  }
  const auto guest_id = x.request.Find("widgent-anonymous-id");
  const bool is_usable = guest_id && IsAnonymousId(*guest_id);
  if (is_usable) x.guest_id = *guest_id;
  if (auto* user = std::get_if<User>(&verdict)) {
    RecordUse(x, user->kid);
    x.identity = std::move(*user);
    return std::nullopt;
  }

  auto& guest = std::get<Anonymous>(verdict);
  x.token_expired = guest.reason == Anonymous::Reason::kTokenExpired;
  if (guest_id && !is_usable) {
    return MakeProblem("invalid_input", "Widgent-Anonymous-Id is not usable.",
                       "Send 128 random bits as base64url: 16 to 128 characters of A-Z a-z 0-9 - _");
  }
  guest.guest_id = x.guest_id;
  x.identity = std::move(guest);
  return std::nullopt;
}

void Admission::RecordUse(const Exchange& x, const std::string& kid) {
  const ProductId& product = x.product->config.id;
  if (!limits_.Take("use " + product.value + " " + kid, 1, x.Now())) store_.RecordSecretUse(product, kid, x.Now());
}

void Admission::RecordLeak(const Exchange& x, const std::string& kid) {
  const ProductId& product = x.product->config.id;
  if (limits_.Take("leak " + product.value + " " + kid, 1, x.Now())) return;
  store_.RecordSecretLeak(product, kid, x.Now(), FindOrigin(x.request).value_or(""));
}

void Admission::AuditRefusal(const Exchange& x, std::string_view code, std::string token_sha256) {
  const std::string key = "refusal " + x.product->config.id.value + " " + http::AddressBlock(x.request.peer_address);
  if (limits_.Take(key, kRefusalRowsPerMinute, x.Now())) return;
  audit_.Write(ContextOf(x),
               IdentityAct{.kind = IdentityAct::Kind::kRefused,
                           .identity = Anonymous{},
                           .code = std::string(code),
                           .token_sha256 = std::move(token_sha256),
                           .by = "",
                           .merged_thread = "",
                           .guest_sha256 = ""},
               x.Now());
}

std::optional<std::string_view> BearerToken(const http::Request& request) {
  const auto value = request.Find("authorization");
  if (!value) return "";
  constexpr std::string_view kScheme = "bearer ";
  const bool is_bearer = value->size() > kScheme.size() &&
                         std::equal(kScheme.begin(), kScheme.end(), value->begin(), [](char expected, char c) {
                           return expected == (c >= 'A' && c <= 'Z' ? c + 32 : c);
                         });
  if (!is_bearer) return std::nullopt;
  return value->substr(kScheme.size());
}

std::optional<Problem> CheckIdentityRules(const Exchange& x) {
  if (AsUser(x.identity)) return std::nullopt;
  const IdentityRules& rules = x.product->config.identity_rules;
  if (x.token_expired && rules.lock_on_expiry) {
    return MakeProblem("identity_required", "The token has ended, and this site waits for a new one.",
                       "Call identify with a fresh token, or give init a getToken.");
  }
  if (!rules.required) return std::nullopt;
  return MakeProblem("identity_required", "This site talks to signed-in visitors only.",
                     "Call identify with a token of the signed-in user first.");
}

AuditContext ContextOf(const Exchange& x, const ThreadId& thread, const std::string& correlation) {
  return {x.product->config.id, thread.value, correlation.empty() ? x.request_id : correlation, x.request.peer_address};
}

std::optional<Owner> OwnerOf(const Identity& identity) {
  if (const User* user = AsUser(identity)) return Owner{Owner::Kind::kUser, user->sub};
  const std::string& guest_id = std::get<Anonymous>(identity).guest_id;
  if (guest_id.empty()) return std::nullopt;
  return Owner{Owner::Kind::kGuest, guest_id};
}

}  // namespace widgent
