// SPDX-License-Identifier: Apache-2.0
// Room run: each kind of descriptor and status once, random jobs with everything at random times,
// and cycles per small job, per piece and per step of a lone frame.
#include <bit>
#include <set>
#include <string>

#include "Vrun0.h"
#include "Vrun1.h"
#include "Vrun2.h"
#include "run_rig.hpp"

using namespace vmso::run_test;

namespace {

template <typename Model>
struct JobsOf;
template <>
struct JobsOf<Vrun0> {
  static constexpr unsigned value = 32;
};
template <>
struct JobsOf<Vrun1> {
  static constexpr unsigned value = 64;
};
template <>
struct JobsOf<Vrun2> {
  static constexpr unsigned value = 128;
};

// Cycles in which an elder may issue: twice the beats of 9216 bytes and 128, as a power of two - 1.
template <typename Model>
struct GraceOf {
  static constexpr unsigned kBusBytes = JobsOf<Model>::value / 2;
  static constexpr unsigned value = std::bit_ceil(2 * (9216 / kBusBytes + 1) + 128u) - 1;
};

const uint64_t kSeed = getenv("SEED") ? strtoull(getenv("SEED"), nullptr, 0) : 0x72756e;

Job small(uint64_t addr, uint32_t bytes) {
  Job j;
  j.payload = bytes;
  j.buffer0 = {addr, bytes, 1, 0};
  return j;
}

struct Make {
  std::mt19937_64 rng;
  unsigned error_percent = 0;
  uint64_t below(uint64_t n) { return rng() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }

  Buffer buffer() {
    Buffer b;
    b.space = unsigned(below(4));
    b.addr = rng();
    switch (below(8)) {
      case 0:
        b.bytes = 1;
        break;
      case 1:
        b.bytes = 1 + uint32_t(below(64));
        break;
      case 2:
        b.bytes = 4096, b.addr &= ~4095ull;
        break;
      case 3:
        b.bytes = 1 + uint32_t(below(4096)), b.addr |= 4095;
        break;
      case 4:
        b.bytes = 1 + uint32_t(below(5000)), b.addr = 0 - uint64_t(b.bytes);
        break;
      case 5:
        b.bytes = 4095 + uint32_t(below(3)), b.addr &= ~4095ull, b.addr |= below(3);
        break;
      case 6:
        b.bytes = 1 + uint32_t(below(20000));
        break;
      default:
        b.bytes = 64 + uint32_t(below(1400));
        break;
    }
    if (u128(b.addr) + b.bytes > u128(1) << 64) b.addr -= 1ull << 40;
    return b;
  }

  Job job() {
    Job j;
    j.queue = unsigned(below(1024));
    for (auto &c : j.contexts) c = 1 + unsigned(below(8));
    if (chance(5)) j.status = 0x11;
    if (chance(5)) j.kind = 0;
    if (chance(60)) {
      j.header = 1 + uint32_t(below(256));
      j.tmpl = {rng() >> below(60), 0, unsigned(below(4)), 0};
      if (chance(30)) j.tmpl.addr |= 4095 - below(100);
      if (u128(j.tmpl.addr) + j.header > u128(1) << 64) j.tmpl.addr -= 4096;
    }
    j.tag = chance(30);
    j.csum = chance(30);
    j.csum_from = uint32_t(below(chance(70) ? 60 : 9000));
    if (j.tag) j.csum_from = std::max(j.csum_from, Job::kTagAt);
    if (chance(90)) j.buffer0 = buffer();
    if (chance(30)) j.buffer1 = buffer();
    uint64_t sum = j.buffer0.bytes + j.buffer1.bytes;
    if (chance(50)) {
      for (size_t n = below(chance(10) ? 20 : 4); n > 0; n--) {
        Slot s;
        bool tiny = chance(40);
        for (Buffer &b : s.places) {
          if (chance(70)) b = buffer();
          if (tiny && b.bytes) b.bytes = 1 + (b.bytes - 1) % 8;
          sum += b.bytes;
        }
        j.chain.push_back(s);
      }
    }
    j.payload = uint32_t(sum);
    if (chance(error_percent)) spoil(j);
    if (chance(25) && j.payload) {
      switch (below(3)) {
        case 0:
          j.skip = uint32_t(below(j.payload));
          break;
        case 1:
          j.skip = std::min(j.buffer0.bytes, j.payload - 1);
          break;
        default:
          j.skip = std::min(j.buffer0.bytes + j.buffer1.bytes, j.payload - 1);
          break;
      }
    }
    return j;
  }

