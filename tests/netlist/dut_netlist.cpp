// SPDX-License-Identifier: Apache-2.0
// The netlist of `small` behind the same Dut as the RTL.
//
// This make_dut stands in for that of sim/model in the link, so the tests cannot reach the RTL by
// accident: a configuration without a netlist ends the run.
#include "Vvmso_netlist.h"
#include "model/verilated_dut.hpp"

namespace vmso {
std::unique_ptr<Dut> make_dut(const DutOptions &options) {
  if (options.config != Config::kSmall) {
    throw Error("there is a netlist of small only, not of " + config_info(options.config).name);
  }
  return std::make_unique<VerilatedDut<Vvmso_netlist>>(options);
}
}  // namespace vmso
