// SPDX-License-Identifier: Apache-2.0
// Translating ahead: by command, and look-ups that are only advice. Nothing of it may fault, hold a
// walk slot of the last half, or hold up who really asks.
#include "Vxlat0.h"
#include "Vxlat1.h"
#include "Vxlat2.h"
#include "tables.hpp"
#include "xlat_rig.hpp"

using namespace vmso::xlat;

namespace {

template <typename Model>
void advise(Rig<Model> &rig, unsigned ctx, uint64_t first, uint64_t last) {
  auto &d = rig.dut();
  REQUIRE(d.advise_ready);
  d.advise_valid = 1;
  d.advise_ctx = uint16_t(ctx);
  d.advise_first = first & kPageBits;
  d.advise_last = last & kPageBits;
  rig.step();
  d.advise_valid = 0;
}

template <typename Model>
unsigned advised(Rig<Model> &rig, uint64_t limit = 400000) {
  const uint64_t end = rig.now() + limit;
  while (rig.dut().advise_busy) {
    rig.step();
    REQUIRE(rig.now() < end);
  }
  rig.run();
  return rig.dut().advise_present;
}

// Asks again as soon as it is answered: hits in every cycle, and lines that nobody has looked at,
// with eight waiters each, whose answers want gaps between the hits.
template <typename Model>
class Neighbours : public Rig<Model> {
 public:
  using Rig<Model>::Rig;
  void keep_asking(unsigned ctx, uint64_t va, unsigned pages) {
    for (size_t i = 0; i < this->wants.size(); i++) {
      Want &w = this->wants[i];
      if (!w.result) continue;
      w.result.reset();
      if (i >= kHits) {
        w.va = va + (next_ / 8 * 8 + i % 8) % pages * kPage;
        next_++;
      }
      this->queue(i);
    }
    while (this->wants.size() < kHits + kMisses) this->ask(ctx, va);
  }
  static constexpr size_t kHits = 16, kMisses = 32;

 private:
  uint64_t next_ = 0;
};

}  // namespace

TEMPLATE_TEST_CASE("advice has its turn beside hits in every cycle and walks with many waiters", "",
                   Vxlat0, Vxlat1, Vxlat2) {
  for (unsigned latency : {20u, 21u, 22u, 23u, 60u, 100u}) {
    Neighbours<TestType> rig(9);
    rig.latency = [=](uint64_t) { return latency; };
    uint64_t next_page = 0x1000;
    Tables t = Tables::make(rig.memory, VMSO_FORMAT_X86_64_L4, next_page);
    constexpr uint64_t kVa = 0x40000000, kOurs = 0x50000000;
    constexpr unsigned kPages = 64;
    for (uint64_t p = 0; p < 32768; p++) t.map(kVa + p * kPage, 0x10000000 + p * kPage);
    t.map(kOurs, 0x50000000);
    rig.commit(1, t.context());
    rig.commit(2, Context{.format = VMSO_FORMAT_IDENTITY, .root = 0, .limit = 0xffffff});
    rig.run();
    for (int i = 0; i < 500; i++) {
      rig.keep_asking(1, kVa, 32768);
      rig.step();
    }
    advise(rig, 2, 0x100, 0x100 + kPages - 1);  // each is known at once
    const uint64_t from = rig.now();
    while (rig.dut().advise_busy && rig.now() < from + 100 * kPages) {
      rig.keep_asking(1, kVa, 32768);
      rig.step();
    }
    CHECK(rig.now() - from <= 9 * kPages);  // a turn in eight cycles, and a start
    CHECK(rig.dut().advise_present == kPages);
  }
}

TEMPLATE_TEST_CASE("advice fills the caches and counts the pages that are there", "", Vxlat0,
                   Vxlat1, Vxlat2) {
  for (vmso_format format : {VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_X86_32, VMSO_FORMAT_SV39,
                             VMSO_FORMAT_SV57, VMSO_FORMAT_AARCH64}) {
    INFO("format " << format);
    Rig<TestType> rig(4);
    rig.latency = [](uint64_t) { return 40u; };
    uint64_t next_page = 0x1000;
    Tables t = Tables::make(rig.memory, format, next_page);
    const uint64_t va = 0x40000000 - 16 * kPage;
    unsigned there = 0;
    std::vector<uint64_t> vas;
    for (uint64_t p = 0; p < 48; p++) {
      const bool hole = p == 3 || p == 8 || (p >= 16 && p < 24) || p == 47;
      vas.push_back(va + p * kPage);
      if (!hole) t.map(vas.back(), 0x10000000 + p * 3 * kPage);
      there += !hole;
    }
    rig.commit(1, t.context());
    rig.run();
    advise(rig, 1, va >> 12, (va >> 12) + 47);
    CHECK(advised(rig) == there);
    CHECK(rig.fences_done());
    // what is there hits now; what is not was kept nowhere
    rig.reads.clear();
    for (uint64_t va_now : vas) rig.ask(1, va_now);
    rig.run();
    rig.check();
    CHECK(rig.reads.size() <= 12);  // of the holes
    rig.forget();
    for (uint64_t p : {3u, 8u, 17u, 47u}) t.map(va + p * kPage, 0x50000000 + p * kPage);
    for (uint64_t va_now : vas) rig.ask(1, va_now);  // without a fence
    rig.run();
    rig.check();
    rig.forget();
    advise(rig, 1, va >> 12, (va >> 12) + 47);
    CHECK(advised(rig) == there + 4);
  }
}

