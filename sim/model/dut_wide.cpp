// SPDX-License-Identifier: Apache-2.0
#include "Vvmso_wide.h"
#include "model/verilated_dut.hpp"

namespace vmso {
std::unique_ptr<Dut> make_dut_wide(const DutOptions &options) {
  return std::make_unique<VerilatedDut<Vvmso_wide>>(options);
}
}  // namespace vmso
