// SPDX-License-Identifier: Apache-2.0
// The program: one file per subcommand. Exit codes: 0 all checked out, 1 something went wrong, 2
// wrong use, 130 interrupted.
#include <csignal>
#include <cstdio>

#include "app/commands.hpp"
#include "model/findings.hpp"

namespace {

volatile std::sig_atomic_t stop_asked = 0;  // the one thing a signal handler may touch

}  // namespace

int main(int argc, char **argv) {
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  CLI::App app{"vmso: the transmit engine, simulated, in a simulated host"};
  app.require_subcommand(1);
  app.failure_message([](const CLI::App *at, const CLI::Error &error) {
    return "vmso: " + CLI::FailureMessage::simple(at, error);
  });
  vmso::Program program;
  program.name = argv[0];
  program.stop = &stop_asked;
  vmso::add_send(app, program);
  vmso::add_segment(app, program);
  vmso::add_bench(app, program);
  vmso::add_regress(app, program);
  for (CLI::App *command : app.get_subcommands({})) {
    for (CLI::Option *option : command->get_options()) {
      bool flag = option->get_items_expected_max() == 0;
      if (flag) option->disable_flag_override();  // --quiet=3 is no number of anything
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const vmso::Error &error) {
    std::fprintf(stderr, "vmso: %s\n", error.what());
    return error.exit_code;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "vmso: %s\n", error.what());
    return 1;
  }
  return program.exit_code;
}
