// SPDX-License-Identifier: Apache-2.0
// Frames of many pages beside fences that follow closely. A frame needs all of its pages translated
// at once and each fence of its context takes all of them back: one job at a time is helped over
// that (rtl/run/vmso_run_elder.sv).
#include "park_test.hpp"

namespace vmso::test {
namespace {

constexpr unsigned kPieces = 12;

struct Crowd {
  const char *config;
  unsigned queues, jobs;  // jobs: of each queue
  unsigned gap;           // cycles from a fence that is done to the next one
  uint64_t bound;         // cycles until all frames are sent
  vmso_fence_kind kind = VMSO_FENCE_CONTEXT;
};

SystemOptions crowd(uint64_t fixed_seed, const Crowd &c) {
  SystemOptions o = options(fixed_seed, c.config);
  o.queues = c.queues;
  o.processes = 2;
  o.owners = std::vector<unsigned>(c.queues, 0);
  o.read.latency = 250;
  return o;
}
// One frame from a dozen pages, each in another line of tables.
JobSpec scattered() {
  JobSpec j = tcp_job(70);
  j.cuts = std::vector<uint32_t>(kPieces, 1);
  j.cuts.back() = 70 - (kPieces - 1);
  return j;
}
// The cycles that the fence took.
uint64_t fence(System &s, vmso_fence_kind kind = VMSO_FENCE_CONTEXT) {
  const uint64_t from = s.now();
  uint16_t number = 0;
  s.check(vmso_fence_start(&s.device(), kind, s.context_of(s.process()), 0, ~0ull, &number),
          "start");
  s.check(vmso_fence_wait(&s.device(), number), "wait");
  return s.now() - from;
}

}  // namespace

TEST_CASE("Frames of many pages leave, however closely fences follow", "[fence][elder]") {
  for (const Crowd &c : std::initializer_list<Crowd>{
           {"small", 4, 1, 500, 15000},
           {"small", 4, 1, 0, 20000},
           {"small", 1, 12, 500, 60000},
           {"small", 4, 8, 100, 150000, VMSO_FENCE_ALL},
           {"default", 60, 1, 2000, 150000},
           {"default", 60, 1, 0, 180000, VMSO_FENCE_RANGE},
           {"wide", 60, 1, 2000, 110000},
           {"default", 1, 64, 500, 1000000},
           {"default", 4, 16, 500, 1000000},
           {"wide", 4, 32, 500, 1000000},
       }) {
    auto o = crowd(0xe1de0, c);
    VMSO_SAY_HOW(o);
    INFO(c.config << ", " << c.queues << " queues of " << c.jobs << " jobs, gap " << c.gap);
    System s(o);
    for (unsigned q = 0; q < c.queues; q++) {
      for (unsigned i = 0; i < c.jobs; i++) s.post(q, scattered());
    }
    const unsigned frames = c.queues * c.jobs;
    const uint64_t from = s.now();
    uint64_t longest = 0, fences = 0;
    while (s.sink.frames < frames && s.now() - from < c.bound) {
      longest = std::max(longest, fence(s, c.kind));
      fences++;
      s.steps(c.gap);
    }
    UNSCOPED_INFO(s.now() - from << " cycles, " << fences << " fences, the longest " << longest);
    if (std::getenv("VMSO_FIGURES"))
      WARN(c.config << " " << c.queues << " x " << c.jobs << ", gap " << c.gap << ": "
                    << s.sink.frames << " frames, " << s.now() - from << " cycles, " << fences
                    << " fences, the longest " << longest);
    CHECK(s.sink.frames == frames);
    s.drain();
    VMSO_CHECK_CLEAN(s);
  }
}
}  // namespace vmso::test
