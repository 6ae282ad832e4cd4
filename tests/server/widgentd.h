// The commands of widgentd with what they print, for tests.
#pragma once
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "server/cli.h"
#include "support/signed_token.h"

namespace widgent::test {

struct Printed {
  int code = 0;
  std::string out, error;
};

inline Printed Widgentd(std::vector<std::string> arguments, const std::string& input = "") {
  std::vector<const char*> argv{"widgentd"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in(input);
  std::ostringstream out, error;
  auto* const old_in = std::cin.rdbuf(in.rdbuf());
  auto* const old_out = std::cout.rdbuf(out.rdbuf());
  auto* const old_error = std::cerr.rdbuf(error.rdbuf());
  std::cin.clear();
  const int code = RunCommandLine(static_cast<int>(argv.size()), argv.data());
  std::cin.rdbuf(old_in);
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_error);
  return {code, out.str(), error.str()};
}

inline bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline std::string SecretIn(const std::string& text) {
  const auto from = text.find("wvs_");
  return from == text.npos ? "" : text.substr(from, text.find_first_of(" \n", from) - from);
}

inline std::string FreshToken(const std::string& secret) {
  const std::int64_t now = SystemNow() / 1000;
  return SignToken(nlohmann::json{{"sub", "ada"}, {"name", "Ada"}, {"exp", now + 600}}.dump(), secret);
}

}  // namespace widgent::test
