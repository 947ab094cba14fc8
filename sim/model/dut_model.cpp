// SPDX-License-Identifier: Apache-2.0
// The one symbol of a library models/vmso_*.so: makes its engine (VMSO_MODEL, by cmake's
// vmso_model).
#include VMSO_MODEL_HEADER
#include "model/verilated_dut.hpp"

extern "C" __attribute__((visibility("default"))) vmso::Dut *vmso_make_dut(
    const vmso::DutOptions &options) {
  return new vmso::VerilatedDut<VMSO_MODEL>(options);
}
