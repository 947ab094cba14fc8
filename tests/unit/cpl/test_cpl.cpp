// SPDX-License-Identifier: Apache-2.0
// Completions: layout, phase over many laps, order of interrupt and record, consumer doorbells.
#include <array>
#include <deque>
#include <random>

#include "Vcpl_top.h"
#include "unit_bench.hpp"

using vmso::unit::UnitBench;

namespace {

struct Record {
  uint64_t addr;
  std::array<uint64_t, 4> word;
};

// One queue's view: a ring of four records at 0x10000 x queue, vector 0.
class CplBench : public UnitBench<Vcpl_top> {
 public:
  CplBench() {
    auto &d = dut();
    d.config_valid = d.end_valid = d.consumer_valid = d.reset_valid = d.done_valid = 0;
    d.write_ready = 1;
    d.query_queue = 0;
    reset();
    while (!d.cpl_ready) tick();
    for (unsigned queue = 0; queue < 4; queue++) {
      config(queue, 1, 0x10003);  // vector 1
      config(queue, 2, 0x10000 * (queue + 1));
      config(queue, 3, 2);  // four records
    }
  }
  void config(unsigned queue, unsigned index, uint64_t data) {
    auto &d = dut();
    d.config_valid = 1;
    d.config_queue = uint16_t(queue);
    d.config_index = uint8_t(index);
    d.config_data = data;
    tick();
    d.config_valid = 0;
  }
  // One cycle; collects a written record and answers it `answer_delay` cycles later.
  void step() {
    auto &d = dut();
    settle();
    if (d.write_valid && d.write_ready) {
      Record r{d.write_addr, {}};
      for (size_t i = 0; i < 8; i++) r.word[i / 2] |= uint64_t(d.write_data[i]) << 32 * (i % 2);
      written.push_back(r);
      answers.push_back(now() + 5);
    }
    tick();
    d.done_valid = !answers.empty() && answers.front() <= now();
    d.done_ok = answer_ok;
    if (d.done_valid) answers.pop_front();
    settle();
    irqs += d.irq_set == 2;
    failed += d.failed_valid;
    sticky += d.sticky_consumer;
  }
  void end(unsigned queue, uint64_t cookie, bool write = true, bool irq = false,
           unsigned status = 0) {
    auto &d = dut();
    d.end_valid = 1;
    d.end_queue = uint16_t(queue);
    d.end_slot = uint16_t(cookie);
    d.end_cookie = cookie;
    d.end_write = write;
    d.end_irq = irq;
    d.end_status = uint8_t(status);
    d.end_bytes = 0xabcdef;
    settle();
    while (!d.end_ready) step(), settle();
    step();
    d.end_valid = 0;
    for (int i = 0; i < 3; i++) step();
  }
  void consume(unsigned queue, unsigned value) {
    auto &d = dut();
    d.consumer_valid = 1;
    d.consumer_queue = uint16_t(queue);
    d.consumer_value = uint16_t(value);
    settle();
    while (!d.consumer_ready) step(), settle();
    step();
    d.consumer_valid = 0;
    for (int i = 0; i < 3; i++) step();
  }
  unsigned backlog(unsigned queue) {
    dut().query_queue = uint16_t(queue);
    step(), step();
    return dut().query_backlog;
  }

  std::deque<Record> written;
  std::deque<uint64_t> answers;
  bool answer_ok = true;
  int irqs = 0, failed = 0, sticky = 0;
};

}  // namespace

TEST_CASE("A completion has its fields in place and its phase turns every lap", "[cpl]") {
  CplBench bench;
  for (unsigned i = 0; i < 40; i++) {
    bench.end(2, 0x1000 + i, true, false, 0x41);
    REQUIRE(bench.written.size() == 1);
    Record r = bench.written.front();
    bench.written.pop_front();
    CHECK(r.addr == 0x30000 + 32 * (i % 4));
    CHECK(r.word[0] == 0x1000 + i);
    CHECK(r.word[1] == (0x41ull << 48 | 0xabcdef));
    CHECK((r.word[3] & 0xffff) == 2);                       // queue
    CHECK((r.word[3] >> 16 & 0xffff) == (0x1000 + i + 1));  // consumer index
    CHECK((r.word[3] >> 63) == (i / 4 % 2 == 0));           // phase
    bench.consume(2, i + 1);
  }
  CHECK(bench.sticky == 0);
}

TEST_CASE("An end that wants no completion is counted and writes nothing", "[cpl]") {
  CplBench bench;
  bench.end(1, 1, false);
  bench.end(1, 2, true);
  CHECK(bench.written.size() == 1);
  CHECK(bench.backlog(1) == 1);
  CHECK(bench.dut().query_ended == 2);
  CHECK(bench.backlog(0) == 0);
}

TEST_CASE("The interrupt comes after the record was answered", "[cpl]") {
  CplBench bench;
  bench.end(0, 7, true, true);
  CHECK(bench.written.size() == 1);
  CHECK(bench.irqs == 0);
  for (int i = 0; i < 10; i++) bench.step();
  CHECK(bench.irqs == 1);
  bench.answer_ok = false;
  bench.end(0, 8, true, true);
  for (int i = 0; i < 10; i++) bench.step();
  CHECK(bench.irqs == 1);
  CHECK(bench.failed == 1);
}

