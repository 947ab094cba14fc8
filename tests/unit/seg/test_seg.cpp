// SPDX-License-Identifier: Apache-2.0
// vmso_seg against the neighbours of seg_rig.hpp in the three named configurations.
#include "Vseg0.h"
#include "Vseg1.h"
#include "Vseg2.h"
#include "seg_rig.hpp"

using namespace vmso::seg_test;

namespace {

struct Small {
  using Model = Vseg0;
  static constexpr Sizes kSizes = kSmall;
};
struct Default {
  using Model = Vseg1;
  static constexpr Sizes kSizes = kDefault;
};
struct Wide {
  using Model = Vseg2;
  static constexpr Sizes kSizes = kWide;
};

Job tcp(unsigned queue, unsigned payload, unsigned mss = 1448, unsigned header = 66) {
  return {.queue = queue, .kind = kTcpSeg, .payload = payload, .mss = mss, .header = header};
}
// One frame without a template: nothing but one order and one fetch.
Job plain(unsigned queue, unsigned bytes) {
  return {.queue = queue, .kind = kFrame, .payload = bytes, .mss = bytes, .header = 0};
}

Job any_job(unsigned queue, std::mt19937_64 &rng, bool faults) {
  Job job = {.queue = queue};
  unsigned what = rng() % 100;
  job.slots = 1 + unsigned(rng() % 3);
  job.run_bytes = rng() % 3 == 0 ? 600 : 4096;
  if (what < 10) {
    job.kind = kNop;
  } else if (what < 45) {
    job.kind = kFrame;
    job.payload = 14 + unsigned(rng() % (rng() % 4 == 0 ? 9000 : 200));
    job.mss = job.payload;
    if (rng() % 2) job.header = 14 + unsigned(rng() % 80);
    if (job.header != 0 && rng() % 8 == 0) job.payload = job.mss = 0;
  } else {
    job.header = 54 + unsigned(rng() % 60);
    job.mss = 1 + unsigned(rng() % (rng() % 3 == 0 ? 9000 : 1500));
    if (job.mss < 40) job.mss = 40;
    job.payload = unsigned(rng() % (rng() % 5 == 0 ? 40000 : 6000));
  }
  if (faults && job.kind != kNop) {
    unsigned bad = rng() % 40;
    if (bad == 0) job.fault_run = int(rng() % 5);
    if (bad == 1) job.mismatch = true;
    if (bad == 2) job.run_bytes = 1 + unsigned(rng() % 6);  // too many pieces for a frame
    if (bad < 4) job.status = bad == 3 ? 0x31 : 0;
  }
  return job;
}

struct Traffic {
  unsigned jobs = 300;
  bool faults = false;
  bool crowded = false;  // few queues with many jobs each
};

template <typename Config>
void send_random(Knobs knobs, Traffic traffic, uint64_t seed, auto &&check) {
  INFO("seed " << seed);
  Rig<typename Config::Model> rig(Config::kSizes, knobs, seed);
  std::mt19937_64 rng(seed ^ 0x5e9);
  unsigned queues = 1 + unsigned(rng() % Config::kSizes.queues);
  if (traffic.crowded || rng() % 2) queues = std::min(queues, 5u);
  rig.used_queues = queues;
  for (unsigned i = 0; i < traffic.jobs; i++) {
    rig.post(any_job(unsigned(rng() % queues), rng, traffic.faults));
  }
  for (unsigned q = 0; q < std::min(queues, 8u); q++) rig.set_weight(q, unsigned(rng() % 4));
  rig.drain();
  check(rig);
}

// Cycles per order, taken over the orders number `from` to `to`.
double cycles_per_order(const std::vector<Order> &orders, size_t from, size_t to) {
  return double(orders[to].cycle - orders[from].cycle) / double(to - from);
}

const Knobs kFast = {.load_percent = 100,
                     .fill_percent = 100,
                     .in_order = true,
                     .fetch_percent = 100,
                     .piece_percent = 100,
                     .left_percent = 100,
                     .left_delay = 4,
                     .wake_percent = 100};

}  // namespace

TEST_CASE("A job is cut at MSS and its orders follow each other", "[seg][cut]") {
  Rig<Vseg0> rig(kSmall, {}, 1);
  rig.post(tcp(2, 4 * 1448 + 100));
  rig.post(tcp(2, 1448));
  rig.post(tcp(2, 0));
  rig.drain();
  std::vector<unsigned> bytes;
  for (const Order &o : rig.orders) bytes.push_back(o.bytes);
  CHECK(bytes == std::vector<unsigned>{1448, 1448, 1448, 1448, 100, 1448, 0});
}

