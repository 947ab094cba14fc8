// SPDX-License-Identifier: Apache-2.0
// Orders to frames: segmentation against a model of whole frames, ends, burials, rates; three
// widths.
#include <cstdio>

#include "Vout0.h"
#include "Vout1.h"
#include "Vout2.h"
#include "out_bench.hpp"

using namespace vmso::unit;

namespace {

constexpr unsigned kStatusFault = 0x40, kStatusBus = 0x41, kStatusTimeout = 0x42, kLevelNone = 7;

Bytes random_bytes(Rng &rng, size_t n) {
  Bytes b(n);
  for (auto &x : b) x = uint8_t(rng());
  return b;
}

void random_names(Rng &rng, Job &job, unsigned queue) {
  job.queue = queue;
  job.slot = pick(rng, 0, 0xffff);
  job.slots = pick(rng, 1, 5);
  job.cookie = rng();
  job.completion = rng() % 2;
  job.interrupt = rng() % 4 == 0;
}

Job tcp_job(Rng &rng, unsigned queue, HeaderShape shape, size_t payload, size_t mss) {
  Job job;
  random_names(rng, job, queue);
  job.seed = Seed(pick(rng, 1, 3));
  job.id_mode = IdMode(pick(rng, 0, 2));
  job.profile = rng() % 8 ? 1 : 2;
  if (job.seed == Seed::kCompute) shape.segments_left = 0;
  job.header = build_template(rng, shape);
  bool v4 = job.header.bytes.at(job.header.l3) >> 4 == 4;
  if (v4 && rng() % 2) {  // ids that wrap in the job, at 15 and at 16 bits
    put16(job.header.bytes, job.header.l3 + 4, (rng() % 2 ? 0x8000 : 0) + 0x7fff - rng() % 3);
  }
  job.payload = random_bytes(rng, payload);
  if (rng() % 16 == 0)
    std::fill(job.payload.begin(), job.payload.end(), uint8_t(rng() % 2 ? 0xff : 0));
  job.mss = mss;
  // software may seed with another address than the header's, as a routing header demands
  job.pseudo = job.seed == Seed::kCompute ? pseudo_sum(job.header) : rng() % 0x1000000;
  seed_template(job.header, job.seed, job.pseudo, payload);
  return job;
}

Job random_tcp_job(Rng &rng, unsigned queue) {
  HeaderShape shape = random_shape(rng, 256);
  shape.segments_left = unsigned(rng() % 2);
  size_t mss = rng() % 4 ? pick(rng, 1, 200) : pick(rng, 500, 2000);
  size_t payload = rng() % 8 == 0   ? 0
                   : rng() % 4 == 0 ? mss * pick(rng, 1, 4)
                                    : pick(rng, 1, unsigned(mss * 5));
  return tcp_job(rng, queue, shape, payload, mss);
}

Job random_plain_job(Rng &rng, unsigned queue) {
  Job job;
  random_names(rng, job, queue);
  job.tcp = false;
  job.seed = Seed::kNone;
  size_t header = rng() % 2 ? 0 : pick(rng, 1, 256);
  size_t payload = rng() % 4 == 0 ? 0 : rng() % 2 ? pick(rng, 1, 130) : pick(rng, 1, 1600);
  if (header + payload < 14) payload = 14;
  job.header.bytes = random_bytes(rng, header);
  job.told_header_bytes = header;
  job.told_l3 = rng() % 512;
  job.told_l4 = rng() % 512;
  job.payload = random_bytes(rng, payload);
  job.mss = std::max<size_t>(payload, 1);
  return job;
}

Failure bus_error(Rng &rng, unsigned access) {
  return {rng() % 4 ? kStatusBus : kStatusTimeout, pick(rng, 0x42, 0x4f), kLevelNone, access,
          rng()};
}

// Runs jobs to their ends, strictly one after the other's orders.
template <typename Model>
void run_job(OutBench<Model> &bench, Job job) {
  for (unsigned i = 0; !bench.can_load(); i++) {
    REQUIRE(i < 10000);
    if (bench.chance(bench.knobs.land_percent)) bench.land();
    bench.step();
  }
  bench.load(job);
  bench.step();
  for (bool last = false; !last;) {
    if (bench.chance(bench.knobs.land_percent)) bench.land();
    if (bench.has_room(job)) last = bench.issue(job, kFrame);
    bench.step();
  }
}

// Four queues at once, orders mixed; failures of every kind, and STOP and RESET at any time.
template <typename Model>
void random_traffic(uint64_t seed, unsigned jobs, Knobs knobs, bool failures) {
  OutBench<Model> bench(seed, knobs);
  auto &rng = bench.rng;
  enum Phase { kRun, kUnload, kBury, kSettle };
  enum What { kStop, kReset, kFailure };
  struct Queue {
    std::deque<Job> jobs;  // loaded; orders of the first one only
    Phase phase = kRun;
    What what = kStop;
  };
  std::array<Queue, kQueues> queues;
  unsigned loaded = 0, idle = 0;
  auto finished = [&] {
    bool any = loaded < jobs;
    for (auto &queue : queues) any |= !queue.jobs.empty() || queue.phase != kRun;
    return !any;
  };
  auto on_chip = [&](unsigned q) {
    auto is_its = [&](auto &order) { return order.queue == q; };
    return std::ranges::any_of(bench.waiting, is_its) || std::ranges::any_of(bench.leaving, is_its);
  };
  auto transit = [&](unsigned q) {
    Queue &queue = queues[q];
    if (queue.phase == kRun) {
      queue.what = bench.failed[q] ? kFailure : rng() % 2 ? kReset : kStop;
      if (rng() % 4 == 0) queue.what = kReset;
      queue.phase = kUnload;
    } else if (queue.phase == kUnload) {
      if (queue.jobs.empty()) {
        queue.phase = queue.what == kStop ? kSettle : kBury;
      } else {
        bench.kill(queue.jobs.front());
        queue.jobs.pop_front();
      }
    } else if (queue.phase == kBury) {
      bench.bury_later(q, queue.what == kReset);
      queue.phase = kSettle;
    } else if (!bench.burying(q) && !bench.telling(q) && (queue.what != kStop || !on_chip(q))) {
      if (queue.what == kStop && bench.failed[q]) {
        queue.what = kFailure;
        queue.phase = kBury;
      } else {
        bench.failed[q] = false;
        queue.phase = kRun;
      }
    }
  };
  while (!finished()) {
    REQUIRE(idle++ < 20000);
    unsigned q = unsigned(rng() % kQueues);
    Queue &queue = queues[q];
    if (bench.chance(knobs.land_percent)) bench.land();
    if (queue.phase != kRun || (failures && (bench.failed[q] ? rng() % 4 : rng() % 96) == 0)) {
      transit(q);
    } else if (queue.jobs.empty() || (queue.jobs.size() < 3 && rng() % 4 == 0)) {
      if (loaded < jobs && bench.can_load()) {
        Job job = rng() % 3 ? random_tcp_job(rng, q) : random_plain_job(rng, q);
        if (failures && rng() % 8 == 0) job.template_fails = bus_error(rng, 1);
        if (failures && rng() % 16 == 0) {  // refused by job: no template, one order
          job.header.bytes.clear();
          job.told_header_bytes = 0;
        }
        bench.load(job);
        queue.jobs.push_back(job);
        loaded++;
        idle = 0;
      }
    } else if (bench.chance(knobs.order_percent) && bench.has_room(queue.jobs.front())) {
      idle = 0;
      Job &job = queue.jobs.front();
      bool last;
      if (job.tcp && job.header.bytes.empty()) {
        Failure why = rng() % 4 ? Failure{pick(rng, 0x10, 0x32), 0, 0, 0, 0} : Failure{};
        last = bench.issue(job, kEnd, {}, why);
      } else if (failures && rng() % 32 == 0) {
        last = bench.issue(
            job, kFail, {},
            {kStatusFault, pick(rng, 1, 0x31), pick(rng, 0, 4), pick(rng, 0, 2), rng()});
      } else if (failures && job.told_header_bytes && !job.fetched && rng() % 8 == 0) {
        bench.fetch(job);
        last = false;
      } else {
        std::optional<Failure> poison;
        if (failures && rng() % 24 == 0) poison = bus_error(rng, 0);
        last = bench.issue(job, kFrame, poison);
      }
      if (last) queue.jobs.pop_front();
    }
    bench.step();
  }
  bench.drain();
  CHECK(bench.frames_out > 0);
}

// Eight small jobs of queues 0 and 1 in turn: frames of one or two beats and of many, ends without
// a frame, and failures that `scene` chooses. Queue 0 is buried `at` cycles after the first order,
// and its next life begins in the cycle after that.
template <typename Model>
void bury_at(OutBench<Model> &bench, unsigned at, unsigned scene, bool tells_nothing) {
  auto &rng = bench.rng;
  uint64_t begin = bench.now();
  bool asked = false;
  auto step = [&] {
    if (!asked && bench.now() >= begin + at) {
      asked = true;
      bench.bury_later(0, tells_nothing);
    }
    bench.land();
    bench.step();
  };
  auto order = [&](unsigned q, unsigned i) {
    Job job;
    random_names(rng, job, q);
    job.tcp = false;
    job.seed = Seed::kNone;
    job.payload = random_bytes(rng, i % 3 == 2 ? 300 : 64);
    job.mss = 300;
    for (unsigned j = 0; !bench.has_room(job) || (q == 0 && bench.burying(0)); j++) {
      REQUIRE(j < 5000);
      step();
    }
    bool fails = q == 0 && scene == i;
    Failure why = bus_error(rng, 0);
    if (fails && scene % 2) {
      bench.issue(job, kFail, {}, why);
    } else if (fails) {
      bench.issue(job, kFrame, why);
    } else {
      bench.issue(job, i % 4 == 3 ? kEnd : kFrame);
    }
    step();
  };
  for (unsigned i = 0; i < 8 && !(asked && !bench.burying(0)); i++) {
    order(0, i);
    if (i % 2) order(1, i);
  }
  while (!asked || bench.burying(0)) step();
  for (unsigned i = 0; i < 3; i++) order(0, 8 + i);
  bench.drain();
}

Knobs random_knobs(Rng &rng) {
  Knobs k;
  k.land_percent = rng() % 2 ? 100 : pick(rng, 20, 90);
  k.order_percent = rng() % 2 ? 100 : pick(rng, 20, 90);
  k.ready_percent = rng() % 2 ? 100 : pick(rng, 20, 90);
  k.end_percent = rng() % 2 ? 100 : pick(rng, 10, 90);
  k.fail_percent = rng() % 2 ? 100 : pick(rng, 10, 90);
  k.state_registered = rng() % 2;
  return k;
}

struct Rate {
  double cycles_per_frame;
  uint64_t gaps;
  uint64_t beats;
};

// Many equal frames that are all complete before the first may leave (the MAC waits until then).
template <typename Model>
Rate rate_of(const HeaderShape *shape, size_t payload, size_t mss) {
  OutBench<Model> bench(
      77, {.land_percent = 100, .order_percent = 100, .end_percent = 100, .fail_percent = 100});
  auto &rng = bench.rng;
  Job job;
  unsigned frames = 0;
  std::vector<Job> jobs;
  if (shape) {
    Job j = tcp_job(rng, 0, *shape, payload, mss);
    frames = unsigned((payload + mss - 1) / mss);
    jobs.push_back(j);
  } else {
    frames = 40;
    for (unsigned i = 0; i < frames; i++) {
      Job j;
      random_names(rng, j, 0);
      j.tcp = false;
      j.seed = Seed::kNone;
      j.payload = random_bytes(rng, payload);
      j.mss = payload;
      jobs.push_back(j);
    }
  }
  bench.knobs.ready_percent = 0;
  for (auto &j : jobs) {
    bench.load(j);
    bench.step();
    for (bool last = false; !last;) {
      REQUIRE(bench.has_room(j));
      last = bench.issue(j, kFrame);
      bench.step();
    }
  }
  while (!bench.landings.empty()) {
    bench.land();
    bench.step();
  }
  for (unsigned i = 0; i < 100; i++) bench.step();
  bench.ready_always = true;
  uint64_t start = bench.now();
  bench.gaps = 0;
  bench.first_beat = start;
  uint64_t beats = bench.beats_planned;
  bench.drain();
  return {double(bench.last_beat - start + 1) / frames, bench.gaps, beats};
}

// Cycles from the last landed byte (seen by frame_state in the next cycle) to the first beat.
template <typename Model>
uint64_t latency_of(bool patched) {
  OutBench<Model> bench(
      5, {.land_percent = 100, .order_percent = 100, .end_percent = 100, .fail_percent = 100});
  bench.ready_always = true;
  Job job = tcp_job(bench.rng, 0, {}, 200, 200);
  if (!patched) {
    job.tcp = false;
    job.seed = Seed::kNone;
    job.told_header_bytes = job.header.bytes.size();
  }
  bench.load(job);
  bench.step();
  bench.issue(job, kFrame);
  bench.step();
  auto is_template = [&] {
    for (auto &l : bench.landings)
      if (l.frame < 0) return true;
    return false;
  };
  // the template first, and time to parse it
  auto payload = bench.landings.back();
  bench.landings.pop_back();
  while (is_template()) {
    bench.land();
    bench.step();
  }
  for (unsigned i = 0; i < 40; i++) bench.step();
  bench.landings.push_back(payload);
  while (!bench.landings.empty()) {
    bench.land();
    bench.step();
  }
  bench.drain();
  return bench.first_beat - bench.last_landing;
}

}  // namespace

