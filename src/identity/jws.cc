#include "identity/jws.h"

#include <algorithm>
#include <array>

#include "identity/crypto.h"
#include "identity/strict_json.h"
#include "identity/token_hints.h"
#include "protocol/base64url.h"

namespace widgent {

namespace {

struct Segments {
  std::string_view signed_text;  // header and payload as received
  std::string header, payload, mac;
};

TokenError Malformed(std::string_view token) { return {"token_malformed", HintForShape(token)}; }

std::variant<Segments, TokenError> Split(std::string_view token) {
  if (token.size() > kTokenBytesMax) {
    return TokenError{"token_too_large",
                      "A token may have 8192 bytes. Sign only what the assistant needs: sub, name, email and a small "
                      "metadata object."};
  }
  if (std::count(token.begin(), token.end(), '.') != 2) return Malformed(token);
  const std::size_t first = token.find('.'), second = token.rfind('.');
  auto header = DecodeBase64Url(token.substr(0, first));
  auto payload = DecodeBase64Url(token.substr(first + 1, second - first - 1));
  auto mac = DecodeBase64Url(token.substr(second + 1));
  if (!header || !payload || !mac || header->empty()) return Malformed(token);
  return Segments{token.substr(0, second), std::move(*header), std::move(*payload), std::move(*mac)};
}

// Checks the header. `kid` is what it names, if anything.
std::optional<TokenError> CheckHeader(std::string_view text, std::optional<std::string>& kid) {
  const auto header = ReadStrictObject(text);
  if (!header) {
    return TokenError{"token_malformed",
                      "The first segment is not one strict JSON object. Let a JWT library write the token."};
  }
  const JsonMember* alg = header->Find("alg");
  if (!alg || alg->kind != JsonMember::Kind::kText || alg->text != "HS256") {
    return TokenError{"alg_not_allowed", HintForAlgorithm(alg ? alg->text : "")};
  }
  const JsonMember* b64 = header->Find("b64");
  if (header->Find("crit") || (b64 && !b64->flag)) {
    return TokenError{"crit_not_supported",
                      "Leave crit and b64 out of the token's header: alg and, if you like, kid "
                      "are all that is read."};
  }
  if (const JsonMember* member = header->Find("kid")) {
    if (member->kind != JsonMember::Kind::kText) {
      return TokenError{"token_malformed", "kid must be a string: the id shown beside the Verification Secret."};
    }
    kid = member->text;
  }
  return std::nullopt;
}

bool IsLive(const VerificationSecret& secret, UnixMillis now) { return !secret.not_after || now < *secret.not_after; }

}  // namespace

std::variant<VerifiedJws, TokenError> VerifyJws(std::string_view token, const KeyRing& keys, UnixMillis now) {
  auto split = Split(token);
  if (auto* error = std::get_if<TokenError>(&split)) return std::move(*error);
  auto& [signed_text, header, payload, mac] = std::get<Segments>(split);
  std::optional<std::string> kid;
  if (auto error = CheckHeader(header, kid)) return std::move(*error);

  const auto is_named = [&](const VerificationSecret& secret) { return !kid || secret.kid == *kid; };
  for (const VerificationSecret& secret : keys.secrets) {
    // A short key would verify what anybody can guess; the configuration refuses one, and so does this.
    if (!is_named(secret) || !IsLive(secret, now) || secret.value.size() < kSecretBytesMin) continue;
    if (EqualInConstantTime(HmacSha256(secret.value, signed_text), mac)) {
      return VerifiedJws{std::move(payload), secret.kid};
    }
  }

  const auto named = std::find_if(keys.secrets.begin(), keys.secrets.end(), is_named);
  if (kid && (named == keys.secrets.end() || !IsLive(*named, now))) {
    return TokenError{"unknown_kid", named == keys.secrets.end()
                                         ? "The header's kid is none of this product's secrets. Leave kid out, or use "
                                           "the id shown beside the Verification Secret."
                                         : "The secret that kid names has been retired. Sign with the current "
                                           "Verification Secret."};
  }
  std::string hint = kHintWrongSecret;
  for (const VerificationSecret& secret : keys.secrets) {
    const std::string mistake = HintForSecret(secret, IsLive(secret, now), signed_text, mac);
    if (!mistake.empty()) hint = mistake;
  }
  return TokenError{"invalid_signature", std::move(hint)};
}

}  // namespace widgent
