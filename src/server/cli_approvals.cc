#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "agent/text.h"
#include "audit/audit.h"
#include "server/approvals.h"
#include "server/cli.h"
#include "server/cli_stored_product.h"
#include "server/history.h"
#include "store/store.h"

namespace widgent {

namespace {

constexpr std::size_t kShownCodePointsMax = 1000;
constexpr std::size_t kArgumentsShownMax = 64 * 1024;  // all of them: what is not seen is not agreed to

struct ApprovalOptions {
  std::shared_ptr<StoredProduct> of = std::make_shared<StoredProduct>();
  std::string id;
  bool json = false;
};

// What visitors and models have written is made fit for a terminal.
void Print(const OperatorQuestion& question) {
  const StoredInterrupt& interrupt = question.interrupt;
  std::cout << interrupt.id << "  until " << WriteTime(interrupt.expires_at) << '\n'
            << "  " << CleanLine(interrupt.message, kShownCodePointsMax) << '\n'
            << "  " << interrupt.tool << ' ' << CleanLine(interrupt.arguments_json, kArgumentsShownMax) << '\n'
            << "  for " << CleanLine(interrupt.sub, kShownCodePointsMax) << ", in " << question.thread.value << '\n';
}

void List(const ApprovalOptions& options) {
  const auto store = OpenStoreOrFail(options.of->data, OpenSqliteStoreReadOnly);
  auto questions = store->ListOperatorQuestions(options.of->id(), {});
  if (questions.empty()) RequireKnown(*store, *options.of);
  const UnixMillis now = SystemNow();
  if (options.json) {
    std::cout << WriteQuestions(questions, now) << '\n';
    return;
  }
  std::erase_if(questions, [&](const OperatorQuestion& question) { return !IsOpen(question.interrupt, now); });
  for (const OperatorQuestion& question : questions) Print(question);
  if (questions.empty()) std::cout << "Nothing of " << options.of->product << " waits for your people.\n";
}

void Decide(const ApprovalOptions& options, bool is_approved) {
  const auto store = OpenStoreOrFail(options.of->data);
  const ProductId product = options.of->id();
  const auto questions = store->ListOperatorQuestions(product, {});
  if (questions.empty()) RequireKnown(*store, *options.of);
  const auto question = std::find_if(questions.begin(), questions.end(), [&](const OperatorQuestion& candidate) {
    return candidate.interrupt.id == options.id;
  });
  AuditLog audit(*store);
  if (question == questions.end() ||
      !DecideApproval(*store, audit, {product, "", "", ""}, *question, is_approved, "command line", SystemNow())) {
    Fail(kExitNo, "That does not wait for an answer: it was answered, has expired, or is not of this product.",
         "`widgentd approvals list " + options.of->product + "` shows what waits.");
  }
  if (!store->Commit()) Fail(kExitFailure, "The answer was not stored: " + store->LastError(), "Try again.");
  std::cout << (is_approved ? "Approved" : "Rejected") << ": "
            << CleanLine(question->interrupt.message, kShownCodePointsMax) << '\n'
            << (is_approved ? "It is done as soon as the user's page is there, which a running server tells at once.\n"
                            : "Nothing is done, and the user is told.\n");
}

}  // namespace

void AddApprovals(CLI::App& cli) {
  CLI::App* approvals =
      cli.add_subcommand("approvals", "Say yes or no to the calls of tools that wait for your people");
  approvals->require_subcommand(1);
  auto options = std::make_shared<ApprovalOptions>();
  const auto add_answer = [&](const char* name, const char* what, bool is_approved) {
    CLI::App* command = AddStoredProductCommand(*approvals, name, what, options->of);
    command->add_option("id", options->id, "Of the question, as `list` shows it")->required()->type_name("ID");
    command->footer(
        "Works while the server runs. What is approved is done once, with the arguments that are shown, for the user "
        "it\n"
        "was asked for, and before it expires. The audit log keeps who said what.\n\nExample:\n  widgentd approvals " +
        std::string(name) + " acme int_Zm9v");
    command->callback([options, is_approved] { Decide(*options, is_approved); });
  };
  CLI::App* list = AddStoredProductCommand(*approvals, "list", "Show what waits, the oldest first", options->of);
  list->add_flag("--json", options->json, "As the admin API answers it");
  list->footer("Works while the server runs.\n\nExample:\n  widgentd approvals list acme");
  list->callback([options] { List(*options); });
  add_answer("approve", "Let the call be made", true);
  add_answer("reject", "Refuse it", false);
}

}  // namespace widgent
