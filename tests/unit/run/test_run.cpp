// SPDX-License-Identifier: Apache-2.0
// Room run: each kind of descriptor and status once, random jobs with everything at random times, and
// cycles per small job, per piece and per step of a lone frame.
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
struct JobsOf<Vrun0> { static constexpr unsigned value = 32; };
template <>
struct JobsOf<Vrun1> { static constexpr unsigned value = 64; };
template <>
struct JobsOf<Vrun2> { static constexpr unsigned value = 128; };

constexpr uint64_t kSeed = 0x72756e;

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
      case 0: b.bytes = 1; break;
      case 1: b.bytes = 1 + uint32_t(below(64)); break;
      case 2: b.bytes = 4096, b.addr &= ~4095ull; break;
      case 3: b.bytes = 1 + uint32_t(below(4096)), b.addr |= 4095; break;
      case 4: b.bytes = 1 + uint32_t(below(5000)), b.addr = 0 - uint64_t(b.bytes); break;
      case 5: b.bytes = 4095 + uint32_t(below(3)), b.addr &= ~4095ull, b.addr |= below(3); break;
      case 6: b.bytes = 1 + uint32_t(below(20000)); break;
      default: b.bytes = 64 + uint32_t(below(1400)); break;
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
    if (chance(90)) j.buffer0 = buffer();
    if (chance(30)) j.buffer1 = buffer();
    uint64_t sum = j.buffer0.bytes + j.buffer1.bytes;
    if (chance(50)) {
      for (size_t n = below(chance(10) ? 20 : 4); n > 0; n--) {
        Slot s;
        bool tiny = chance(40);
        for (Buffer &b : s.places) {
          if (chance(70)) b = buffer();
          if (tiny && b.bytes) b.bytes = 1 + b.bytes % 8;
          sum += b.bytes;
        }
        j.chain.push_back(s);
      }
    }
    j.payload = uint32_t(sum);
    if (chance(error_percent)) spoil(j);
    if (chance(25) && j.payload) {
      switch (below(3)) {
        case 0: j.skip = uint32_t(below(j.payload)); break;
        case 1: j.skip = std::min(j.buffer0.bytes, j.payload - 1); break;
        default: j.skip = std::min(j.buffer0.bytes + j.buffer1.bytes, j.payload - 1); break;
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
      case 0: b.reserved = 1ull << below(38); break;
      case 1: j.granted[below(4)] = false; break;
      case 2: b.bytes = 2 + uint32_t(below(5000)), b.addr = 0 - (1 + below(b.bytes - 1)); break;
      case 3: j.payload += 1 + uint32_t(below(3000)); break;
      case 4: j.payload = least + uint32_t(below(j.payload - least + 1)); break;
      default: s.resp = 1 + unsigned(below(4)); break;
    }
  }
};

template <typename Model>
void random_jobs(Knobs knobs, unsigned jobs, uint64_t seed, unsigned error_percent) {
  Rig<Model> rig(JobsOf<Model>::value, knobs, seed);
  Make make{std::mt19937_64(seed + 1), error_percent};
  for (unsigned i = 0; i < jobs; i++) rig.waiting.push_back(make.job());
  rig.drain();
  CHECK(rig.finished == jobs);
  WARN("seed " << seed << ": " << rig.now() << " cycles, " << rig.pieces << " pieces, " << rig.lookups
       << " lookups, " << rig.busies << " refused, " << rig.runs_redone << " again, " << rig.marks
       << " fences, " << rig.cleared << " cleared, " << rig.faults_seen << " faults, "
       << rig.bads_seen << " bad, " << rig.fulls << " full");
}

}  // namespace

TEMPLATE_TEST_CASE("Random jobs become the pieces of their buffers", "[run]", Vrun0, Vrun1, Vrun2) {
  random_jobs<TestType>(Knobs{}, 400, kSeed, 0);
}
TEMPLATE_TEST_CASE("Bad descriptors end their jobs and no others", "[run]", Vrun0, Vrun1, Vrun2) {
  Knobs knobs;
  knobs.fault_per_mille = 30;
  random_jobs<TestType>(knobs, 400, kSeed + 1, 50);
}
TEMPLATE_TEST_CASE("With fences and unloads at any time no stale page is read", "[run]", Vrun0, Vrun1,
                   Vrun2) {
  Knobs knobs;
  knobs.fault_per_mille = 30;
  knobs.clear_per_mille = 8;
  knobs.mark_per_mille = 4;
  random_jobs<TestType>(knobs, 400, kSeed + 2, 10);
}
