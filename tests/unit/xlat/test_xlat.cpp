// SPDX-License-Identifier: Apache-2.0
// What a translation costs and what may not disturb it: shared walks, fences at every offset,
// latencies, reads per page. All answers agree with the reference walker.
#include <iostream>

#include "Vxlat0.h"
#include "Vxlat1.h"
#include "Vxlat2.h"
#include "tables.hpp"
#include "xlat_rig.hpp"

using namespace vmso::xlat;

TEMPLATE_TEST_CASE("waiters of a line share its walk", "", Vxlat0, Vxlat1, Vxlat2) {
  Rig<TestType> rig(3);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page), b = Tables::make(rig.memory, 5, next_page);
  rig.commit(1, a.context());
  rig.commit(2, b.context());
  const uint64_t region = 0x40000000;
  for (uint64_t line = 0; line < 64; line++) {
    for (uint64_t p = 0; p < 8; p++) {
      const uint64_t va = region + (line * 8 + p) * kPage;
      const uint64_t pa = 0x10000000 + (line * 8 + p) * 3 * kPage;
      // single good, single bad and random mixes
      const bool good = line < 8 ? p == line : line < 16 ? p != line - 8 : rig.random() & 1;
      a.map(va, pa);
      b.map(va, pa + 0x100000000);
      if (!good) rig.memory.words[a.entry(va, 0)] = rig.random() & ~1ull;
      if (!good) rig.memory.words[b.entry(va, 0)] = 0x63 | pa;
    }
  }
  rig.latency = [](uint64_t) { return 40u; };
  rig.run();
  for (uint64_t line = 0; line < 64; line++) {
    INFO("line " << line);
    rig.reads.clear();
    // back to back, so they meet in the pipeline; the order differs by line; twice each
    for (uint64_t i = 0; i < 16; i++) {
      const uint64_t va = region + line * 8 * kPage + (i * 3 + line) % 8 * kPage;
      rig.ask(1, va);
      rig.ask(2, va);
    }
    rig.run();
    rig.check();
    // A fault is told to the opener. Who joined asks again, until the slot is free: one more walk
    // for all of a context together.
    bool faults[3] = {};
    for (auto &w : rig.wants) {
      bool fault = w.result->cause != VMSO_CAUSE_NONE;
      if (!fault) CHECK(w.refusals == 0);
      faults[w.ctx] |= fault;
    }
    const size_t upper = line ? 0 : 7;  // three and four upper tables
    CHECK(rig.reads.size() >= 2 + upper);
    CHECK(rig.reads.size() <= 2 + upper + faults[1] + faults[2]);
    rig.forget();
    // from the TLB: good pages read nothing, bad ones are walked again, alone
    for (uint64_t p = 0; p < 8; p++) {
      const uint64_t va = region + (line * 8 + p) * kPage;
      rig.reads.clear();
      rig.ask(1, va);
      rig.run();
      rig.check();
      CHECK(rig.reads.size() ==
            (walk(a.context(), va, rig.memory).cause == VMSO_CAUSE_NONE ? 0u : 1u));
      rig.forget();
    }
  }
}

// The kernel maps a page, which needs no fence, and then posts a job on it: what was read before is
// no answer, also if a neighbour's walk read it.
TEST_CASE("a page that was made present before it is asked for is there, whoever walks beside it") {
  Rig<Vxlat0> rig(8);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page);
  for (uint64_t p = 0; p < 8; p++) a.map(0x200000 + p * kPage, 0x8000000 + p * 7 * kPage);
  const uint64_t entry = a.entry(0x200000 + 3 * kPage, 0), present = rig.memory.words[entry];
  rig.commit(1, a.context());
  rig.latency = [](uint64_t) { return 40u; };
  rig.run();
  unsigned again = 0;
  for (bool upper : {false, true}) {  // the entry above it is made present, too
    const uint64_t above = a.entry(0x200000, 1), pointer = rig.memory.words[above];
    for (unsigned offset = 0; offset < 200; offset++) {
      INFO("offset " << offset << (upper ? ", upper" : ""));
      rig.fence_all();
      rig.memory.words[entry] = 0;
      if (upper) rig.memory.words[above] = 0;
      rig.ask(1, 0x200000);
      for (unsigned i = 0; i < offset; i++) rig.step();
      rig.memory.words[above] = pointer;
      rig.memory.words[entry] = present;
      const size_t late = rig.ask(1, 0x200000 + 3 * kPage);
      rig.run();
      CHECK(rig.wants[late].result->cause == VMSO_CAUSE_NONE);
      again += unsigned(rig.wants[late].refusals);
      CHECK(rig.wants[late].refusals <= 2);  // late, and then the walk was closing
      rig.forget();
    }
  }
  CAPTURE(again);
  CHECK(again > 20);  // of the offsets at which it was too late to join
}

