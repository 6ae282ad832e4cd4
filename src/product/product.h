// What a site owner configures (tools-and-audit.md). Read from a JSON file per product.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "identity/origin.h"
#include "identity/token.h"
#include "protocol/ids.h"

namespace widgent {

struct ClaimRule {
  std::string path;  // JSON pointer into the claims (RFC 6901)
  std::optional<bool> exists;
  std::string equals_json;           // empty: not asked; else one JSON scalar
  std::vector<std::string> in_json;  // empty: not asked; else JSON scalars
  std::optional<double> gte, lte;
  bool operator==(const ClaimRule&) const = default;
};

// All must hold.
struct Requirement {
  bool identified = false;
  std::vector<std::string> scopes, roles;
  std::vector<ClaimRule> claims;
  std::optional<std::int64_t> token_age_s_max;
  bool AsksForUser() const {
    return identified || !scopes.empty() || !roles.empty() || !claims.empty() || token_age_s_max;
  }
  bool operator==(const Requirement&) const = default;
};

// Somebody is asked before each call of the tool: the signed-in user, or the owner's people.
struct ToolApproval {
  std::string message;       // template over {{args.…}} and {{user.name}}
  int expires_s = 300;       // how long a yes is waited for
  bool by_operator = false;  // the owner's people are asked
  bool operator==(const ToolApproval&) const = default;
};

struct ToolConfig {
  enum class Effect : std::uint8_t {
    kRead,
    kCreate,
    kUpdate,
    kDelete
  };                                           // "read", "create", "write"/"update", "delete"
  std::string name, description, url, secret;  // secret: "whsec_…"
  Effect effect = Effect::kRead;
  bool idempotent = false;
  int timeout_ms = 8000;
  int retries = 0;
  std::optional<int> per_user_per_min;  // calls that one user, or one guest, may make; nothing: as many as runs allow
  std::string parameters_json;          // JSON Schema of the arguments
  Requirement required;
  std::map<std::string, std::string> bind;  // argument -> JSON pointer into the claims; the model never sees these
  std::vector<std::string> examples;        // utterances that route to this tool (builtin agent)
  std::string answer;                       // template over {{result.…}}, {{args.…}} and {{user.name}}
  std::optional<ToolApproval> approval;     // nothing: called without asking
  std::string mcp_name;                     // as its MCP server calls it; empty: the tool is a webhook
  std::string mcp_version;                  // of the protocol that its MCP server speaks
  bool hands_off = false;                   // the owner's help desk: a successful call hands the conversation over
  bool operator==(const ToolConfig&) const = default;
};

// What the tool that hands_off is called.
inline constexpr char kHandoffTool[] = "talk_to_person";

// An MCP server, whose tools are known once it has listed them.
struct McpServerConfig {
  // What holds for each of its tools. `name` begins their names; `secret` signs the tokens that the server is sent.
  ToolConfig tool;
  std::vector<std::string> allow;           // patterns of the names that are offered: "search_*"
  bool pins_schemas = true;                 // a tool is offered only as it was accepted
  std::map<std::string, std::string> pins;  // tool -> SHA-256 of what was accepted (agent/mcp_catalog.h)
  bool operator==(const McpServerConfig&) const = default;
};

struct AgentConfig {
  std::string kind = "builtin";  // "builtin", "openai", "ag-ui"
  std::string name;              // shown in the panel; the product's name where empty
  // Of "openai", any endpoint that speaks Chat Completions, and of "ag-ui", an agent of the site's own:
  std::string base_url;                               // "http://127.0.0.1:11434/v1", without a slash at its end;
                                                      // of "ag-ui" the address itself
  std::string api_key;                                // empty: none is sent
  std::string model;                                  // as the endpoint calls it
  std::string instructions;                           // the owner's own words to the model; may be empty
  std::vector<std::string> user_context = {"/name"};  // JSON pointers into the claims that a model may see
  bool falls_back = false;                            // the builtin agent answers where the endpoint does not
};

struct KnowledgeConfig {
  std::string dir;       // absolute after loading; empty: none
  std::string base_url;  // citations: base_url + "<file without .md>#<anchor>"
  double coverage_min = 0.5;
  bool operator==(const KnowledgeConfig&) const = default;
};

struct EgressConfig {
  std::vector<std::string> allow_hosts;  // "shop.example", with ":port" where it is not the scheme's default
  std::vector<std::string> allow_private_cidrs;
  bool https_only = true;
};

struct RateLimits {
  int per_user_per_min = 20, per_ip_per_min = 40, concurrent_runs_per_user = 2;
  std::optional<int> per_product_per_min;  // of all visitors together; nothing: as many as there are
};

// What a product asks of identity beyond the token itself ("verification" of its file). Enforced by the server.
struct IdentityRules {
  enum class Merge : std::uint8_t { kSession, kNever, kAsk };
  bool required = false;          // "identity": "required": a guest cannot write
  bool lock_on_expiry = false;    // "on_expiry": "lock": whose token has ended cannot write as a guest either
  Merge merge = Merge::kSession;  // what becomes of a guest's thread when the guest turns out to be a user
};

struct Product {
  ProductId id;
  std::string name;
  std::vector<OriginPattern> origins;
  std::vector<std::string> service_keys;  // "pk_…": public
  std::vector<std::string> admin_keys;    // SHA-256 of the owner's "wsk_…" keys, in hexadecimal
  KeyRing keys;
  TokenPolicy token_policy;
  IdentityRules identity_rules;
  AgentConfig agent;
  KnowledgeConfig knowledge;
  std::string greeting_verified = "Hi {{name}}, how can I help?";
  std::string greeting_anonymous = "Hi! How can I help?";
  std::vector<std::string> suggestions_verified, suggestions_anonymous;
  std::string accent;  // "#rrggbb" or empty
  // The way to a person: a link to the owner's people, or nothing where one of the tools hands_off.
  std::string handoff_url, handoff_label;
  RateLimits rate_limits;
  EgressConfig egress;
  std::vector<ToolConfig> tools;
  std::vector<McpServerConfig> mcp_servers;
  std::vector<std::string> warnings;  // what holds and should be mended all the same: "acme.json: …: …"
};

struct ConfigError {
  std::string where;   // "acme.json: tools/0/url"
  std::string detail;  // what is wrong and what to write
};

// Environment and files that a configuration may refer to ({"env": …}, {"file": …}); relative files are looked up
// beside the configuration.
struct SecretSource {
  std::function<std::optional<std::string>(const std::string& name)> env;
  std::function<std::optional<std::string>(const std::string& path)> file;
  // Opens {"sealed": …} that belongs to `owner` (identity/sealed.h). Nothing, and `why` says what to do, where the key
  // is not there or not the one. May be empty.
  std::function<std::optional<std::string>(const std::string& owner, const std::string& sealed, std::string& why)>
      unseal = {};
};

// `where` names the file in errors; `dir` resolves relative paths. An unknown key is an error that names it.
std::variant<Product, ConfigError> ReadProduct(std::string_view json, const std::string& where, const std::string& dir,
                                               const SecretSource& secrets);

}  // namespace widgent