TEMPLATE_TEST_CASE("Random jobs over all queues end in order", "[seg][random]", Small, Default,
                   Wide) {
  for (uint64_t seed : {11, 12, 13, 14}) {
    send_random<TestType>({}, {}, seed, [](auto &rig) { CHECK(rig.kills == 0); });
  }
  Knobs slow = {.fill_percent = 20,
                .fetch_percent = 30,
                .piece_percent = 30,
                .left_percent = 10,
                .wake_percent = 5};
  send_random<TestType>(slow, {.jobs = 120}, 15, [](auto &) {});
  send_random<TestType>(kFast, {}, 16, [](auto &) {});
}

TEMPLATE_TEST_CASE("Refused jobs, faults and frames of too many pieces end their queue's turn only",
                   "[seg][fault]", Small, Default, Wide) {
  for (uint64_t seed : {21, 22, 23, 24}) {
    send_random<TestType>({}, {.jobs = 400, .faults = true}, seed, [](auto &rig) {
      CHECK(rig.fails > 4);
      CHECK(rig.gathers > 0);
    });
  }
}

TEMPLATE_TEST_CASE("Unloads at random times lose and repeat nothing", "[seg][unload]", Small,
                   Default, Wide) {
  for (uint64_t seed : {31, 32, 33, 34}) {
    send_random<TestType>({.unload_per_mille = 20}, {.jobs = 200, .faults = true, .crowded = true},
                          seed, [](auto &rig) {
                            CHECK(rig.unloads > 20);
                            CHECK(rig.kills > 10);
                            CHECK(rig.tmpl_drops > 5);
                          });
  }
}

TEST_CASE("A queue that is stopped between two segments goes on at the next", "[seg][unload]") {
  Rig<Vseg0> rig(kSmall, {.left_percent = 10}, 3);
  for (unsigned i = 0; i < 20; i++) rig.post(tcp(i % 2, 20000, 1000));
  for (unsigned i = 0; i < 30; i++) {
    rig.steps(100);
    rig.unload_now(i % 2);
  }
  rig.drain();
  CHECK(rig.heads.begun + rig.heads.resumed > 5);
  size_t frames = 0;
  for (const Order &o : rig.orders) frames += o.kind == kOrderFrame;
  CHECK(frames == 20 * 20);
}

TEMPLATE_TEST_CASE("Fences hold the issue and change nothing else", "[seg][fence]", Small, Default,
                   Wide) {
  // many entries need longer to translate everything again
  unsigned often = TestType::kSizes.jobs == kSmall.jobs ? 20 : 4;
  for (uint64_t seed : {41, 42, 43, 44, 45}) {
    Knobs knobs = {.in_order = seed == 43, .hold_per_mille = often, .unload_per_mille = 5};
    if (seed > 43) knobs.left_percent = 8;  // so that segments wait for credits meanwhile
    if (seed > 43) knobs.store_limit = 400;
    send_random<TestType>(knobs, {.jobs = 200, .faults = true}, seed, [](auto &rig) {
      CHECK(rig.fences > 5);
      CHECK(rig.longest_hold < 300);
    });
  }
}

TEMPLATE_TEST_CASE("A stopped MAC stops the orders at the last credit", "[seg][credit]", Small,
                   Default, Wide) {
  SECTION("frame slots") {
    Rig<typename TestType::Model> rig(TestType::kSizes, kFast, 5);
    rig.leaving = false;
    for (unsigned i = 0; i < 400; i++) rig.post(plain(i % 4, 64));
    rig.steps(3000);
    CHECK(rig.orders.size() == TestType::kSizes.frame_slots);
    rig.leaving = true;
    rig.drain();
    CHECK(rig.orders.size() == 400);
  }
  SECTION("rows of the store") {
    Rig<typename TestType::Model> rig(TestType::kSizes, kFast, 6);
    rig.leaving = false;
    unsigned rows = 1024 / TestType::kSizes.bus_bytes;
    for (unsigned i = 0; i < 60; i++) rig.post(tcp(i % 3, 100 * 960, 960, 64));
    rig.steps(3000);
    CHECK(rig.row_peak ==
          std::min(TestType::kSizes.rows / rows, TestType::kSizes.frame_slots) * rows);
    rig.leaving = true;
    rig.drain();
  }
  SECTION("a store limit below one frame lets one frame through at a time") {
    Knobs knobs = kFast;
    knobs.store_limit = 3;
    Rig<typename TestType::Model> rig(TestType::kSizes, knobs, 7);
    for (unsigned i = 0; i < 10; i++) rig.post(tcp(i % 3, 9000, 3000));
    rig.drain();
    CHECK(rig.row_peak ==
          (3000 + 66 + TestType::kSizes.bus_bytes - 1) / TestType::kSizes.bus_bytes);
  }
}

