// SPDX-License-Identifier: Apache-2.0
// Nobody stops anybody: commands, registers, unloads and errors of one queue, one case each, small
// enough to look at. What is promised under attack is in test_hostile.cpp, what it costs in
// `vmso bench fair`.
#include "hostile_run.hpp"

namespace vmso::test {
namespace {

constexpr uint64_t kPatience = 60000;     // cycles, then it is never
constexpr uint64_t kSlowestAccess = 200;  // cycles of any register access

double timed(System &s, unsigned queue, vmso_queue_cmd cmd, enum vmso_queue_state state) {
  return command(s, queue, cmd, state, kPatience, [&] { s.step(); });
}

uint64_t slowest(System &s) { return std::max(s.bus.slowest, s.bus.under_way(s.now())); }

JobSpec quiet(JobSpec spec) {
  spec.doorbell = false;
  return spec;
}

// Bursts that the engine asked for in a queue's ring from a cycle on.
size_t ring_reads_since(System &s, unsigned queue, uint64_t from) {
  uint64_t first = s.ring_address(queue);
  uint64_t last = first + (uint64_t{64} << s.options().log2_slots) - 1;
  return size_t(std::ranges::count_if(s.reads.records, [&](const ReadRecord &r) {
    return r.ar >= from && r.addr >= first && r.addr <= last;
  }));
}

}  // namespace

// ---- unload

TEST_CASE("STOP of a queue with cold pieces does not silence the others", "[liveness][unload]") {
  for (const char *config : {"default", "wide"}) {
    HostileOptions o;
    o.system = options(0xb00, config);
    o.system.read.latency = config == std::string("wide") ? 250 : 100;
    o.system.queues = 2;
    o.attacks = {"stop_cold_32"};
    o.cycles = 60000;
    VMSO_SAY_HOW(o.system);
    INFO(config);
    HostileRun run(o);
    CHECK(run.run().longest_silence <= 2 * o.system.read.latency + 1000);
  }
}

// ---- commands

TEST_CASE("RESET of one of three failing queues and STOP beside eight end in time",
          "[liveness][command]") {
  for (unsigned failing : {3u, 8u}) {
    HostileOptions o;
    o.system = options(0xb02, "default");
    o.system.queues = failing + 1;
    o.attacks.assign(failing, "all_fault");
    o.cycles = 5000;
    VMSO_SAY_HOW(o.system);
    INFO(failing << " failing queues");
    HostileRun run(o);
    run.run();
    System &s = run.system();
    CHECK(timed(s, 0, VMSO_CMD_STOP, VMSO_QUEUE_STOPPED) <= command_bar(o.system));
    CHECK(timed(s, 1, VMSO_CMD_RESET, VMSO_QUEUE_OFF) <= command_bar(o.system));
    CHECK(slowest(s) <= kSlowestAccess);
  }
}

TEST_CASE("STOP behind a fence does not wait for the look-ups of all others",
          "[liveness][command]") {
  bench::CellOptions o;  // 64 queues of one address space, some thousand runs to be translated anew
  o.config = Config::kWide;
  o.queues = 64;
  o.honest = bench::honest_loads()[0];
  bench::Cell c = bench::run_cell(o);
  CHECK(c.trouble == "");
  CHECK(c.commands.stop <= o.command_bar());
  CHECK(c.commands.reset <= o.command_bar());
  CHECK(c.commands.fence <= o.command_bar());
}

TEST_CASE("Commands of many queues never make a register wait", "[liveness][command]") {
  HostileOptions o;
  o.system = options(0xb03, "default");
  o.system.queues = 40;
  o.attacks.assign(3, "all_fault");
  o.cycles = 5000;
  VMSO_SAY_HOW(o.system);
  HostileRun run(o);
  run.run();
  System &s = run.system();
  for (unsigned q = 0; q < 30; q++) {
    s.bus.write(0, VMSO_REG_QUEUE(q) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_STOP);
  }
  for (unsigned i = 0; i < kPatience && s.bus.waiting(0) > 0; i++) s.step();
  CHECK(s.bus.waiting(0) == 0);
  CHECK(slowest(s) <= kSlowestAccess);
}

TEST_CASE("At OFF nothing of the queue is on the bus and nothing follows", "[liveness][command]") {
  size_t writes = 0, reads = 0, later = 0;
  for (const char *config : {"small", "wide"}) {
    for (unsigned cycles = 5; cycles < 1200; cycles = cycles * 5 / 4 + 3) {
      auto o = options(0xb04, config);
      o.write.latency = 500;
      o.record = true;
      VMSO_SAY_HOW(o);
      System s(o);
      for (unsigned i = 0; i < 250; i++) s.post(0, quiet(frame_job(64)));
      s.doorbell(0);
      s.steps(cycles);
      timed(s, 0, VMSO_CMD_RESET, VMSO_QUEUE_OFF);
      uint64_t off = s.now(), records = s.completion_address(0), ring = s.ring_address(0);
      writes += s.writes.open_in(records, records + (uint64_t{32} << o.log2_completions) - 1);
      reads += s.reads.open_in(ring, ring + (uint64_t{64} << o.log2_slots) - 1);
      s.steps(3000);
      later += ring_reads_since(s, 0, off);
      for (const WriteRecord &r : s.writes.records) later += r.at > off;
    }
  }
  CHECK(writes == 0);
  CHECK(reads == 0);
  CHECK(later == 0);
}

TEST_CASE("A long drain of one queue does not hold up STOP of an idle one", "[liveness][command]") {
  auto o = options(0xb05, "small");
  o.queues = 2;
  o.backpressure = "1of:50";
  VMSO_SAY_HOW(o);
  System s(o);
  s.post(0, tcp_job(60000));
  s.steps(3000);
  s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_STOP);
  CHECK(timed(s, 1, VMSO_CMD_STOP, VMSO_QUEUE_STOPPED) <= command_bar(o));
}

