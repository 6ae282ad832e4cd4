#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "agent/agent.h"
#include "agent/text.h"
#include "server/cli.h"
#include "server/cli_product.h"
#include "server/tool_trial.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kAnswerCodePointsShown = 2000;

struct TrialOptions {
  std::shared_ptr<ProductOptions> product = std::make_shared<ProductOptions>();
  std::string tool, arguments = "{}";
  std::optional<std::string> claims;  // of who asks; nobody is signed in without
  bool is_dry = false, says_yes = false;
};

Identity IdentityOrFail(const Product& product, const std::optional<std::string>& claims_json) {
  if (!claims_json) return TrialGuest();
  if (!json::parse(*claims_json, nullptr, false).is_object())
    Fail(kExitUsage, "--claims is no JSON object.", R"(Write the claims as your token has them: '{"sub": "u_42"}'.)");
  auto identity = IdentifyByClaims(product, *claims_json);
  if (const auto* refusal = std::get_if<TrialRefusal>(&identity)) Fail(kExitNo, refusal->detail, refusal->hint);
  return std::get<Identity>(std::move(identity));
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

void Print(const ShownFetch& fetch) {
  std::cout << "\n  " << fetch.method << ' ' << fetch.url << '\n';
  for (const http::Header& header : fetch.headers) std::cout << "  " << header.name << ": " << header.value << '\n';
  std::cout << "\n  " << OneLine(fetch.body) << "\n\n";
  if (!fetch.result) return;
  const http::ClientResult& result = *fetch.result;
  std::cout << "answer      ";
  if (result.error != http::ClientResult::Error::kNone) std::cout << "none: " << OneLine(result.detail) << '\n';
  else std::cout << "HTTP " << result.status << ' ' << CleanLine(result.body, kAnswerCodePointsShown) << '\n';
}

// Answers the exit code.
ExitCode PrintOutcome(const ToolOutcome& outcome) {
  if (outcome.ok) {
    std::cout << "outcome     ok " << CleanLine(outcome.content_json, kAnswerCodePointsShown) << '\n';
    return kExitOk;
  }
  std::cout << "outcome     " << (outcome.denied ? "denied" : "failed") << ": " << outcome.code;
  for (const std::string* text : {&outcome.title, &outcome.detail})
    if (!text->empty()) std::cout << ". " << OneLine(*text);
  std::cout << (outcome.unconfirmed ? " It may have happened all the same.\n" : "\n");
  return kExitNo;
}

// Answers the exit code.
ExitCode Print(const TrialReport& report, const Identity& identity) {
  const User* user = AsUser(identity);
  std::cout << "visitor     " << (user ? OneLine(user->sub) + " (verified)" : "guest") << "\noffered     "
            << (report.is_offered         ? "yes"
                : report.withheld.empty() ? "no"
                                          : "no: " + report.withheld)
            << '\n';
  if (report.question) {
    std::cout << "approval    " << (report.question->by_operator ? "an operator" : "the user")
              << " is asked: " << OneLine(report.question->message) << '\n';
  }
  if (report.is_allowed) std::cout << "policy      allowed; the request:\n";
  for (const ShownFetch& fetch : report.fetches) Print(fetch);
  if (report.outcome) return PrintOutcome(*report.outcome);
  std::cout << "outcome     "
            << (report.is_held ? "dry run: nothing was sent\n"
                               : "nothing was done yet; --yes goes on as if the answer were yes\n");
  return kExitOk;
}

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
  const ToolTrial trial{options.tool, options.arguments, IdentityOrFail(product, options.claims), options.says_yes,
                        options.is_dry};
  const ExitCode code = Print(TryTool(product, trial), trial.identity);
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
