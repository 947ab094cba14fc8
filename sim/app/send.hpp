// SPDX-License-Identifier: Apache-2.0
// `vmso send FILE`: the main job.
#pragma once
#include <CLI/CLI.hpp>

namespace vmso {

// Adds the subcommand; its exit code is stored in `exit_code` when it has run.
void add_send(CLI::App &app, int &exit_code);

}  // namespace vmso
