#include "agent/tool_outcome.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/json.h"
#include "agent/text.h"
#include "identity/crypto.h"

namespace widgent {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

constexpr std::size_t kContentBytesMax = 64 * 1024;
constexpr std::size_t kAnonymousIdDigits = 32;

}  // namespace

bool Writes(const ToolConfig& tool) { return tool.effect != ToolConfig::Effect::kRead; }

std::string ErrorCode(Error error) {
  switch (error) {
    case Error::kRefusedByEgress:
      return "egress_refused";
    case Error::kConnect:
      return "unreachable";
    case Error::kTimeout:
      return "timeout";
    case Error::kTooLarge:
      return "result_too_large";
    case Error::kCancelled:
      return "cancelled";
    case Error::kBroken:
    case Error::kNone:
      break;
  }
  return "broken";
}

std::string_view RemedyFor(std::string_view code, bool hands_off) {
  static constexpr std::pair<std::string_view, std::string_view> kRemedies[] = {
      {"egress_refused",
       "Its url leads where no tool may be: see egress/allow_hosts, and allow_private_cidrs for your own network."},
      {"unreachable", "Nothing answers at its url: is the service up, and the name right?"},
      {"timeout", "It has not answered within its timeout_ms."},
      {"broken", "The connection ended before the answer did."},
      {"result_too_large", "Its answer is larger than 256 KiB."},
      {"result_invalid", "Its answer is no JSON."},
      {"secret_invalid", "Its secret cannot sign: it must be whsec_ and base64."},
      {"http_401", "It takes the signature for a wrong one: has it the same secret, and the right time?"}};
  for (const auto& [known, remedy] : kRemedies)
    if (known == code) return remedy;
  if (code.starts_with("http_5")) return "It has failed: its own log says why.";
  if (code.starts_with("http_3")) return "It answers with a redirect, and none is followed: configure the last url.";
  return hands_off && code.starts_with("http_4") ? "It refuses: is the url right, and does it take POST?" : "";
}

std::string CapContent(const json& content) {
  std::string text = DumpJson(content);
  if (text.size() <= kContentBytesMax) return text;
  // Quoting can double a text; half of the room always suffices.
  const std::string plain = content.is_string() ? content.get<std::string>() : text;
  return DumpJson(json(CutUtf8(plain, kContentBytesMax / 2)));
}

bool IsUnconfirmed(const http::ClientResult& result) {
  if (!result.request_sent) return false;
  // A gateway that speaks for the tool does not know what the tool did.
  if (result.error == Error::kNone) return result.status == 502 || result.status == 504;
  return result.error != Error::kRefusedByEgress && result.error != Error::kConnect;
}

http::EgressPolicy EgressOf(const Product& product) {
  return {product.egress.allow_hosts, product.egress.allow_private_cidrs, product.egress.https_only};
}

void WriteUser(JsonWriter& writer, const Identity& identity) {
  writer.Open('{');
  if (const User* user = AsUser(identity)) {
    writer.Put("sub", user->sub).PutIf("email", user->email).PutIf("name", user->name);
    if (!user->metadata_json.empty()) writer.Key("metadata").Raw(user->metadata_json);
    writer.Put("verified", true).Put("token_exp", user->expires_at_s);
  } else {
    writer.Put("verified", false);
    const std::string& guest = std::get<Anonymous>(identity).guest_id;
    writer.PutIf("anonymous_id", guest.empty() ? "" : Hex(Sha256(guest)).substr(0, kAnonymousIdDigits));
  }
  writer.Close('}');
}

}  // namespace widgent
