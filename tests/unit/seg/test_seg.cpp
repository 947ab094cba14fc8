// SPDX-License-Identifier: Apache-2.0
// vmso_seg against the neighbours of seg_rig.hpp in the three named configurations, and without a
// gather lane.
#include "Vseg0.h"
#include "Vseg1.h"
#include "Vseg2.h"
#include "VsegNoLane.h"
#include "seg_rig.hpp"

using namespace vmso::seg_test;

namespace {

struct Small {
  using Model = Vseg0;
  static constexpr Sizes kSizes = kSmall;
};
struct NoLane {
  using Model = VsegNoLane;
  static constexpr Sizes kSizes = kSmallNoLane;
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
    if (rng() % 4 == 0) job.kind = kCsum;
  } else {
    job.header = 54 + unsigned(rng() % 60);
    job.mss = 1 + unsigned(rng() % (rng() % 3 == 0 ? 9000 : 1500));
    if (job.mss < 40) job.mss = 40;
    job.payload = unsigned(rng() % (rng() % 5 == 0 ? 40000 : 6000));
  }
  job.tag = job.kind != kNop && rng() % 4 == 0;
  job.tunnel = job.kind == kTcpSeg && rng() % 4 == 0;
  if (faults && job.kind != kNop) {
    unsigned bad = rng() % 40;
    if (bad == 0) job.fault_run = int(rng() % 5);
    if (bad == 1) job.mismatch = true;
    if (bad == 2) {  // too many pieces for a frame, but soon together
      job.run_bytes = 1 + unsigned(rng() % 3);
      job.mss = 40 + unsigned(rng() % 200);
      if (job.kind == kTcpSeg) job.payload %= 1000;
      if (job.kind != kTcpSeg && job.payload != 0) job.payload = job.mss;
    }
    if (bad < 4) job.status = bad == 3 ? 0x31 : 0;
  }
  return job;
}

// moves all seeds of random traffic
const uint64_t kSeed = getenv("SEED") ? strtoull(getenv("SEED"), nullptr, 0) : 0;

struct Traffic {
  unsigned jobs = 300;
  bool faults = false;
  bool crowded = false;  // few queues with many jobs each
};

