// SPDX-License-Identifier: Apache-2.0
// A record of the retire port: an order has left the engine. docs/retire.md is its contract.
#pragma once
#include <cstdint>

namespace vmso {

enum class Fate : uint8_t { kSent, kEnded, kFailed, kDropped };

struct Retired {
  uint32_t number = 0;  // 0, 1, .. without gaps
  Fate fate = Fate::kSent;
  bool ends = false;  // its job ends with it, with `status`
  uint8_t status = 0;
  uint16_t queue = 0, slot = 0, slots = 0;
  uint16_t bytes = 0;    // payload bytes of its frame
  uint32_t segment = 0;  // number in its job
  uint32_t offset = 0;   // payload bytes of the job in front of it
  uint64_t cookie = 0;
  uint64_t va = 0;  // of its first payload byte; kFailed: what failed; 0: neither
  uint64_t at = 0;  // cycle in which it was seen
};

}  // namespace vmso
