// SPDX-License-Identifier: Apache-2.0
// Who waits for whom: the chain from a queue that does not go on to what it waits for in the end.
// That is a read that nobody answers, the MAC, the owner of a completion ring or of a parked queue,
// or, if nobody outside is owed anything, a room of the engine.
//
// Made from what a report can know: registers, what the engine shows inside (Sight), what is open
// on the buses. It is a guess about causes, one line a step, each with the numbers that it is based
// on.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bus/axi_read.hpp"
#include "model/sight.hpp"

namespace vmso {

struct WaitFacts {
  uint64_t now = 0;
  Sight sight;
  std::vector<ReadRecord> reads;  // not answered, oldest first
  bool wire_waits = false;        // m_axis has a beat that the MAC does not take
  size_t writes_open = 0;         // no answer to so many
  // of a queue, by its registers
  struct Queue {
    unsigned state = 0;
    uint16_t producer = 0, fetched = 0;         // slots posted, and read
    unsigned records = 0, completion_ring = 0;  // that nobody has taken; places
  };
  std::function<Queue(unsigned queue)> queue;
};

// The steps, the queue's own first.
std::vector<std::string> who_waits(const WaitFacts &facts, unsigned queue);

}  // namespace vmso
