// SPDX-License-Identifier: Apache-2.0
// The program `vmso`: one file per subcommand. Exit codes: 0 everything checked out, 1 not, 2 bad
// usage.
#include <fmt/format.h>

#include "app/send.hpp"
#include "model/findings.hpp"

int main(int argc, char **argv) {
  CLI::App app("vmso: TCP segmentation out of user virtual memory, simulated with its own RTL");
  app.require_subcommand(1);
  int exit_code = 0;
  vmso::add_send(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const vmso::Error &error) {
    fmt::print(stderr, "vmso: {}\n", error.what());
    return error.exit_code;
  }
  return exit_code;
}
