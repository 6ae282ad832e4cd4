#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "audit/audit.h"
#include "audit/sealed_heads.h"
#include "server/cli.h"
#include "server/config.h"
#include "server/head_keeper.h"
#include "server/history.h"
#include "server/seal_key.h"
#include "store/sqlite_store.h"

namespace widgent {

namespace {

struct AuditOptions {
  std::string data = "data", product, since, key_file;
  AuditQuery query;
  bool json = false;
};

std::unique_ptr<Store> OpenStore(const AuditOptions& options) {
  const std::string file = options.data + "/widgent.db";
  if (!std::filesystem::exists(file)) {
    Fail(kExitUsage, "There is no store in the folder " + options.data + ".",
         "Name the folder that `widgentd serve` uses with --data.");
  }
  try {
    return OpenSqliteStoreReadOnly(file);
  } catch (const std::exception& error) {
    Fail(kExitFailure, error.what());
  }
}

std::vector<ProductId> ChooseProducts(Store& store, const AuditOptions& options) {
  if (!options.product.empty()) return {ProductId{options.product}};
  return store.ListAuditedProducts();
}

// A text of a record, fit for a terminal also where somebody has tampered with it.
std::string TextOf(const nlohmann::json& record, const char* name) {
  if (!record.is_object() || !record.contains(name) || !record[name].is_string()) return "";
  auto text = record[name].get<std::string>();
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

// "90m", "24h", "7d", "2026-01-31" or "2026-01-31T12:00:00Z".
UnixMillis ParseSince(const std::string& text) {
  std::tm parts{};
  for (const char* format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    const char* end = ::strptime(text.c_str(), format, &parts);
    if (end && *end == '\0') return static_cast<UnixMillis>(::timegm(&parts)) * 1000;
    parts = {};
  }
  std::int64_t count = 0;
  const auto [unit, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && unit + 1 == text.data() + text.size() && count >= 0 && count < 100'000) {
    const std::int64_t minutes = *unit == 'm' ? 1 : *unit == 'h' ? 60 : *unit == 'd' ? 24 * 60 : 0;
    if (minutes > 0) return SystemNow() - count * minutes * 60'000;
  }
  Fail(kExitUsage, "--since " + text + " is no time.", "Write 90m, 24h, 7d, 2026-01-31 or 2026-01-31T12:00:00Z.");
}

void PrintRow(const AuditRow& row) {
  const auto record = nlohmann::json::parse(row.record, nullptr, false);
  const std::string message = TextOf(record, "message");
  std::string detail = TextOf(record, "status_detail");
  if (message.find(detail) != message.npos) detail.clear();
  const nlohmann::json::json_pointer ours("/unmapped/widgent");
  const std::string by = record.contains(ours) ? TextOf(record[ours], "by") : "";  // where it was not the user
  std::cout << WriteTime(row.at) << "  #" << std::left << std::setw(6) << row.seq << ' ' << std::setw(20)
            << (!row.user.empty()                ? row.user
                : row.action == "product_change" ? "-"
                                                 : "(guest)")
            << ' ' << std::setw(17) << row.action << ' ' << std::setw(10) << row.outcome << ' ' << message
            << (by.empty() ? "" : ", by " + by) << (detail.empty() ? "" : " (" + detail + ")") << '\n';
}

void Show(AuditOptions options) {
  if (!options.since.empty()) options.query.since = ParseSince(options.since);
  const auto store = OpenStore(options);
  for (const ProductId& product : ChooseProducts(*store, options)) {
    auto rows = store->FindAudit(product, options.query);
    if (!options.json && options.product.empty())
      std::cout << product.value << ": " << rows.size() << (rows.size() == 1 ? " record\n" : " records\n");
    else if (rows.empty() && !options.json) std::cout << "No record of " << product.value << " is what you ask for.\n";
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      if (options.json) std::cout << row->record << '\n';
      else PrintRow(*row);
    }
  }
}

// The heads that the server has sealed; `holds` becomes false where they should be there and are not to be trusted.
AuditHeads FindSealedHeads(const AuditOptions& options, bool& holds) {
  const auto found = FindSealKey(options.data, options.key_file);
  const auto* key = std::get_if<SealKey>(&found);
  const auto text = ReadTextFile(options.data + "/" + std::string(kSealedHeadsFile));
  if (!key && !text) {
    std::cout << "No heads are sealed: records cut off at the end would leave no gap.\n";
    return {};
  }
  if (!key) {
    const auto& error = std::get<SealKeyError>(found);
    Fail(kExitUsage, "The sealed heads cannot be checked. " + error.detail, error.hint);
  }
  auto heads = text ? OpenSealedHeads(*text, AuditSealKey(key->bytes)) : std::nullopt;
  if (heads) return std::move(*heads);
  holds = false;
  std::cout << "The sealed heads in " << options.data << '/' << kSealedHeadsFile
            << (text ? " were changed, or sealed by another key.\n"
                     : " are missing; a server that starts seals them.\n");
  return {};
}

void Verify(const AuditOptions& options) {
  const auto store = OpenStore(options);
  bool holds = true;
  const AuditHeads sealed = FindSealedHeads(options, holds);
  auto products = ChooseProducts(*store, options);
  const auto audited = store->ListAuditedProducts();
  const ProductId asked{options.product};
  if (!options.product.empty() && std::find(audited.begin(), audited.end(), asked) == audited.end() &&
      !sealed.contains(asked)) {
    std::string known;
    for (const ProductId& product : audited) known += (known.empty() ? "" : ", ") + product.value;
    Fail(kExitUsage, "The log holds no record of a product " + options.product + ".",
         known.empty() ? "It holds none of any." : "It holds records of: " + known + '.');
  }
  if (products.empty()) std::cout << "The log holds no record of any product.\n";
  // A chain of which nothing is left is known by its sealed head alone.
  if (options.product.empty()) {
    for (const auto& [product, head] : sealed)
      if (std::find(products.begin(), products.end(), product) == products.end()) products.push_back(product);
  }
  for (const ProductId& product : products) {
    const auto head_sealed = sealed.find(product);
    auto fault = VerifyAudit(*store, product);
    if (!fault && head_sealed != sealed.end()) fault = CheckSealedHead(*store, product, head_sealed->second);
    if (fault) {
      holds = false;
      std::cout << product.value << ": record " << fault->seq << " is broken: " << fault->detail << '\n';
    } else {
      const AuditHead head = store->FindAuditHead(product);
      std::cout << product.value << ": " << head.count
                << (head.count == 1 ? " record holds, head " : " records hold, head ") << head.hash << '\n';
    }
  }
  if (!holds) Exit(kExitNo);
}

void AddCommon(CLI::App& command, AuditOptions& options) {
  command.add_option("--data", options.data, "Folder of the store")
      ->envname("WIDGENT_DATA")
      ->capture_default_str()
      ->type_name("DIR");
  command.add_option("--product", options.product, "One product; otherwise every one")->type_name("ID");
}

}  // namespace

void AddAudit(CLI::App& cli) {
  CLI::App* audit = cli.add_subcommand("audit", "Read and check the audit log");
  audit->require_subcommand(1);
  auto options = std::make_shared<AuditOptions>();

  CLI::App* show = audit->add_subcommand("show", "Who did what: the newest records, oldest of them first");
  AddCommon(*show, *options);
  show->add_option("--user", options->query.user, "Only this verified user (sub)")->type_name("SUB");
  show->add_option("--action", options->query.action, "Only this")
      ->type_name("ACTION")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kAuditActions), std::end(kAuditActions))));
  show->add_option("--outcome", options->query.outcome, "Only this")
      ->type_name("OUTCOME")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kAuditOutcomes), std::end(kAuditOutcomes))));
  show->add_option("--since", options->since, "From then on: 90m, 24h, 7d, 2026-01-31, 2026-01-31T12:00:00Z")
      ->type_name("TIME");
  show->add_option("--limit", options->query.limit, "At most so many of each product")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  show->add_flag("--json", options->json, "The OCSF records as NDJSON");
  show->footer(
      "Works while the server runs.\n\n"
      "Examples:\n"
      "  widgentd audit show --user u_42 --since 24h\n"
      "  widgentd audit show --product acme --action tool --json | jq .api.operation");
  show->callback([options] { Show(*options); });

  CLI::App* verify = audit->add_subcommand("verify", "Check that no record was changed, removed or inserted");
  AddCommon(*verify, *options);
  verify->add_option("--key-file", options->key_file, "Key of the seal, where WIDGENT_KEY has none")->type_name("FILE");
  verify->footer(
      "Records cut off at the end leave no gap in the chain: that is noticed by the heads which the server seals "
      "about\n"
      "every second (audit.heads in the folder of the store) with WIDGENT_KEY, the --key-file, or the folder's\n"
      "widgent.key. Whoever can read the key can seal anew: keep it where the store's writers cannot.\n\n"
      "Exit codes: 0 every chain holds; 1 a record is broken, and its number is printed; 2 a wrong option.");
  verify->callback([options] { Verify(*options); });
}

}  // namespace widgent
