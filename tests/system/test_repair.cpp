// SPDX-License-Identifier: Apache-2.0
// Shares, lost reads and refusals: what must hold when memory, the wire or a driver misbehaves. One
// case each.
#include "bench/cell.hpp"
#include "bench/shares.hpp"
#include "bench/workload.hpp"
#include "hostile_run.hpp"

namespace vmso::test {
namespace {

using namespace vmso::bench;

constexpr uint64_t kPatience = 60000;

double loss_beside(const char *attacker, size_t honest, Config config) {
  CellOptions o;
  o.config = config;
  o.latency = config == Config::kWide ? 250 : 100;
  o.queues = 2;
  o.honest = honest_loads()[honest];
  Cell fair = run_cell(o);
  o.attacker = attacker;
  return loss(run_cell(o), fair).judged();
}

}  // namespace

// ---- shares

TEST_CASE("A queue whose jobs all fault takes nothing from an honest stream", "[liveness][share]") {
  for (Config config : {Config::kDefault, Config::kWide}) {
    INFO(config_info(config).name);
    CHECK(loss_beside("all_fault", 0, config) < 3);
  }
}

TEST_CASE("Cold frames keep nine tenths of their half of the walks", "[liveness][share]") {
  for (Config config : {Config::kDefault, Config::kWide}) {
    INFO(config_info(config).name);
    CHECK(loss_beside("cold_32", 3, config) < 10);
  }
}

TEST_CASE("Floods of tiny segments and of jobs that send nothing are charged",
          "[liveness][share]") {
  CHECK(loss_beside("mss_1", 1, Config::kWide) < 3);
  CHECK(loss_beside("no_ops", 0, Config::kWide) < 3);
  CHECK(loss_beside("refused", 0, Config::kWide) < 3);
  CHECK(loss_beside("no_ops", 0, Config::kDefault) < 3);
}

TEST_CASE("Weights hold for jobs of any size", "[liveness][share]") {
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    for (uint32_t bytes : {64u, 1000u, 14480u, 65160u}) {
      WeightOptions o;
      o.config = config;
      o.latency = 100;
      o.job_bytes = bytes;
      o.cycles = 60000;
      INFO(config_info(config).name << ", jobs of " << bytes);
      CHECK(std::abs(measure_weights(o) / 8 - 1) <= 0.1);
    }
  }
}

TEST_CASE("A small frame of an idle queue goes before the bulk of others", "[liveness][share]") {
  for (unsigned bulk : {8u, 1023u}) {
    IdleOptions o;
    o.bulk = bulk;
    o.samples = 20;
    INFO(bulk << " bulk queues");
    IdleLatency r = measure_idle(o);
    CHECK(r.quantile(0.5) <= 3 * o.latency);
    CHECK(r.quantile(1) <= 950);
    if (bulk == 8) CHECK(r.mean() <= 700);
  }
}

TEST_CASE("As many queues with long jobs as there are job entries are all served",
          "[liveness][share]") {
  for (const char *attacker : {"", "cold_32"}) {
    CellOptions o;
    o.config = Config::kDefault;
    o.latency = 100;
    o.queues = 64;
    o.honest = honest_loads()[0];
    o.attacker = attacker;
    INFO("attacker " << attacker);
    Cell c = run_cell(o);
    CHECK(c.trouble == "");
    CHECK(c.silence_queue <= o.turn_bar());  // a job takes 130 000
  }
}

TEST_CASE("Jobs of different slot counts reach the limit", "[liveness][share]") {
  for (Config config : {Config::kDefault, Config::kWide}) {
    for (uint32_t bytes : {128u, 1514u}) {
      Workload w;
      w.config = config;
      w.kind = VMSO_KIND_FRAME;
      w.job_bytes = bytes;
      w.fragments = 6;
      w.fewer_fragments = true;
      w.variants = 24;
      w.frames = bytes > 1000 ? 900 : 3000;
      Rates r = measure(w);
      INFO(config_info(config).name << ", frames of " << bytes);
      CHECK(r.limit() / r.cycles >= (bytes > 1000 ? 0.99 : 0.95));
    }
  }
}