TEST_CASE("Only an end that wants an interrupt raises one and only that of its vector", "[cpl]") {
  CplBench bench;
  bench.config(1, 1, 0x50003);  // vector 5
  for (bool irq : {false, true}) {
    for (unsigned queue : {0u, 1u}) {
      uint32_t raised = 0;
      bench.end(queue, 1 + irq, true, irq);
      for (int i = 0; i < 10; i++) bench.step(), raised |= bench.dut().irq_set;
      INFO("queue " << queue << " irq " << irq);
      CHECK(raised == (!irq ? 0u : queue == 0 ? 1u << 1 : 1u << 5));
    }
  }
}

TEST_CASE("A consumer doorbell outside old and produced is ignored", "[cpl]") {
  CplBench bench;
  bench.end(3, 1);
  bench.end(3, 2);
  bench.consume(3, 3);
  CHECK(bench.sticky == 1);
  CHECK(bench.backlog(3) == 2);
  bench.consume(3, 0xffff);
  CHECK(bench.sticky == 2);
  bench.consume(3, 1);
  CHECK(bench.backlog(3) == 1);
  bench.consume(3, 0);
  CHECK(bench.sticky == 3);
  bench.consume(3, 2);
  CHECK(bench.backlog(3) == 0);
}

TEST_CASE("A queue reset starts the indices anew and leaves the others", "[cpl]") {
  CplBench bench;
  bench.end(0, 1);
  bench.end(1, 1);
  auto &d = bench.dut();
  d.reset_valid = 1;
  d.reset_queue = 0;
  bench.settle();
  while (!d.reset_ready) bench.step(), bench.settle();
  bench.step();
  d.reset_valid = 0;
  CHECK(bench.backlog(0) == 0);
  CHECK(d.query_ended == 1);  // runs on: ring has reserved places relative to it
  CHECK(bench.backlog(1) == 1);
  bench.written.clear();
  bench.end(0, 9);
  REQUIRE(bench.written.size() == 1);
  CHECK(bench.written.front().addr == 0x10000);
  CHECK(bench.written.front().word[3] >> 63 == 1);
}

TEST_CASE("One operation a cycle, of the same queue or another, with any write_ready", "[cpl]") {
  CplBench bench;
  auto &d = bench.dut();
  std::mt19937 rng(5);
  struct Expected {
    uint64_t addr, cookie;
    bool phase;
  };
  std::deque<Expected> expected;
  std::array<unsigned, 4> produced{}, consumer{};
  uint64_t cookie = 0, ends = 0, cycles = 0, wrong = 0;
  for (int part = 0; part < 2; part++) {
    bool stalls = part == 1;
    ends = cycles = 0;
    for (int i = 0; i < 4000; i++) {
      unsigned ring = rng() % (stalls ? 4 : 2);
      // part 0: ends whenever there is room, a consumer doorbell as soon as one record is there
      unsigned full = 0;
      for (unsigned q = 0; q < 4; q++) {
        if (produced[q] - consumer[q] >= 4) full++;
      }
      unsigned giver = rng() % 4;
      d.consumer_valid =
          (stalls ? rng() % 4 == 0 : full == 4) && produced[giver] != consumer[giver];
      d.consumer_queue = uint16_t(giver);
      unsigned value =
          consumer[giver] + 1 + rng() % (produced[giver] - consumer[giver] + !d.consumer_valid);
      d.consumer_value = uint16_t(value);
      unsigned taker = (ring + i) % 4;
      for (unsigned n = 0; n < 4 && produced[taker] - consumer[taker] >= 4; n++)
        taker = (taker + 1) % 4;
      bool write = rng() % 8 != 0;
      d.end_valid = produced[taker] - consumer[taker] < 4 && (!stalls || rng() % 4 != 0);
      d.end_queue = uint16_t(taker);
      d.end_cookie = cookie;
      d.end_write = write;
      d.end_irq = 0;
      d.write_ready = !stalls || rng() % 2;
      bench.settle();
      bool took_end = d.end_valid && d.end_ready,
           took_consumer = d.consumer_valid && d.consumer_ready;
      cycles += d.end_valid || d.consumer_valid;
      ends += took_end || took_consumer;
      bench.step();
      if (took_end) {
        if (write) {
          expected.push_back({0x10000 * (taker + 1) + 32 * (produced[taker] % 4), cookie,
                              produced[taker] / 4 % 2 == 0});
          produced[taker]++;
        }
        cookie++;
      }
      if (took_consumer) consumer[giver] = value;
      while (!bench.written.empty() && !expected.empty()) {
        Record r = bench.written.front();
        bench.written.pop_front();
        Expected e = expected.front();
        expected.pop_front();
        wrong += r.addr != e.addr || r.word[0] != e.cookie || (r.word[3] >> 63) != e.phase;
      }
    }
    if (!stalls) CHECK(ends == cycles);
  }
  d.end_valid = d.consumer_valid = 0;
  d.write_ready = 1;
  for (int i = 0; i < 20; i++) bench.step();
  CHECK(wrong == 0);
  CHECK(cookie > 3000);
  CHECK(bench.written.size() == expected.size());
  CHECK(bench.sticky == 0);
}
