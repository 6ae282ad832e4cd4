#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "server/cli.h"

int main(int argc, char** argv) {
  using namespace widgent;
  CLI::App cli{"Widgent: a chat widget that knows who it is talking to. This is its server and its tools.", "widgentd"};
  cli.set_version_flag("--version", WIDGENT_VERSION);
  cli.require_subcommand(1);
  cli.footer(
      "Start here:\n"
      "  widgentd product create acme --origin https://shop.example\n"
      "  widgentd serve --web web/dist\n"
      "  widgentd token check < token.txt\n"
      "  widgentd audit show --user u_42\n\n"
      "Exit codes: 0 fine; 1 the answer is no (a refused token, a broken audit log); 2 a wrong option or\n"
      "configuration; 3 a failure (a port in use, a disk that refuses).");
  AddServe(cli);
  AddProduct(cli);
  AddToken(cli);
  AddAudit(cli);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? kExitOk : kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "widgentd: " << error.what() << '\n';
    return kExitFailure;
  }
  return kExitOk;
}
