// SPDX-License-Identifier: Apache-2.0
// The program: one file per subcommand. Exit codes: 0 all checked out, 1 something went wrong, 2
// wrong use, 130 interrupted.
#include <fmt/ranges.h>

#include <csignal>
#include <cstdio>

#include "app/commands.hpp"
#include "app/completion.hpp"
#include "app/unknown.hpp"
#include "model/findings.hpp"

namespace {

volatile std::sig_atomic_t stop_asked = 0;  // the one thing a signal handler may touch

// What is wrong with the command line, in one line.
std::string complaint(const CLI::App &app, const CLI::ParseError &error) {
  if (auto text = vmso::unknown_word(app)) return *text;
  if (app.get_subcommands().empty() &&
      error.get_exit_code() == int(CLI::ExitCodes::RequiredError)) {
    std::vector<std::string> names;
    for (const CLI::App *command : app.get_subcommands(nullptr))
      names.push_back(command->get_name());
    return fmt::format("a command is missing: {}; --help tells what they do",
                       fmt::join(names, ", "));
  }
  return error.what();
}

}  // namespace

int main(int argc, char **argv) {
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  CLI::App app{"vmso: the transmit engine, simulated, in a simulated host"};
  app.require_subcommand(1);
  vmso::Program program;
  program.name = argv[0];
  program.stop = &stop_asked;
  app.set_version_flag("--version", vmso::version_text,
                       "the engine, its configurations, the tools");
  CLI::Option *completion = app.add_option_function<std::string>(
      "--completion",
      [](const std::string &) {
        std::fputs(vmso::bash_completion().c_str(), stdout);
        throw CLI::Success();
      },
      "print completion for bash: source <(vmso --completion bash)");
  vmso::one_of(completion, program, {"bash"});
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
    if (argc > 1 && std::string(argv[1]) == "--complete") {
      std::fputs(vmso::completions(app, program, {argv + 2, argv + argc}).c_str(), stdout);
      return 0;
    }
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "vmso: %s\n", complaint(app, error).c_str());
    return 2;
  } catch (const vmso::Error &error) {
    std::fprintf(stderr, "vmso: %s\n", error.what());
    return error.exit_code;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "vmso: %s\n", error.what());
    return 1;
  }
  return program.exit_code;
}
