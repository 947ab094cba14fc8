// SPDX-License-Identifier: Apache-2.0
#include "Vvmso_default.h"
#include "model/verilated_dut.hpp"

namespace vmso {
std::unique_ptr<Dut> make_dut_default(const DutOptions &options) {
  return std::make_unique<VerilatedDut<Vvmso_default>>(options);
}
}  // namespace vmso
