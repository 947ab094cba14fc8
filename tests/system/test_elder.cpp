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
uint64_t fence(System &s, vmso_fence_kind kind = VMSO_FENCE_CONTEXT, unsigned process = 0) {
  const uint64_t from = s.now();
  uint16_t number = 0;
  s.check(vmso_fence_start(&s.device(), kind, s.context_of(s.process(process)), 0, ~0ull, &number),
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
           {"default", 1, 64, 500, 350000},
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
    CHECK(s.sink.frames == frames);
    s.drain();
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("A bystander gets on beside a crowd that fences", "[fence][elder]") {
  // ten jobs alone take 21500 cycles; of all 16 walk slots a sixtieth is its share, and half while
  // there is an elder
  const Crowd c{"default", 60, 1, 500, 250000};
  auto o = crowd(0xe1de1, c);
  o.owners[0] = 1;
  VMSO_SAY_HOW(o);
  System s(o);
  for (unsigned q = 1; q < c.queues; q++) s.post(q, scattered());
  for (int i = 0; i < 10; i++) s.post(0, tcp_job(60000));
  const uint64_t from = s.now();
  while (s.completions(0).size() < 10 && s.now() - from < c.bound) {
    fence(s);
    s.steps(c.gap);
  }
  UNSCOPED_INFO(s.now() - from << " cycles");
  CHECK(s.completions(0).size() == 10);
  s.drain();
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("Fences of a crowd wait for walks and for nothing else", "[fence][elder]") {
  for (const char *config : kConfigs) {
    for (unsigned why : {0u, 1u}) {  // the MAC takes nothing; every frame has an absent page
      Crowd c{config, 4, 3, 0, 0};
      auto o = crowd(0xe1de2 + why, c);
      VMSO_SAY_HOW(o);
      INFO(config << ", " << (why ? "faults" : "MAC"));
      if (why) {
        o.park = true;
        o.log2_faults = 5;
      }
      System s(o);
      if (why) s.allowed_sticky = kFaultBits;
      s.sink.hold = why == 0;
      std::vector<Absent> absent;
      for (unsigned q = 0; q < c.queues; q++) {
        if (why) absent.push_back(park(s, q));
        for (unsigned i = 0; i < c.jobs; i++) s.post(q, why ? scattered() : tcp_job(60000));
      }
      uint64_t longest = 0;
      for (int i = 0; i < 100; i++) {
        longest = std::max(longest, fence(s));
        s.steps(unsigned(i) % 7 * 50);
      }
      // 32 runs in rounds of four walks, four reads each, once more as a fence may kill each,
      // beside others; by far less in fact
      UNSCOPED_INFO("longest " << longest);
      CHECK(longest < 6000);
      s.sink.hold = false;
      for (unsigned q = 0; q < absent.size(); q++) {
        mend(s, absent[q]);
        s.check(vmso_queue_retry(&s.device(), q), "retry");
      }
      s.drain();
      VMSO_CHECK_CLEAN(s);
    }
  }
}

// A frame that waits for room holds the turn of all who come behind it, so what is translated may
// have to wait for a whole frame, or two, before it is looked at: as long as a fence waits for it.
TEST_CASE("A fenced queue gets on beside one that fills the wire", "[fence][elder]") {
  struct Wire {
    const char *config;
    unsigned gap, fenced, jumbo;
    const char *backpressure;
  };
  for (const Wire &c : {Wire{"default", 500, 1, 1, "none"}, Wire{"default", 700, 1, 1, "none"},
                        Wire{"small", 400, 1, 1, "none"}, Wire{"small", 800, 1, 1, "none"},
                        Wire{"wide", 500, 1, 1, "none"}, Wire{"default", 500, 8, 1, "none"},
                        Wire{"default", 500, 1, 8, "none"}, Wire{"default", 300, 1, 1, "1of:8"}}) {
    SystemOptions o = options(0x9a0, c.config);
    o.queues = c.fenced + c.jumbo;
    o.processes = 2;
    o.owners = std::vector<unsigned>(o.queues, 1);
    std::fill_n(o.owners.begin(), c.fenced, 0u);
    o.read.latency = 250;
    o.backpressure = c.backpressure;
    o.keep_frames = false;
    VMSO_SAY_HOW(o);
    INFO(c.config << " gap " << c.gap << ", " << c.fenced << " fenced, " << c.jumbo << " jumbo "
                  << c.backpressure);
    System s(o);
    const std::vector<uint8_t> bytes = pattern(60000, 5);
    const UserBuffer place = s.process(1).place(bytes);
    JobSpec wide = tcp_job(1, 8900);
    wide.payload.clear();
    wide.view = bytes;
    wide.placed = {place};
    while (s.now() < 120000) {
      for (unsigned q = 0; q < o.queues; q++) {
        while (s.scoreboard.open(q) < 2) s.post(q, q < c.fenced ? tcp_job(61) : wide);
      }
      fence(s);
      s.steps(c.gap);
    }
    size_t least = ~size_t{0}, others = 0;
    for (unsigned q = 0; q < c.fenced; q++) least = std::min(least, s.completions(q).size());
    for (unsigned q = c.fenced; q < o.queues; q++) others += s.completions(q).size();
    fmt::print("{} gap {}, {} fenced and {} jumbo queues {}: {} jobs of the slowest, {}\n",
               c.config, c.gap, c.fenced, c.jumbo, c.backpressure, least, others);
    CHECK(least > 2);
    CHECK(others > 2);
    s.drain();
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("What the elder asks for again finds a walk slot", "[fence][elder]") {
  auto o = options(0x570);
  o.queues = 4;
  o.processes = 2;
  o.owners = {1, 0, 0, 0};
  o.read.latency = 187;
  o.space.format = VMSO_FORMAT_SV57;
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  JobSpec many = tcp_job(91);
  many.cuts = std::vector<uint32_t>(31, 1);
  many.cuts.back() = 61;
  Random random(7, "storm");
  for (unsigned i = 0; i < 60; i++) {
    for (unsigned q = 1; q < 4; q++) {
      while (s.scoreboard.open(q) < 3) s.post(q, many);
    }
    while (s.scoreboard.open(0) < 2) s.post(0, tcp_job(20000));
    s.steps(1 + random.below(600));
    fence(s, VMSO_FENCE_CONTEXT, 1);
    s.step();
  }
  s.drain();
  VMSO_CHECK_CLEAN(s);
}

}  // namespace vmso::test
