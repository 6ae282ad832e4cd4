#include "agent/tool_outcome.h"

#include <nlohmann/json.hpp>

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
