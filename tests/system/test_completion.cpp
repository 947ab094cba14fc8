// SPDX-License-Identifier: Apache-2.0
// What follows a completion record: the answer to its write, and the interrupt that announces it.
#include "system_test.hpp"

namespace vmso::test {

TEST_CASE("A completion that cannot be written stops its queue in ERROR and no other",
          "[completion][error]") {
  for (Resp resp : {Resp::kSlvErr, Resp::kDecErr}) {
    auto o = options(0xe0);
    o.queues = 2;
    VMSO_SAY_HOW(o);
    System s(o);
    s.write32(VMSO_REG_IRQ_MASK, ~0u);
    Script script;
    script.first = script.last = s.completion_address(0);  // the first record of queue 0
    script.resp = resp;
    script.times = 1;
    s.writes.scripts.push_back(script);
    JobSpec lost = tcp_job(3000);
    lost.interrupt_wanted = resp == Resp::kSlvErr;
    s.post(0, lost);
    for (unsigned i = 0; i < 3; i++) s.post(1, tcp_job(20000));
    CHECK(vmso_queue_wait(&s.device(), 0, VMSO_QUEUE_ERROR) == VMSO_OK);
    CHECK(s.run_until([&] { return s.scoreboard.open(1) == 0; }, 100000));
    CHECK(vmso_queue_state(&s.device(), 1) == VMSO_QUEUE_RUN);
    CHECK(s.writes.errors == 1);
    CHECK(s.completions(0).empty());
    CHECK(s.completions(1).size() == 3);
    // nobody would look for a record that is not there
    CHECK(s.irq() == 1);
    CHECK(s.read32(VMSO_REG_IRQ_PENDING) == 1);
    s.write32(VMSO_REG_IRQ_PENDING, 1);
    CHECK(s.read32(VMSO_REG_IRQ_PENDING) == 0);
    uint32_t sticky = VMSO_REG_STICKY_WRITE_ERROR_bm | VMSO_REG_STICKY_QUEUE_ERROR_bm;
    CHECK(s.read32(VMSO_REG_STICKY) == sticky);
    s.write32(VMSO_REG_STICKY, sticky);
    // only RESET leads out
    CHECK(vmso_queue_start(&s.device(), 0) == VMSO_ERR_STATE);
    CHECK(vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR);
    CHECK(s.read32(VMSO_REG_STICKY) == VMSO_REG_STICKY_COMMAND_IGNORED_bm);
    s.write32(VMSO_REG_STICKY, VMSO_REG_STICKY_COMMAND_IGNORED_bm);
    s.restart_queue(0);
    s.post(0, tcp_job(5000));
    VMSO_CHECK_CLEAN(s);
    REQUIRE(s.completions(0).size() == 1);
    CHECK(s.completions(0)[0].ok());
  }
}

TEST_CASE("Memory that answers no write holds no consumer doorbell up", "[completion]") {
  auto o = options(0xe4);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.auto_ack = false;
  s.writes.knobs.latency = 20000;
  s.watchdog.patience = 40000;
  for (unsigned i = 0; i < 40; i++) {
    JobSpec nop;
    nop.kind = VMSO_KIND_NOP;
    s.post(0, nop);
  }
  s.steps(4000);
  REQUIRE(s.completions(0).size() == 32);  // all that may be in flight; the next end waits
  CHECK_FALSE(s.writes.idle());
  uint64_t start = s.now();
  vmso_ring_ack(&s.ring(0));
  for (unsigned i = 0; i < 50; i++) {
    s.write32(VMSO_REG_DOORBELL(i % 2) + VMSO_REG_DOORBELL_CONSUMER, i % 2 ? 0 : 32);
  }
  CHECK(s.now() - start < 50 * 40);
  CHECK(s.completions(0).size() == 32);
  VMSO_CHECK_CLEAN(s);
  CHECK(s.completions(0).size() == 40);
}

TEST_CASE("A queue in ERROR for a lost record has jobs behind it that are never sent",
          "[completion][error]") {
  auto o = options(0xe1);
  VMSO_SAY_HOW(o);
  System s(o);
  s.allowed_sticky = VMSO_REG_STICKY_WRITE_ERROR_bm | VMSO_REG_STICKY_QUEUE_ERROR_bm;
  s.writes.scripts.push_back({.first = s.completion_address(0), .last = s.completion_address(0)});
  for (unsigned i = 0; i < 40; i++) s.post(0, tcp_job(20000));
  CHECK(vmso_queue_wait(&s.device(), 0, VMSO_QUEUE_ERROR) == VMSO_OK);
  uint64_t frames = s.sink.frames;
  CHECK(frames >= 14);  // the first job's
  CHECK(frames < 40 * 14);
  s.steps(5000);
  CHECK(s.sink.frames == frames);
  s.writes.scripts.clear();
  s.restart_queue(0);
  s.post(0, tcp_job(5000));
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("An interrupt line rises behind its record and falls when it is cleared",
          "[system][irq]") {
  auto o = options(0xe2);
  o.config = Config::kDefault;  // queue q has vector q
  o.queues = 3;
  o.write.latency = 300;
  VMSO_SAY_HOW(o);
  System s(o);
  auto job = [](bool interrupt) {
    JobSpec spec = tcp_job(3000);
    spec.interrupt_wanted = interrupt;
    spec.completion_wanted = !interrupt;  // an interrupt implies it
    return spec;
  };
  s.writes.record = true;
  s.write32(VMSO_REG_IRQ_MASK, 1u << 1);
  s.post(1, job(true));
  REQUIRE(s.run_until([&] { return s.irq() != 0; }, 20000));
  CHECK(s.irq() == 1u << 1);
  REQUIRE(s.writes.records.size() == 1);
  CHECK(s.now() >= s.writes.records[0].at + o.write.latency);  // not before the write's answer
  s.drain();
  s.post(0, job(true));   // masked: pending, no line
  s.post(2, job(false));  // wants none
  s.drain();
  s.steps(500);
  CHECK(s.irq() == 1u << 1);
  CHECK(s.read32(VMSO_REG_IRQ_PENDING) == 3u);
  s.write32(VMSO_REG_IRQ_PENDING, 1u << 1);
  s.steps(2);
  CHECK(s.irq() == 0);
  CHECK(s.read32(VMSO_REG_IRQ_PENDING) == 1u);
  s.write32(VMSO_REG_IRQ_MASK, ~0u);
  s.steps(2);
  CHECK(s.irq() == 1u);
  s.write32(VMSO_REG_IRQ_PENDING, ~0u);
  s.steps(2);
  CHECK(s.irq() == 0);
  s.post(1, job(true));  // and again
  CHECK(s.run_until([&] { return s.irq() == 1u << 1; }, 20000));
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("A completion ring that was full goes on with the consumer doorbell alone",
          "[completion]") {
  auto o = options(0xe3);
  o.log2_completions = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.auto_ack = false;
  for (unsigned i = 0; i < 9; i++) s.post(0, tcp_job(1000));
  for (size_t seen : {3u, 6u, 9u}) {  // one of four places stays free
    CHECK(s.run_until([&] { return s.completions(0).size() == seen; }, 20000));
    s.steps(3000);
    CHECK(s.completions(0).size() == seen);
    vmso_ring_ack(&s.ring(0));
  }
  VMSO_CHECK_CLEAN(s);
}

}  // namespace vmso::test
