// SPDX-License-Identifier: Apache-2.0
// Soft reset beside traffic: what stands on the stream port is not withdrawn, a frame that has
// begun leaves whole, none begins any more, and the reset itself waits for reads, writes and that
// frame.
#include <random>

#include "Vvmso_soft_reset.h"
#include "unit_bench.hpp"

using vmso::unit::UnitBench;

namespace {

// The engine's side of the stream, the bus and a MAC; keeps apart what must be true.
struct Traffic {
  UnitBench<Vvmso_soft_reset> bench;
  std::mt19937 rng;
  unsigned valid_percent = 60, ready_percent = 50;
  bool in_frame = false, offered = false;  // on the port
  unsigned writes = 0, reads = 0;          // in flight
  unsigned low_cycles = 0, frames = 0, begun_while_busy = 0;
  bool new_writes = true;

  explicit Traffic(unsigned seed) : bench(int(seed)), rng(seed) {
    auto &d = bench.dut();
    d.soft_reset_pulse = d.write_taken = d.write_done = d.out_tvalid = d.out_tlast = 0;
    d.m_axis_tready = 0;
    d.reads_idle = 1;
    bench.reset();
    while (d.soft_reset_busy) bench.tick(), bench.settle();
  }
  bool chance(unsigned percent) { return rng() % 100 < percent; }

  void step(bool pulse = false) {
    auto &d = bench.dut();
    d.soft_reset_pulse = pulse;
    if (!d.out_tvalid) {
      d.out_tvalid = d.core_rst_n && chance(valid_percent);
      d.out_tlast = chance(30);
    }
    d.m_axis_tready = chance(ready_percent);
    d.write_taken = new_writes && d.core_rst_n && writes < 8 && chance(20);
    d.write_done = writes > 0 && chance(20);
    if (!d.hold_reads && chance(20)) reads++;
    if (reads > 0 && chance(20)) reads--;
    d.reads_idle = reads == 0;
    bench.settle();
    if (offered) REQUIRE(d.m_axis_tvalid);  // what was offered stands
    bool busy = d.soft_reset_busy;
    REQUIRE(d.hold_reads == busy);
    if (d.m_axis_tvalid) REQUIRE(d.out_tvalid);
    REQUIRE(bool(d.out_tready && d.out_tvalid) == bool(d.m_axis_tvalid && d.m_axis_tready));
    if (!d.core_rst_n) {
      low_cycles++;
      REQUIRE(busy);
      REQUIRE(writes + reads == 0);
      REQUIRE_FALSE(in_frame);
      REQUIRE_FALSE(d.m_axis_tvalid);
    }
    if (busy && d.m_axis_tvalid && !offered && !in_frame) begun_while_busy++;
    offered = d.m_axis_tvalid && !d.m_axis_tready;
    if (d.m_axis_tvalid && d.m_axis_tready) {
      in_frame = !d.out_tlast;
      frames += d.out_tlast;
    }
    writes = writes + d.write_taken - d.write_done;
    bool taken = d.out_tvalid && d.out_tready, reset = !d.core_rst_n;
    bench.tick();
    if (taken || reset) d.out_tvalid = 0;
  }
};

}  // namespace

TEST_CASE("A soft reset in any traffic cuts no frame and leaves nothing in flight",
          "[csr][reset]") {
  unsigned whole = 0;
  for (unsigned seed = 1; seed <= 300; seed++) {
    INFO("seed " << seed);
    Traffic t(seed);
    t.ready_percent = seed % 3 ? 50 : 10;
    t.valid_percent = seed % 2 ? 60 : 100;
    for (unsigned i = 0; i < 20 + seed % 17; i++) t.step();
    bool begun = t.in_frame || t.offered;
    unsigned frames = t.frames;
    t.low_cycles = 0;
    t.step(true);
    begun = begun || t.in_frame || t.offered;  // in the pulse's own cycle it may still begin
    t.new_writes = false;
    for (unsigned i = 0; i < 2000 && t.bench.dut().soft_reset_busy; i++) t.step();
    REQUIRE_FALSE(t.bench.dut().soft_reset_busy);
    CHECK(t.low_cycles == 8);
    CHECK(t.begun_while_busy == 0);
    if (begun) whole += t.frames > frames;
    for (unsigned i = 0; i < 100; i++) t.step();
    CHECK(t.frames > frames);  // it goes on
  }
  CHECK(whole > 100);
}

TEST_CASE("A soft reset waits for a beat that a stopped MAC does not take", "[csr][reset]") {
  Traffic t(7);
  t.ready_percent = 0;
  t.valid_percent = 100;
  for (int i = 0; i < 50; i++) t.step();
  REQUIRE(t.offered);
  t.step(true);
  t.new_writes = false;
  for (int i = 0; i < 500; i++) t.step();
  CHECK(t.low_cycles == 0);
  CHECK(t.bench.dut().soft_reset_busy);
  t.ready_percent = 100;
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
