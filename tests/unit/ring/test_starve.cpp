// SPDX-License-Identifier: Apache-2.0
// Queues that wait while others hold what they need for as long as their jobs take.
#include "ring_rig.hpp"

using namespace vmso::ring_test;

namespace {

template <typename R>
void open(R &rig, unsigned q, std::initializer_list<unsigned> payloads) {
  if (rig.state(q) == kOff) {
    rig.setup(q, 5, 5);
    rig.do_command(q, kEnable);
  }
  for (unsigned payload : payloads) rig.post(q, tcp(payload));
  rig.ring(q);
  rig.run(300);
}
// Queues with long jobs hold all entries that are not kept for idle ones, but one that A has, with
// more short jobs behind.
void hold_all_entries(WideRig &rig, unsigned a) {
  rig.knobs.part = 0;
  rig.knobs.jitter = 0;
  rig.knobs.issue = 1;
  for (int i = 0; i < 3; i++) open(rig, a, {100, 100, 100, 100, 100, 100, 100, 100});
  drain(rig);
  rig.knobs.issue = 0;
  const size_t before = rig.loads.size();
  for (unsigned q = 0; rig.loads.size() < before + 123; q++) open(rig, q, {15000000});
  for (int i = 0; i < 8; i++) rig.post(a, tcp(100));
  rig.ring(a);
  rig.run(300);
  REQUIRE(rig.loads.size() == before + 124);
}

}  // namespace

// A's batch is put aside while its first job holds an entry; that entry goes to B. A holds none,
// waits, and is not counted.
TEST_CASE("A queue that waits counts as soon as it holds no entry", "[ring][preempt]") {
  unsigned reached = 0;
  for (unsigned delay = 0; delay < 60; delay += 7) {
    WideRig rig(1);
    rig.knobs.free_delay = 60;
    const unsigned a = 200, b = 201;
    hold_all_entries(rig, a);
    open(rig, b, {200000, 200000});
    CHECK(rig.dut().entry_wanted);
    rig.run(delay);
    rig.knobs.only = a;  // frames of A only: as many as it has loaded
    rig.knobs.issue = 1;
    rig.run(4000);
    if (rig.queues[a].jobs.empty()) continue;
    reached++;
    INFO("delay " << delay << ": A has " << rig.queues[a].jobs.size() << " jobs, holds "
                  << rig.queues[a].held << ", B holds " << rig.queues[b].held);
    CHECK(rig.queues[a].held == 0);
    CHECK(rig.dut().entry_wanted);  // so somebody has to give an entry
  }
  CHECK(reached > 0);
}

// Queues with a long job and short ones behind it keep a prefetch block each for as long as the
// long job takes. A queue that holds nothing waits for a block.
TEST_CASE("Queues that wait with short jobs behind a long one leave blocks to others",
          "[ring][preempt]") {
  DefaultRig rig(2);
  rig.knobs.issue = 0;
  rig.knobs.part = 0;
  rig.knobs.jitter = 0;
  const unsigned victim = 50;
  for (unsigned q = 0; q < 34; q++) {
    open(rig, q, {200000, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100});
  }
  INFO("loads " << rig.loads.size());
  open(rig, victim, {100, 100, 100, 100, 100, 100, 100, 100});
  rig.knobs.only = victim;
  rig.knobs.issue = 1;
  rig.run(20000);
  for (unsigned p = 0; rig.dut().entry_wanted && p < 10; p++) {
    rig.preempt(p);
    rig.run(3000);
  }
  unsigned got = 0;
  for (auto &l : rig.loads) got += l.queue == victim;
  INFO("victim: fetched " << rig.status(victim).fetched << ", loaded "
                          << rig.queues[victim].next_load << ", holds " << rig.queues[victim].held);
  INFO("loads " << rig.loads.size() << ", victim " << got << ", entry_wanted "
                << int(rig.dut().entry_wanted));
  CHECK(got == 8);
}

