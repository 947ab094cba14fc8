// SPDX-License-Identifier: Apache-2.0
// Where a model leaves its line counts (CMake preset `coverage`; otherwise nothing happens here).
//
// Each model has a context of its own and each context a file of its own: the counters live inside
// the model, so they must be written before it goes. scripts/coverage names the directory in
// VMSO_COVERAGE_DIR and adds the files up.
#pragma once
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "verilated.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace vmso {

// Call it last, while the model still lives.
template <typename Model>
void write_coverage([[maybe_unused]] Model &model) {
#if VM_COVERAGE
  const char *dir = std::getenv("VMSO_COVERAGE_DIR");
  if (!dir) return;
  static unsigned number = 0;
  std::string path = std::string(dir) + "/" + model.modelName() + "." + std::to_string(getpid()) +
                     "." + std::to_string(number++) + ".dat";
  model.contextp()->coveragep()->write(path.c_str());
#endif
}

}  // namespace vmso