TEST_CASE("a waiter that comes while its walk ends is answered too") {
  Rig<Vxlat0> rig(4);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page);
  for (uint64_t p = 0; p < 8; p++) a.map(0x200000 + p * kPage, 0x8000000 + p * 7 * kPage);
  rig.commit(1, a.context());
  rig.run();
  for (unsigned offset = 0; offset < 160; offset++) {
    INFO("offset " << offset);
    rig.fence_all();
    rig.reads.clear();
    rig.ask(1, 0x200000);
    for (unsigned i = 0; i < offset; i++) rig.step();
    for (uint64_t p = 0; p < 4; p++) rig.ask(1, 0x200000 + (p * 5 + offset) % 8 * kPage);
    rig.run();
    rig.check();
    CHECK(rig.reads.size() == 4);
    rig.forget();
  }
}

// More lines than the TLB has, so that lines are replaced while others are hit.
TEMPLATE_TEST_CASE("hits beside replacement", "", Vxlat0, Vxlat1) {
  for (int seed = 1; seed <= 4; seed++) {
    INFO("seed " << seed);
    Rig<TestType> rig(seed);
    uint64_t next_page = 0x100;
    Tables a = Tables::make(rig.memory, 4, next_page);
    const uint64_t lines = rig.dut().sets * 6;
    for (uint64_t p = 0; p < lines * 8; p++) {
      a.map(0x40000000 + p * kPage, 0x8000000 + p * 3 * kPage);
    }
    rig.commit(1, a.context());
    rig.latency = [&](uint64_t) { return unsigned(1 + rig.random() % 30); };
    rig.out_of_order = seed & 1;
    rig.run();
    for (int round = 0; round < 10; round++) {
      for (unsigned i = 0; i < rig.max_keys; i++) {
        const uint64_t line = rig.random() % lines;
        rig.ask(1, 0x40000000 + (line * 8 + rig.random() % 8) * kPage);
        if (i % 16 == 0) rig.step();
      }
      rig.run();
      rig.check();
      rig.forget();
    }
  }
}

TEST_CASE("contexts: off at first, switched off again, no such context") {
  Rig<Vxlat0> rig(5);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page);
  a.map(0x5000, 0x77000);
  auto expect_off = [&](unsigned ctx) {
    size_t ask = rig.ask(ctx, 0x5000);
    rig.run();
    CHECK(rig.wants[ask].result->cause == VMSO_CAUSE_CTX_OFF);
    CHECK(rig.wants[ask].result->level == 7);
    rig.forget();
  };
  expect_off(2);
  expect_off(9);
  rig.commit(1, a.context());
  rig.run();
  rig.ask(1, 0x5000);
  rig.run();
  rig.check();
  CHECK(rig.wants[0].result->pa == 0x77000);
  rig.forget();
  rig.commit(1, off());  // as csr hands over a configuration that cannot be
  rig.run();
  expect_off(1);
}

TEST_CASE("a fault is not cached, windows are looked at every time") {
  Rig<Vxlat0> rig(6);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page);
  a.map(0x5000, 0x77000);
  rig.commit(1, a.context());
  rig.run();
  auto ask = [&](uint64_t va) {
    rig.ask(1, va);
    rig.run();
    rig.check();
    unsigned cause = rig.wants[0].result->cause;
    rig.forget();
    return cause;
  };
  CHECK(ask(0x5000) == VMSO_CAUSE_NONE);
  CHECK(ask(0x6000) == VMSO_CAUSE_NOT_PRESENT);
  a.map(0x6000, 0x78000);
  CHECK(ask(0x6000) == VMSO_CAUSE_NONE);
  CHECK(ask(0x7fff000) == VMSO_CAUSE_NOT_PRESENT);  // no table there
  a.map(0x7fff000, 0x79000);
  CHECK(ask(0x7fff000) == VMSO_CAUSE_NONE);
  rig.memory.bad[a.entry(0x9000, 0) & ~63ull] = {Response::kSlvErr, 1};
  CHECK(ask(0x9000) == VMSO_CAUSE_TABLE_SLV_ERR);
  rig.memory.bad.clear();
  a.map(0x9000, 0x7a000);
  CHECK(ask(0x9000) == VMSO_CAUSE_NONE);
  // cached translations, now outside
  rig.memory.windows[0] = {0, 0x76fff};
  rig.memory.windows[2] = {0x100000, 0x200fff};
  CHECK(ask(0x5000) == VMSO_CAUSE_DATA_WINDOW);
  rig.memory.windows[3] = {0x77000, 0x77fff};
  CHECK(ask(0x5000) == VMSO_CAUSE_NONE);
  CHECK(ask(0x6000) == VMSO_CAUSE_DATA_WINDOW);
}