// The same for one that goes on after ENABLE: no doorbell of an idle queue gives it the last block.
TEST_CASE("A queue that is enabled gets a block beside those that wait behind a long job",
          "[ring][preempt]") {
  DefaultRig rig(5);
  rig.knobs.issue = 0;
  rig.knobs.jitter = 0;
  const unsigned victim = 50;
  open(rig, victim, {100, 100});
  rig.do_command(victim, kStop, 2000);
  for (unsigned q = 0; q < 32; q++) open(rig, q, {60000});
  for (unsigned q = 0; q < 32; q++) open(rig, q, {100, 100, 100, 100, 100, 100, 100});
  REQUIRE(rig.queues[victim].loaded.empty());
  REQUIRE(rig.loads.size() == 2 + 60);  // the last four are for queues that hold none
  rig.do_command(victim, kEnable, 2000);
  rig.run(2000);
  CHECK_FALSE(rig.queues[victim].loaded.empty());
  rig.knobs.issue = 1;
  drain(rig);
}

// The same beside idle queues whose single jobs go before.
TEST_CASE("A queue that waits counts although idle queues go before it", "[ring][preempt]") {
  unsigned reached = 0;
  for (int seed = 1; seed <= 6; seed++) {
    WideRig rig(seed);
    const unsigned a = 200, b = 150;
    hold_all_entries(rig, a);
    open(rig, b, {200000, 200000});
    for (unsigned p = 300; p < 330; p++) {
      rig.setup(p, 5, 5);
      rig.do_command(p, kEnable);
    }
    rig.knobs.consume = rig.knobs.leave = rig.knobs.end = rig.knobs.ready = 1;
    rig.knobs.write = 1;
    rig.knobs.free_delay = 0;
    rig.knobs.from = 200;
    rig.knobs.issue = 1;
    for (unsigned i = 0; i < 4000; i++) {
      if (i % 2 == 0) {
        unsigned p = 300 + rig.below(30);
        if (rig.queues[p].jobs.empty() && rig.bells_rung() && rig.post(p, tcp(100))) rig.ring(p);
      }
      rig.step();
    }
    rig.run(3000);
    if (rig.queues[a].jobs.empty()) continue;
    reached++;
    INFO("seed " << seed << ": A has " << rig.queues[a].jobs.size() << " jobs, holds "
                 << rig.queues[a].held << ", B holds " << rig.queues[b].held);
    CHECK(rig.dut().entry_wanted);  // so somebody has to give an entry
  }
  CHECK(reached > 0);
}

// Four queues that give their entries at the end of their lives, each with a batch that was put
// aside behind those of queues that wait.
TEST_CASE("Queues at the end of their lives give their entries", "[ring][preempt]") {
  DefaultRig rig(4);
  rig.knobs.issue = 0;
  rig.knobs.jitter = 0;
  for (unsigned x = 0; x < 4; x++) {
    rig.setup(x, 5, 5);
    rig.do_command(x, kEnable);
    do {
      rig.do_command(x, kStop, 2000);
      rig.do_command(x, kEnable, 2000);
    } while (rig.life < 253);
  }
  for (unsigned x = 0; x < 4; x++) open(rig, x, {200000});
  unsigned q = 4;
  while (rig.loads.size() < 64) open(rig, q++, {120000, 120000});
  unsigned first = q;
  for (; q < first + 12; q++) open(rig, q, {120000, 120000});
  for (unsigned x = 0; x < 4; x++) open(rig, x, {100, 100});
  REQUIRE(rig.loads.size() == 64);
  REQUIRE(rig.dut().entry_wanted);
  for (unsigned x = 0; x < 4; x++) {
    rig.preempt(x);
    rig.run(3);
  }
  rig.run(20000);
  std::string states;
  for (unsigned x = 0; x < 4; x++) states += " " + std::to_string(rig.state(x));
  INFO("states" << states << ", loads " << rig.loads.size() << ", wanted "
                << int(rig.dut().entry_wanted) << ", life " << rig.life);
  for (unsigned x = 0; x < 4; x++) CHECK(rig.state(x) == kRun);
  CHECK(rig.dut().entry_wanted);
}

