// SPDX-License-Identifier: Apache-2.0
// The subcommands of `vmso`: each adds itself to the command line; its callback leaves the exit
// code in `exit_code`.
#pragma once
#include <CLI/CLI.hpp>
#include <csignal>
#include <string>

#include "model/dut.hpp"

namespace vmso {

struct Program {
  int exit_code = 0;
  const volatile std::sig_atomic_t *stop = nullptr;  // not 0 after Ctrl-C
};
// An option F[:from..to]: a file and cycles; a missing `to` is the end. Throws Error, exit code 2.
WaveOptions parse_wave(const std::string &text);

void add_send(CLI::App &app, Program &program);
void add_bench(CLI::App &app, Program &program);

}  // namespace vmso
