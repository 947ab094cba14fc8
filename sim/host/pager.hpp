// SPDX-License-Identifier: Apache-2.0
// The kernel's part when queues park: it learns of faults from the device's interrupt, takes their
// records out of the fault ring, and if that was full finds the rest by the bitmap of pending
// faults. A while later it mends the cause and leads the queue on.
//
// Mending is demand paging: the page exists in the process and is mapped, with some that follow it
// if the knobs say so, and the queue is told RETRY. A fault that no page mends ends its job: ABORT.
// A test may decide otherwise. All goes through driver/, so what the CPU touches is counted.
//
// Times are cycles. A queue counts as parked from the cycle in which its fault was seen to the one
// in which RETRY or ABORT was carried out.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "host/process.hpp"
#include "model/random.hpp"
#include "vmso.h"

namespace vmso {

struct PagerKnobs {
  uint64_t notice = 0;             // from the interrupt to the first look
  uint64_t delay = 0, jitter = 0;  // from a fault seen to its page mapped; 0..jitter more, random
  unsigned ahead = 0;              // pages behind the one that faulted that are mapped with it
};

struct PagerCounts {
  uint64_t faults = 0;  // seen
  uint64_t pages = 0;   // mapped
  uint64_t retries = 0, aborts = 0;
  uint64_t parked = 0;     // cycles, of all queues together
  uint64_t from_ring = 0;  // of the faults; the others were found by the bitmap
  uint64_t overflows = 0;  // times that the ring was found too small
};

class Pager {
 public:
  enum class Answer { kRetry, kAbort, kLeave, kLater };  // kLater: asks again

  // `process` gives the owner of a context or null; `now` the cycle.
  Pager(vmso_device &device, vmso_fault_ring *ring, const PagerKnobs &knobs, Random random,
        std::function<Process *(unsigned)> process, std::function<uint64_t()> now);

  // Makes the device interrupt (vector 0) for faults; after each bring-up, when the ring is set up.
  void begin();
  // Once a cycle, and never from within a register access. `irq`: the interrupt lines.
  void act(uint32_t irq);
  // A fault is known and its queue was not led on yet: nothing moves, and nothing is wrong.
  bool busy() const { return !waiting_.empty() || look_at_; }
  // The fault of this queue is one of them.
  bool knows(unsigned queue) const { return waiting_.contains(queue); }
  // The queue is no longer his concern: it was reset, or its owner takes over.
  void forget(unsigned queue) { waiting_.erase(queue); }
  // The same for queues that have just been reset: their records are taken out of the ring.
  void leave(std::span<const unsigned> queues) {
    collect();
    for (unsigned queue : queues) forget(queue);
  }

  PagerKnobs knobs;
  PagerCounts counts;
  // Takes the place of mapping the page.
  std::function<Answer(const vmso_fault &)> mend;
  std::vector<vmso_fault> seen;  // kept if `record` is on
  bool record = false;

 private:
  struct Waiting {
    vmso_fault fault;
    uint64_t at, due;
  };
  void collect();
  void note(const vmso_fault &fault);
  bool lead_on(const Waiting &waiting);  // false: not yet
  Answer map_pages(const vmso_fault &fault);

  vmso_device &device_;
  vmso_fault_ring *ring_;
  Random random_;
  std::function<Process *(unsigned)> process_;
  std::function<uint64_t()> now_;
  std::optional<uint64_t> look_at_;      // the interrupt is up, and he will look then
  std::map<unsigned, Waiting> waiting_;  // by queue
};

}  // namespace vmso