  void spoil(Job &j) {
    uint32_t least = j.buffer0.bytes + j.buffer1.bytes;
    if (j.chain.empty()) j.chain.push_back({});
    Slot &s = j.chain[below(j.chain.size())];
    Buffer &b = s.places[below(4)];
    switch (below(6)) {
      case 0:
        b.reserved = 1ull << below(38);
        break;
      case 1:
        for (unsigned s = 0; s < 4; s++) {  // job has seen to those of the first slot
          j.granted[s] = s == j.tmpl.space || s == j.buffer0.space || s == j.buffer1.space;
        }
        break;
      case 2:
        b.bytes = 2 + uint32_t(below(5000)), b.addr = 0 - (1 + below(b.bytes - 1));
        break;
      case 3:
        j.payload += 1 + uint32_t(below(3000));
        break;
      case 4:
        j.payload = least + uint32_t(below(j.payload - least + 1));
        break;
      default:
        s.resp = 1 + unsigned(below(4));
        break;
    }
  }
};

template <typename Model>
void random_jobs(Rig<Model> &rig, unsigned jobs, uint64_t seed, unsigned error_percent) {
  INFO("seed " << seed);
  Make make{std::mt19937_64(seed + 1), error_percent};
  for (unsigned i = 0; i < jobs; i++) rig.waiting.push_back(make.job());
  rig.drain();
  CHECK(rig.finished == jobs);
}

// Everything at once and nothing refused.
Knobs smooth() {
  Knobs k;
  k.load_percent = k.lookup_percent = k.piece_percent = k.fetch_percent = k.whole_percent = 100;
  k.land_percent = 100;
  k.walk_percent = 0;
  return k;
}

// How a job with one further slot, spoiled by `spoil`, ends.
template <typename Model, typename Spoil>
End end_of(Spoil spoil) {
  Rig<Model> rig(JobsOf<Model>::value, Knobs{}, kSeed);
  Job job = small(0x1000, 100);
  job.payload = 300;
  job.chain.push_back({});
  job.chain[0].places[1] = {0x20ff0, 200, 2, 0};
  spoil(job);
  rig.waiting.push_back(job);
  rig.waiting.push_back(small(0x5000, 10));  // another job is not touched by it
  rig.drain();
  CHECK(rig.killed == 1);
  CHECK(rig.finished == 2);
  REQUIRE(!rig.ends.empty());
  return rig.ends.back();
}

}  // namespace

TEMPLATE_TEST_CASE("Random jobs become the pieces of their buffers", "[run]", Vrun0, Vrun1, Vrun2) {
  Rig<TestType> rig(JobsOf<TestType>::value, Knobs{}, kSeed);
  random_jobs(rig, 1500, kSeed, 0);
  CHECK(rig.killed == 0);
  CHECK(rig.fulls > 0);
  CHECK(rig.busies > 0);
}

TEMPLATE_TEST_CASE("Bad descriptors end their jobs and no others", "[run]", Vrun0, Vrun1, Vrun2) {
  Knobs knobs;
  knobs.fault_per_mille = 30;
  Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 1);
  random_jobs(rig, 1500, kSeed + 1, 50);
  CHECK(rig.killed > 300);
  CHECK(rig.faults_seen > 100);
  CHECK(rig.bads_seen > 100);
}

TEMPLATE_TEST_CASE("With fences and unloads at any time no stale page is read", "[run]", Vrun0,
                   Vrun1, Vrun2) {
  for (uint64_t seed : {kSeed + 2, kSeed + 3}) {
    Knobs knobs;
    knobs.fault_per_mille = 30;
    knobs.kill_per_mille = 8;
    knobs.mark_per_mille = 4;
    Rig<TestType> rig(JobsOf<TestType>::value, knobs, seed);
    random_jobs(rig, 600, seed, 10);
    CHECK(rig.killed > 20);
    CHECK(rig.marks > 20);
    CHECK(rig.runs_redone > rig.busies);
  }
}

TEMPLATE_TEST_CASE("With few walk slots and long walks every run is answered once", "[run]", Vrun0,
                   Vrun1, Vrun2) {
  Knobs knobs;
  knobs.walk_percent = 90;
  knobs.walk_slots = 2;
  knobs.walk_latency = 30;
  knobs.busy_percent = 30;
  knobs.mark_per_mille = 2;
  Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 4);
  random_jobs(rig, 150, kSeed + 4, 0);
  CHECK(rig.busies > 1000);
}

TEMPLATE_TEST_CASE("A lookup that was offered stands while its job is unloaded", "[run]", Vrun0,
                   Vrun1, Vrun2) {
  Knobs knobs;
  knobs.lookup_percent = 20;
  knobs.kill_per_mille = 50;
  Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 5);
  random_jobs(rig, 1000, kSeed + 5, 0);
  CHECK(rig.killed > 20);
}

