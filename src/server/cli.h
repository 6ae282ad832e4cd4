// The commands of widgentd. Results go to stdout; errors, a sentence and a hint, to stderr.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "product/product.h"
#include "protocol/time.h"
#include "store/sqlite_store.h"

namespace CLI {
class App;
}

namespace widgent {

enum ExitCode : int {
  kExitOk = 0,
  kExitNo = 1,       // asked and answered: a token that is no user's, an audit log that does not hold
  kExitUsage = 2,    // a wrong option, file or configuration
  kExitFailure = 3,  // it should have worked: a port in use, a disk that refuses
};

// All of `widgentd`; answers its exit code.
int RunCommandLine(int argc, const char* const* argv);

// Each adds its commands to the program.
void AddServe(CLI::App& cli);
void AddProduct(CLI::App& cli);
void AddToken(CLI::App& cli);
void AddUser(CLI::App& cli);
void AddAudit(CLI::App& cli);
void AddFeedback(CLI::App& cli);
void AddApprovals(CLI::App& cli);
void AddStore(CLI::App& cli);
void AddTool(CLI::App& cli);
void AddUnanswered(CLI::App& cli);

// Ends the command: prints both, exits with `code`.
[[noreturn]] void Fail(ExitCode code, std::string_view detail, std::string_view hint = "");
// Ends the command silently.
[[noreturn]] void Exit(ExitCode code);

// LoadProducts, or Fail. Warnings go to stderr.
std::vector<Product> LoadProductsOrFail(const std::vector<std::string>& paths, const std::string& key_file = "");

// The store of a running server, or of one that has run, or Fail.
std::unique_ptr<Store> OpenStoreOrFail(const std::string& folder,
                                       std::unique_ptr<Store> (*open)(const std::string&) = OpenSqliteStore);

// Fit for a terminal, whoever wrote it.
std::string OneLine(std::string text);

UnixMillis SystemNow();

}  // namespace widgent
