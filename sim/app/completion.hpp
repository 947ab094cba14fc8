// SPDX-License-Identifier: Apache-2.0
// Completion in bash. The script that `vmso --completion bash` prints knows nothing: at each Tab it
// asks the program that is being called, `vmso --complete WORDS`, which looks at its own options.
// So it fits every version of the program.
#pragma once
#include <string>
#include <vector>

#include "app/commands.hpp"

namespace vmso {

// For `source <(vmso --completion bash)`.
std::string bash_completion();

// What may stand in the place of the last word, a line each; kFile or kFolder in angle brackets:
// any of those; nothing: nobody knows. `words` are COMP_WORDS of bash, without the program, up to
// the cursor: it takes = and : for words of their own, and replaces what stands behind them.
std::string completions(const CLI::App &app, const Program &program,
                        const std::vector<std::string> &words);

}  // namespace vmso