TEST_CASE("Each kind of bad descriptor has its status and address", "[run]") {
  auto end = [](auto spoil) { return end_of<Vrun1>(spoil); };
  using J = Job &;
  CHECK(end([](J j) { j.chain[0].places[0].reserved = 1; }) == End{0x11, 0, 7, 0, 0});
  CHECK(end([](J j) { j.chain[0].places[1].reserved = 1ull << 37; }) ==
        End{0x11, 0, 7, 0, 0x20ff0});
  CHECK(end([](J j) { j.granted[2] = false; }) == End{0x15, 0, 7, 0, 0x20ff0});
  CHECK(end([](J j) { j.chain[0].places[1].addr = 0 - 199ull; }) == End{0x18, 0, 7, 0, 0 - 199ull});
  CHECK(end([](J j) { j.payload = 301; }) == End{0x14, 0, 7, 0, 0});
  CHECK(end([](J j) { j.payload = 299; }) == End{0x14, 0, 7, 0, 0});
  // of a slot that could not be read the ring tells the bus address
  auto unread = [&](unsigned resp) {
    return end([&](J j) {
      j.chain[0].resp = resp;
      j.chain[0].places[0].addr = 0x4000001240;
    });
  };
  CHECK(unread(1) == End{0x41, 0x42, 7, 2, 0x4000001240});
  CHECK(unread(2) == End{0x41, 0x43, 7, 2, 0x4000001240});
  CHECK(unread(3) == End{0x40, 0x31, 7, 2, 0x4000001240});
  CHECK(unread(4) == End{0x42, 0x4f, 7, 2, 0x4000001240});
}

TEMPLATE_TEST_CASE("Pieces are cut where a tag will stand and where a sum begins and nowhere else",
                   "[run][cuts]", Vrun0, Vrun1, Vrun2) {
  Knobs knobs = smooth();
  knobs.true_places = true;
  Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed);
  uint64_t want = 0;
  const uint32_t kPayload = 50;
  auto run = [&](uint32_t header, bool tag, bool csum, uint32_t from) {
    Job job = small(0x1000, kPayload);
    job.header = header;
    job.tmpl = {0x2000, 0, 2, 0};
    job.tag = tag;
    job.csum = csum;
    job.csum_from = from;
    rig.waiting.push_back(job);
    // template and payload, and each cut that lies inside one of them
    auto cuts = [&](uint32_t at) { return at != 0 && at != header && at < header + kPayload; };
    want += 1 + (header != 0) + (tag && cuts(Job::kTagAt)) + (csum && cuts(from));
    if (tag && csum && from == Job::kTagAt) want -= cuts(from);  // one cut for both
  };
  for (uint32_t header : {0, 1, 2, 11, 12, 13, 14, 30, 64}) {
    run(header, true, false, 0);
    run(header, false, false, 20);
    for (uint32_t from = 0; from < header + kPayload + 2; from++) {
      run(header, false, true, from);
      if (from >= Job::kTagAt) run(header, true, true, from);
    }
  }
  rig.drain();
  CHECK(rig.pieces == want);
}

TEMPLATE_TEST_CASE("Cuts beside page borders and pieces that wait and fences and kills",
                   "[run][cuts]", Vrun0, Vrun1, Vrun2) {
  for (uint64_t seed = 0; seed < 4; seed++) {
    Knobs knobs;
    knobs.true_places = true;
    knobs.piece_percent = seed % 2 ? 100 : 30;
    knobs.whole_percent = 100;
    knobs.mss = seed < 2 ? 0 : 40;
    knobs.mark_per_mille = 4;
    knobs.kill_per_mille = 4;
    knobs.fault_per_mille = 10;
    Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 200 + seed);
    Make make{std::mt19937_64(kSeed + 200 + seed)};
    for (unsigned i = 0; i < 500; i++) {
      Job job = small(0x100000 * i + 0x1000 - make.below(70), 90);
      job.buffer1 = {0x100000 * i + 0x8000 - make.below(70), 90, 1, 0};
      job.payload = 180;
      job.header = make.chance(50) ? 0 : uint32_t(make.below(60));
      job.tmpl = {0x100000 * i + 0x4000 - make.below(60), 0, 2, 0};
      job.tag = make.chance(70);
      job.csum = make.chance(70);
      job.csum_from = uint32_t(12 + make.below(100));
      rig.waiting.push_back(job);
    }
    rig.drain();
    CHECK(rig.finished == 500);
    CHECK(rig.marks > 0);
  }
}

TEST_CASE("A cut costs no cycle", "[run][cuts][rate]") {
  Knobs knobs = smooth();
  knobs.true_places = true;
  Rig<Vrun2> rig(128, knobs, kSeed);
  Job job = small(0x1000, 1448);
  job.tag = job.csum = true;
  job.csum_from = 34;
  rig.waiting.push_back(job);
  rig.drain();
  REQUIRE(rig.piece_cycles.size() == 3);
  CHECK(rig.piece_cycles[0] - rig.fetch_cycles[0] == 2);
  CHECK(rig.piece_cycles[2] - rig.piece_cycles[0] == 2);
}

TEST_CASE("A buffer that ends at the top of the address space is whole", "[run]") {
  Rig<Vrun1> rig(64, Knobs{}, kSeed);
  Job job = small(0 - 5000ull, 5000);
  rig.waiting.push_back(job);
  job.payload = 5200;
  job.chain.push_back({});
  job.chain[0].places[3] = {0 - 200ull, 200, 0, 0};
  rig.waiting.push_back(job);
  rig.drain();
  CHECK(rig.killed == 0);
  CHECK(rig.lookups - rig.runs_redone == 5);
}

