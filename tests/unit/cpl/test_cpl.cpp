// SPDX-License-Identifier: Apache-2.0
// Completions: layout, phase over many laps, order of interrupt and record; consumer doorbells,
// resets and the look of the queue controller beside ends that wait for memory, against a model.
#include <algorithm>
#include <array>
#include <deque>
#include <optional>
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
    d.ring_end_valid = d.notify_valid = 0;
    d.fault_valid = d.abort_valid = d.fault_read_valid = 0;
    d.fault_base = d.fence_status = 0;
    d.fault_log2_records = 0;
    d.fault_consumer = d.fence_done = 0;
    d.fence_status_on = 0;
    d.end_va = d.end_cause = 0;
    d.ctl_queue = 0;
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
    counted += d.count_completions;
    sticky += d.sticky_consumer;
    faults += d.sticky_fault;
    overflows += d.sticky_fault_overflow;
  }
  void park(unsigned queue) { config(queue, 1, 0x10103); }
  // A queue that stopped at `cookie` shows PARKED, or is to end that job.
  void tell(unsigned queue, bool abort) {
    auto &d = dut();
    d.fault_valid = !abort;
    d.abort_valid = abort;
    d.fault_queue = uint16_t(queue);
    step();
    d.fault_valid = d.abort_valid = 0;
  }
  void ring(uint64_t base, unsigned log2_records) {
    dut().fault_base = base;
    dut().fault_log2_records = uint8_t(log2_records);
  }
  uint32_t fault_word(unsigned queue, unsigned word) {
    auto &d = dut();
    d.fault_read_valid = 1;
    d.fault_read_queue = uint16_t(queue);
    d.fault_read_word = uint8_t(word);
    settle();
    while (!d.fault_read_ready) step(), settle();
    step();
    d.fault_read_valid = 0;
    settle();
    return d.fault_read_data;
  }
  bool idle(unsigned queue) {
    dut().ctl_queue = uint16_t(queue);
    step(), step();
    return dut().ctl_idle;
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
  int irqs = 0, failed = 0, sticky = 0, counted = 0, faults = 0, overflows = 0;
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
    CHECK(r.word[1] == (0x41ull << 48 | uint64_t(0x5a5a5a ^ (0x1000 + i)) << 24 | 0xabcdef));
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

TEST_CASE("The interrupt comes after the record was answered, and also if it failed", "[cpl]") {
  CplBench bench;
  bench.end(0, 7, true, true);
  CHECK(bench.written.size() == 1);
  CHECK(bench.irqs == 0);
  for (int i = 0; i < 10; i++) bench.step();
  CHECK(bench.irqs == 1);
  bench.answer_ok = false;
  bench.end(0, 8, true, true);
  for (int i = 0; i < 10; i++) bench.step();
  CHECK(bench.irqs == 2);
  CHECK(bench.failed == 1);
  bench.end(0, 9, true, false);
  for (int i = 0; i < 10; i++) bench.step();
  CHECK(bench.irqs == 3);
  CHECK(bench.failed == 2);
}

TEST_CASE("A completion is counted when it was answered well", "[cpl]") {
  CplBench bench;
  bench.end(0, 1);
  CHECK(bench.written.size() == 1);
  CHECK(bench.counted == 0);
  for (int i = 0; i < 10; i++) bench.step();
  CHECK(bench.counted == 1);
  bench.answer_ok = false;
  bench.end(0, 2);
  for (int i = 0; i < 10; i++) bench.step();
  CHECK(bench.failed == 1);
  CHECK(bench.counted == 1);
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

namespace {

// What cpl promises, cycle by cycle, of random traffic on all its ports at once. Rings of four
// records.
class Model {
 public:
  static constexpr unsigned kQueues = 4, kInFlight = 32;  // writes
  // Chances in percent, per cycle.
  struct Knobs {
    unsigned end = 80, ring_end = 20, bell = 50, reset = 5, notify = 20, write_ready = 50,
             answer = 50, fail = 10, enders = kQueues;  // queues that have ends
  };
  Knobs knobs;
  unsigned bells = 0, moved = 0, resets = 0, ends = 0, notified_beside_record = 0, idles = 0;

  explicit Model(unsigned seed) : rng_(seed) {
    for (unsigned q = 0; q < kQueues; q++) bench_.config(q, 1, uint64_t(q + 3) << 16 | 3);
  }

  void cycle() {
    auto &d = bench_.dut();
    drive();
    bench_.settle();
    bool bell = d.consumer_valid && d.consumer_ready, reset = d.reset_valid && d.reset_ready;
    check_looks();

    // the doorbell of the cycle before is judged now
    REQUIRE(bool(d.sticky_consumer) == (bell_.valid && !bell_.ok));
    REQUIRE(bool(d.consumed_valid) == moved_.valid);
    if (moved_.valid) REQUIRE(d.consumed_queue == moved_.queue);
    moved_ = {};

    // what a look of this cycle shows in the next
    look_ = {true, queue_[d.query_queue], d.ctl_queue};

    // one that is taken now sees the indices as they are before this cycle's writes
    Bell next{};
    if (bell) {
      Queue &q = queue_[d.consumer_queue];
      uint16_t step = uint16_t(d.consumer_value - q.consumer);
      next = {true, step <= uint16_t(q.produced - q.consumer), step != 0, d.consumer_queue,
              d.consumer_value};
      if (reset && d.reset_queue == d.consumer_queue) next.valid = false;
      bells++;
    }
    REQUIRE(bell_wait_ + (d.consumer_valid && !bell) <= 1);
    bell_wait_ = d.consumer_valid && !bell ? bell_wait_ + 1 : 0;
    REQUIRE(reset_wait_ + (d.reset_valid && !reset) <= 3);
    reset_wait_ = d.reset_valid && !reset ? reset_wait_ + 1 : 0;

    if (bell_.valid && bell_.ok) {
      queue_[bell_.queue].consumer = bell_.value;
      if (bell_.moves) moved_ = {true, bell_.queue}, moved++;
    }
    bell_ = next;
    if (reset) {
      queue_[d.reset_queue].produced = queue_[d.reset_queue].consumer = 0;
      resets++;
    }
    finish();
    answer();
    accept();
    bool end = d.end_valid && d.end_ready, ring_end = d.ring_end_valid && d.ring_end_ready;
    bench_.tick();
    now_++;
    if (end) d.end_valid = 0;
    if (ring_end) d.ring_end_valid = 0;
    if (bell) d.consumer_valid = 0;
    if (reset) d.reset_valid = 0;
  }
  void drain() {
    Knobs old = knobs;
    knobs = {0, 0, 0, 0, 0, 100, 100, 0, kQueues};
    for (int i = 0; i < 60; i++) cycle();
    REQUIRE(in_stage_.empty());
    REQUIRE(unanswered_.empty());
    knobs = old;
  }
  size_t unanswered() const { return unanswered_.size(); }

 private:
  struct Queue {
    uint16_t produced = 0, consumer = 0, ended = 0;
  };
  struct End {
    unsigned queue;
    bool write, irq;
    uint64_t cookie;
  };
  struct Bell {
    bool valid, ok, moves;
    unsigned queue;
    uint16_t value;
  };
  struct Moved {
    bool valid = false;
    unsigned queue = 0;
  };
  struct Look {
    bool valid = false;
    Queue query;
    unsigned ctl = 0;
  };

  bool chance(unsigned percent) { return rng_() % 100 < percent; }
  unsigned in_here(unsigned queue) const {
    return unsigned(std::count_if(in_stage_.begin(), in_stage_.end(),
                                  [&](const End &e) { return e.queue == queue; }) +
                    std::count_if(unanswered_.begin(), unanswered_.end(),
                                  [&](const End &e) { return e.queue == queue; }));
  }
  unsigned room(unsigned queue) const {
    unsigned reserved = uint16_t(queue_[queue].produced - queue_[queue].consumer);
    for (const End &e : in_stage_) reserved += e.queue == queue && e.write;
    return 4 - reserved;
  }

  void drive() {
    auto &d = bench_.dut();
    d.query_queue = rng_() % kQueues;
    d.ctl_queue = rng_() % kQueues;
    d.write_ready = chance(knobs.write_ready);
    if (!d.reset_valid &&
        chance(knobs.reset)) {  // as the queue controller does: nothing of it in here
      d.reset_queue = rng_() % kQueues;
      d.reset_valid = in_here(d.reset_queue) == 0 &&
                      !(d.end_valid && d.end_queue == d.reset_queue) &&
                      !(d.ring_end_valid && d.ring_end_queue == d.reset_queue);
    }
    if (!d.consumer_valid) {
      d.consumer_valid = chance(knobs.bell);
      d.consumer_queue = rng_() % kQueues;
      Queue &q = queue_[d.consumer_queue];
      d.consumer_value = chance(80) ? q.consumer + rng_() % (uint16_t(q.produced - q.consumer) + 1)
                                    : uint16_t(q.consumer + rng_() % 7 - 1);
    }
    // an end is offered if its place is free whatever else is offered
    if (!d.ring_end_valid && chance(knobs.ring_end)) {
      d.ring_end_queue = rng_() % knobs.enders;
      d.ring_end_valid =
          room(d.ring_end_queue) > (d.end_valid && d.end_queue == d.ring_end_queue) &&
          !(d.reset_valid && d.reset_queue == d.ring_end_queue);
    }
    if (!d.end_valid && chance(knobs.end)) {
      d.end_queue = rng_() % knobs.enders;
      d.end_write = chance(80);
      d.end_irq = chance(50);
      d.end_cookie = rng_();
      unsigned held = d.ring_end_valid && d.ring_end_queue == d.end_queue;
      d.end_valid = (!d.end_write || room(d.end_queue) > held) &&
                    !(d.reset_valid && d.reset_queue == d.end_queue);
    }
    d.done_valid = !unanswered_.empty() && chance(knobs.answer);
    d.done_ok = !chance(knobs.fail);
    d.notify_valid = chance(knobs.notify);
    d.notify_queue = rng_() % kQueues;
  }

  void check_looks() {
    auto &d = bench_.dut();
    if (look_.valid) {
      REQUIRE(d.query_backlog == uint16_t(look_.query.produced - look_.query.consumer));
      REQUIRE(d.query_ended == look_.query.ended);
      REQUIRE(d.status_produced == look_.query.produced);
      REQUIRE(d.status_consumer == look_.query.consumer);
      if (d.ctl_idle) REQUIRE(in_here(look_.ctl) == 0);
      if (in_here(look_.ctl) == 0 && now_ >= last_event_[look_.ctl] + 3) REQUIRE(d.ctl_idle);
      idles += d.ctl_idle;
    }
  }
  void finish() {
    auto &d = bench_.dut();
    bool finished = d.ended_valid;
    REQUIRE(bool(d.write_valid) ==
            (!in_stage_.empty() && in_stage_.front().write && unanswered_.size() < kInFlight));
    REQUIRE(finished ==
            (!in_stage_.empty() && (!in_stage_.front().write || (d.write_valid && d.write_ready))));
    if (!finished) return;
    End end = in_stage_.front();
    in_stage_.pop_front();
    REQUIRE(d.ended_queue == end.queue);
    Queue &q = queue_[end.queue];
    if (end.write) {
      REQUIRE(d.write_addr == 0x10000 * (end.queue + 1) + 32 * (q.produced % 4));
      REQUIRE((uint64_t(d.write_data[1]) << 32 | d.write_data[0]) == end.cookie);
      REQUIRE((d.write_data[7] >> 31) == (q.produced / 4 % 2 == 0));
      q.produced++;
      just_written_ = end;
    }
    q.ended++;
    ends++;
  }
  void answer() {
    auto &d = bench_.dut();
    uint32_t irq = notify_irq_;
    bool failed = false;
    if (d.done_valid) {
      End end = unanswered_.front();
      unanswered_.pop_front();
      failed = !d.done_ok;
      if (end.irq || failed) {
        irq |= 1u << (end.queue + 3);
        notified_beside_record += notify_irq_ != 0;
      }
      if (failed) REQUIRE(d.failed_queue == end.queue);
      last_event_[end.queue] = now_;
    }
    REQUIRE(d.irq_set == irq);
    REQUIRE(bool(d.failed_valid) == failed);
    REQUIRE(bool(d.count_completions) == (d.done_valid && d.done_ok));
    notify_irq_ = d.notify_valid ? 1u << (d.notify_queue + 3) : 0;
    if (just_written_) unanswered_.push_back(*just_written_);
    just_written_.reset();
  }
  void accept() {
    auto &d = bench_.dut();
    std::optional<End> end;
    if (d.end_valid && d.end_ready) {
      end = End{d.end_queue, bool(d.end_write), bool(d.end_irq), d.end_cookie};
    }
    if (d.ring_end_valid && d.ring_end_ready) {
      REQUIRE_FALSE(end);
      end = End{d.ring_end_queue, true, true, 0};
    }
    if (end) {
      in_stage_.push_back(*end);
      REQUIRE(in_stage_.size() == 1);
      last_event_[end->queue] = now_;
    }
  }

  std::mt19937 rng_;
  CplBench bench_;
  uint64_t now_ = 0;
  std::array<Queue, kQueues> queue_{};
  std::array<uint64_t, kQueues> last_event_{};
  std::deque<End> in_stage_, unanswered_;
  std::optional<End> just_written_;
  Bell bell_{};
  Moved moved_;
  Look look_;
  unsigned bell_wait_ = 0, reset_wait_ = 0;
  uint32_t notify_irq_ = 0;
};

}  // namespace

TEST_CASE("Everything at once, with any write port, is what was promised", "[cpl]") {
  unsigned moved = 0, resets = 0, beside = 0, idles = 0;
  for (unsigned seed = 1; seed <= 24; seed++) {
    INFO("seed " << seed);
    Model m(seed);
    for (unsigned part = 0; part < 6; part++) {
      m.knobs = {};
      if (part == 1) m.knobs.write_ready = m.knobs.answer = 100;
      if (part == 2) m.knobs.answer = 5;
      if (part == 3) m.knobs.bell = m.knobs.end = 100;
      if (part == 4) m.knobs.reset = 40, m.knobs.end = 30;
      if (part == 5) m.knobs.end = m.knobs.ring_end = 4;
      for (unsigned i = 0; i < 3000; i++) m.cycle();
      m.drain();
    }
    moved += m.moved, resets += m.resets, beside += m.notified_beside_record, idles += m.idles;
  }
  CHECK(moved > 10000);
  CHECK(resets > 10000);
  CHECK(beside > 5000);
  CHECK(idles > 50000);
}

TEST_CASE("Memory that answers no write holds no consumer doorbell and no reset up", "[cpl]") {
  struct Mode {
    unsigned write_ready, answer, enders;
    size_t unanswered;
  };
  // B never comes; the port takes nothing; one queue has all writes that can be in flight
  for (Mode mode : {Mode{50, 0, 3, 32}, Mode{0, 50, 3, 0}, Mode{50, 0, 1, 32}}) {
    Model m(77 + mode.write_ready + mode.enders);
    m.knobs.bell = 100;
    m.knobs.enders = mode.enders;
    for (unsigned i = 0; i < 500; i++) m.cycle();
    m.knobs.write_ready = mode.write_ready;
    m.knobs.answer = mode.answer;
    for (unsigned i = 0; i < 1000; i++) m.cycle();
    CHECK(m.unanswered() == mode.unanswered);
    unsigned bells = m.bells, resets = m.resets, ends = m.ends;
    for (unsigned i = 0; i < 4000; i++) m.cycle();  // the model bounds each wait
    INFO("write_ready " << mode.write_ready << " enders " << mode.enders);
    CHECK(m.ends == ends);
    CHECK(m.bells >= bells + 1900);
    CHECK(m.resets > resets + 30);
    m.drain();
  }
}

TEST_CASE("An end a cycle, and a consumer doorbell every other cycle beside it", "[cpl]") {
  Model m(5);
  m.knobs = {100, 0, 100, 0, 0, 100, 100, 0, Model::kQueues};
  unsigned bells = m.bells;
  for (unsigned i = 0; i < 2000; i++) m.cycle();
  CHECK(m.bells == bells + 1000);
  CplBench bench;
  auto &d = bench.dut();
  d.end_valid = 1;
  d.end_write = 0;
  for (unsigned i = 0; i < 1000; i++) {
    d.end_queue = i / 3 % 4;
    bench.settle();
    REQUIRE(d.end_ready);
    bench.step();
  }
  d.end_valid = 0;
  bench.step();
  for (unsigned q = 0; q < 4; q++) {
    bench.backlog(q);
    CHECK(bench.dut().query_ended >= 249);
  }
}

TEST_CASE("A job that stops at a fault of a queue that parks writes no completion but a record",
          "[cpl][fault]") {
  CplBench bench;
  auto &d = bench.dut();
  for (unsigned queue = 0; queue < 4; queue++) bench.park(queue);
  // spaces 0..3 are contexts 5..2 of each queue
  for (unsigned queue = 0; queue < 4; queue++) bench.config(queue, 4, 0xf002003004005);
  bench.ring(0x800000, 2);
  for (unsigned i = 0; i < 40; i++) {
    const unsigned queue = i % 4, status = 0x40 + i % 3;
    const uint64_t cookie = 0x1000 + i * 37;
    d.end_va = 0x7f0000000000 + i;
    d.end_cause = uint8_t(0x10 + i);
    bench.end(queue, cookie, true, false, status);
    REQUIRE(bench.written.empty());
    CHECK(bench.idle(queue));
    const unsigned ended = d.query_ended;
    bench.tell(queue, false);
    CHECK_FALSE(bench.idle(queue));
    for (int k = 0; k < 16; k++) bench.step();
    REQUIRE(bench.written.size() == 1);
    Record r = bench.written.front();
    bench.written.pop_front();
    const unsigned access = cookie >> 3 & 3, space = access == 2 ? 0 : cookie >> 5 & 3;
    const uint64_t context = access == 2 ? 0 : 5 - space;
    CHECK(r.addr == 0x800000 + 32 * (i % 4));
    CHECK(r.word[0] == cookie);
    CHECK(r.word[1] == 0x7f0000000000 + i);
    CHECK(r.word[2] == (queue | context << 16 | uint64_t(0x10 + i) << 32 | (cookie & 7) << 40 |
                        uint64_t(access) << 43 | uint64_t(space) << 45 | uint64_t(i) << 48));
    CHECK((r.word[3] & ~(1ull << 63)) ==
          ((0x5a5a5a ^ cookie) & 0xffffff | 0xabcdefull << 24 | (cookie & 0x7fff) << 48));
    CHECK((r.word[3] >> 63) == (i / 4 % 2 == 0));
    CHECK(d.fault_ring == i + 1);
    for (unsigned word = 0; word < 8; word++) {  // as the registers show it: no number, no phase
      uint64_t expect = r.word[word / 2];
      if (word / 2 == 2) expect &= 0xffffffffffff;
      if (word / 2 == 3) expect &= ~(1ull << 63);
      CHECK(bench.fault_word(queue, word) == uint32_t(expect >> 32 * (word % 2)));
    }
    CHECK(bench.idle(queue));
    CHECK(d.query_ended == ended);
    CHECK(bench.faults == int(i) + 1);
    d.fault_consumer = uint16_t(i + 1);
  }
  CHECK(bench.overflows == 0);
  CHECK(bench.counted == 0);
  CHECK(bench.irqs == 0);
  CHECK(bench.sticky == 0);
}

TEST_CASE("A fault ring that nobody empties loses nothing and holds nobody up", "[cpl][fault]") {
  CplBench bench;
  auto &d = bench.dut();
  for (unsigned queue = 0; queue < 3; queue++) bench.park(queue);
  bench.ring(0x800000, 1);
  for (unsigned i = 0; i < 6; i++) {
    bench.end(i % 3, 0x100 + i, true, false, 0x40);
    bench.tell(i % 3, false);
    for (int k = 0; k < 16; k++) bench.step();
    CHECK(bench.written.size() == std::min(i + 1, 2u));
    CHECK(bench.faults == int(i) + 1);  // told all the same
    CHECK(bench.overflows == (i < 2 ? 0 : int(i) - 1));
    CHECK(bench.idle(i % 3));
    CHECK(bench.fault_word(i % 3, 0) == 0x100 + i);
  }
  bench.end(3, 0x200);  // somebody who does not park
  CHECK(bench.written.size() == 3);
  d.fault_consumer = 1;
  bench.end(0, 0x300, true, false, 0x40);
  bench.tell(0, false);
  for (int k = 0; k < 16; k++) bench.step();
  CHECK(bench.written.back().addr == 0x800000);
  CHECK((bench.written.back().word[3] >> 63) == 0);  // second lap
  // without a ring nothing is written, and that is no overflow
  bench.ring(0x800000, 0);
  const size_t written = bench.written.size();
  const int overflows = bench.overflows;
  bench.end(1, 0x400, true, false, 0x40);
  bench.tell(1, false);
  for (int k = 0; k < 16; k++) bench.step();
  CHECK(bench.written.size() == written);
  CHECK(bench.overflows == overflows);
  CHECK(d.fault_ring == 0);
}

TEST_CASE("A fault ring that begins anew does so behind the record that is under way",
          "[cpl][fault]") {
  CplBench bench;
  auto &d = bench.dut();
  auto steps = [&](unsigned n) {
    while (n-- > 0) bench.step();
  };
  for (unsigned queue = 0; queue < 2; queue++) bench.park(queue);
  bench.ring(0x800000, 1);
  for (unsigned i = 0; i < 2; i++) {
    bench.end(i, 0x100 + i, true, false, 0x40);
    bench.tell(i, false);
    steps(16);
    d.fault_consumer = uint16_t(i + 1);
  }
  CHECK(d.fault_ring == 2);
  d.write_ready = 0;
  bench.end(0, 0x300, true, false, 0x40);
  bench.tell(0, false);
  steps(16);
  REQUIRE(d.write_valid);
  CHECK(d.fault_ring == (1 << 16 | 2));
  bench.ring(0x900000, 0);
  d.fault_consumer = 0;
  steps(16);
  REQUIRE(d.write_valid);  // a request that stands does not change
  CHECK(d.fault_ring == (1 << 16 | 2));
  d.write_ready = 1;
  bench.step();
  CHECK(bench.written.back().addr == 0x800000);
  CHECK(bench.written.back().word[0] == 0x300);
  CHECK(bench.written.back().word[3] >> 63 == 0);  // second lap of the old ring
  CHECK(d.fault_ring >> 16 == 1);                  // until it was answered
  steps(16);
  CHECK(d.fault_ring == 0);
  bench.ring(0x900000, 1);
  bench.end(1, 0x400, true, false, 0x40);
  bench.tell(1, false);
  steps(16);
  CHECK(bench.written.back().addr == 0x900000);
  CHECK(bench.written.back().word[0] == 0x400);
  CHECK(bench.written.back().word[3] >> 63 == 1);
  CHECK(d.fault_ring == 1);
}

TEST_CASE("ABORT of a parked job writes the completion that it would have had", "[cpl][fault]") {
  CplBench parks, ends;
  parks.park(2);
  for (auto *bench : {&parks, &ends}) {
    for (unsigned i = 0; i < 12; i++) {
      auto &d = bench->dut();
      d.end_va = 0x1234567000 + i;
      d.end_cause = 0x10;
      bench->end(2, 0x500 + i, false, i % 2, 0x40 + i % 3);
      if (bench == &parks) {
        bench->tell(2, false);
        for (int k = 0; k < 16; k++) bench->step();
        CHECK(bench->written.size() == i);
        bench->tell(2, true);
        CHECK_FALSE(bench->idle(2));
      } else {
        bench->end(2, 0x500 + i, true, i % 2, 0x40 + i % 3);
      }
      for (int k = 0; k < 16; k++) bench->step();
      CHECK(bench->idle(2));
      REQUIRE(bench->written.size() == i + 1);
      bench->consume(2, i + 1);
    }
  }
  for (unsigned i = 0; i < 12; i++) {
    CHECK(parks.written[i].addr == ends.written[i].addr);
    CHECK(parks.written[i].word == ends.written[i].word);
  }
  CHECK(parks.irqs == ends.irqs);
  CHECK(parks.counted == 12);
}

TEST_CASE("The number of the last fence done is written whenever it has changed", "[cpl][fence]") {
  CplBench bench;
  auto &d = bench.dut();
  d.fence_done = 7;
  for (int k = 0; k < 20; k++) bench.step();
  CHECK(bench.written.empty());  // off
  d.fence_status = 0x900020;
  d.fence_status_on = 1;
  for (unsigned number : {7u, 8u, 0xffffu, 0u, 1u}) {
    d.fence_done = uint16_t(number);
    for (int k = 0; k < 20; k++) bench.step();
    REQUIRE(bench.written.size() == 1);
    CHECK(bench.written.front().addr == 0x900020);
    CHECK(bench.written.front().word == std::array<uint64_t, 4>{number, 0, 0, 0});
    bench.written.clear();
  }
  // memory that takes nothing for a while: the newest number is written in the end
  d.write_ready = 0;
  for (unsigned number = 2; number < 9; number++) {
    d.fence_done = uint16_t(number);
    bench.step();
  }
  d.write_ready = 1;
  for (int k = 0; k < 20; k++) bench.step();
  CHECK(bench.written.back().word[0] == 8);
  CHECK(bench.counted == 0);
}

TEST_CASE("Records, completions and fence numbers share the port without a change of a request",
          "[cpl][fault]") {
  CplBench bench;
  auto &d = bench.dut();
  for (unsigned queue = 0; queue < 2; queue++) bench.park(queue);
  bench.ring(0x800000, 4);
  d.fence_status = 0x900000;
  d.fence_status_on = 1;
  std::mt19937_64 rng(5);
  std::optional<std::pair<uint64_t, uint64_t>> stands;
  std::array<unsigned, 4> state{};  // 0 runs, 1 stopped, 2 parked
  unsigned records = 0, completions = 0, want_records = 0, want_completions = 0;
  unsigned fence = 0, seen_fence = 0, consumed = 0;
  for (int cycle = 0; cycle < 40000; cycle++) {
    d.write_ready = rng() % 3 == 0;
    if (rng() % 16 == 0) d.fence_done = uint16_t(++fence);
    const unsigned queue = unsigned(rng() % 4);
    d.end_valid = d.fault_valid = d.abort_valid = 0;
    d.end_queue = d.fault_queue = uint16_t(queue);
    d.end_status = queue < 2 ? 0x40 : 0;
    d.end_write = 1;
    d.ctl_queue = uint16_t(queue);
    bench.settle();
    if (queue >= 2 && want_completions - consumed < 3) {
      d.end_valid = 1;
    } else if (queue < 2 && state[queue] == 0 && want_records - d.fault_consumer < 8) {
      d.end_valid = 1;
    }
    bench.settle();
    const bool taken = d.end_valid && d.end_ready;
    if (d.write_valid) {
      auto now = std::make_pair(uint64_t(d.write_addr), uint64_t(d.write_data[0]));
      if (stands) CHECK(*stands == now);
      stands = d.write_ready ? std::nullopt : std::optional(now);
    } else {
      CHECK_FALSE(stands);
    }
    bench.step();
    d.end_valid = 0;
    if (taken && queue >= 2) want_completions++;
    if (taken && queue < 2) {
      for (int k = 0; k < 6; k++) bench.step();  // its end is kept
      bench.tell(queue, false);
      want_records++;
      state[queue] = 1;
      stands.reset();
      d.write_ready = 1;
      for (int k = 0; k < 60; k++) bench.step();
      state[queue] = 0;
    }
    while (!bench.written.empty()) {
      Record r = bench.written.front();
      bench.written.pop_front();
      if (r.addr == 0x900000) {
        CHECK(r.word[0] >= seen_fence);
        seen_fence = unsigned(r.word[0]);
      } else if (r.addr >= 0x800000) {
        CHECK(r.addr == 0x800000 + 32 * (records++ % 16));
        d.fault_consumer = uint16_t(records);
      } else {
        completions++;
        d.consumer_valid = 0;
      }
    }
    if (completions - consumed >= 2) {
      for (unsigned q = 2; q < 4; q++) {
        bench.dut().query_queue = uint16_t(q);
        bench.step(), bench.step();
        bench.consume(q, d.status_produced);
      }
      stands.reset();
      consumed = completions;
    }
  }
  d.write_ready = 1;
  for (int k = 0; k < 60; k++) bench.step();
  for (auto &r : bench.written) {
    if (r.addr == 0x900000)
      seen_fence = unsigned(r.word[0]);
    else if (r.addr >= 0x800000)
      records++;
    else
      completions++;
  }
  CHECK(records == want_records);
  CHECK(completions == want_completions);
  CHECK(seen_fence == fence);
  CHECK(records > 500);
  CHECK(completions > 500);
}
