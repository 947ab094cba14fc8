// SPDX-License-Identifier: Apache-2.0
// Errors on purpose: what a test wants to happen to accesses of some physical addresses.
#pragma once
#include <cstdint>

namespace vmso {

// AXI responses; and what the read class in the id of a read says.
enum class Resp : uint8_t { kOkay = 0, kSlvErr = 2, kDecErr = 3 };
enum class ReadClass : uint8_t { kWalk = 0, kSlot = 1, kTemplate = 2, kPayload = 3 };
const char *read_class_name(ReadClass cls);

struct Script {
  enum class Act { kError, kNever };
  uint64_t first = 0, last = 0;  // bytes; a beat that touches one of them is meant
  Act act = Act::kError;
  Resp resp = Resp::kSlvErr;
  unsigned times = ~0u;    // bursts that it still happens to
  unsigned classes = 0xf;  // reads: one bit a ReadClass
};

}  // namespace vmso