TEST_CASE("Skipped bytes are not translated", "[run]") {
  struct Case {
    uint32_t skip;
    unsigned lookups;
  };
  // buffer0: 4096 bytes of one page, buffer1: 5000 of two, place: 1 byte
  for (Case c : {Case{0, 4},
                 {1, 4},
                 {4095, 4},
                 {4096, 3},
                 {4097, 3},
                 {8191, 3},
                 {8192, 2},
                 {9095, 2},
                 {9096, 1}}) {
    Rig<Vrun1> rig(64, Knobs{}, kSeed);
    Job job = small(0x1000, 4096);
    job.buffer1 = {0x10000, 5000, 1, 0};
    job.chain.push_back({});
    job.chain[0].places[2] = {0x30fff, 1, 1, 0};
    job.payload = 9097;
    job.skip = c.skip;
    rig.waiting.push_back(job);
    rig.drain();
    INFO("skip " << c.skip);
    CHECK(rig.lookups - rig.runs_redone == c.lookups);
  }
}

TEMPLATE_TEST_CASE("Rates: one small job per 2 cycles and one run per cycle", "[run][rate]", Vrun0,
                   Vrun1, Vrun2) {
  constexpr unsigned kJobs = JobsOf<TestType>::value;
  SECTION("jobs of one run, loaded every second cycle") {
    Rig<TestType> rig(kJobs, smooth(), kSeed);
    for (unsigned i = 0; i < kJobs; i++) rig.waiting.push_back(small(0x1000 * i, 64));
    rig.fetching = false;
    rig.steps(400);
    REQUIRE(rig.lookups == kJobs);
    CHECK(rig.lookup_cycles.back() - rig.lookup_cycles.front() == 2 * (kJobs - 1));
    for (unsigned i = 0; i < kJobs; i++) CHECK(rig.lookup_cycles[i] == rig.load_cycles[i] + 1);
  }
  SECTION("with a template") {
    Rig<TestType> rig(kJobs, smooth(), kSeed);
    for (unsigned i = 0; i < kJobs; i++) {
      rig.waiting.push_back(small(0x1000 * i, 64));
      rig.waiting.back().header = 66;
    }
    rig.fetching = false;
    rig.steps(400);
    REQUIRE(rig.lookups == 2 * kJobs);
    CHECK(rig.lookup_cycles.back() - rig.lookup_cycles.front() <= 2 * kJobs + 2);
  }
  SECTION("small jobs in steady state, everything included") {
    Rig<TestType> rig(kJobs, smooth(), kSeed);
    for (unsigned i = 0; i < 1000; i++) rig.waiting.push_back(small(0x1000 * i, 64));
    rig.drain();
    CHECK(rig.piece_cycles[900] - rig.piece_cycles[100] <= 2 * 800 + 40);
  }
  SECTION("a buffer of 32 pages is asked for in 32 cycles and read in pieces without gaps") {
    Rig<TestType> rig(kJobs, smooth(), kSeed);
    rig.waiting.push_back(small(0, 32 * 4096));
    rig.fetching = false;
    rig.steps(60);
    REQUIRE(rig.lookups == 32);
    CHECK(rig.lookup_cycles[31] - rig.lookup_cycles[0] == 31);
    rig.fetching = true;
    rig.drain();
    CHECK(rig.piece_cycles[1] - rig.piece_cycles[0] == 1);
    CHECK(rig.piece_cycles[2] - rig.piece_cycles[1] == 1);
  }
}

TEMPLATE_TEST_CASE("A fence makes nothing of an ADVISE job anew", "[run]", Vrun1, Vrun2) {
  Rig<TestType> rig(JobsOf<TestType>::value, smooth(), kSeed);
  Job advise = small(0x1234, 20 * 4096);
  advise.kind = 5;
  rig.waiting.push_back(advise);
  rig.fetching = false;
  rig.steps(100);
  REQUIRE(rig.lookups == 21);
  for (uint64_t fences = 1; fences <= 3; fences++) {
    rig.fence_now();
    while (rig.fencing()) rig.step();
    rig.steps(100);
    CHECK(rig.marks == fences);
  }
  CHECK(rig.lookups == 21);
  rig.kill(0);
  rig.drain();
}

TEST_CASE("Latencies of a lone job: lookup 1 and event 2 and piece 2 cycles", "[run][rate]") {
  Rig<Vrun2> rig(128, smooth(), kSeed);
  rig.waiting.push_back(small(0x1000, 1448));
  rig.drain();
  CHECK(rig.lookup_cycles[0] - rig.load_cycles[0] == 1);
  CHECK(rig.event_cycles[0] - rig.fill_cycles[0] == 2);
  CHECK(rig.piece_cycles[0] - rig.fetch_cycles[0] == 2);
}

