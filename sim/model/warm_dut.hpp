// SPDX-License-Identifier: Apache-2.0
// An engine that has been reset and has cleared its tables, with nothing at its ports meanwhile:
// what every run of a regression would do first. On `wide` that takes 18 000 cycles, a tenth of a
// second, so a process does it once and every process that is forked from it begins behind it.
//
// The same options give the same engine in the same cycle, whether it was prepared or not.
#pragma once
#include "model/dut.hpp"

namespace vmso {

struct WarmDut {
  std::unique_ptr<Dut> dut;
  uint64_t now = 0;  // cycles that it has behind it
};

// Registers begin with one of so many random states, the seed modulo that.
constexpr uint64_t kWarmStates = 8;

WarmDut make_warm_dut(DutOptions options);
// The next make_warm_dut() with these options takes it, once; each process for itself.
void prepare_warm_dut(DutOptions options);

}  // namespace vmso