// ---- memory that does not answer

TEST_CASE("A lost read is found within two timeouts while R is busy", "[liveness][timeout]") {
  constexpr unsigned kTimeout = 2000;
  for (const char *config : {"small", "default", "wide"}) {
    auto o = options(0xb20, config);
    o.queues = 4;
    o.log2_slots = o.log2_completions = 10;
    o.keep_frames = false;
    VMSO_SAY_HOW(o);
    System s(o);  // the window as it is after reset: memory always has something to answer
    s.write32(VMSO_REG_READ_TIMEOUT, kTimeout);
    s.allowed_sticky = ~0u;
    HonestOwners busy(s, honest_loads()[2], {1, 2, 3});
    busy.warm();
    auto step = [&] {
      s.step();
      busy.top_up();
    };
    for (unsigned i = 0; i < 3000; i++) step();
    JobSpec spec = tcp_job(20000);
    spec.buffers = 1;
    spec.may_fail = true;
    spec.doorbell = false;
    Posted posted = s.post(0, spec);
    Script lost;
    lost.act = Script::Act::kNever;
    lost.classes = 1u << unsigned(ReadClass::kPayload);
    lost.first = lost.last = s.process().physical(posted.buffers[0].va + 9000);
    lost.times = 1;
    s.reads.scripts.push_back(lost);
    s.doorbell(0);
    uint64_t from = s.now();
    while (s.reads.scripts[0].times > 0 && s.now() < from + kPatience) step();
    uint64_t asked = s.now();
    while (s.completions(0).empty() && s.now() < asked + kPatience) step();
    INFO(config);
    CHECK(s.now() - asked <= 2 * kTimeout + 1000);
    REQUIRE(!s.completions(0).empty());
    CHECK(s.completions(0)[0].status == VMSO_STATUS_TIMEOUT);
  }
}

TEST_CASE("Memory that answers no write leaves the registers alive", "[liveness][timeout]") {
  auto o = options(0xb21, "small");
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.access_budget = kPatience;
  s.writes.knobs.hold = true;
  for (unsigned i = 0; i < 40; i++) s.post(0, frame_job(64));
  s.steps(3000);
  s.bus.slowest = 0;
  for (unsigned i = 0; i < 4; i++) {
    s.bus.write(0, VMSO_REG_DOORBELL(i % 2) + VMSO_REG_DOORBELL_CONSUMER, i / 2);
  }
  s.bus.read(0, VMSO_REG_ID);
  for (unsigned i = 0; i < kPatience && s.bus.waiting(0) > 0; i++) s.step();
  CHECK(s.bus.waiting(0) == 0);
  CHECK(std::max(s.bus.slowest, s.bus.under_way(s.now())) <= 200);
}

TEST_CASE("When all walk ids are lost jobs end with TIMEOUT and RESET ends",
          "[liveness][timeout]") {
  constexpr unsigned kTimeout = 500;
  auto o = options(0xb22, "small");
  VMSO_SAY_HOW(o);
  System s(o);
  s.access_budget = kPatience;
  s.allowed_sticky = ~0u;
  s.write32(VMSO_REG_READ_TIMEOUT, kTimeout);
  s.reads.knobs.lost_rate = 1;
  s.reads.knobs.lost_classes = 1u << unsigned(ReadClass::kWalk);
  for (uint64_t i = 0; i < 24; i++) {  // each needs a walk of its own
    JobSpec spec = frame_job(200);
    spec.may_fail = true;
    spec.placed = {s.process().place_at((1 + i) << 39 | 1, spec.payload)};
    s.post(0, spec);
  }
  for (unsigned i = 0; i < kPatience && s.completions(0).size() < 24; i++) s.step();
  CHECK(s.completions(0).size() == 24);
  for (const Completion &c : s.completions(0)) CHECK(c.status == VMSO_STATUS_TIMEOUT);
  CHECK(command(s, 0, VMSO_CMD_RESET, VMSO_QUEUE_OFF, kPatience, [&] { s.step(); }) <=
        command_bar(o) + 2 * kTimeout);
}