TEST_CASE("A small job does not wait for a long one", "[run][rate]") {
  Rig<Vrun1> rig(64, smooth(), kSeed);
  rig.fetching = false;
  rig.waiting.push_back(small(0, 31 * 4096));
  rig.waiting.push_back(small(1 << 30, 64));
  rig.steps(100);
  REQUIRE(rig.lookups == 32);
  size_t place = 0;
  while (rig.lookup_jobs[place] != 1) place++;
  CHECK(place <= 9);
}

TEST_CASE("Jobs put aside and fresh jobs take turns", "[run][rate]") {
  constexpr unsigned kTurn = 8;  // runs
  Rig<Vrun1> rig(64, smooth(), kSeed);
  rig.fetching = false;
  auto load = [&](unsigned jobs, unsigned pages) {
    for (unsigned i = 0; i < jobs; i++)
      rig.waiting.push_back(small(uint64_t(rig.waiting.size()) << 20, pages * 4096));
  };
  auto places = [&](unsigned job) {  // of the lookups of a job
    std::vector<size_t> found;
    for (size_t i = 0; i < rig.lookup_jobs.size(); i++) {
      if (rig.lookup_jobs[i] == job) found.push_back(i);
    }
    return found;
  };
  SECTION("a long job goes on while fresh ones wait all the time") {
    load(1, 4 * kTurn);
    load(40, kTurn);
    rig.steps(800);
    auto of_long = places(0);
    REQUIRE(of_long.size() == 4 * kTurn);
    CHECK(places(40).back() > 40 * kTurn);  // they did wait
    // two fresh jobs are on their way when it is put aside: every third turn was its own
    CHECK(of_long.back() < 10 * kTurn);
  }
  SECTION("the last of the fresh jobs comes while long ones wait all the time") {
    load(6, 4 * kTurn);
    load(1, 1);
    rig.steps(400);
    auto of_last = places(6);
    REQUIRE(of_last.size() == 1);
    CHECK(rig.lookups == 6 * 4 * kTurn + 1);
    CHECK(of_last[0] <= 2 * 7 * kTurn);  // the seventh of them, in every second turn
  }
}

TEMPLATE_TEST_CASE("A slot that does not come holds up its own job alone", "[run][slots]", Vrun0,
                   Vrun1, Vrun2) {
  Knobs knobs;
  knobs.land_percent = 100;
  knobs.held_queue = 1;
  Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 7);
  for (unsigned queue : {1, 2, 1, 3}) {
    Job job = small(0x10000 * queue, 64);
    job.queue = queue;
    job.chain.resize(3);
    for (Slot &slot : job.chain) slot.places[0] = {0x1000, 100, 0, 0};
    job.payload = 364;
    rig.waiting.push_back(job);
  }
  rig.steps(1500);
  CHECK(rig.finished == 2);  // those of queues 2 and 3
  rig.kill(1, 1);            // a job that waits is forgotten at once, also behind another one
  rig.steps(100);
  CHECK(rig.killed == 1);
  rig.kill(1, 1);
  rig.steps(100);
  CHECK(rig.killed == 2);
  CHECK(!rig.busy());
}

// A job is killed in each cycle of its life, and its entry loaded anew as soon as it is free.
TEMPLATE_TEST_CASE("A job can be killed in every cycle of its life", "[run][kill]", Vrun0, Vrun1,
                   Vrun2) {
  Job long_one = small(0x7ff0, 40 * 4096);  // more runs than places
  long_one.header = 66;
  long_one.tmpl = {0x10fd0, 0, 2, 0};
  Job chained = small(0x1000, 64);
  chained.chain.resize(6);
  for (size_t i = 0; i < 6; i++) {
    for (uint64_t p = 0; p < 4; p++) chained.chain[i].places[p] = {0x3ff0 * (i + p), 100, 0, 0};
  }
  chained.payload = 64 + 24 * 100;
  Job spoiled = chained;
  spoiled.chain[3].places[1].reserved = 1;
  Job nop;
  nop.kind = 0;
  struct Case {
    const char *what;
    Job job;
    Knobs knobs;
    bool fetching;
    unsigned offsets, step;
  };
  Knobs plain;
  Knobs slow;  // walks that overtake each other, and refusals
  slow.walk_percent = 80;
  slow.busy_percent = 20;
  slow.walk_slots = 3;
  Knobs fenced = slow;
  fenced.mark_per_mille = 20;
  fenced.fault_per_mille = 50;
  Knobs fast = smooth();
  Knobs starved = smooth();
  starved.land_percent = 3;
  const Case cases[] = {{"the builder at work", long_one, fast, false, 60, 1},
                        {"walks and refusals", long_one, slow, false, 300, 3},
                        {"pieces are read", long_one, plain, true, 150, 1},
                        {"slots land", chained, plain, false, 100, 1},
                        {"slots are waited for", chained, starved, false, 200, 2},
                        {"a bad slot", spoiled, plain, false, 100, 1},
                        {"fences", long_one, fenced, true, 300, 2},
                        {"no runs", nop, plain, false, 8, 1}};
  uint64_t killed = 0;
  for (const Case &c : cases) {
    for (unsigned offset = 0; offset < c.offsets; offset += c.step) {
      INFO(c.what << ", killed after " << offset << " cycles");
      Knobs knobs = c.knobs;
      knobs.reuse = true;
      Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + offset);
      rig.fetching = c.fetching;
      Job job = c.job;
      job.queue = 1;
      rig.waiting.push_back(job);
      while (!rig.has_job(1)) rig.step();
      for (unsigned i = 0; i < offset % 4; i++) rig.waiting.push_back(small(0x1000 * i, 3000));
      rig.steps(offset);
      rig.kill(1);
      for (unsigned i = 0; i < 4; i++) rig.waiting.push_back(small(0x9000 * i, 9000));
      rig.steps(20);
      rig.knobs.mark_per_mille = 0;
      rig.fetching = true;
      rig.drain();
      CHECK(rig.finished == 5 + offset % 4);
      killed += rig.killed;
    }
  }
  CHECK(killed > 500);
}

