// SPDX-License-Identifier: Apache-2.0
// What can be seen inside the engine when somebody asks (vmso_sight.sv): for the report of a hang.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace vmso {

struct Sight {
  struct Job {  // a job entry that is held
    unsigned entry = 0, queue = 0, slot = 0;
    unsigned ready_bytes = 0;  // translated and not ordered
    bool blocked = false;      // behind them is a fault
  };
  struct Head {  // the order that is first in line
    bool valid = false;
    unsigned queue = 0, slot = 0, segment = 0, kind = 0;
    unsigned bytes = 0, landed = 0;  // of its payload
    unsigned template_bytes = 0;
    bool template_known = false;
    unsigned ends_wait = 0;  // ends of jobs that cpl has not taken
  };
  struct Segment {  // what seg is about to do
    unsigned state = 0, act = 0, queue = 0;
    bool fetch_room = false, wake_room = false, slot_free = false, rows_free = false;
    bool held = false;  // by a fence
  };
  struct Walk {
    unsigned slot = 0, state = 0, context = 0;
    uint64_t va = 0;  // first address of its eight pages
  };
  std::vector<Job> jobs;
  std::vector<Walk> walks;       // under way
  std::vector<unsigned> orders;  // queue of each that has not left, the first in line first
  Head head;
  Segment segment;
  unsigned job_entries = 0, templates = 0;  // free
  bool lookups_wait = false;                // for a walk slot
  uint32_t waiting = 0;                     // channels with valid and without ready, see below
};

// In the order of the bits of `waiting`.
constexpr std::array<const char *, 16> kSightChannels = {
    "slot (ring to job)",     "lookup (run to xlat)",      "fetch (seg to run)",
    "piece (run to read)",    "slot_req (ring to axi)",    "walk_req (xlat to axi)",
    "tmpl_req (read to axi)", "payload_req (read to axi)", "out_end (out to cpl)",
    "ring_end (ring to cpl)", "write (cpl to axi)",        "queue_fail (out to ring)",
    "bury (ring to out)",     "unload (ring to seg)",      "fence (csr to xlat)",
    "advise (csr to xlat)"};

}  // namespace vmso