TEMPLATE_TEST_CASE("Random TCP and plain jobs of four queues leave as the model says", "[out]",
                   Vout0, Vout1, Vout2) {
  Rng rng(1001);
  for (unsigned round = 0; round < 12; round++)
    random_traffic<TestType>(rng(), 60, random_knobs(rng), false);
}

TEMPLATE_TEST_CASE(
    "With poison and bad bursts and tombstones and unloads each job ends once and in order",
    "[out]", Vout0, Vout1, Vout2) {
  Rng rng(2002);
  for (unsigned round = 0; round < 12; round++)
    random_traffic<TestType>(rng(), 120, random_knobs(rng), true);
}

TEMPLATE_TEST_CASE("Every IPv4 header length with every tag count is segmented", "[out]", Vout0,
                   Vout1, Vout2) {
  OutBench<TestType> bench(3003, {.land_percent = 100, .ready_percent = 100});
  for (unsigned tags = 0; tags <= 3; tags++) {
    for (unsigned options = 0; options <= 10; options++) {
      for (unsigned tcp = 0; tcp <= 10; tcp++) {
        HeaderShape shape{.tags = tags, .ip_options = options, .tcp_options = tcp};
        run_job(bench, tcp_job(bench.rng, 0, shape, pick(bench.rng, 1, 90), 30));
      }
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("Every IPv6 extension type and length and chain is segmented", "[out]", Vout0,
                   Vout1, Vout2) {
  OutBench<TestType> bench(3004, {.land_percent = 100, .ready_percent = 100});
  for (unsigned tags = 0; tags <= 3; tags++) {
    for (unsigned type : {0u, 43u, 60u}) {
      for (unsigned units = 0; units < 20; units++) {
        HeaderShape shape{
            .tags = tags, .v6 = true, .extensions = {{type, units}}, .tcp_options = units % 4};
        if (shape.bytes() <= 256) run_job(bench, tcp_job(bench.rng, 0, shape, 70, 30));
        shape.extensions = {{0, units % 3}, {60, units % 5}, {type, units}, {60, 0}};
        if (shape.bytes() <= 256) run_job(bench, tcp_job(bench.rng, 0, shape, 70, 30));
      }
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("A plain frame of any header and payload length leaves bit for bit", "[out]",
                   Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3005, {.land_percent = 100, .ready_percent = 100});
  for (unsigned header = 0; header <= 256; header += header < 70 ? 1 : 7) {
    for (unsigned payload : {0u, 1u, 15u, 16u, 17u, 60u, 64u, 65u, 1500u}) {
      if (header + payload < 14) continue;
      Job job = random_plain_job(bench.rng, 1);
      job.header.bytes = random_bytes(bench.rng, header);
      job.told_header_bytes = header;
      job.payload = random_bytes(bench.rng, payload);
      job.mss = std::max(payload, 1u);
      run_job(bench, job);
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("A largest frame and a job beyond 64 KiB have right lengths and sums", "[out]",
                   Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3006, {.land_percent = 100, .ready_percent = 100});
  for (Seed seed : {Seed::kCompute, Seed::kNoLength, Seed::kFull}) {
    for (bool v6 : {false, true}) {
      HeaderShape shape{.v6 = v6, .tcp_options = 3};
      for (size_t payload : {size_t(9216) - shape.bytes(), size_t(200'000)}) {
        Job job = tcp_job(bench.rng, 0, shape, payload, 9216 - shape.bytes());
        job.seed = seed;
        job.pseudo = pseudo_sum(job.header);
        seed_template(job.header, seed, job.pseudo, payload);
        run_job(bench, job);
      }
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("The id goes on within its mode over every carry", "[out]", Vout0, Vout1,
                   Vout2) {
  OutBench<TestType> bench(3007, {.land_percent = 100, .ready_percent = 100});
  for (IdMode mode : {IdMode::kIncrement, IdMode::kFixed, IdMode::kWrap15}) {
    for (unsigned id : {0u, 0xfeu, 0x7ffeu, 0x7fffu, 0x8000u, 0xfffeu, 0xffffu}) {
      Job job = tcp_job(bench.rng, 0, {}, 40, 10);  // four segments
      job.id_mode = mode;
      job.header.bytes[job.header.l3 + 4] = uint8_t(id >> 8);
      job.header.bytes[job.header.l3 + 5] = uint8_t(id);
      run_job(bench, job);
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("A template that contradicts the job fails with BAD_TEMPLATE", "[out]", Vout0,
                   Vout1, Vout2) {
  OutBench<TestType> bench(
      4004, {.land_percent = 100, .ready_percent = 100, .end_percent = 100, .fail_percent = 100});
  auto &rng = bench.rng;
  unsigned bad = 0;
  auto run_bad = [&](Job job, auto damage) {
    job.told_header_bytes = job.header.bytes.size();
    job.told_l3 = job.header.l3;
    job.told_l4 = job.header.l4;
    damage(job);
    job.bad = true;
    bad++;
    INFO("bad template number " << bad);
    run_job(bench, job);
    bench.drain();
    bench.bury(job.queue, false);
    // and the next good one goes through
    run_job(bench, tcp_job(rng, job.queue, {}, 40, 30));
  };
  auto v4 = [&](unsigned tags) {
    return tcp_job(rng, 2, {.tags = tags, .ip_options = 1, .tcp_options = 2}, 50, 30);
  };
  auto v6 = [&](Seed seed, unsigned left = 0) {
    Job job = tcp_job(
        rng, 2, {.v6 = true, .extensions = {{0, 0}, {43, 1}, {60, 0}}, .tcp_options = 2}, 50, 30);
    job.header.bytes[14 + 40 + 8 + 3] = uint8_t(left);
    job.seed = seed;
    return job;
  };
  auto flip = [](size_t at, uint8_t bits) {
    return [=](Job &job) { job.header.bytes[at] ^= bits; };
  };
  // Ethernet
  run_bad(v4(0), [](Job &job) { put16(job.header.bytes, 12, 0x0806); });
  run_bad(v4(0), [](Job &job) { put16(job.header.bytes, 12, 0x8100); });
  run_bad(v4(0), [](Job &job) { put16(job.header.bytes, 12, 0x86dd); });
  run_bad(v6(Seed::kCompute), [](Job &job) { put16(job.header.bytes, 12, 0x0800); });
  for (unsigned tags = 1; tags <= 3; tags++) {
    for (unsigned tag = 0; tag < tags; tag++) run_bad(v4(tags), flip(12 + 4 * tag, 1));
    for (unsigned tag = 0; tag < tags; tag++)
      run_bad(v4(tags), [=](Job &job) { put16(job.header.bytes, 12 + 4 * tag, 0x0800); });
    run_bad(v4(tags), flip(12 + 4 * tags + 1, 1));
    run_bad(v4(tags), [](Job &job) { job.told_l3 -= 4; });
    run_bad(v4(tags), [](Job &job) { job.told_l3 += 4; });
  }
  run_bad(tcp_job(rng, 2, {}, 50, 30), [](Job &job) { job.told_l3 = 16; });
  run_bad(tcp_job(rng, 2, {}, 50, 30), [](Job &job) { job.told_l3 = 0; });
  run_bad(tcp_job(rng, 2, {}, 50, 30), [](Job &job) { job.told_l3 = 30; });
  // IPv4
  for (uint8_t bits : {0x10, 0x20, 0x40}) run_bad(v4(0), flip(14, bits));  // version
  for (unsigned ihl : {0u, 4u, 5u, 7u, 15u}) {
    run_bad(v4(0), [=](Job &job) { job.header.bytes[14] = uint8_t(0x40 | ihl); });  // really 6
  }
  run_bad(v4(1), flip(18 + 6, 0x20));  // MF
  for (unsigned bit = 0; bit < 13; bit++) {
    run_bad(v4(1), [=](Job &job) {
      put16(job.header.bytes, 24, get16(job.header.bytes, 24) ^ 1u << bit);
    });
  }
  for (unsigned protocol : {0u, 1u, 4u, 7u, 17u, 0x86u, 255u}) {
    run_bad(v4(0), [=](Job &job) { job.header.bytes[23] = uint8_t(protocol); });
  }
  run_bad(v4(0), [](Job &job) { job.told_l4 -= 4; });
  run_bad(v4(0), [](Job &job) { job.told_l4 += 4; });
  run_bad(v4(0), [](Job &job) { job.told_l4 += 2; });
  // IPv6
  for (uint8_t bits : {0x10, 0x20, 0x40}) run_bad(v6(Seed::kCompute), flip(14, bits));
  for (unsigned type : {44u, 50u, 51u, 59u, 135u, 139u, 140u, 17u, 253u, 6u}) {
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[20] = uint8_t(type); });
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[54] = uint8_t(type); });
    if (type != 6)
      run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[78] = uint8_t(type); });
  }
  for (unsigned type : {0u, 43u, 60u}) {
    run_bad(v6(Seed::kNoLength),
            [=](Job &job) { job.header.bytes[78] = uint8_t(type); });  // into TCP
  }
  for (unsigned units : {3u, 4u, 5u, 255u}) {  // to TCP, into it, beyond it
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[55] = uint8_t(units); });
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[79] = uint8_t(units); });
  }
  run_bad(v6(Seed::kCompute, 1), [](Job &) {});
  run_bad(v6(Seed::kCompute, 0x80), [](Job &) {});
  run_bad(v6(Seed::kNoLength), [](Job &job) { job.told_l4 -= 8; });
  run_bad(v6(Seed::kNoLength), [](Job &job) { job.told_l4 += 4; });
  run_bad(tcp_job(rng, 2, {.v6 = true}, 50, 30), [](Job &job) { job.header.bytes[20] = 60; });
  // TCP
  for (bool six : {false, true}) {
    auto make = [&] { return six ? v6(Seed::kNoLength) : v4(0); };
    for (unsigned doff : {0u, 4u, 5u, 6u, 8u, 15u}) {  // really 7
      run_bad(make(), [=](Job &job) { job.header.bytes[job.header.l4 + 12] = uint8_t(doff << 4); });
    }
    for (int more : {-4, -2, -1, 1, 2, 4}) {
      run_bad(make(), [=](Job &job) {
        job.header.bytes.resize(job.header.bytes.size() + size_t(more));
        job.told_header_bytes = job.header.bytes.size();
      });
    }
  }
  run_bad(tcp_job(rng, 2, {}, 50, 30),
          [](Job &job) { job.header.bytes.resize(job.told_header_bytes = 53); });
  run_bad(tcp_job(rng, 2, {}, 50, 30),
          [](Job &job) { job.header.bytes.resize(job.told_header_bytes = 34); });
  CHECK(bad > 100);
  bench.drain();
}

TEMPLATE_TEST_CASE(
    "A burial in any cycle around the orders of its queue kills what has come and no more",
    "[out][bury]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(5005, {.land_percent = 100});
  for (unsigned mac : {100u, 35u}) {
    bench.knobs.ready_percent = bench.knobs.end_percent = bench.knobs.fail_percent = mac;
    for (unsigned scene = 0; scene < 9; scene++) {  // 8: nothing fails
      for (unsigned at = 0; at < 48; at++) {
        for (bool tells_nothing : {false, true}) {
          INFO("failure in order " << scene << ", burial " << at << " cycles after the first, void "
                                   << tells_nothing);
          bury_at(bench, at, scene, tells_nothing);
        }
      }
    }
  }
  CHECK(bench.dead_frames > 100);
  CHECK(bench.voided > 20);
}

TEMPLATE_TEST_CASE("A burial waits for no MAC and no completion and many lives wait in the FIFO",
                   "[out][bury]", Vout0, Vout1, Vout2) {
  for (bool tells_nothing : {false, true}) {
    OutBench<TestType> bench(5105, {.land_percent = 100, .ready_percent = 0});
    bench.knobs.end_percent = bench.knobs.fail_percent = 0;
    unsigned lives = 0;
    while (bench.frames_in_use + 4 <= bench.kFrameSlots) {
      for (unsigned q = 0; q < kQueues; q++) {
        Job job = tcp_job(bench.rng, q, {}, 40, 40);
        bench.load(job);
        bench.land();
        bench.step();
        if (lives % 5 == q) {
          bench.issue(job, kFail, {}, bus_error(bench.rng, 1));
        } else {
          bench.issue(job, kFrame);
        }
        bench.land();
        bench.step();
      }
      bench.bury(lives % kQueues, tells_nothing);
      lives++;
    }
    for (unsigned i = 0; i < 300; i++) bench.land(), bench.step();
    CHECK(bench.beats_out == 0);
    CHECK(bench.bury_worst <= 4);
    bench.knobs.ready_percent = bench.knobs.end_percent = bench.knobs.fail_percent = 60;
    bench.drain();
    CHECK(bench.frames_out > 3);
    CHECK(bench.dead_frames > lives / 2);
  }
}

// Orders are numbered modulo 2^16. The scan that forgets looks at each of the four queues every
// fourth cycle, and here another queue is buried every fourth cycle, in each of the four phases.
TEST_CASE("A burial is forgotten before the numbers of orders come round", "[out][bury]") {
  for (unsigned phase = 0; phase < kQueues; phase++) {
    OutBench<Vout0> bench(5205 + phase, {.land_percent = 100});
    bench.knobs.end_percent = bench.knobs.fail_percent = bench.knobs.ready_percent = 100;
    Job job;
    job.tcp = false;
    job.seed = Seed::kNone;
    job.payload = random_bytes(bench.rng, 64);
    for (unsigned i = 0; i < 4; i++) bench.issue(job, kEnd), bench.step();
    bench.bury(0, false);
    while (bench.orders < 0x10800) {
      if (bench.now() % kQueues == phase && bench.buries.empty()) bench.bury_later(1, false);
      job.queue = bench.orders % 4 ? 2 : 0;
      if (bench.frames_in_use < 16) bench.issue(job, kEnd);
      bench.step();
    }
    bench.drain();
    CHECK(bench.dropped <= 4);
  }
}

TEMPLATE_TEST_CASE("Templates of killed jobs come home once and hold up no other", "[out][drop]",
                   Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(5305, {.land_percent = 100, .ready_percent = 100});
  // the first ones never land, until the end
  std::vector<typename OutBench<TestType>::Landing> lost;
  for (unsigned i = 0; i < 4; i++) {
    Job job = tcp_job(bench.rng, 1, {.tcp_options = i}, 60, 30);
    bench.load(job);
    bench.step();
    bench.fetch(job);
    lost.push_back(bench.landings.back());
    bench.landings.pop_back();
    bench.kill(job);
    bench.step();
  }
  for (unsigned i = 0; i < 3 * bench.kTemplates; i++) {
    for (unsigned j = 0; !bench.can_load(); j++) {
      REQUIRE(j < 5000);
      bench.land();
      bench.step();
    }
    Job job = tcp_job(bench.rng, i % 2, {.tcp_options = i % 11}, 60, 30);
    bench.load(job);
    bench.land();
    bench.step();
    unsigned orders = i % 3;
    if (i % 5 == 0) bench.fetch(job);
    for (unsigned j = 0; j < orders;) {
      bool issues = bench.has_room(job);
      if (issues && bench.issue(job, kFrame)) j = 3;  // lives on
      j += issues;
      bench.land();
      bench.step();
    }
    if (job.sent < 60) bench.kill(job);
    bench.land();
    bench.step();
  }
  for (unsigned i = 0; i < 2000; i++) bench.land(), bench.step();
  CHECK(bench.drops.size() == 4);
  for (auto &landing : lost) bench.landings.push_back(landing);
  bench.drain();
  CHECK(bench.tmpl_home.size() == bench.kTemplates);
}

TEST_CASE("A template that lands 2^15 orders after its job was killed comes home", "[out][drop]") {
  for (unsigned orders : {0x7ff0u, 0x8010u, 0xfff0u, 0x10010u}) {
    OutBench<Vout0> bench(5405, {.land_percent = 100});
    bench.knobs.end_percent = bench.knobs.fail_percent = bench.knobs.ready_percent = 100;
    Job killed = tcp_job(bench.rng, 1, {}, 60, 30), job;
    bench.load(killed);
    bench.step();
    bench.fetch(killed);
    bench.kill(killed);
    bench.step();
    job.tcp = false;
    job.seed = Seed::kNone;
    job.payload = random_bytes(bench.rng, 64);
    while (bench.orders < orders) {
      if (bench.frames_in_use < 16) bench.issue(job, kEnd);
      bench.step();
    }
    for (unsigned i = 0; i < 100; i++) bench.step();
    CHECK(bench.drops.size() == 1);
    bench.drain(1000);
  }
}

// A template whose number the reset found half landed, landed, or in the parser is a new one behind
// it.
TEMPLATE_TEST_CASE("After a reset in the middle of traffic everything is new", "[out][reset]",
                   Vout0, Vout1, Vout2) {
  for (unsigned at = 1; at <= 40; at++) {
    OutBench<TestType> bench(6006 + at, {.land_percent = 100, .ready_percent = 100});
    for (unsigned i = 0; i < 3; i++) {
      Job job = tcp_job(bench.rng, 0, random_shape(bench.rng, 256), 30, 30);
      bench.load(job);
      bench.step();
      bench.issue(job, kFrame);
      bench.step();
    }
    for (unsigned i = 0; i < at; i++) {
      bench.land();
      bench.step();
    }
    bench.forget();
    // the orders first, so that whatever is left of the old templates would let them go too early
    bench.knobs.land_percent = 0;
    for (unsigned i = 0; i < 4; i++) run_job(bench, random_tcp_job(bench.rng, i % 2));
    for (unsigned i = 0; i < 20; i++) bench.step();
    CHECK(bench.beats_out == 0);
    bench.knobs.land_percent = 100;
    bench.drain();
    CHECK(bench.frames_out >= 4);
  }
}

TEMPLATE_TEST_CASE("A soft reset in any cycle loses no frame whose end was told and cuts none",
                   "[out][reset]", Vout0, Vout1, Vout2) {
  uint64_t told = 0, whole_at_once = 0;
  for (unsigned at = 0; at < 160; at++) {
    INFO("soft reset " << at << " cycles after the MAC begins");
    unsigned ready = at % 4 == 0 ? 0 : at % 4 == 1 ? 100 : 30;  // 0: a MAC that stands still
    OutBench<TestType> bench(6100 + at, {.land_percent = 100, .ready_percent = 0});
    for (unsigned i = 0; i < 12; i++) {
      run_job(bench, tcp_job(bench.rng, i % 3, {}, i % 4 ? 10 : 300, 100));
    }
    while (!bench.landings.empty()) bench.land(), bench.step();
    bench.knobs.ready_percent = ready ? ready : 60;
    for (unsigned i = 0; i < at; i++) bench.step();
    bench.soft_reset(ready);
    told += bench.told_beats;
    whole_at_once += bench.whole_at_once;
    bench.forget();
    run_job(bench, random_tcp_job(bench.rng, 1));
    bench.drain();
  }
  CHECK(told > 100);
  CHECK(whole_at_once > 10);
}

// Loads beside landings and parsings of other templates, in the same cycles, with all numbers in
// use.
TEMPLATE_TEST_CASE("Template numbers come back while others land", "[out]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(7007, {.land_percent = 100, .ready_percent = 100});
  unsigned loaded = 0;
  for (unsigned i = 0; loaded < 3 * bench.kTemplates; i++) {
    REQUIRE(i < 100000);
    if (bench.can_load() && bench.frames_in_use + 1 < bench.kFrameSlots) {
      bool tcp = bench.rng() % 4 != 0;
      Job job = tcp_job(bench.rng, loaded % 2, {.tcp_options = unsigned(bench.rng() % 11)}, 6, 6);
      if (!tcp) {
        job.tcp = false;
        job.seed = Seed::kNone;
      }
      bench.load(job);
      bench.land();
      bench.step();
      if (bench.has_room(job)) {
        if (bench.rng() % 8) {
          bench.issue(job, kFrame);
        } else {
          bench.issue(job, kEnd);  // never fetched
        }
      } else {
        bench.issue(job, kEnd);
      }
      loaded++;
    }
    if (bench.chance(90)) bench.land();
    bench.step();
  }
  bench.drain();
  CHECK(bench.frames_out > bench.kTemplates);
}

TEMPLATE_TEST_CASE("Rates: full beats without gaps and small frames in 2 or 3 cycles",
                   "[out][rate]", Vout0, Vout1, Vout2) {
  constexpr unsigned kBus = OutBench<TestType>::kBus;
  HeaderShape plain{}, stamps{.tcp_options = 3};
  Rate one = rate_of<TestType>(nullptr, 60, 60);
  Rate bulk = rate_of<TestType>(&stamps, kBus == 64 ? 30 * 1448 : 15 * 1448, 1448);
  Rate small = rate_of<TestType>(&stamps, 40 * 64, 64);
  Rate tiny = rate_of<TestType>(&plain, 40 * 6, 6);
  std::printf("%u bit: 60-byte plain %.2f, MSS 1448 %.2f, MSS 64 %.2f, MSS 6 %.2f cycles a frame\n",
              kBus * 8, one.cycles_per_frame, bulk.cycles_per_frame, small.cycles_per_frame,
              tiny.cycles_per_frame);
  CHECK(bulk.gaps == 0);
  CHECK(small.gaps == 0);
  CHECK(one.cycles_per_frame <= std::max(2.0, 60.0 / kBus + 1) + 0.1);
  CHECK(tiny.cycles_per_frame <= (kBus == 64 ? 3.0 : kBus == 32 ? 4.0 : 8.0) + 0.1);
}

TEMPLATE_TEST_CASE("The first beat comes 4 cycles after the last byte is in frame_state",
                   "[out][rate]", Vout0, Vout1, Vout2) {
  std::printf("last landing to first beat: patched %u, plain %u cycles\n",
              unsigned(latency_of<TestType>(true)), unsigned(latency_of<TestType>(false)));
  CHECK(latency_of<TestType>(true) <= 4);
  CHECK(latency_of<TestType>(false) <= 4);
}