TEMPLATE_TEST_CASE("A lone dying job is free in fourteen cycles", "[run][kill][rate]", Vrun0, Vrun1,
                   Vrun2) {
  for (bool whole : {false, true}) {  // waits for a freed run, or is done
    Rig<TestType> rig(JobsOf<TestType>::value, smooth(), kSeed);
    rig.fetching = false;
    rig.waiting.push_back(small(0, (whole ? 3 : 40) * 4096));
    rig.steps(100);
    rig.kill(0);
    rig.steps(100);
    REQUIRE(rig.finished == 1);
    std::printf("run: a lone dying job is free after %u cycles\n",
                unsigned(rig.free_cycles[0] - rig.kill_cycles[0]));
    CHECK(rig.free_cycles[0] - rig.kill_cycles[0] <= 14);  // two tries
  }
}

TEMPLATE_TEST_CASE("The dying wait for their own translations and for nobody else's", "[run][kill]",
                   Vrun0, Vrun1, Vrun2) {
  constexpr unsigned kJobs = JobsOf<TestType>::value;
  Knobs knobs = smooth();
  knobs.cold_queue = 1;
  Rig<TestType> rig(kJobs, knobs, kSeed);
  auto load = [&](unsigned queue, unsigned jobs, unsigned pages) {
    for (unsigned i = 0; i < jobs; i++) {
      rig.waiting.push_back(small(uint64_t(queue) << 32 | i << 20, pages * 4096));
      rig.waiting.back().queue = queue;
    }
  };
  rig.fetching = false;
  load(1, kJobs / 2, 3);
  load(2, kJobs / 4, 3);
  rig.steps(4 * kJobs);
  rig.kill(1);
  rig.kill(2);
  rig.steps(12 * kJobs);  // a try takes six or seven cycles
  CHECK(rig.killed == kJobs / 2 + kJobs / 4);
  CHECK(rig.finished == kJobs / 4);  // those of queue 2
  CHECK(!rig.has_job(2));
  rig.fetching = true;
  load(3, 200, 1);  // beside the cold ones
  size_t from = rig.piece_cycles.size();
  rig.steps(1000);
  CHECK(rig.finished == kJobs / 4 + 200);
  CHECK(rig.piece_cycles.back() - rig.piece_cycles[from] < 600);
  rig.knobs.cold_queue = -1;
  uint64_t warm = rig.now();
  rig.steps(1000);
  CHECK(!rig.busy());
  CHECK(rig.free_cycles.back() - warm < 3 * kJobs / 2 + 8 * kJobs);
}

TEMPLATE_TEST_CASE("The reaper has its gap in a stream of fills without end", "[run][kill]", Vrun0,
                   Vrun1, Vrun2) {
  constexpr unsigned kJobs = JobsOf<TestType>::value;
  Knobs knobs = smooth();
  knobs.hit_latency = 60;
  Rig<TestType> rig(kJobs, knobs, kSeed);
  rig.fetching = false;
  for (unsigned i = 0; i < kJobs; i++) {
    rig.waiting.push_back(small(uint64_t(i) << 20, 32 * 4096));
    rig.waiting.back().queue = i == 0 ? 1 : 2;
  }
  rig.steps(400);
  rig.knobs.hit_latency = 4;  // from now on some sixty fills wait, one a cycle
  rig.steps(70);
  size_t from = rig.fill_cycles.size();
  rig.kill(1);
  rig.steps(150);
  REQUIRE(rig.finished == 1);
  std::printf("run: a dying job is free after %u cycles of fills\n",
              unsigned(rig.free_cycles[0] - rig.kill_cycles[0]));
  CHECK(rig.free_cycles[0] - rig.kill_cycles[0] < 100);
  size_t fills = 0;
  for (size_t i = from; i < rig.fill_cycles.size(); i++) {
    fills += rig.fill_cycles[i] < rig.free_cycles[0];
  }
  CHECK(fills > 50);  // there was no gap before
  rig.fetching = true;
  rig.drain();
}

