// SPDX-License-Identifier: Apache-2.0
// Reference walker: what a virtual address of an x86-64 context translates to, or why not, read
// from the same tables the engine reads. Written from the rules alone; it shares nothing with
// whoever built the tables. Checks go from the root down and stop at the first that fails.
#pragma once
#include <cstdint>
#include <vector>

#include "host/memory.hpp"
#include "vmso.h"

namespace vmso::reference {

struct Window {
  uint64_t first = 1, last = 0;  // bytes; empty by default
};

struct Context {
  vmso_format format = VMSO_FORMAT_X86_64_L4;
  uint64_t root = 0;
  uint64_t limit = 0;  // identity: last byte; root is the first
  unsigned pa_bits = 46;
  bool af_ignore = false, priv = false, gb = true, xd = true;
  bool pse = true;                                // x86-32: 4 MiB pages
  bool rsw = false, napot = false, pbmt = false;  // RISC-V: Svrsw60t59b, Svnapot, Svpbmt
  bool hpd = false;                               // AArch64: TCR_EL1.HPD0
};

struct Walk {
  vmso_cause cause = VMSO_CAUSE_NONE;
  unsigned level = VMSO_LEVEL_NONE;  // of the leaf or of the entry that failed
  uint64_t pa = 0;                   // valid if there is no cause
  struct Step {
    unsigned level;
    uint64_t entry_at, entry;
  };
  std::vector<Step> steps;  // entries that were read, root first
};

Walk walk(PhysicalMemory &memory, const Context &context, const std::vector<Window> &windows,
          uint64_t va);

}  // namespace vmso::reference