template <typename Config>
void send_random(Knobs knobs, Traffic traffic, uint64_t seed, auto &&check) {
  seed += kSeed;
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
                   "[seg][fault]", Small, Default, Wide, NoLane) {
  for (uint64_t seed : {21, 22, 23, 24}) {
    send_random<TestType>({}, {.jobs = 400, .faults = true}, seed, [](auto &rig) {
      CHECK(rig.fails > 4);
      const bool lane = TestType::kSizes.lane != 0;
      CHECK((rig.gathers > 0) == lane);
      CHECK((rig.not_built > 0) == !lane);
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
                            const Heads &heads = rig.heads;
                            CHECK(heads.none > 0);
                            CHECK(heads.fresh > 0);
                            CHECK(heads.begun + heads.tmpl > 0);
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

// Queue 0 has all entries but four and is unloaded; two others send meanwhile. The longest silence
// of the others, in cycles.
template <typename Config>
uint64_t longest_gap(Knobs knobs, const Job &theirs, bool unload, bool homeless = false) {
  const unsigned many = Config::kSizes.jobs - 4;
  knobs.cold_queue = 0;
  if (homeless) knobs.homeless_queue = 0;
  Rig<typename Config::Model> rig(Config::kSizes, knobs, 18);
  for (unsigned i = 0; i < many; i++) rig.post(i % 3 ? tcp(0, 3000) : plain(0, 700));
  rig.steps(3 * many);
  REQUIRE(rig.loaded(0) == many);
  rig.knobs.jobs_per_queue = 2;
  auto step = [&] {
    for (unsigned q : {1, 2}) {
      Job job = theirs;
      job.queue = q;
      while (rig.todo(q) < 4) rig.post(job);
    }
    rig.step();
  };
  for (unsigned i = 0; i < 300; i++) step();
  size_t from = rig.orders.size();
  REQUIRE(from > 0);
  if (unload) rig.unload_now(0);
  step();
  for (unsigned i = 0; i < 4000 && rig.unloading(); i++) step();
  for (unsigned i = 0; i < 1000 && !unload; i++) step();
  REQUIRE((!unload || rig.unloads == 1));
  CHECK(rig.unload_log.size() == rig.unloads);
  if (unload) CHECK(rig.unload_log[0].kills == many);
  uint64_t gap = 0;
  size_t others = 0;
  for (size_t i = from; i < rig.orders.size(); i++) {
    REQUIRE(rig.orders[i].queue != 0);
    gap = std::max(gap, rig.orders[i].cycle - rig.orders[i - 1].cycle);
    others++;
  }
  CHECK((knobs.left_by_wire || others > many / 2));
  if (unload) {
    gap = std::max(gap, rig.unload_log[0].end - rig.orders.back().cycle);
    if (!homeless) {
      std::printf("seg: %u bit, %u jobs unloaded in %u cycles, others wait %u at most\n",
                  8 * Config::kSizes.bus_bytes, many,
                  unsigned(rig.unload_log[0].end - rig.unload_log[0].begin), unsigned(gap));
    }
  }
  rig.knobs.homeless_queue = rig.knobs.cold_queue = -1;
  rig.drain();
  return gap;
}

TEMPLATE_TEST_CASE("Nobody waits for the unload of a queue with many loaded jobs",
                   "[seg][unload][gap]", Small, Default, Wide) {
  Knobs knobs = kFast;
  knobs.jobs_per_queue = 1000;
  const Job small = {.kind = kTcpSeg, .payload = 2000, .mss = 100, .header = 66};
  const Job large = {.kind = kTcpSeg, .payload = 60000, .mss = 9000, .header = 66};
  for (const Job &job : {plain(0, 64), small, large}) {
    INFO("jobs of " << job.payload << " bytes");
    // the frames of jumbo size take the wire for longer than the turns that pay for them
    knobs.left_by_wire = job.mss == 9000;
    uint64_t before = longest_gap<TestType>(knobs, job, false);
    CHECK(longest_gap<TestType>(knobs, job, true) <= std::max<uint64_t>(before + 16, 24));
    // dying jobs whose walks never end
    CHECK(longest_gap<TestType>(knobs, job, true, true) <= std::max<uint64_t>(before + 16, 24));
  }
}

TEST_CASE("An unload stands while nobody takes a fetch and goes on beside the others",
          "[seg][unload][gap]") {
  Knobs knobs = kFast;
  knobs.cold_queue = 0;
  Rig<Vseg1> rig(kDefault, knobs, 19);
  for (unsigned i = 0; i < 60; i++) rig.post(tcp(0, 3000));
  rig.steps(200);
  rig.knobs.jobs_per_queue = 2;
  for (unsigned i = 0; i < 100; i++) rig.post(plain(1 + i % 2, 64));
  rig.steps(100);
  rig.unload_now(0);
  rig.steps(20);
  rig.knobs.fetch_percent = 0;
  rig.steps(500);
  size_t from = rig.orders.size();
  uint64_t kills = rig.kills, since = rig.now();
  CHECK(kills < 20);
  rig.knobs.fetch_percent = 100;
  rig.steps(64);
  REQUIRE(rig.orders.size() > from);
  CHECK(rig.orders[from].cycle - since < 64);
  CHECK(rig.kills > kills);
  rig.knobs.cold_queue = -1;
  rig.drain();
}

TEST_CASE("A tombstone kills its job at once and nothing of the queue follows",
          "[seg][fault][unload]") {
  for (bool gather : {false, true}) {
    Rig<Vseg0> rig(kSmall, kFast, 20);
    rig.leaving = false;  // so no unload comes
    Job bad = tcp(1, 3000);
    bad.fault_run = gather ? 100 : 0;
    if (gather) bad.run_bytes = 3;  // the segment is in the gather lane by then
    rig.post(bad);
    for (unsigned i = 0; i < 5; i++) rig.post(tcp(1, 3000));
    rig.steps(2000);
    CHECK(rig.fails == 1);
    CHECK((rig.lane_parts > 0) == gather);
    CHECK(rig.orders.size() == 1);
    CHECK(rig.kills == 0);
    CHECK(rig.entries_free() == kSmall.jobs - 5);  // the bad job has gone
    rig.post(plain(2, 64));                        // nobody else waits
    rig.steps(50);
    CHECK(rig.orders.size() == 2);
    rig.leaving = true;
    rig.drain();
    CHECK(rig.kills == 5);
    CHECK(rig.tmpl_drops == 5);  // the tombstone has given back that of its own job
    CHECK(rig.heads.behind_failed == 1);
    CHECK(rig.orders.size() == 2 + 5 * 3);
  }
}

TEST_CASE("The head of an unload is right wherever it stands", "[seg][unload]") {
  Knobs knobs = kFast;
  SECTION("no job") {
    Rig<Vseg0> rig(kSmall, knobs, 21);
    rig.unload_now(1);
    rig.drain();
    CHECK(rig.heads.none == 1);
    // and only a job that failed
    Job bad = plain(1, 64);
    bad.fault_run = 0;
    rig.post(bad);
    rig.drain();
    CHECK(rig.heads.none == 2);
  }
  SECTION("in every cycle of a job's life") {
    Heads sum;
    for (unsigned offset = 0; offset < 90; offset++) {
      for (unsigned skip : {0, 1448}) {
        INFO("offset " << offset << " skip " << skip);
        Rig<Vseg0> rig(kSmall, knobs, 22);
        rig.knobs.fill_percent = offset % 3 == 0 ? 100 : 30;
        rig.knobs.left_percent = 20;
        Job job = tcp(1, 6 * 1448);
        job.run_bytes = 700;
        job.skip_bytes = skip;
        job.skip_segments = skip / 1448;
        rig.post(job);
        if (offset % 2) rig.post(tcp(1, 100));
        rig.steps(offset);
        rig.unload_now(1);
        rig.drain();
        CHECK(rig.unloads == 1);
        size_t frames = 0;
        for (const Order &o : rig.orders) frames += o.slot == (0x7ff0) && o.kind == kOrderFrame;
        CHECK(frames == 6 - skip / 1448);
        sum.none += rig.heads.none;
        sum.fresh += rig.heads.fresh;
        sum.tmpl += rig.heads.tmpl;
        sum.begun += rig.heads.begun;
        sum.resumed += rig.heads.resumed;
      }
    }
    CHECK(sum.none > 5);
    CHECK(sum.fresh > 5);
    CHECK(sum.tmpl > 2);
    CHECK(sum.begun > 5);
    CHECK(sum.resumed > 5);
  }
  SECTION("a job that waits for a credit, a no-op and a refused one") {
    Rig<Vseg0> rig(kSmall, knobs, 23);
    rig.leaving = false;
    for (unsigned i = 0; i < 70; i++) rig.post(plain(0, 64));
    rig.steps(400);
    REQUIRE(rig.orders.size() == kSmall.frame_slots);
    rig.post({.queue = 1, .kind = kNop});
    rig.post({.queue = 1, .status = 0x31, .payload = 100});
    rig.steps(30);
    rig.unload_now(1);
    rig.unload_now(0);
    rig.steps(200);
    CHECK(rig.unloads == 2);
    CHECK(rig.heads.fresh == 2);
    CHECK(rig.tmpl_drops == 0);
    rig.leaving = true;
    rig.drain();
    CHECK(rig.orders.size() == 72);
  }
}

TEST_CASE("Counts of orders and bytes go round their ends", "[seg][wrap]") {
  Knobs knobs = kFast;
  Rig<Vseg0> rig(kSmall, knobs, 24);
  rig.watch_queue = 1;
  for (unsigned i = 0; i < 12; i++) {  // 2^26 bytes are counted
    rig.post({.queue = 1, .status = 0x31, .payload = 0xffffff});
    rig.post(plain(1, 64));
  }
  rig.drain();
  for (unsigned i = 0; i < 70; i++) {
    rig.post(tcp(1, 1000, 1));
    rig.drain();
    if (i % 20 == 0) rig.unload_now(1);
  }
  CHECK(rig.orders.size() > 65536 + 100);
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
  rig.drain();  // no queue is owed one
  CHECK(rig.wakes >= 64);
  CHECK(rig.wakes <= 200);  // two in a row of one queue are one
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

// Two queues, each with always enough to do; what the second has of the cycles of out.
template <typename Config>
double share_of_second(Knobs knobs, Job first, Job second, unsigned weight, unsigned steps) {
  knobs.left_by_wire = true;
  knobs.jobs_per_queue = Config::kSizes.jobs / 2;
  Rig<typename Config::Model> rig(Config::kSizes, knobs, 25);
  rig.set_weight(0, 1);
  rig.set_weight(1, weight);
  first.queue = 0;
  second.queue = 1;
  std::vector<uint64_t> before;
  for (unsigned i = 0; i < steps; i++) {
    if (i == steps / 10) before = rig.cost;
    while (rig.todo(0) < 40) rig.post(first);
    while (rig.todo(1) < 40) rig.post(second);
    rig.steps(40);
  }
  double a = double(rig.cost[0] - before[0]), b = double(rig.cost[1] - before[1]);
  std::printf("seg: %u bit, weights 1 : %u, jobs of %u and %u bytes: 1 : %.3f\n",
              8 * Config::kSizes.bus_bytes, weight, first.payload, second.payload, b / a);
  return b / a;
}

TEMPLATE_TEST_CASE("Weights hold for jobs of every size", "[seg][fair]", Small, Default, Wide) {
  for (unsigned bytes : {64, 1000, 14480}) {
    Job job = bytes < 1448 ? plain(0, bytes) : tcp(0, bytes);
    double ratio = share_of_second<TestType>(kFast, job, job, 8, 1500);
    INFO("jobs of " << bytes << " bytes, ratio " << ratio);
    CHECK(ratio == Approx(8).epsilon(0.1));
  }
}

TEMPLATE_TEST_CASE("The wire is full whatever the frames of many queues", "[seg][fair]", Small,
                   Default, Wide) {
  for (unsigned bytes : {1500, 9000}) {
    Knobs knobs = kFast;
    knobs.left_by_wire = true;
    knobs.jobs_per_queue = 2;
    Rig<typename TestType::Model> rig(TestType::kSizes, knobs, 26);
    unsigned queues = std::min(TestType::kSizes.queues, TestType::kSizes.jobs / 2);
    auto run = [&](unsigned n) {
      while (n-- > 0) {
        for (unsigned q = 0; q < queues; q++) {
          while (rig.todo(q) < 2) rig.post(plain(q, bytes));
        }
        rig.steps(40);
      }
    };
    run(200);
    size_t from = rig.orders.size();
    uint64_t since = rig.now();
    run(2000);
    double beats = double(rig.orders.size() - from) *
                   ((bytes + TestType::kSizes.bus_bytes - 1) / TestType::kSizes.bus_bytes);
    std::printf("seg: %u bit, %u queues of %u bytes: the wire is busy for %.4f\n",
                8 * TestType::kSizes.bus_bytes, queues, bytes, beats / double(rig.now() - since));
    CHECK(beats / double(rig.now() - since) > 0.99);
  }
}

TEMPLATE_TEST_CASE("A flood of small orders has its share and no more", "[seg][fair]", Small,
                   Default, Wide) {
  Job refused = {.status = 0x31, .payload = 1 << 20};
  Job nop = {.kind = kNop};
  for (const Job &flood : {tcp(0, 1000, 1), nop, refused}) {
    for (const Job &honest : {tcp(0, 14480), plain(0, 64), plain(0, 1500)}) {
      double ratio = share_of_second<TestType>(kFast, flood, honest, 1, 1000);
      INFO("flood of " << flood.kind << ", honest jobs of " << honest.payload << ", ratio "
                       << ratio);
      CHECK(ratio == Approx(1).epsilon(0.05));
    }
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
  // until queue 0 has had the same, but for a largest frame (1024 beats), the quantum of the turn
  // that found the debt and the turn that queue 0 was in (64 each)
  CHECK(rig.debt_cycles.size() > 2000 - 1024 - 2 * 64);
  CHECK(rig.debt_cycles.size() < 2000);
  CHECK(rig.debt_cycles.back() - rig.debt_cycles.front() + 1 == rig.debt_cycles.size());
  // the wake comes when the query shows it, not before
  auto wake = std::lower_bound(rig.wake_cycles_of(1).begin(), rig.wake_cycles_of(1).end(),
                               rig.debt_cycles.back());
  REQUIRE(wake != rig.wake_cycles_of(1).end());
  CHECK(*wake <= rig.debt_cycles.back() + 20);
}

TEST_CASE("A debt of a largest frame does not hold up the loads", "[seg][debt]") {
  // a first turn is paid with one quantum of 64 beats; a slot costs four, and is paid before the
  // order
  for (bool deep : {false, true}) {
    Rig<Vseg0> rig(kSmall, kFast, 10);
    rig.watch_queue = 1;
    Job job = plain(1, 98);
    job.slots = deep ? 273 : 272;  // 272 are 64 + 1024 beats
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

TEST_CASE("Killed jobs are charged and their debt is paid without a job", "[seg][debt][unload]") {
  // 28 jobs of 9 slots and 4 cycles each: 1120 of the 1024 beats from which a debt is deep
  Knobs knobs = kFast;
  knobs.cold_queue = 1;
  Rig<Vseg0> rig(kSmall, knobs, 27);
  rig.watch_queue = 1;
  for (unsigned i = 0; i < 28; i++) {
    rig.post(plain(1, 64));
  }
  Rig<Vseg0> charged(kSmall, knobs, 28);
  charged.watch_queue = 1;
  for (unsigned i = 0; i < 28; i++) {
    Job job = plain(1, 64);
    job.slots = 9;
    charged.post(job);
  }
  for (auto *r : {&rig, &charged}) {
    r->steps(80);
    REQUIRE(r->loaded(1) == 28);
    r->knobs.jobs_per_queue = 8;
    for (unsigned i = 0; i < 400; i++) r->post(plain(0, 64));
    r->unload_now(1);
    for (unsigned i = 0; i < 1000 && r->unloading(); i++) r->step();
    REQUIRE(r->kills == 28);
    r->knobs.jobs_per_queue = 0;  // nothing more is loaded
    r->steps(1500);
  }
  CHECK(rig.debt_cycles.empty());
  REQUIRE(!charged.debt_cycles.empty());
  CHECK(charged.debt_cycles.back() + 100 < charged.now());
}

// A tombstone or an unload in the middle of a debt, and the unload's end in each cycle of the turns
// that pay it.
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

TEST_CASE("Who is to give job entries to others", "[seg][preempt]") {
  auto named = [](std::vector<Job> jobs, bool wanted, auto &&prepare) {
    Knobs knobs = kFast;
    knobs.entry_wanted = wanted;
    Rig<Vseg0> rig(kSmall, knobs, 18);
    prepare(rig);
    for (const Job &job : jobs) rig.post(job);
    rig.drain();
    for (unsigned q : rig.named) CHECK(q == 1);
    return rig.named.size();
  };
  auto nothing = [](auto &) {};
  SECTION("it has begun a long job and holds another one") {
    CHECK(named({tcp(1, 20000), tcp(1, 20000)}, true, nothing) > 0);
    CHECK(named({tcp(1, 20000), tcp(1, 20000)}, false, nothing) == 0);
    CHECK(named({tcp(1, 20000)}, true, nothing) == 0);
    // while 16 KiB are left
    CHECK(named({tcp(1, 16384), plain(1, 64), plain(1, 64)}, true, nothing) == 1);
    CHECK(named({tcp(1, 16383), plain(1, 64), plain(1, 64)}, true, nothing) == 0);
  }
  SECTION("it has sent 64 KiB of a job since that was loaded") {
    Job job = tcp(1, 65536 + 15360, 1024);
    CHECK(named({job}, true, nothing) == 0);  // less than 16 KiB are left then
    job.payload += 1024;
    CHECK(named({job}, true, nothing) == 1);
    job.payload += 10 * 1024;
    CHECK(named({job}, true, nothing) == 11);
    job.skip_bytes = 10 * 1024, job.skip_segments = 10;
    CHECK(named({job}, true, nothing) == 1);
  }
  SECTION("it has sent 128 segments of a job since that was loaded, however small they are") {
    CHECK(named({tcp(1, 129, 1)}, true, nothing) == 0);
    CHECK(named({tcp(1, 130, 1)}, true, nothing) == 1);
    Job job = tcp(1, 1380, 10);
    job.skip_bytes = 100, job.skip_segments = 10;
    CHECK(named({job}, true, nothing) == 0);
  }
  SECTION("it is deep in debt") {
    Job costly = plain(1, 100);
    costly.slots = 500;  // four beats each
    CHECK(named({costly, plain(1, 64)}, true, nothing) > 0);
    costly.slots = 200;
    CHECK(named({costly, plain(1, 64)}, true, nothing) == 0);
  }
  SECTION("it waits for its rate's next period") {
    auto limit = [](auto &rig) { rig.set_rate(1, 64, 0); };
    CHECK(named({plain(1, 64)}, true, limit) == 0);
    CHECK(named({plain(1, 64), plain(1, 64)}, true, limit) > 0);
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
      2, burst, 2.0);  // the end of a turn takes no cycle
  measure(
      "all queues, one-frame jobs, long",
      [&](auto &rig) {
        for (unsigned i = 0; i < 1000; i++) rig.post(plain(i % TestType::kSizes.queues, 64));
      },
      100, 900, 2.02);
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