TEMPLATE_TEST_CASE("Kills at random beside everything else", "[run][kill]", Vrun0, Vrun1, Vrun2) {
  for (uint64_t seed = 0; seed < 6; seed++) {
    Knobs knobs;
    knobs.kill_per_mille = 60;
    knobs.mark_per_mille = seed % 2;  // more could ask for everything again before all has come
    knobs.fault_per_mille = 20;
    knobs.walk_percent = unsigned(15 * seed);
    knobs.busy_percent = 20;
    knobs.reuse = true;
    knobs.lookup_percent = seed < 3 ? 100 : 30;
    Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 100 + seed);
    random_jobs(rig, 800, kSeed + 100 + seed, 10);
    CHECK(rig.killed > 50);
  }
}

TEMPLATE_TEST_CASE("Segments of as many runs as a job can hold never wait for themselves",
                   "[run][slots]", Vrun0, Vrun1, Vrun2) {
  for (uint64_t seed = 0; seed < 12; seed++) {
    Knobs knobs = smooth();
    knobs.mss = 32;
    knobs.piece_percent = unsigned(100 - 8 * seed);  // down to 12: the builder keeps up
    Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + seed);
    Job job;
    job.queue = 1;
    job.chain.resize(200);
    for (size_t i = 0; i < job.chain.size(); i++) {
      for (uint64_t p = 0; p < 4; p++) job.chain[i].places[p] = {0x1000 * i + p, 1, 0, 0};
    }
    job.payload = uint32_t(4 * job.chain.size());
    rig.waiting.push_back(job);
    rig.drain();
    CHECK(rig.finished == 1);
    CHECK(rig.fulls > 0);
  }
}

TEMPLATE_TEST_CASE("A mark takes as many cycles as there are jobs and a few", "[run][rate]", Vrun0,
                   Vrun1, Vrun2) {
  constexpr unsigned kJobs = JobsOf<TestType>::value;
  Rig<TestType> rig(kJobs, smooth(), kSeed);
  rig.fetching = false;
  for (unsigned i = 0; i < kJobs; i++) rig.waiting.push_back(small(uint64_t(i) << 20, 3 * 4096));
  rig.steps(1000);
  rig.fence_now();
  rig.steps(1000);
  CHECK(rig.runs_redone == 3 * kJobs);
  CHECK(rig.longest_mark <= kJobs + 4);
  rig.fetching = true;
  rig.drain();
}

// Frames of twelve pages of as many queues, of which fences take every translation back.
template <typename Model>
struct Crowd {
  static constexpr unsigned kRuns = 12;
  Rig<Model> rig;
  explicit Crowd(unsigned jobs, Knobs knobs) : rig(JobsOf<Model>::value, set(knobs), kSeed) {
    const unsigned queues = JobsOf<Model>::value == 32 ? 4 : JobsOf<Model>::value;
    for (unsigned i = 0; i < jobs; i++) {
      Job j = small(0x100000 * (i + 1), 100);
      j.buffer1 = {0x100000 * (i + 1) + 0x2000, 100, 1, 0};
      j.chain.resize(3);
      for (unsigned p = 0; p < kRuns - 2; p++) {
        j.chain[p / 4].places[p % 4] = {0x100000 * (i + 1) + 0x4000 + 0x2000 * p, 100, 1, 0};
      }
      j.payload = kRuns * 100;
      j.queue = i % queues;
      rig.waiting.push_back(j);
    }
  }
  static Knobs set(Knobs k) {
    k.load_percent = k.land_percent = k.lookup_percent = k.piece_percent = k.fetch_percent = 100;
    k.walk_percent = 100;
    k.share_percent = k.busy_percent = 0;
    return k;
  }
  // Fences that begin `gap` cycles after the last one, until `most` cycles are over or all jobs.
  void fence_on(unsigned gap, uint64_t most) {
    const uint64_t end = rig.now() + most;
    while (rig.busy() && rig.now() < end) {
      rig.fence_now();
      while (rig.fencing() && rig.busy()) rig.step();
      rig.steps(gap);
    }
  }
};
Knobs crowded(bool heed) {
  Knobs k;
  k.mss = 1200;
  k.walk_latency = 100;
  k.walk_slots = 8;
  k.heed_hold = heed;
  return k;
}

TEMPLATE_TEST_CASE("Jobs of many runs leave beside fences, one after the other", "[run][elder]",
                   Vrun0, Vrun1, Vrun2) {
  constexpr unsigned kJobs = JobsOf<TestType>::value;
  struct Case {
    unsigned gap;
    bool heed;
    uint64_t cycles;  // for each job
  };
  // all of a job's runs need 12 / 8 rounds of 104 cycles, if every second ask is one of its
  for (Case c : {Case{400, false, 700}, Case{400, true, 700}, Case{0, true, 800}}) {
    INFO("gap " << c.gap << ", heeded " << c.heed);
    Crowd<TestType> crowd(kJobs, crowded(c.heed));
    auto &rig = crowd.rig;
    rig.fetching = false;  // none before the first fence
    rig.steps(200);
    rig.fetching = true;
    crowd.fence_on(c.gap, kJobs * c.cycles);
    CHECK(rig.finished == kJobs);
    if (!rig.elders.empty()) {
      // everybody in turn, behind the last one
      std::vector<unsigned> ones = rig.elders;
      CHECK(std::set<unsigned>(ones.begin(), ones.end()).size() == ones.size());
      size_t rounds = 1;
      for (size_t i = 1; i < ones.size(); i++) rounds += ones[i] < ones[i - 1];
      CHECK(rounds <= 2);  // they begin somewhere
    }
    CHECK(rig.elders.size() >= kJobs / 4);
    if (getenv("FIGURES"))
      WARN(kJobs << " jobs, gap " << c.gap << ", " << c.heed << ": " << rig.now() << " cycles, "
                 << rig.marks << " marks, " << rig.elders.size() << " elders, hold "
                 << rig.longest_hold);
  }
}

