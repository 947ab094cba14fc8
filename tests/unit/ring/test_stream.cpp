// SPDX-License-Identifier: Apache-2.0
// Further slots that were prefetched: they are read once and reach their job's chain, whatever
// stops the queue meanwhile, and wherever in a batch or in the ring the job lies.
#include <algorithm>

#include "ring_rig.hpp"

using namespace vmso::ring_test;

namespace {

Slot of_slots(unsigned n) {
  Slot s;
  s.slots = n;
  return s;
}

// Slots read per slot posted while jobs of 1..most slots stream through `queues` queues.
template <typename R>
double reads_per_slot(R &rig, unsigned queues, unsigned latency, unsigned most) {
  rig.knobs.latency = latency;
  rig.knobs.jitter = 0;
  rig.knobs.reorder = false;
  rig.knobs.ready = rig.knobs.issue = rig.knobs.leave = rig.knobs.end = rig.knobs.pop = 1;
  rig.knobs.part = 0;
  rig.knobs.consume = 1;
  rig.knobs.free_delay = 0;
  for (unsigned q = 0; q < queues; q++) {
    rig.setup(q, 8, 8);
    rig.do_command(q, kEnable);
  }
  auto go = [&](unsigned cycles) {
    for (unsigned i = 0; i < cycles; i++) {
      if (i % 64 == 0) {
        for (unsigned q = 0; q < queues; q++) {
          if (rig.queues[q].posted - rig.queues[q].freed > 128) continue;
          while (rig.post(q, of_slots(1 + rig.below(most)))) continue;
          rig.ring(q);
        }
      }
      rig.step();
    }
  };
  go(14000);
  drain(rig, 1000000);  // so that all that was read was loaded
  unsigned slots = 0;
  for (auto &load : rig.loads) slots += load.slots;
  REQUIRE(slots > 1000);
  return double(rig.slot_reads_slots) / slots;
}

template <typename R>
void check_reads(unsigned most, std::initializer_list<unsigned> queue_counts) {
  for (unsigned queues : queue_counts) {
    for (unsigned latency : {100u, 250u}) {
      R rig(int(queues + latency));
      double reads = reads_per_slot(rig, queues, latency, most);
      INFO("1.." << most << " slots, " << queues << " queues, latency " << latency);
      WARN("1.." << most << " slots, " << queues << " queues, latency " << latency << ": " << reads
                 << " reads per slot");
      // more than one at the ends of batches, where another queue comes next
      CHECK(reads < 1.07);
    }
  }
}

// Jobs of several slots; a command meets them in every cycle from the doorbell on.
template <typename R>
void commands_at_every_offset(unsigned cmd, unsigned slots, int seed) {
  R rig(seed);
  rig.setup(0, 6, 6);
  rig.setup(1, 6, 6);
  rig.knobs.jitter = 10;
  rig.knobs.unload = 0.5;
  rig.do_command(0, kEnable);
  rig.do_command(1, kEnable);
  for (unsigned offset = 0; offset < 140; offset++) {
    INFO("command " << cmd << ", " << offset << " cycles after the doorbell");
    for (unsigned i = 0; i < 6; i++) {
      rig.post(0, of_slots(slots));
      rig.post(1, of_slots(1 + i % slots));
    }
    rig.ring(0);
    rig.ring(1);
    rig.run(offset);
    rig.do_command(0, cmd);
    if (cmd == kReset) {
      rig.setup(0, 6, 6);
    } else {
      rig.rewrite(0);  // what was prefetched before must not be used
    }
    rig.command(0, kEnable);
    rig.post(0, of_slots(slots));
    rig.ring(0);
    rig.wait_done(0);
    if (offset % 2) drain(rig, 1000000);
  }
  drain(rig, 1000000);
}

}  // namespace

TEST_CASE("Slots of jobs of any length are read once", "[ring][stream]") {
  check_reads<WideRig>(2, {1, 4, 64});
  check_reads<DefaultRig>(2, {1, 4});
  check_reads<SmallRig>(2, {1, 4});
  check_reads<WideRig>(5, {1});
}

TEST_CASE("A queue stops while slots are streamed, in every cycle", "[ring][stream]") {
  for (unsigned cmd : {kReset, kStop}) {
    commands_at_every_offset<DefaultRig>(cmd, 3, 61);
    commands_at_every_offset<WideRig>(cmd, 5, 62);
    commands_at_every_offset<SmallRig>(cmd, 2, 63);
  }
}

TEST_CASE("Each further slot may be in error, streamed or read", "[ring][stream]") {
  for (unsigned resp = 1; resp <= 2; resp++) {  // of a beat; the others end a burst
    for (unsigned at = 1; at < 16; at++) {
      for (unsigned slots : {2u, 4u, 7u}) {
        if (at % slots == 0) continue;  // a first slot
        INFO("slot " << at << " of jobs of " << slots << ", resp " << resp);
        DefaultRig rig{int(at)};
        rig.setup(1, 5, 5);
        rig.do_command(1, kEnable);
        for (int i = 0; i < 4; i++) rig.post(1, of_slots(1));  // batches grow
        rig.ring(1);
        drain(rig, 1000000);
        for (unsigned n = 0; n + slots <= 16; n += slots) rig.post(1, of_slots(slots));
        rig.bad_lines[rig.queues[1].base + 64ull * (4 + at)] = resp;  // checked by the rig
        rig.ring(1);
        drain(rig, 1000000);
        CHECK(rig.state(1) == kRun);
      }
    }
  }
}

// Reads of killed jobs come home long after; the entries have new jobs by then, whose slots lie in
// the prefetch store already.
TEST_CASE("Late reads of killed jobs spoil no slot of the next one", "[ring][stream]") {
  for (int seed = 71; seed < 79; seed++) {
    INFO("seed " << seed);
    SmallRig rig(seed);
    rig.knobs.latency = 100;
    rig.knobs.jitter = 600;
    rig.knobs.issue = 0.2;
    rig.knobs.free_delay = 0;
    rig.knobs.unload = 1;
    for (unsigned q = 0; q < 4; q++) {
      rig.setup(q, 6, 6);
      rig.do_command(q, kEnable);
    }
    for (int round = 0; round < 60; round++) {
      for (unsigned q = 0; q < 4; q++) {
        while (rig.post(q, of_slots(1 + rig.below(9)))) continue;
        rig.ring(q);
      }
      rig.run(rig.below(400));
      unsigned q = rig.below(4);
      rig.do_command(q, rig.below(2) ? kStop : kReset);
      if (rig.state(q) == kOff) {
        rig.setup(q, 6, 6);
      } else {
        rig.rewrite(q);
      }
      rig.do_command(q, kEnable);
    }
    drain(rig, 1000000);
  }
}
