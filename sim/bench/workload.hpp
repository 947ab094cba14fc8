// SPDX-License-Identifier: Apache-2.0
// One load on one engine, and what the engine made of it in its steady state.
//
// All jobs stand in the rings before the doorbells ring, so neither driver nor doorbell is part of
// the figure. The middle third of the frames counts: the engine is neither filling nor running dry.
// Every frame is compared with the reference on the way, as in any other run; a finding is an
// Error, because a figure of a wrong run is no figure.
#pragma once
#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "system/system.hpp"

namespace vmso::bench {

// A job of another kind than those that a Workload names by itself.
struct JobShape {
  vmso_kind kind = VMSO_KIND_TCP_SEG;
  uint32_t bytes = 65160;  // payload; a frame without a template: the whole frame
  uint16_t mss = 1448;
  Template header;
  unsigned buffers = 1;
  bool outer_csum = false;
  std::optional<reference::VlanTag> vlan = {};
  uint16_t csum_start = 0, csum_offset = 0;

  uint64_t frames() const;  // of a job
  uint64_t longest_frame() const;
};

struct Workload {
  Config config = Config::kWide;
  unsigned latency = 100;  // cycles
  bool reorder = false;    // beats of different reads mix, each read up to a quarter later
  unsigned queues = 1;
  vmso_kind kind = VMSO_KIND_TCP_SEG;  // or VMSO_KIND_FRAME
  uint32_t job_bytes = 65160;          // payload of a job; a plain frame: the whole frame
  uint16_t mss = 1448;
  unsigned fragments = 1;               // buffers of a job
  bool fewer_fragments = false;         // 1..fragments of them, drawn for each warm job
  std::vector<JobShape> shapes = {};    // each queue's jobs in turn, instead of the five above
  std::optional<unsigned> offset = {};  // of each buffer in its first page; default odd, random
  SpaceOptions space = {};              // of the process: format and page size
  // Cold: every job has memory that nobody has looked at, in a region of its own: an entry of the
  // lowest upper level, nearly always one of the root, too. Warm: the jobs of a queue take turns on
  // the memory of `variants` jobs that were sent before.
  bool cold = false;
  unsigned variants = 4;
  uint64_t frames = 1500;  // at least
  uint64_t seed = 1;
  WaveOptions wave = {};
  RecordFiles files = {};
  const volatile std::sig_atomic_t *stop = nullptr;
};

// Share of cycles, 0..1, in which a stage worked, was held up by what is behind it, and had nothing
// to do.
struct Stage {
  std::string name;
  double busy = 0, blocked = 0, starved = 0;
};

// Means per frame; `cycles` is the distance of last beats on the wire.
struct Rates {
  double cycles = 0;
  double wire_beats = 0, read_beats = 0;  // what was there
  double needed_read_beats = 0;  // what a perfect engine has to read: payload by segment, slots,
                                 // templates; the page-table lines are those that were read
  double limit() const { return wire_beats > needed_read_beats ? wire_beats : needed_read_beats; }
  const char *bound() const { return wire_beats >= needed_read_beats ? "wire beats" : "R beats"; }
  double table_reads_per_job = 0;
  uint64_t table_reads = 0, payload_bytes = 0;  // of the whole run, warm-up included
  uint64_t frames = 0;                          // that were counted
  uint64_t simulated_cycles = 0;                // of the whole run
  double seconds = 0;                           // that stepping them took
  std::vector<Stage> stages;
};

Rates measure(const Workload &workload);

// What the first job is to find in the engine's caches.
enum class Known {
  kAll,       // its page
  kPointers,  // the table that its page's entry stands in, but no line of it
  kNothing
};

// Doorbell (its write is taken) to first beat on the wire, engine idle and warm.
struct Lone {
  double cycles = 0;
  unsigned slot_beats = 0, read_beats = 0;
};
Lone measure_lone(const Workload &workload, Known known = Known::kAll);

}  // namespace vmso::bench
