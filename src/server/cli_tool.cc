#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "agent/text.h"
#include "agent/tool_call.h"
#include "agent/tool_guard.h"
#include "http/curl_client.h"
#include "http/real_event_loop.h"
#include "identity/crypto.h"
#include "identity/minted_token.h"
#include "protocol/base64url.h"
#include "server/cli.h"
#include "server/cli_product.h"
#include "server/shown_client.h"
#include "store/sqlite_store.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::int64_t kTokenLifetimeSeconds = 600;
constexpr std::size_t kOutcomeCodePointsShown = 2000;

struct TrialOptions {
  std::shared_ptr<ProductOptions> product = std::make_shared<ProductOptions>();
  std::string tool, arguments = "{}";
  std::optional<std::string> claims;  // of who asks; nobody is signed in without
  bool is_dry = false, says_yes = false;
};

// By a token that the product's own secret signs, so that claims which no token may have are refused here as well.
Identity IdentityOrFail(const Product& product, const std::optional<std::string>& claims_json) {
  if (!claims_json) return Anonymous{Anonymous::Reason::kTokenMissing, "tool-test"};
  json claims = json::parse(*claims_json, nullptr, false);
  if (!claims.is_object())
    Fail(kExitUsage, "--claims is no JSON object.", R"(Write the claims as your token has them: '{"sub": "u_42"}'.)");
  if (product.keys.secrets.empty()) Fail(kExitUsage, "The product has no secret, so nobody can be signed in.");
  const UnixMillis now = SystemNow();
  if (!claims.contains("iat")) claims["iat"] = now / 1000;
  if (!claims.contains("exp")) claims["exp"] = now / 1000 + kTokenLifetimeSeconds;
  const std::string token = SignJwt(product.keys.secrets.front().value, claims.dump());
  auto verdict = VerifyToken(token, product.keys, product.token_policy, now);
  if (const auto* error = std::get_if<TokenError>(&verdict))
    Fail(kExitNo, "A token of these claims is refused: " + error->code + '.', error->hint);
  if (const auto* guest = std::get_if<Anonymous>(&verdict)) return *guest;
  return std::get<User>(std::move(verdict));
}

// The tools of the product's MCP servers are known only by asking them.
void AddMcpTools(const TrialOptions& options, Product& product) {
  for (const McpServerConfig& server : product.mcp_servers) {
    if (!options.tool.starts_with(server.tool.name + '_')) continue;
    if (options.is_dry)
      Fail(kExitUsage, "The tools of an MCP server are known only by asking it, and a dry run asks nobody.",
           "Leave out --dry-run; `widgentd product accept-tools --dry-run` shows what the server offers.");
    McpOffer offer = OfferMcpTools(product, server, ListMcpToolsOrFail(product, server));
    for (const std::string& refusal : offer.refusals) std::cerr << "widgentd: " << refusal << '\n';
    for (ToolConfig& tool : offer.tools) product.tools.push_back(std::move(tool));
  }
}

// One call, as a model would ask for it: through the policy, with a log and a store that end with the command.
class Trial {
 public:
  Trial(const TrialOptions& options, const Product& product, Identity identity)
      : options_(options), client_(options.is_dry ? nullptr : &network_, [this] {
          is_held_ = true;
          loop_.Stop();
        }) {
    request_.product = &product;
    request_.identity = std::move(identity);
    request_.thread = {"tool-test"};
    request_.run = {"r_" + EncodeBase64Url(RandomBytes(12))};
    OfferTools(product, request_.identity, loop_.Now(), prompt_);
    Thread thread;
    thread.product = product.id;
    thread.id = request_.thread;
    store_->PutThread(thread);
    loop_.OnTurnEnd([this] { store_->Commit(); });
  }

  // Answers the exit code.
  ExitCode Run() {
    const User* user = AsUser(request_.identity);
    std::cout << "visitor     " << (user ? OneLine(user->sub) + " (verified)" : "guest") << '\n';
    Offered();
    Call(nullptr);
    if (question_) {
      std::cout << "approval    " << (question_->by_operator ? "an operator" : "the user")
                << " is asked: " << OneLine(question_->message) << '\n';
      if (!options_.says_yes) {
        std::cout << "outcome     nothing was done yet; --yes goes on as if the answer were yes\n";
        return kExitOk;
      }
      Call(&*question_);
    }
    if (is_held_) {
      std::cout << "outcome     dry run: nothing was sent\n";
      return kExitOk;
    }
    return Outcome();
  }

 private:
  void Offered() const {
    const auto is_named = [&](const auto& tool) { return tool.config->name == options_.tool; };
    const auto withheld = std::find_if(prompt_.withheld.begin(), prompt_.withheld.end(), is_named);
    const bool is_offered = std::any_of(prompt_.tools.begin(), prompt_.tools.end(), is_named);
    std::cout << "offered     "
              << (is_offered                           ? "yes"
                  : withheld == prompt_.withheld.end() ? "no"
                                                       : "no: " + withheld->code)
              << '\n';
  }

