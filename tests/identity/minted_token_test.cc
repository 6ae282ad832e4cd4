#include "identity/minted_token.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "identity/jws.h"

using namespace widgent;
using nlohmann::json;

namespace {

constexpr UnixMillis kNow = 1'767'225'600'000;
const std::string kSecret(32, 'k');

std::variant<VerifiedJws, TokenError> Verify(const std::string& token, const std::string& secret) {
  return VerifyJws(token, KeyRing{{{"k1", secret, std::nullopt}}}, kNow);
}

}  // namespace

TEST_CASE("A minted token names its audience, its product and its user, and lives for a minute") {
  const std::string token = MintToken(kSecret, {"https://mcp.example/mcp", "acme", "tcall_1", "u_42"}, kNow);
  const auto read = Verify(token, kSecret);
  REQUIRE(std::holds_alternative<VerifiedJws>(read));
  const json claims = json::parse(std::get<VerifiedJws>(read).payload);
  CHECK(claims == json{{"iss", "widgent"},
                       {"aud", "https://mcp.example/mcp"},
                       {"sub", "u_42"},
                       {"product_id", "acme"},
                       {"jti", "tcall_1"},
                       {"iat", kNow / 1000},
                       {"exp", kNow / 1000 + 60}});
}

TEST_CASE("A minted token without a user has no sub, and no other secret verifies it") {
  const std::string token = MintToken(kSecret, {"https://mcp.example/mcp", "acme", "tlist_1", ""}, kNow);
  CHECK_FALSE(json::parse(std::get<VerifiedJws>(Verify(token, kSecret)).payload).contains("sub"));
  CHECK(std::holds_alternative<TokenError>(Verify(token, std::string(32, 'x'))));
}
