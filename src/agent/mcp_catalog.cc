#include "agent/mcp_catalog.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/json.h"
#include "agent/json_schema.h"
#include "agent/mcp_tool.h"
#include "agent/text.h"
#include "identity/crypto.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

constexpr std::size_t kToolsMax = 128, kNameBytesMax = 64, kDescriptionBytesMax = 2048, kListBytesMax = 256 * 1024;
constexpr int kPagesMax = 8, kListDepthMax = 24;

std::string TextOf(const json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

bool IsToolName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

McpTool ReadTool(const json& entry) {
  McpTool tool;
  tool.name = TextOf(entry, "name");
  tool.description = TextOf(entry, "description");
  const auto schema = entry.find("inputSchema");
  tool.parameters_json = schema == entry.end() ? "{}" : DumpJson(*schema);
  JsonWriter pinned;
  pinned.Open('{').Put("name", tool.name).Put("description", tool.description);
  pinned.Key("inputSchema").Raw(tool.parameters_json).Close('}');
  tool.sha256 = Hex(Sha256(pinned.text()));
  return tool;
}

class Listing final : public McpExchange {
 public:
  Listing(http::EventLoop& loop, http::Client& client, const Product& product, const McpServerConfig& server,
          const std::string& id, std::function<void(McpListing)> done)
      : loop_(loop),
        client_(client),
        allow_(server.allow),
        done_(std::move(done)),
        request_(StartMcpRequest(product, server.tool, Anonymous(), id, loop.Now())) {
    request_.method = "tools/list";
    AskForPage();
  }

 private:
  void AskForPage() {
    exchange_ = AskMcp(loop_, client_, request_, [this](const McpAnswer& answer) { OnPage(answer); });
  }

  void OnPage(const McpAnswer& answer) {
    const std::optional<json> page = ParseJson(answer.result_json, kListBytesMax, kListDepthMax);
    if (!page || !page->contains("tools") || !(*page)["tools"].is_array()) return Fail(answer);
    for (const json& entry : (*page)["tools"]) {
      if (!entry.is_object()) continue;
      McpTool tool = ReadTool(entry);
      const bool is_allowed = tool.name.size() <= kNameBytesMax &&
                              std::any_of(allow_.begin(), allow_.end(), [&](const std::string& pattern) {
                                return MatchesPattern(pattern, tool.name);
                              });
      if (is_allowed && listing_.tools.size() < kToolsMax) listing_.tools.push_back(std::move(tool));
    }
    listing_.version = request_.version = answer.version;
    const std::string cursor = TextOf(*page, "nextCursor");
    if (!cursor.empty() && ++pages_ < kPagesMax) {
      JsonWriter params;
      params.Open('{').Put("cursor", cursor).Close('}');
      request_.params_json = params.text().substr(1, params.text().size() - 2);
      return AskForPage();
    }
    std::stable_sort(listing_.tools.begin(), listing_.tools.end(),
                     [](const McpTool& a, const McpTool& b) { return a.name < b.name; });
    End();
  }

  void Fail(const McpAnswer& answer) {
    listing_.tools.clear();
    if (answer.fetch.error != Error::kNone) listing_.error = answer.fetch.detail;
    else if (!answer.error.empty()) listing_.error = answer.error;
    else if (answer.fetch.status / 100 != 2) listing_.error = "HTTP " + std::to_string(answer.fetch.status);
    if (listing_.error.empty()) listing_.error = "the answer is no list of tools";
    End();
  }

  // The last act: `done` may drop this listing.
  void End() {
    const auto done = std::move(done_);
    done(std::move(listing_));
  }

  http::EventLoop& loop_;
  http::Client& client_;
  const std::vector<std::string> allow_;
  std::function<void(McpListing)> done_;
  McpRequest request_;
  McpListing listing_;
  int pages_ = 0;
  std::unique_ptr<McpExchange> exchange_;
};

// Why the tool is not offered; nothing where it is.
std::optional<std::string> Refuse(const McpServerConfig& server, const McpTool& tool, const std::string& name) {
  if (!IsToolName(name)) return "its name is not 1 to 64 of A-Z a-z 0-9 _ and -";
  if (server.pins_schemas) {
    const auto pin = server.pins.find(tool.name);
    if (pin == server.pins.end()) return "it has not been accepted yet: widgentd product accept-tools";
    if (pin->second != tool.sha256)
      return "its description or schema has changed since it was accepted: widgentd product accept-tools";
  }
  if (tool.description.size() > kDescriptionBytesMax) return "its description is longer than 2 KiB";
  const auto read = JsonSchema::Read(tool.parameters_json);
  if (const auto* error = std::get_if<SchemaError>(&read)) return error->detail;
  return std::nullopt;
}

}  // namespace

std::unique_ptr<McpExchange> ListMcpTools(http::EventLoop& loop, http::Client& client, const Product& product,
                                          const McpServerConfig& server, const std::string& id,
                                          std::function<void(McpListing)> done) {
  return std::make_unique<Listing>(loop, client, product, server, id, std::move(done));
}

McpOffer OfferMcpTools(const Product& product, const McpServerConfig& server, const McpListing& listing) {
  McpOffer offer;
  for (const McpTool& tool : listing.tools) {
    ToolConfig config = server.tool;
    config.name = server.tool.name + '_' + tool.name;
    const auto has_same_name = [&](const ToolConfig& other) { return other.name == config.name; };
    const auto is_taken = [&](const ToolConfig& other) { return other.mcp_name.empty() && has_same_name(other); };
    std::optional<std::string> refusal = Refuse(server, tool, config.name);
    if (!refusal && (std::any_of(product.tools.begin(), product.tools.end(), is_taken) ||
                     std::any_of(offer.tools.begin(), offer.tools.end(), has_same_name)))
      refusal = "another tool has this name already";
    if (refusal) {
      offer.refusals.push_back("tool " + CleanLine(config.name, 2 * kNameBytesMax) + " is not offered: " + *refusal);
      continue;
    }
    config.description = tool.description;
    config.parameters_json = tool.parameters_json;
    config.mcp_name = tool.name;
    config.mcp_version = listing.version;
    offer.tools.push_back(std::move(config));
  }
  return offer;
}

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == pattern.npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  name.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  for (std::size_t skip = 0; skip <= name.size(); ++skip)
    if (MatchesPattern(pattern, name.substr(skip))) return true;
  return false;
}

}  // namespace widgent
