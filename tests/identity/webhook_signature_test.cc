#include "identity/webhook_signature.h"

#include <catch2/catch.hpp>

#include "identity/crypto.h"

using namespace widgent;

namespace {

std::string SecretOf(std::size_t bytes) { return "whsec_" + EncodeBase64(std::string(bytes, '\xfb')); }
bool Signs(const std::string& secret) { return SignWebhook(secret, "id", 0, "{}").has_value(); }

}  // namespace

TEST_CASE("A webhook's signature is the one that the public libraries expect") {
  const char* body =
      R"({"type":"tool.call","id":"tcall_01JD0000000000000000000001","timestamp":"2026-01-01T00:00:00Z",)"
      R"("product_id":"acme",)"
      R"("tool":{"name":"get_order","call_id":"call_1","arguments":{"order_id":"A-1001"}},"user":{"sub":"u_42",)"
      R"("email":"ana@example.com","name":"Ana","metadata":{"plan":"pro"},"verified":true},)"
      R"("thread_id":"th_1","run_id":"run_1"})";
  REQUIRE(std::string_view(body).size() == 335);
  CHECK(SignWebhook("whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh", "tcall_01JD0000000000000000000001",
                    1767225600, body) == "v1,mBqP4In//RPQSX1CX2dBUB/Z1KJfbhyaomUe7MwktYc=");
}

TEST_CASE("A webhook secret is whsec_ and base64 of 24 to 64 bytes") {
  CHECK(Signs(SecretOf(24)));
  CHECK(Signs(SecretOf(25)));
  CHECK(Signs(SecretOf(64)));
  CHECK_FALSE(Signs(SecretOf(23)));
  CHECK_FALSE(Signs(SecretOf(65)));
  CHECK_FALSE(Signs(""));
  CHECK_FALSE(Signs("whsec_"));
  CHECK_FALSE(Signs(SecretOf(24).substr(6)));
  CHECK_FALSE(Signs(SecretOf(25).substr(0, SecretOf(25).size() - 1)));
  CHECK_FALSE(Signs(SecretOf(24) + "===="));
  CHECK_FALSE(Signs("whsec_" + std::string(32, '-')));
  CHECK_FALSE(Signs("whsec_" + std::string(32, ' ')));
}
