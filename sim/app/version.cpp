// SPDX-License-Identifier: Apache-2.0
#include "version.hpp"

#include "app/commands.hpp"
#include "revision.hpp"
#include "vmso_regs.h"

namespace vmso {
namespace {

#ifdef __clang__
constexpr const char *kCompiler = __VERSION__;
#else
constexpr const char *kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

std::string version_text() {
  std::string text =
      fmt::format("vmso {}.{}", VMSO_REG_VERSION_MAJOR_VALUE, VMSO_REG_VERSION_MINOR_VALUE);
  if (*kRevision) text += fmt::format(", commit {}", kRevision);
  for (const std::string &name : config_names()) {
    const ConfigInfo &c = config_info(config_named(name));
    text += fmt::format(
        "\n  {:12} {} bits, {} queues, {} contexts, {} interrupt{}, frames of up to {} bytes",
        c.name, c.data_bits, c.queues, c.contexts, c.vectors, c.vectors == 1 ? "" : "s",
        c.max_frame);
  }
  return text + fmt::format("\n  {:12} {}, {}", "made with", kVerilatorVersion, kCompiler);
}

}  // namespace vmso
