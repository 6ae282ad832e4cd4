#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "protocol/json_writer.h"
#include "server/cli.h"
#include "server/cli_stored_product.h"
#include "server/history.h"

namespace widgent {

namespace {

struct UnansweredOptions {
  std::shared_ptr<StoredProduct> of = std::make_shared<StoredProduct>();
  int limit = 100;
  bool json = false;
};

void Print(const UnansweredQuestion& question) {
  std::cout << WriteTime(question.last_at) << "  " << question.times << "x  " << OneLine(question.text) << '\n';
}

void PrintJson(const UnansweredQuestion& question) {
  JsonWriter writer;
  writer.Open('{').Put("question", question.text).Put("times", question.times);
  writer.Put("first_at", WriteTime(question.first_at)).Put("last_at", WriteTime(question.last_at));
  std::cout << writer.Close('}').Take() << '\n';
}

void List(const UnansweredOptions& options) {
  const auto store = OpenStoreOrFail(options.of->data, OpenSqliteStoreReadOnly);
  const auto all = store->ListUnanswered(options.of->id(), options.limit);
  if (all.empty()) RequireKnown(*store, *options.of);
  for (const UnansweredQuestion& question : all) {
    if (options.json) PrintJson(question);
    else Print(question);
  }
  if (all.empty() && !options.json) std::cout << "No question to " << options.of->product << " is without an answer.\n";
}

void Clear(const UnansweredOptions& options) {
  const auto store = OpenStoreOrFail(options.of->data);
  if (store->ListUnanswered(options.of->id(), 1).empty()) RequireKnown(*store, *options.of);
  store->DeleteUnanswered(options.of->id());
  if (!store->Commit()) Fail(kExitFailure, "They were not forgotten: " + store->LastError(), "Try again.");
}

}  // namespace

void AddUnanswered(CLI::App& cli) {
  CLI::App* unanswered = cli.add_subcommand("unanswered", "Questions to which the help pages hold no answer");
  unanswered->require_subcommand(1);
  auto options = std::make_shared<UnansweredOptions>();
  CLI::App* list = AddStoredProductCommand(*unanswered, "list", "Show them, the most frequent first", options->of);
  list->add_option("--limit", options->limit, "How many")->capture_default_str()->check(CLI::Range(1, 1000));
  list->add_flag("--json", options->json, "One JSON object a line");
  list->footer(
      "Of who asked nothing is kept: the user's own name, addresses and longer numbers are left out of a question.\n"
      "Works while the server runs, as clear does.\n\n"
      "Example:\n  widgentd unanswered list acme");
  list->callback([options] { List(*options); });
  CLI::App* clear =
      AddStoredProductCommand(*unanswered, "clear", "Forget them, once there are pages about them", options->of);
  clear->callback([options] { Clear(*options); });
}

}  // namespace widgent
