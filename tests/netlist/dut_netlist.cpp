// SPDX-License-Identifier: Apache-2.0
// The netlist of `small` behind the same Dut as the RTL.
//
// These definitions stand in for those of sim/model in the link, so the tests cannot reach the RTL
// by accident: a configuration without a netlist ends the run.
#include "Vvmso_netlist.h"
#include "model/verilated_dut.hpp"

namespace vmso {
std::unique_ptr<Dut> make_dut_small(const DutOptions &options) {
  return std::make_unique<VerilatedDut<Vvmso_netlist>>(options);
}
std::unique_ptr<Dut> make_dut_default(const DutOptions &) {
  throw Error("there is a netlist of small only, not of default");
}
std::unique_ptr<Dut> make_dut_wide(const DutOptions &) {
  throw Error("there is a netlist of small only, not of wide");
}
}  // namespace vmso