  void Call(const StoredInterrupt* approved) {
    ToolCall::Callbacks callbacks;
    callbacks.on_begin = [] { std::cout << "policy      allowed; the request:\n"; };
    callbacks.on_ask = [this](const StoredInterrupt& question) {
      question_ = question;
      loop_.Stop();
    };
    callbacks.done = [this](ToolOutcome outcome) {
      outcome_ = std::move(outcome);
      loop_.Stop();
    };
    AgentPorts ports{loop_, client_, *store_, audit_, guard_, RandomBytes};
    ToolCall call(ports, request_, prompt_, {"call_1", options_.tool, options_.arguments}, approved,
                  std::move(callbacks));
    loop_.Post([&] { call.Start(); });
    loop_.Run();
  }

  ExitCode Outcome() const {
    if (outcome_.ok) {
      std::cout << "outcome     ok " << CleanLine(outcome_.content_json, kOutcomeCodePointsShown) << '\n';
      return kExitOk;
    }
    std::cout << "outcome     " << (outcome_.denied ? "denied" : "failed") << ": " << outcome_.code;
    for (const std::string* text : {&outcome_.title, &outcome_.detail})
      if (!text->empty()) std::cout << ". " << OneLine(*text);
    std::cout << (outcome_.unconfirmed ? " It may have happened all the same.\n" : "\n");
    return kExitNo;
  }

  const TrialOptions& options_;
  http::RealEventLoop loop_;
  http::CurlClient network_{loop_};
  ShownClient client_;
  std::unique_ptr<Store> store_ = OpenSqliteStore(":memory:");
  AuditLog audit_{*store_};
  ToolGuard guard_;
  RunRequest request_;
  Prompt prompt_;
  std::optional<StoredInterrupt> question_;
  ToolOutcome outcome_;
  bool is_held_ = false;
};

void RequireTool(const TrialOptions& options, const Product& product) {
  std::string names;
  for (const ToolConfig& tool : product.tools) {
    if (tool.name == options.tool) return;
    names += (names.empty() ? "" : ", ") + tool.name;
  }
  Fail(kExitUsage, "The product has no tool \"" + OneLine(options.tool) + "\".",
       names.empty() ? "\"tools\" in its file is empty." : "Its tools are: " + names + ".");
}

void Test(const TrialOptions& options) {
  if (!json::parse(options.arguments, nullptr, false).is_object())
    Fail(kExitUsage, "--args is no JSON object.", R"(Quote it for the shell: '{"order_id": "A-1001"}'.)");
  Product product = LoadProductsOrFail({ProductFileOf(*options.product)}, options.product->key_file).front();
  if (const auto refusal = RefuseToolSchemas(product)) Fail(kExitUsage, *refusal);
  AddMcpTools(options, product);
  RequireTool(options, product);
  const ExitCode code = Trial(options, product, IdentityOrFail(product, options.claims)).Run();
  if (code != kExitOk) Exit(code);
}

}  // namespace

void AddTool(CLI::App& cli) {
  CLI::App* tool = cli.add_subcommand("tool", "Try a product's tools");
  tool->require_subcommand(1);
  const auto options = std::make_shared<TrialOptions>();
  CLI::App* test = AddProductCommand(*tool, "test", "Make one call of a tool, as the agent would", options->product);
  test->add_option("tool", options->tool, "The tool's name")->required()->type_name("TOOL");
  test->add_option("--args", options->arguments, "What a model would fill in")
      ->capture_default_str()
      ->type_name("JSON");
  test->add_option("--claims", options->claims, "Who asks, as the claims of a token; nobody is signed in without it")
      ->type_name("JSON");
  test->add_flag("--yes", options->says_yes, "Go on as if the answer were yes, where the tool asks first");
  test->add_flag("--dry-run", options->is_dry, "Show the signed request, and send nothing");
  test->footer(
      "Goes the way of every call: is the tool offered to this visitor, do the arguments fit its schema, are the "
      "bound\n"
      "claims there, is all met that it requires, may the address be reached. Prints each step, the request as it is\n"
      "signed, the answer, and what a model would be told. Secrets are not printed. The audit log has no record of "
      "it:\n"
      "no visitor has asked.\n\n"
      "Exits with 0 where the tool answered, or would have been asked; 1 where the call was refused or has failed.\n\n"
      "Examples:\n"
      "  widgentd tool test acme get_order --args '{\"order_id\": \"A-1001\"}' --claims '{\"sub\": \"u_42\"}'\n"
      "  widgentd tool test acme refund_order --args '{\"order_id\": \"A-1001\", \"reason\": \"late\"}' \\\n"
      "      --claims '{\"sub\": \"u_42\", \"scope\": \"orders:write\"}' --yes --dry-run");
  test->callback([options] { Test(*options); });
}

}  // namespace widgent