TEST_CASE("advice of a large page, of nothing, of another context, of one that is off") {
  Rig<Vxlat1> rig(5);
  uint64_t next_page = 0x1000;
  Tables t = Tables::make(rig.memory, VMSO_FORMAT_X86_64_L4, next_page);
  t.map(0x7fff40000000, 0x40000000, 1);
  rig.commit(1, t.context());
  rig.commit(2, Context{.format = VMSO_FORMAT_IDENTITY, .root = 0x5000, .limit = 0x8fff});
  rig.run();
  rig.reads.clear();
  advise(rig, 1, 0x7fff40000, 0x7fff401ff);
  CHECK(advised(rig) == 512);
  CHECK(rig.reads.size() == 3);  // one leaf
  advise(rig, 1, 0x123456, 0x123458);
  CHECK(advised(rig) == 0);
  advise(rig, 2, 3, 12);  // identity: what lies inside its limits
  CHECK(advised(rig) == 4);
  advise(rig, 3, 0, 100);
  CHECK(advised(rig) == 0);
  advise(rig, 4095, 0, 3);
  CHECK(advised(rig) == 0);
  // the hole between the halves
  advise(rig, 1, 0x7ffffffff, 0x800000001);
  CHECK(advised(rig) == 0);
}

TEST_CASE("advice is given up when told, and bus errors are no business of it") {
  Rig<Vxlat0> rig(6);
  rig.latency = [](uint64_t) { return 100u; };
  uint64_t next_page = 0x1000;
  Tables t = Tables::make(rig.memory, VMSO_FORMAT_X86_64_L4, next_page);
  for (uint64_t p = 0; p < 64; p++) t.map(0x40000000 + p * kPage, 0x10000000 + p * kPage);
  rig.memory.bad[t.entry(0x40000000 + 8 * kPage, 0) & ~63ull] = {Response::kSlvErr, 0};
  rig.memory.bad[t.entry(0x40000000 + 24 * kPage, 0) & ~63ull] = {Response::kNone, 1};
  rig.commit(1, t.context());
  rig.run();
  advise(rig, 1, 0x40000, 0x4003f);
  CHECK(advised(rig) == 48);
  advise(rig, 1, 0, kPageBits);  // all there is
  for (int i = 0; i < 3000; i++) rig.step();
  CHECK(rig.dut().advise_busy);
  rig.dut().advise_stop = 1;
  rig.step();
  rig.dut().advise_stop = 0;
  const uint64_t from = rig.now();
  advised(rig);
  CHECK(rig.now() - from < 1000);
}

TEMPLATE_TEST_CASE("advice gets through fences, and gives nothing of before them", "", Vxlat0,
                   Vxlat2) {
  Rig<TestType> rig(7);
  rig.latency = [&](uint64_t) { return unsigned(20 + rig.random() % 60); };
  uint64_t next_page = 0x1000, data = 1;
  Tables t = Tables::make(rig.memory, VMSO_FORMAT_X86_64_L4, next_page);
  auto move_all = [&] {
    for (uint64_t p = 0; p < 64; p++) t.map(0x40000000 + p * kPage, 0x10000000 + data++ * kPage);
  };
  move_all();
  rig.commit(1, t.context());
  rig.run();
  for (int round = 0; round < 60; round++) {
    INFO("round " << round);
    advise(rig, 1, 0x40000, 0x4003f);
    for (uint64_t i = rig.random() % 300; i > 0; i--) rig.step();
    move_all();
    if (round % 3 == 0)
      rig.fence(kFenceAll, 0);
    else
      rig.fence_range(1, 0x40000, 0x4003f, round % 3 == 1);
    CHECK(advised(rig) <= 64);
    for (uint64_t p = 0; p < 64; p++) rig.ask(1, 0x40000000 + p * kPage);
    rig.run();
    rig.check();
    rig.forget();
  }
}

// Look-ups of an ADVISE job: half of the walk slots are never theirs.
TEMPLATE_TEST_CASE("look-ups that are advice leave half of the walk slots", "", Vxlat0, Vxlat1,
                   Vxlat2) {
  Rig<TestType> rig(8);
  rig.latency = [](uint64_t) { return 400u; };
  uint64_t next_page = 0x1000;
  Tables t = Tables::make(rig.memory, VMSO_FORMAT_X86_64_L4, next_page);
  const uint64_t apart = 0x200000, va = 0x40000000;
  for (uint64_t i = 0; i < 256; i++) t.map(va + i * apart, 0x10000000 + i * kPage);
  rig.commit(1, t.context());
  rig.run();
  for (uint64_t i = 0; i < 2 * rig.slots; i++) rig.ask(1, va + i * apart, true);
  size_t most = 0;
  for (int i = 0; i < 300; i++) {
    rig.step();
    most = std::max(most, rig.walks_open());
  }
  CHECK(most <= rig.slots / 2);
  CHECK(most >= rig.slots / 2 - 1);
  // one that needs it has a slot at once
  const uint64_t walks = rig.walks;
  rig.ask(1, va + 100 * apart);
  for (int i = 0; i < 40; i++) rig.step();
  CHECK(rig.walks == walks + 1);
  rig.run();
  // nobody else wanted them: nothing was given up
  CHECK(rig.gave_up == 0);
  rig.check();
  rig.forget();
  // others want all of them all the time: advice is answered all the same, as not there
  rig.fence_all();
  std::vector<size_t> advice;
  uint64_t next = 1000;
  for (int cycle = 0; cycle < 9000; cycle++) {
    size_t open = 0;
    for (size_t i = 0; i < rig.wants.size(); i++)
      open += !rig.wants[i].advice && !rig.wants[i].result;
    if (open < 2 * rig.slots && rig.wants.size() < rig.max_keys) rig.ask(1, va + next++ * apart);
    if (cycle > 1000 && advice.size() < 8) advice.push_back(rig.ask(1, va + next++ * apart, true));
    rig.step();
  }
  for (size_t i : advice) CHECK(rig.wants[i].result);
  CHECK(rig.gave_up > 0);
  rig.run();
}