TEST_CASE("A queue without jobs can be unloaded while another waits for credits", "[seg][unload]") {
  Rig<Vseg0> rig(kSmall, kFast, 8);
  rig.leaving = false;
  for (unsigned i = 0; i < 200; i++) rig.post(plain(0, 64));
  rig.steps(1000);
  rig.unload_now(3);
  rig.steps(50);
  CHECK(rig.unloads == 1);
  rig.leaving = true;
  rig.drain();
}

TEST_CASE("Orders wait for ring rather than lose a wake", "[seg][wake]") {
  Knobs knobs = kFast;
  knobs.wake_percent = 0;
  Rig<Vseg1> rig(kDefault, knobs, 14);
  for (unsigned i = 0; i < 200; i++) rig.post(plain(i % 64, 64));
  rig.steps(1000);
  CHECK(rig.orders.size() >= 15);
  CHECK(rig.orders.size() <= 17);
  rig.knobs.wake_percent = 10;
  rig.drain();
  CHECK(rig.wakes == 200);
}

TEST_CASE("Queues share the wire by weight whatever their frames", "[seg][fair]") {
  Knobs knobs = kFast;
  knobs.left_by_wire = true;
  knobs.jobs_per_queue = 8;
  Rig<Vseg0> rig(kSmall, knobs, 9);
  const std::vector<unsigned> weights = {1, 1, 3, 2};
  for (unsigned q = 0; q < 4; q++) rig.set_weight(q, weights[q]);
  auto fill = [&] {
    while (rig.todo(0) < 20) rig.post(tcp(0, 60000, 9000));
    while (rig.todo(1) < 20) rig.post(tcp(1, 6400, 64));
    while (rig.todo(2) < 20) rig.post(tcp(2, 30000, 1448));
    while (rig.todo(3) < 20) rig.post(tcp(3, 9000, 200));
  };
  for (unsigned i = 0; i < 10; i++) {
    fill();
    rig.steps(40);
  }
  auto before = rig.cost;
  for (unsigned i = 0; i < 3000; i++) {
    fill();
    rig.steps(40);
  }
  double sum = 0;
  std::vector<double> share(4);
  for (unsigned q = 0; q < 4; q++) sum += share[q] = double(rig.cost[q] - before[q]);
  for (unsigned q = 0; q < 4; q++) {
    INFO("queue " << q << " has " << share[q] / sum << " of the beats");
    CHECK(share[q] / sum == Approx(weights[q] / 7.0).epsilon(0.04));
  }
}

TEST_CASE("A deep debt is kept by an empty queue then paid and ring is told", "[seg][debt]") {
  Knobs knobs = kFast;
  knobs.left_by_wire = true;
  knobs.jobs_per_queue = 8;
  Rig<Vseg0> rig(kSmall, knobs, 10);
  rig.watch_queue = 1;
  for (unsigned i = 0; i < 40; i++) rig.post(tcp(0, 60000, 1448));
  rig.steps(2500);  // now the wire paces the orders
  REQUIRE(rig.debt_cycles.empty());
  Job costly = plain(1, 100);
  costly.slots = 500;  // of four beats each
  rig.post(costly);
  auto served = [&] {
    return std::count_if(rig.orders.begin(), rig.orders.end(),
                         [](const Order &o) { return o.queue == 1; });
  };
  for (unsigned i = 0; i < 3000 && served() == 0; i++) rig.steps(1);
  REQUIRE(served() == 1);
  rig.steps(8000);
  REQUIRE(rig.todo(0) > 0);
  REQUIRE(!rig.debt_cycles.empty());
  // until queue 0 has had the same, but for a largest frame
  CHECK(rig.debt_cycles.size() > 900);
  CHECK(rig.debt_cycles.size() < 2000);
  CHECK(rig.debt_cycles.back() - rig.debt_cycles.front() + 1 == rig.debt_cycles.size());
  // the wake comes when the query shows it, not before
  auto wake = std::lower_bound(rig.wake_cycles_of(1).begin(), rig.wake_cycles_of(1).end(),
                               rig.debt_cycles.back());
  REQUIRE(wake != rig.wake_cycles_of(1).end());
  CHECK(*wake <= rig.debt_cycles.back() + 20);
}

