// SPDX-License-Identifier: Apache-2.0
// What can be said of the arguments of any command before minutes of work.
#pragma once
#include <CLI/CLI.hpp>

namespace vmso {

// Of the options that were given. Throws Error. Exit code 2: a value is empty; one file would be
// written twice, or written and read. Exit code 1: a file cannot be written, or none in a folder.
// Leaves everything as it was.
void check_arguments(const CLI::App &command);

}  // namespace vmso
