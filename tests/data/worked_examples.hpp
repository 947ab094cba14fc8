// SPDX-License-Identifier: Apache-2.0
// Walks worked out by hand, of every format: what is read, in order, and what comes out. Whoever
// walks tables must agree with all of them: the reference walker, the engine, a CPU (which may do
// otherwise where an example says so).
#pragma once
#include <string>
#include <vector>

#include "check/walker.hpp"

namespace vmso {

struct WorkedExample {
  struct Read {
    uint64_t at;
    uint64_t value;
    reference::Response response;
  };
  std::string id;
  reference::Context context;
  std::vector<reference::Window> windows;
  uint64_t va = 0;
  std::vector<Read> reads;  // exactly the entries that are read, root first
  vmso_cause cause = VMSO_CAUSE_NONE;
  unsigned level = VMSO_LEVEL_NONE;  // of the fault or of the leaf
  uint64_t pa = 0;                   // without a cause
  std::string shows;

  unsigned entry_bytes() const { return context.format == VMSO_FORMAT_X86_32 ? 4 : 8; }
};

// Rows for many bits are taken apart: one example for each bit.
std::vector<WorkedExample> worked_examples();

}  // namespace vmso