// Cycles as the figures count them: from the handshake of the lookup to the fill; memory answers
// `latency` cycles after AR, which follows its request by two cycles, R is seen one cycle later.
TEMPLATE_TEST_CASE("latencies", "", Vxlat0, Vxlat1, Vxlat2) {
  Rig<TestType> rig(7);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page), b = Tables::make(rig.memory, 5, next_page);
  for (uint64_t p = 0; p < 64; p++) {
    a.map(0x40000000 + p * kPage, 0x8000000 + p * 7 * kPage);
    b.map(0x40000000 + p * kPage, 0x8000000 + p * 7 * kPage);
  }
  rig.commit(1, a.context());
  rig.commit(2, b.context());
  rig.run();
  auto measure = [&](unsigned ctx, uint64_t va) {
    rig.ask(ctx, va);
    rig.run();
    rig.check();
    const uint64_t cycles = rig.wants[0].filled_at - rig.wants[0].taken_at;
    rig.forget();
    return cycles;
  };
  for (unsigned l : {10u, 50u, 100u, 250u}) {
    rig.latency = [l](uint64_t) { return l; };
    const unsigned more = rig.beats - 1;  // beats of a line on a narrow bus
    rig.fence_all();
    const uint64_t four = measure(1, 0x40000000), five = measure(2, 0x40000000);
    const uint64_t one = measure(1, 0x40008000), hit = measure(1, 0x40008000);
    CHECK(four <= 4 * (l + more) + 20);  // cold
    CHECK(five <= 5 * (l + more) + 24);
    CHECK(one <= l + more + 10);  // parent cached
    CHECK(hit <= 4);
    CHECK(measure(1, 0x4000f000) <= 4);  // neighbour
    std::cout << "xlat, " << rig.beats << " beats a line, latency " << l << ": cold " << four
              << " and " << five << ", parent cached " << one << ", hit " << hit << "\n";
  }
  // every cycle a hit, in random order
  for (uint64_t p = 0; p < 64; p++) rig.ask(1, 0x40000000 + p * kPage);
  rig.run();
  rig.forget();
  const unsigned asks = std::min(rig.max_keys, 4096u);
  for (unsigned i = 0; i < asks; i++) rig.ask(1, 0x40000000 + rig.random() % 64 * kPage);
  rig.run();
  rig.check();
  CHECK(rig.wants[asks - 1].taken_at - rig.wants[0].taken_at == asks - 1);
  for (auto &w : rig.wants) CHECK(w.filled_at - w.taken_at == 4);
}

TEMPLATE_TEST_CASE("eight pages a read", "", Vxlat0, Vxlat1, Vxlat2) {
  Rig<TestType> rig(8);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page);
  const unsigned pages = 1000;
  for (uint64_t p = 0; p < pages; p++) {
    a.map(0x40003000 + p * kPage, (0x10000 + p * 7919 % 4096) * kPage);
  }
  rig.commit(1, a.context());
  rig.run();
  rig.reads.clear();
  for (unsigned p = 0; p < pages; p++) rig.ask(1, 0x40003000 + p * kPage);
  rig.run();
  rig.check();
  // two level 1 tables, their entries in one line; both levels above once
  CHECK(rig.table_reads == rig.reads.size());
  CHECK(rig.reads.size() <= (pages + 7) / 8 + 1 + 2 + 2);
  std::cout << "xlat: " << rig.reads.size() << " table reads for " << pages << " pages in a row\n";
  rig.forget();
  // a large leaf is read once
  a.map(0x80000000, 0x40000000, 1);
  a.map(0x100000000, 0x80000000, 2);
  for (uint64_t base : {0x80000000ull, 0x100000000ull}) {
    rig.reads.clear();
    rig.ask(1, base);
    rig.run();
    rig.check();
    CHECK(rig.reads.size() <= 2);
    rig.reads.clear();
    for (unsigned i = 0; i < 200; i++) rig.ask(1, base + (rig.random() % 512) * kPage);
    rig.run();
    rig.check();
    CHECK(rig.reads.size() == 0);
    rig.forget();
  }
}

// Waiters of a walk are answered although every other cycle's answer belongs to a hit.
TEST_CASE("hits and walks share the answers") {
  Rig<Vxlat0> rig(13);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page);
  for (uint64_t p = 0; p < 64; p++) a.map(0x40000000 + p * kPage, 0x8000000 + p * 7 * kPage);
  rig.commit(1, a.context());
  rig.run();
  for (uint64_t p = 0; p < 8; p++) rig.ask(1, 0x40000000 + p * kPage);
  rig.run();
  rig.forget();
  for (uint64_t p = 8; p < 16; p++) rig.ask(1, 0x40000000 + p * kPage);
  for (unsigned i = 0; i < 900; i++) rig.ask(1, 0x40000000 + rig.random() % 8 * kPage);
  rig.run();
  rig.check();
  for (size_t i = 0; i < 8; i++) {
    INFO("waiter " << i);
    CHECK(rig.wants[i].filled_at - rig.wants[i].taken_at < 120);
  }
}
