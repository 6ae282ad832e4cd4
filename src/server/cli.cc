#include "server/cli.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "server/config.h"

namespace widgent {

void Fail(ExitCode code, std::string_view detail, std::string_view hint) {
  std::cerr << "widgentd: " << detail << '\n';
  if (!hint.empty()) std::cerr << "Hint: " << hint << '\n';
  Exit(code);
}

void Exit(ExitCode code) {
  std::cout.flush();
  throw CLI::RuntimeError(code);
}

std::vector<Product> LoadProductsOrFail(const std::vector<std::string>& paths) {
  auto loaded = LoadProducts(paths);
  if (const auto* error = std::get_if<ConfigError>(&loaded)) {
    Fail(kExitUsage, error->where + ": " + error->detail,
         "The configuration is described in the README; `widgentd product create` writes a complete one.");
  }
  return std::get<std::vector<Product>>(std::move(loaded));
}

UnixMillis SystemNow() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace widgent