TEST_CASE("STATE shows OFF only when RESET was carried out though the MAC stands still",
          "[liveness][command]") {
  auto o = options(0xb06, "small");
  o.queues = 2;
  o.record = true;
  VMSO_SAY_HOW(o);
  System s(o);
  s.restart_queue(1);
  CHECK(timed(s, 1, VMSO_CMD_RESET, VMSO_QUEUE_OFF) < kPatience);
  s.sink.hold = true;
  for (unsigned i = 0; i < 4; i++) s.post(0, tcp_job(20000));
  s.steps(2000);
  s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_STOP);  // waits for the MAC
  s.steps(20);
  s.write32(VMSO_REG_DOORBELL(1) + VMSO_REG_DOORBELL_PRODUCER, 4);
  s.write32(VMSO_REG_QUEUE(1) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_ENABLE);
  s.write32(VMSO_REG_DOORBELL(1) + VMSO_REG_DOORBELL_PRODUCER, 4);
  CHECK(timed(s, 1, VMSO_CMD_RESET, VMSO_QUEUE_OFF) <= command_bar(o));
  uint64_t off = s.now();
  s.steps(100);
  s.sink.hold = false;
  s.steps(3000);
  CHECK(ring_reads_since(s, 1, off) == 0);
}

TEST_CASE("Behind ENABLE and STOP no frame follows STOPPED", "[liveness][command]") {
  auto o = options(0xb0a, "small");
  o.queues = 2;
  o.backpressure = "1of:3";
  VMSO_SAY_HOW(o);
  System s(o);
  for (unsigned i = 0; i < 12; i++) s.post(i % 2, tcp_job(60000));
  unsigned frames = 0;
  s.on_frame = [&](const StreamFrame &frame) { frames += frame.queue == 1; };
  unsigned after = 0;
  for (unsigned i = 0; i < 10; i++) {
    timed(s, 1, VMSO_CMD_STOP, VMSO_QUEUE_STOPPED);
    s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, i % 2 ? VMSO_CMD_ENABLE : VMSO_CMD_STOP);
    s.write32(VMSO_REG_QUEUE(1) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_ENABLE);
    s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, i % 2 ? VMSO_CMD_STOP : VMSO_CMD_ENABLE);
    timed(s, 1, VMSO_CMD_STOP, VMSO_QUEUE_STOPPED);
    frames = 0;
    s.steps(3000);
    after += frames;
  }
  CHECK(after == 0);
}

TEST_CASE("A stopped MAC holds up only what waits for it", "[liveness][command]") {
  auto o = options(0xb07, "default");
  o.queues = 40;
  VMSO_SAY_HOW(o);
  System s(o);
  s.access_budget = kPatience;
  s.sink.hold = true;
  for (unsigned q = 0; q < 20; q++) s.post(q, tcp_job(20000));
  s.steps(4000);
  s.bus.slowest = 0;
  for (unsigned q = 0; q < 20; q++) {
    s.bus.write(0, VMSO_REG_QUEUE(q) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_STOP);
  }
  for (unsigned i = 0; i < kPatience && s.bus.waiting(0) > 0; i++) s.step();
  CHECK(slowest(s) <= kSlowestAccess);
  REQUIRE(s.bus.waiting(0) == 0);
  CHECK(timed(s, 30, VMSO_CMD_STOP, VMSO_QUEUE_STOPPED) <= command_bar(o));  // nothing on chip
  CHECK(timed(s, 5, VMSO_CMD_RESET, VMSO_QUEUE_OFF) <= command_bar(o));      // frames not begun
}

TEST_CASE("After RESET the indices read 0", "[liveness][command]") {
  auto o = options(0xb08, "wide");
  o.read.latency = 250;
  VMSO_SAY_HOW(o);
  System s(o);
  unsigned wrong = 0;
  for (unsigned i = 0; i < 20; i++) {
    for (unsigned k = 0; k < 250; k++) s.post(0, quiet(frame_job(64)));
    s.doorbell(0);
    s.steps(100 + 17 * i);
    timed(s, 0, VMSO_CMD_RESET, VMSO_QUEUE_OFF);
    wrong += s.read32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_INDICES) != 0;
    s.restart_queue(0);
  }
  CHECK(wrong == 0);
}

TEST_CASE("Queue registers stand still behind an ENABLE that waits", "[liveness][command]") {
  auto o = options(0xb09, "small");
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  CHECK(timed(s, 1, VMSO_CMD_RESET, VMSO_QUEUE_OFF) < kPatience);
  s.sink.hold = true;
  for (unsigned i = 0; i < 4; i++) s.post(0, tcp_job(20000));
  s.steps(2000);
  s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_STOP);
  s.write32(VMSO_REG_QUEUE(1) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_ENABLE);
  uint32_t base = VMSO_REG_QUEUE(1) + VMSO_REG_QUEUE_RING_BASE, old = s.read32(base);
  s.write32(base, old + 64);
  s.write32(base + 4, 0);
  CHECK(s.read32(base) == old);
}

}  // namespace vmso::test
