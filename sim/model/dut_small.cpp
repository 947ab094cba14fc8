// SPDX-License-Identifier: Apache-2.0
#include "Vvmso_small.h"
#include "model/verilated_dut.hpp"

namespace vmso {
std::unique_ptr<Dut> make_dut_small(const DutOptions &options) {
  return std::make_unique<VerilatedDut<Vvmso_small>>(options);
}
}  // namespace vmso
