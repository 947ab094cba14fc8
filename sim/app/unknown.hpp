// SPDX-License-Identifier: Apache-2.0
// A word of the command line that is no command, no option, and nothing's value: what to say of it.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace vmso {

// "vmso bench fair" without its first word; "" for the program itself.
std::string command_path(const CLI::App &command);
// Those with two dashes that help shows, without them.
std::vector<std::string> option_names(const CLI::App &command);

// Names the first such word and what was meant, if anything is near, or which command has that
// option. Call it when parsing has failed.
std::optional<std::string> unknown_word(const CLI::App &app);

}  // namespace vmso