// Long and short jobs of all queues, and whoever is served in part is named.
TEST_CASE("Queues whose entries are taken again and again all end", "[ring][preempt]") {
  for (int seed = 1; seed <= 3; seed++) {
    INFO("seed " << seed);
    DefaultRig rig(seed);
    rig.knobs.issue = 0.2;
    rig.knobs.part = 0.95;
    rig.knobs.preempt = 1;
    rig.knobs.unload = 1;
    rig.knobs.consume = 1;
    for (unsigned q = 0; q < 64; q++) {
      rig.setup(q, 5, 5);
      rig.do_command(q, kEnable);
    }
    for (unsigned i = 0; i < 18750; i++) {
      const unsigned q = rig.below(64);
      if (rig.queues[q].jobs.size() < 4) {
        for (int n = 0; n < 8; n++) {
          rig.post(q, rig.chance() < 0.5 ? tcp(20000 + rig.below(80000)) : tcp(100));
        }
        rig.ring(q);
      }
      rig.run(8);
    }
    drain(rig);
    CHECK(rig.preempts > 0);
  }
}

// Commands, failures, doorbells out of range and records that cannot be written meet a preemption
// in every cycle.
TEST_CASE("A preemption meets everything in every cycle", "[ring][preempt]") {
  for (unsigned what = 0; what < 7; what++) {
    for (unsigned after = 0; after < 150; after += 13) {
      INFO("what " << what << " after " << after);
      DefaultRig rig(50 + int(after % 7));
      rig.knobs.unload = 1;
      rig.knobs.issue = 0;
      unsigned q = 0;
      for (; rig.loads.size() < 64; q++) open(rig, q, {60000, 60000});
      unsigned first = q;
      for (; q < first + 3; q++) open(rig, q, {60000, 60000});
      rig.knobs.only = 5;
      rig.knobs.part = 1;
      rig.knobs.issue = 1;
      rig.run(8);
      rig.knobs.issue = 0;
      rig.knobs.fail_from = 5;
      if (what == 0) rig.knobs.fail = 1, rig.knobs.leave = 0;
      rig.preempt(5);
      rig.run(after);
      bool dead = false;
      if (what == 0) {
        rig.knobs.leave = 1;
        rig.run(40);
        rig.knobs.fail = 0;
      } else if (what == 1) {
        rig.fail_write(5), dead = true;
      } else if (what == 2) {
        rig.spoil(5), dead = true;
      } else if (what == 3) {
        rig.command(5, kStop);
        rig.preempt(5);
        rig.command(5, kReset);
        rig.wait_done(5, 3000);
        CHECK(rig.state(5) == kOff);
        rig.setup(5, 5, 5);
        rig.command(5, kEnable);
      } else if (what == 4) {
        rig.command(5, kAbort);
        rig.wait_done(5, 3000);
      } else if (what == 5) {
        rig.command(5, kEnable);
        rig.wait_done(5, 3000);
      } else {
        rig.preempt(5);
        rig.run(3);
        rig.preempt(6);
        rig.run(2);
        rig.do_command(6, kStop, 3000);
        rig.do_command(6, kEnable, 3000);
      }
      rig.knobs.only.reset();
      rig.knobs.part = 0.3;
      if (dead) {
        for (int i = 0; i < 20000 && rig.state(5) != kError; i++) rig.step();
        CHECK(rig.state(5) == kError);
        rig.do_command(5, kReset, 3000);
      }
      // all places are free again: four can be named
      rig.run(3000);
      while (rig.dut().entry_wanted) {
        unsigned p = rig.below(first);
        rig.preempt(p);
        rig.run(1500);
        if (rig.now() > 400000) FAIL("somebody is wanted for ever");
      }
      rig.knobs.issue = 1;
      drain(rig);
      CHECK_FALSE(rig.dut().entry_wanted);
    }
  }
}
