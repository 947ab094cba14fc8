// SPDX-License-Identifier: Apache-2.0
// Reference walker: what a virtual address of a context translates to, or why not, read from the
// same tables the engine reads.
//
// One function a family of formats, each written from the architecture's rules, clause after
// clause in the order in which the engine promises to find faults; it shares nothing with the
// engine nor with whoever built the tables. Checks go from the root down and stop at the first
// entry that fails. It knows no cache: an answer is about the tables as they are at this moment.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "vmso.h"

namespace vmso {
class PhysicalMemory;
}

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

// How a read of an entry ends; kNone: nobody answers in time.
enum class Response : uint8_t { kOkay, kSlvErr, kDecErr, kNone };

struct EntryRead {
  Response response = Response::kOkay;
  uint64_t value = 0;  // if it is kOkay
};

// Reads the entry of 4 or 8 bytes at its own aligned address.
using ReadEntry = std::function<EntryRead(uint64_t at, unsigned bytes)>;

struct Walk {
  vmso_cause cause = VMSO_CAUSE_NONE;
  unsigned level = VMSO_LEVEL_NONE;  // of the leaf or of the entry that failed
  uint64_t pa = 0;                   // valid if there is no cause
  struct Step {
    unsigned level;
    uint64_t entry_at, entry;  // entry: 0 if the read failed
  };
  std::vector<Step> steps;  // entries that were asked for, root first
};

Walk walk(const ReadEntry &read, const Context &context, const std::vector<Window> &windows,
          uint64_t va);

// From memory, where a frame that is not there gives DECERR.
Walk walk(PhysicalMemory &memory, const Context &context, const std::vector<Window> &windows,
          uint64_t va);

}  // namespace vmso::reference
