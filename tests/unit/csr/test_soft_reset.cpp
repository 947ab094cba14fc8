// SPDX-License-Identifier: Apache-2.0
// Soft reset beside traffic: no frame begins any more, and the reset itself waits for reads, writes
// and what is not whole in the output FIFO yet. What the wire sees of it is the test of out and the
// system's: here is the order of its steps.
#include <random>

#include "Vvmso_soft_reset.h"
#include "unit_bench.hpp"

using vmso::unit::UnitBench;

namespace {

// The engine's side of the bus, and out with a MAC that may stand still; keeps apart what must be
// true.
struct Traffic {
  UnitBench<Vvmso_soft_reset> bench;
  std::mt19937 rng;
  unsigned begin_percent = 60, beat_percent = 50;
  unsigned beats_left = 0;         // of the frame that out has begun, on the way into its FIFO
  unsigned writes = 0, reads = 0;  // in flight
  unsigned low_cycles = 0, frames = 0;
  bool new_writes = true;

  explicit Traffic(unsigned seed) : bench(int(seed)), rng(seed) {
    auto &d = bench.dut();
    d.soft_reset_pulse = d.write_taken = d.write_done = 0;
    d.reads_idle = d.frames_whole = 1;
    bench.reset();
    while (d.soft_reset_busy) bench.tick(), bench.settle();
  }
  bool chance(unsigned percent) { return rng() % 100 < percent; }

  void step(bool pulse = false) {
    auto &d = bench.dut();
    d.soft_reset_pulse = pulse;
    d.write_taken = new_writes && d.core_rst_n && writes < 8 && chance(20);
    d.write_done = writes > 0 && chance(20);
    if (!d.hold_reads && chance(20)) reads++;
    if (reads > 0 && chance(20)) reads--;
    d.reads_idle = reads == 0;
    d.frames_whole = beats_left == 0;
    bench.settle();
    bool busy = d.soft_reset_busy;
    REQUIRE(d.hold_reads == busy);
    REQUIRE(d.hold_frames == busy);
    if (!d.core_rst_n) {
      low_cycles++;
      REQUIRE(busy);
      REQUIRE(writes + reads == 0);
      REQUIRE(beats_left == 0);
    }
    writes = writes + d.write_taken - d.write_done;
    if (beats_left == 0) {
      if (!d.hold_frames && chance(begin_percent)) beats_left = 1 + rng() % 6;
    } else if (chance(beat_percent)) {
      frames += --beats_left == 0;
    }
    bench.tick();
  }
};

}  // namespace

TEST_CASE("A soft reset in any traffic cuts no frame and leaves nothing in flight",
          "[csr][reset]") {
  unsigned whole = 0;
  for (unsigned seed = 1; seed <= 300; seed++) {
    INFO("seed " << seed);
    Traffic t(seed);
    t.beat_percent = seed % 3 ? 50 : 10;
    t.begin_percent = seed % 2 ? 60 : 100;
    for (unsigned i = 0; i < 20 + seed % 17; i++) t.step();
    t.low_cycles = 0;
    t.step(true);
    bool begun = t.beats_left != 0;  // in the pulse's own cycle it may still begin
    unsigned frames = t.frames;
    t.new_writes = false;
    for (unsigned i = 0; i < 2000 && t.bench.dut().soft_reset_busy; i++) t.step();
    REQUIRE_FALSE(t.bench.dut().soft_reset_busy);
    CHECK(t.low_cycles == 8);
    CHECK(t.frames == frames + begun);
    whole += begun;
    frames = t.frames;
    for (unsigned i = 0; i < 200; i++) t.step();
    CHECK(t.frames > frames);  // it goes on
  }
  CHECK(whole > 100);
}

TEST_CASE("A soft reset waits for a frame that a stopped MAC has not let into the FIFO whole",
          "[csr][reset]") {
  Traffic t(7);
  t.beat_percent = 0;
  t.begin_percent = 100;
  for (int i = 0; i < 50; i++) t.step();
  REQUIRE(t.beats_left != 0);
  t.step(true);
  t.new_writes = false;
  for (int i = 0; i < 500; i++) t.step();
  CHECK(t.low_cycles == 0);
  CHECK(t.bench.dut().soft_reset_busy);
  t.beat_percent = 100;
  for (int i = 0; i < 200; i++) t.step();
  CHECK(t.low_cycles == 8);
  CHECK_FALSE(t.bench.dut().soft_reset_busy);
}

// The engine is a cycle behind: what it offers as the reset begins is still taken by the port.
TEST_CASE("A soft reset lets no write slip out as it begins", "[csr][reset]") {
  for (unsigned seed = 1; seed <= 300; seed++) {
    INFO("seed " << seed);
    Traffic t(seed);
    for (unsigned i = 0; i < 20 + seed % 17; i++) t.step();
    t.low_cycles = 0;
    t.step(true);  // ends of the last frames are written meanwhile
    for (unsigned i = 0; i < 4000 && t.bench.dut().soft_reset_busy; i++) t.step();
    REQUIRE_FALSE(t.bench.dut().soft_reset_busy);
    CHECK(t.low_cycles == 8);
  }
}