// ---- what a driver does

TEST_CASE("What a completion calls sent leaves though a soft reset follows", "[liveness][reset]") {
  unsigned missing = 0;
  for (unsigned cycles = 0; cycles < 60; cycles++) {
    auto o = options(0xb23, "wide");
    o.write.latency = 1;
    o.read.latency = 20;
    VMSO_SAY_HOW(o);
    System s(o);
    s.sink.hold = true;
    for (unsigned i = 0; i < 8; i++) {
      JobSpec spec = frame_job(64);
      spec.doorbell = i == 7;
      s.post(0, spec);
    }
    s.steps(400);
    s.sink.hold = false;
    s.steps(cycles / 10);
    s.write32(VMSO_REG_CONTROL, VMSO_REG_CONTROL_SOFT_RESET_bm);
    s.steps(1000);
    missing += unsigned(std::ranges::count_if(s.completions(0), &Completion::ok)) > s.sink.frames;
  }
  CHECK(missing == 0);
}

TEST_CASE("A refused COMMIT switches the context off", "[liveness][driver]") {
  auto o = options(0xb24, "small");
  VMSO_SAY_HOW(o);
  System s(o);
  s.allowed_sticky = ~0u;
  s.post(0, tcp_job(3000));
  s.drain();
  uint32_t base = VMSO_REG_CONTEXT(1);
  s.write32(base + VMSO_REG_CONTEXT_FORMAT,
            VMSO_FORMAT_X86_64_L4 | 60u << VMSO_REG_CONTEXT_FORMAT_PA_BITS_bp);
  s.write32(base + VMSO_REG_CONTEXT_COMMIT, 1);
  s.steps(2000);
  uint64_t frames = s.sink.frames;
  JobSpec spec = tcp_job(3000);
  spec.may_fail = true;
  s.post(0, spec);
  s.drain();
  CHECK(s.sink.frames == frames);
  CHECK(s.completions(0).back().cause == VMSO_CAUSE_CTX_OFF);
}

TEST_CASE("A record that could not be written interrupts", "[liveness][driver]") {
  auto o = options(0xb25, "small");
  VMSO_SAY_HOW(o);
  System s(o);
  s.allowed_sticky = ~0u;
  s.writes.knobs.error_rate = 1;
  JobSpec spec = frame_job(64);
  s.post(0, spec);
  s.steps(2000);
  CHECK(vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR);
  CHECK((s.read32(VMSO_REG_IRQ_PENDING) & 1) == 1);
}

TEST_CASE("A slot that changes between STOP and ENABLE is not sent on", "[liveness][driver]") {
  auto o = options(0xb26, "small");
  VMSO_SAY_HOW(o);
  System s(o);
  JobSpec spec = tcp_job(60000);
  spec.buffers = 1;
  spec.may_fail = true;
  Posted posted = s.post(0, spec);
  s.steps(2500);
  REQUIRE(s.sink.frames > 0);
  CHECK(command(s, 0, VMSO_CMD_STOP, VMSO_QUEUE_STOPPED, kPatience, [&] { s.step(); }) < kPatience);
  vmso_first_slot slot;
  uint64_t pa = s.ring_address(0) + posted.slot * 64;
  for (unsigned i = 0; i < 8; i++) slot.word[i] = s.memory.read_word(pa + 8 * i);
  vmso_first_slot_set_mss(&slot, 1000);
  for (unsigned i = 0; i < 8; i++) s.memory.write_word(pa + 8 * i, slot.word[i]);
  s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ENABLE), "ENABLE");
  s.run_until([&] { return !s.completions(0).empty(); }, 100000);
  REQUIRE(!s.completions(0).empty());
  CHECK(s.completions(0)[0].status == VMSO_STATUS_SLOT_CHANGED);
}

}  // namespace vmso::test
