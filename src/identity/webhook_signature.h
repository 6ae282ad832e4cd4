// Standard Webhooks 1.0.0, symmetric: "v1," + base64(HMAC-SHA256(secret, "<id>.<timestamp>.<body>")).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace widgent {

// `secret` is "whsec_" + base64 of 24 to 64 bytes. Nothing where it is not.
std::optional<std::string> SignWebhook(std::string_view secret, std::string_view id, std::int64_t timestamp_s,
                                       std::string_view body);

}  // namespace widgent
