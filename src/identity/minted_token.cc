#include "identity/minted_token.h"

#include "identity/crypto.h"
#include "protocol/base64url.h"
#include "protocol/json_writer.h"

namespace widgent {

std::string SignJwt(std::string_view secret, std::string_view claims_json) {
  const std::string text = EncodeBase64Url(R"({"alg":"HS256","typ":"JWT"})") + '.' + EncodeBase64Url(claims_json);
  return text + '.' + EncodeBase64Url(HmacSha256(secret, text));
}

std::string MintToken(std::string_view secret, const MintedClaims& claims, UnixMillis now) {
  const std::int64_t now_s = now / 1000;
  JsonWriter payload;
  payload.Open('{').Put("iss", "widgent").Put("aud", claims.audience).PutIf("sub", claims.sub);
  payload.Put("product_id", claims.product).Put("jti", claims.id);
  payload.Put("iat", now_s).Put("exp", now_s + kMintedLifetimeSeconds).Close('}');
  return SignJwt(secret, payload.text());
}

}  // namespace widgent