TEMPLATE_TEST_CASE("An elder that was served and does not issue lets the next one be it",
                   "[run][elder]", Vrun0, Vrun1, Vrun2) {
  // seg takes nothing; or every page faults; or the rest of the chain does not come
  for (unsigned why : {0u, 1u, 2u}) {
    INFO("why " << why);
    Knobs knobs = crowded(true);
    if (why == 1) knobs.fault_per_mille = 1000;
    if (why == 2) knobs.held_queue = 0;
    Crowd<TestType> crowd(4, knobs);
    auto &rig = crowd.rig;
    for (Job &j : rig.waiting) {
      if (why != 2) continue;
      j.queue = 0;
    }
    rig.fetching = why == 2;
    rig.steps(1000);
    // a served elder is waited for once: twice the beats of a largest frame, as a power of two
    constexpr unsigned kGrace = GraceOf<TestType>::value;
    crowd.fence_on(0, 12000 + 6 * kGrace);
    CHECK(rig.finished == 0);
    CHECK(rig.elders.size() > 8);
    for (size_t i = 1; i < rig.elders.size(); i++)
      CHECK(rig.elders[i] == (rig.elders[i - 1] + 1) % 4);
    CHECK(rig.longest_hold < 12 / 8 * 104 * 4 + kGrace);
    rig.knobs.held_queue = -1;
    rig.fetching = true;
    rig.drain();
    CHECK(rig.finished == 4);
  }
}

TEMPLATE_TEST_CASE("Without a fence there is no elder", "[run][elder]", Vrun0, Vrun1, Vrun2) {
  Knobs knobs;
  knobs.walk_percent = 90;
  knobs.kill_per_mille = 8;
  Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 7);
  random_jobs(rig, 300, kSeed + 7, 10);
  CHECK(rig.elders.empty());
  CHECK(rig.longest_hold == 0);
}

TEMPLATE_TEST_CASE("An elder may be unloaded in any cycle", "[run][elder][kill]", Vrun0, Vrun1,
                   Vrun2) {
  for (unsigned cycle = 0; cycle < 160; cycle += cycle < 80 ? 1 : 7) {
    INFO("killed " << cycle << " cycles after the fence");
    Crowd<TestType> crowd(4, crowded(true));
    auto &rig = crowd.rig;
    rig.fetching = false;
    rig.steps(200);
    for (int i = 0; i < 2; i++) {  // it holds the next fence
      rig.fence_now();
      while (rig.fencing()) rig.step();
      rig.steps(3);
    }
    REQUIRE(rig.elder() >= 0);
    const unsigned first = unsigned(rig.elder());
    CHECK(rig.holds());
    rig.steps(cycle);
    rig.kill(rig.queue_of(first));
    rig.steps(12);
    CHECK(rig.elder() == -1);
    rig.fence_now();  // not held back by the dead
    for (int i = 0; i < 300 && rig.fencing(); i++) rig.step();
    CHECK(!rig.fencing());
    rig.steps(3);
    CHECK(rig.elder() == int((first + 1) % 4));
    rig.fetching = true;
    rig.drain();
    CHECK(rig.finished == 4);
    CHECK(rig.killed == 1);
  }
}

TEMPLATE_TEST_CASE("Elders beside kills and marks at random", "[run][elder][kill]", Vrun0, Vrun1,
                   Vrun2) {
  for (bool heed : {false, true}) {
    Knobs knobs;
    knobs.walk_percent = 90;
    knobs.walk_slots = 4;
    knobs.walk_latency = 30;
    knobs.fault_per_mille = 20;
    knobs.kill_per_mille = 4;
    knobs.mark_per_mille = heed ? 200 : 6;
    knobs.heed_hold = heed;
    knobs.reuse = true;
    Rig<TestType> rig(JobsOf<TestType>::value, knobs, kSeed + 8);
    random_jobs(rig, 200, kSeed + 8, 10);
    CHECK(rig.elders.size() > 15);
    CHECK(rig.longest_hold < 32 * 30 + GraceOf<TestType>::value);
    if (getenv("FIGURES")) WARN(rig.elders.size() << " elders, hold " << rig.longest_hold);
  }
}
