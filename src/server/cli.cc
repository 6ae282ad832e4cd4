#include "server/cli.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>

#include "server/config.h"
#include "store/sqlite_store.h"

namespace widgent {

int RunCommandLine(int argc, const char* const* argv) {
  CLI::App cli{"Widgent: a chat widget that knows who it is talking to. This is its server and its tools.", "widgentd"};
  cli.set_version_flag("--version", WIDGENT_VERSION);
  cli.require_subcommand(1);
  cli.footer(
      "Start here:\n"
      "  widgentd product create acme --origin https://shop.example\n"
      "  widgentd serve --web build/web\n"
      "  widgentd token check < token.txt\n"
      "  widgentd audit show --user u_42\n\n"
      "Exit codes: 0 fine; 1 the answer is no (a refused token, a broken audit log); 2 a wrong option or\n"
      "configuration; 3 a failure (a port in use, a disk that refuses).");
  AddServe(cli);
  AddProduct(cli);
  AddToken(cli);
  AddUser(cli);
  AddAudit(cli);
  AddFeedback(cli);
  AddApprovals(cli);
  AddStore(cli);
  AddTool(cli);
  AddUnanswered(cli);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  } catch (const CLI::RequiredError& error) {
    const std::string given = argc > 1 ? argv[argc - 1] : "", missing = error.what();
    std::string lead;
    if (given.empty()) lead = "What to do? ";
    else if (missing.find("subcommand") != missing.npos) lead = "\"" + given + "\" is not the whole of a command. ";
    std::cerr << "widgentd: " << lead << missing
              << ".\nHint: widgentd --help shows the commands, and `--help` after a command its options.\n";
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? kExitOk : kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "widgentd: " << error.what() << '\n';
    return kExitFailure;
  }
  return kExitOk;
}

void Fail(ExitCode code, std::string_view detail, std::string_view hint) {
  std::cerr << "widgentd: " << detail << '\n';
  if (!hint.empty()) std::cerr << "Hint: " << hint << '\n';
  Exit(code);
}

void Exit(ExitCode code) {
  std::cout.flush();
  throw CLI::RuntimeError(code);
}

std::vector<Product> LoadProductsOrFail(const std::vector<std::string>& paths, const std::string& key_file) {
  auto loaded = LoadProducts(paths, key_file);
  if (const auto* error = std::get_if<ConfigError>(&loaded)) {
    Fail(kExitUsage, error->where + ": " + error->detail,
         "The configuration is described in the README; `widgentd product create` writes a complete one.");
  }
  for (const Product& product : std::get<std::vector<Product>>(loaded))
    for (const std::string& warning : product.warnings) std::cerr << "widgentd: " << warning << '\n';
  return std::get<std::vector<Product>>(std::move(loaded));
}

std::unique_ptr<Store> OpenStoreOrFail(const std::string& folder, std::unique_ptr<Store> (*open)(const std::string&)) {
  const std::string file = folder + "/widgent.db";
  std::error_code error;
  // Not made anew: what is written to a store that no server uses is done for nobody.
  if (!std::filesystem::exists(file, error))
    Fail(kExitUsage, "There is no store " + file + ".", "Name the server's folder with --data.");
  try {
    return open(file);
  } catch (const std::exception& refused) {
    Fail(kExitFailure, refused.what(), "Name the server's folder with --data.");
  }
}

std::string OneLine(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

UnixMillis SystemNow() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace widgent
