#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "protocol/json_writer.h"
#include "server/cli.h"
#include "server/cli_stored_product.h"
#include "server/greeting.h"
#include "server/history.h"

namespace widgent {

namespace {

constexpr std::size_t kReplyCharactersShown = 200;

struct FeedbackOptions {
  std::shared_ptr<StoredProduct> of = std::make_shared<StoredProduct>();
  int limit = 100;
  bool json = false;
};

void Print(const Feedback& feedback) {
  const bool is_user = feedback.thread.owner.kind == Owner::Kind::kUser;
  std::cout << WriteTime(feedback.at) << "  " << RatingName(feedback.reply.rating) << "  "
            << (is_user ? OneLine(feedback.thread.owner.id) : "(guest)") << "  " << feedback.thread.id.value << '\n'
            << "  asked first: " << OneLine(feedback.thread.title) << '\n'
            << "  reply: " << OneLine(CutCharacters(feedback.reply.text, kReplyCharactersShown)) << '\n';
  if (!feedback.reply.comment.empty()) std::cout << "  comment: " << OneLine(feedback.reply.comment) << '\n';
}

void PrintJson(const Feedback& feedback) {
  const bool is_user = feedback.thread.owner.kind == Owner::Kind::kUser;
  JsonWriter writer;
  writer.Open('{').Put("at", WriteTime(feedback.at)).Put("rating", RatingName(feedback.reply.rating));
  writer.PutIf("comment", feedback.reply.comment).PutIf("user", is_user ? feedback.thread.owner.id : "");
  writer.Put("thread", feedback.thread.id.value).Put("title", feedback.thread.title);
  writer.Put("message", feedback.reply.id.value).Put("reply", feedback.reply.text);
  std::cout << writer.Close('}').Take() << '\n';
}

void List(const FeedbackOptions& options) {
  const auto store = OpenStoreOrFail(options.of->data, OpenSqliteStoreReadOnly);
  const auto all = store->ListFeedback(options.of->id(), options.limit);
  if (all.empty()) RequireKnown(*store, *options.of);
  for (const Feedback& feedback : all) {
    if (options.json) PrintJson(feedback);
    else Print(feedback);
  }
  if (all.empty() && !options.json) std::cout << "No reply of " << options.of->product << " has been judged.\n";
}

}  // namespace

void AddFeedback(CLI::App& cli) {
  CLI::App* feedback = cli.add_subcommand("feedback", "What visitors think of the replies");
  feedback->require_subcommand(1);
  auto options = std::make_shared<FeedbackOptions>();
  CLI::App* list = AddStoredProductCommand(
      *feedback, "list", "Show the replies that were judged, the newest judgement first", options->of);
  list->add_option("--limit", options->limit, "How many")->capture_default_str()->check(CLI::Range(1, 10'000));
  list->add_flag("--json", options->json, "One JSON object a line, with the whole reply");
  list->footer("Works while the server runs.\n\nExample:\n  widgentd feedback list acme");
  list->callback([options] { List(*options); });
}

}  // namespace widgent