TEST_CASE("A debt of a largest frame does not hold up the loads", "[seg][debt]") {
  // a first order is paid with one quantum of 64 beats; a slot costs four
  for (bool deep : {false, true}) {
    Rig<Vseg0> rig(kSmall, kFast, 10);
    rig.watch_queue = 1;
    Job job = plain(1, deep ? 114 : 98);  // 9 or 8 beats
    job.slots = 270;                      // together 64 + 1024 without the ninth
    rig.post(job);
    rig.drain();
    CHECK(rig.debt_cycles.empty() == !deep);
  }
  Knobs knobs = kFast;
  knobs.left_by_wire = true;
  Rig<Vseg0> rig(kSmall, knobs, 11);
  rig.watch_queue = 1;
  while (rig.todo(0) < 80) rig.post(tcp(0, 60000, 1448));
  for (unsigned i = 0; i < 20; i++) {
    rig.post(tcp(1, 9000, 9000));
    rig.steps(2500);
    REQUIRE(rig.todo(0) > 0);
  }
  CHECK(rig.debt_cycles.empty());
  rig.drain();
}

// A tombstone or an unload in the middle of a debt, and the unload's end in each cycle of the turns that
// pay it.
TEST_CASE("A queue that failed in debt is served again after its unload", "[seg][debt][unload]") {
  for (unsigned offset = 0; offset < 60; offset++) {
    INFO("offset " << offset);
    Rig<Vseg0> rig(kSmall, kFast, 17);
    for (unsigned i = 0; i < 300; i++) rig.post(plain(i % 2, 64));
    rig.steps(60 + offset);
    Job job = plain(2, 64);
    job.slots = 150;  // some turns of debt
    job.fault_run = 0;
    rig.post(job);
    rig.drain();
    CHECK(rig.fails == 1);
    rig.post(plain(2, 64));
    rig.drain();
    CHECK(rig.orders.back().queue == 2);
  }
}

TEMPLATE_TEST_CASE("An order takes two cycles in steady state", "[seg][rate]", Small, Default,
                   Wide) {
  const unsigned jobs = TestType::kSizes.jobs;
  auto measure = [&](const char *what, auto &&post, size_t from, size_t to, double limit) {
    Rig<typename TestType::Model> rig(TestType::kSizes, kFast, 12);
    post(rig);
    rig.fence_at_start(4 * jobs);  // so that everything is loaded and ready
    rig.drain();
    REQUIRE(rig.orders.size() > to);
    double cycles = cycles_per_order(rig.orders, from, to);
    std::printf("seg: %u bit, %s: %.3f cycles per order\n", 8 * TestType::kSizes.bus_bytes, what,
                cycles);
    CHECK(cycles <= limit);
  };
  // the entries that are loaded before the issue begins, then the load's own rate
  size_t burst = std::min(jobs, TestType::kSizes.frame_slots) - 8;
  // the end of a turn takes one cycle; it comes after 1024 bytes of beats, and a frame costs 9 * 16 at 128 bit
  const double turns = 2.15;
  measure(
      "one queue, one-frame jobs",
      [&](auto &rig) {
        for (unsigned i = 0; i < 400; i++) rig.post(plain(0, 64));
      },
      2, burst, 2.0);
  measure(
      "one queue, one-frame jobs, long",
      [&](auto &rig) {
        for (unsigned i = 0; i < 1000; i++) rig.post(plain(0, 64));
      },
      100, 900, 2.02);
  measure(
      "all queues, one-frame jobs",
      [&](auto &rig) {
        for (unsigned i = 0; i < 1000; i++) rig.post(plain(i % TestType::kSizes.queues, 64));
      },
      2, burst, TestType::kSizes.queues < jobs ? turns : 2.0);
  measure(
      "all queues, one-frame jobs, long",
      [&](auto &rig) {
        for (unsigned i = 0; i < 1000; i++) rig.post(plain(i % TestType::kSizes.queues, 64));
      },
      100, 900, turns);
  measure(
      "one job of many segments", [&](auto &rig) { rig.post(tcp(0, 60000, 100)); }, 2, 500, 2.05);
}

TEST_CASE("A lone job has its order three cycles after its bytes are ready", "[seg][latency]") {
  Knobs knobs = kFast;
  knobs.fill_percent = 5;
  Rig<Vseg1> rig(kDefault, knobs, 13);
  unsigned slot = 0x7ff0;
  for (unsigned i = 0; i < 20; i++) {
    rig.post(plain(3, 500));
    rig.drain();
    REQUIRE(rig.ready_cycles[slot].size() >= 1);
    uint64_t ready = rig.ready_cycles[slot].back();
    CHECK(rig.orders.back().cycle <= std::max(ready + 3, rig.load_cycle[slot] + 8));
    slot = (slot + 1) & 0xffff;
  }
}
