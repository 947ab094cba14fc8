// SPDX-License-Identifier: Apache-2.0
// What a translation costs and what may not disturb it: shared walks, fences at every offset,
// latencies, reads per page. All answers agree with the reference walker.
#include "Vxlat0.h"
#include "Vxlat1.h"
#include "Vxlat2.h"
#include "xlat_rig.hpp"

using namespace vmso::xlat;

namespace {

constexpr unsigned kFenceAll = 0, kFenceContext = 1;
constexpr uint64_t kPage = 0x1000;

Context four() { return {.format = VMSO_FORMAT_X86_64_L4, .root = 0x10000}; }

// Small page tables: built in fresh pages; `map` makes what is missing on the way.
struct Tables {
  Memory *memory;
  uint64_t root;
  int levels;
  uint64_t *next_page;  // of the pool for tables

  static Tables make(Memory &memory, int levels, uint64_t &next_page) {
    Tables t{&memory, next_page * kPage, levels, &next_page};
    next_page++;
    return t;
  }
  uint64_t slot(uint64_t table, uint64_t va, int level) const {
    return table + ((va >> (12 + 9 * level)) & 511) * 8;
  }
  // Address of the entry of `va` at `level`, with the tables above it.
  uint64_t entry(uint64_t va, int level) {
    uint64_t table = root;
    for (int l = levels - 1; l > level; l--) {
      uint64_t at = slot(table, va, l);
      if (!(memory->word(at) & 1)) memory->words[at] = (*next_page)++ * kPage | 0x67;
      table = memory->word(at) & 0xffffffffff000;
    }
    return slot(table, va, level);
  }
  void map(uint64_t va, uint64_t pa, int level = 0) {
    memory->words[entry(va, level)] = pa | 0x67 | (level ? 0x80 : 0);
  }
  Context context() const {
    return {.format = levels == 5 ? VMSO_FORMAT_X86_64_L5 : VMSO_FORMAT_X86_64_L4, .root = root};
  }
};

}  // namespace

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
    for (auto &w : rig.wants) CHECK(w.refusals == 0);
    const size_t upper = line ? 0 : 7;  // three and four upper tables
    CHECK(rig.reads.size() == 2 + upper);
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
    CHECK(measure(1, 0x40000000) <= 4 * (l + more) + 20);  // cold, four levels
    CHECK(measure(2, 0x40000000) <= 5 * (l + more) + 24);
    CHECK(measure(1, 0x40008000) <= l + more + 10);  // parent cached
    CHECK(measure(1, 0x40008000) <= 4);              // hit
    CHECK(measure(1, 0x4000f000) <= 4);              // neighbour
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

namespace {

// -- fences
// ------------------------------------------------------------------------------------------------
// One demand walk; the tables change `offset` cycles after it, then a fence comes. Whatever was
// answered before the mark is asked again, so at the end everything must be as the tables are now,
// and no freed table may be read after that.
template <typename Model>
class Sweep {
 public:
  enum Kind { kAll, kContext, kUnrelated, kCommitRoot, kCommitOff, kKinds };

  Sweep(int levels, int leaf_level, bool slow_leaf, int seed)
      : rig_(seed), levels_(levels), leaf_level_(leaf_level) {
    rig_.latency = [this, slow_leaf](uint64_t addr) {
      return !slow_leaf ? 60u : leaf_tables_.count(addr >> 12) ? 250u : 20u;
    };
    build();
    Tables other = Tables::make(rig_.memory, 4, next_page_);
    other.map(kVa, 0x66600000);
    leaf_tables_.insert(other.entry(kVa, 0) >> 12);
    rig_.commit(1, context_);
    rig_.commit(2, other.context());
    rig_.run();
    rig_.mark_delay = 6;
  }
  unsigned walk_cycles() { return unsigned(levels_ - leaf_level_) * 70 + 60; }

  void trial(Kind kind, unsigned offset, bool warm) {
    INFO("kind " << kind << " offset " << offset << " warm " << warm << " levels " << levels_);
    rig_.mark_delay = 1 + unsigned(rig_.random() % 9);
    rig_.hold_delay = 1 + unsigned(rig_.random() % 4);
    if (warm) {  // upper levels and another line are cached
      rig_.ask(1, kVa + 8 * kPage);
      rig_.run();
      rig_.forget();
    }
    rig_.ask(1, kVa);
    rig_.ask(2, kVa);
    for (unsigned i = 0; i < offset; i++) {
      if (i % 16 == 5 && rig_.wants.size() < 40) rig_.ask(1, kVa + i / 16 % 8 * kPage);
      rig_.step();
    }
    // the read port may not take a request for longer than the fence needs otherwise
    if (rig_.random() % 3 == 0) rig_.closed_until = rig_.now() + rig_.random() % 250;
    std::set<uint64_t> old;
    if (kind != kUnrelated) old = change(kind);
    if (kind == kAll) rig_.fence(kFenceAll, 0);
    if (kind == kContext) rig_.fence(kFenceContext, 1);
    if (kind == kUnrelated) rig_.fence(kFenceContext, 2);
    for (uint64_t p = 0; p < 4; p++) {
      rig_.ask(1, kVa + (p * 3 + offset) % 8 * kPage);
      rig_.ask(2, kVa);
    }
    const uint64_t end = rig_.now() + 10000;
    while (!rig_.fences_done()) {
      rig_.step();
      REQUIRE(rig_.now() < end);
    }
    rig_.freed.insert(old.begin(), old.end());
    rig_.ask(1, kVa);
    rig_.run();
    rig_.check();
    rig_.forget();
    if (kind == kCommitOff) {  // on again
      build();
      rig_.commit(1, context_);
      rig_.run();
    }
    rig_.fence_all();
  }

 private:
  static constexpr uint64_t kVa = 0x7fff40400000;
  Rig<Model> rig_;
  int levels_, leaf_level_;
  uint64_t next_page_ = 0x1000, next_data_ = 1;
  uint64_t root_ = 0;
  Context context_;
  std::set<uint64_t> leaf_tables_;

  Tables tables() { return {&rig_.memory, root_, levels_, &next_page_}; }
  // All data pages new.
  void map_new(Tables t) {
    next_data_++;
    if (leaf_level_) {
      t.map(kVa, (0x400 + next_data_) << (12 + 9 * leaf_level_), leaf_level_);
    } else {
      for (uint64_t p = 0; p < 16; p++) {
        t.map(kVa + p * kPage, 0x100000000 + next_data_ * 0x100000 + p * 5 * kPage);
      }
    }
    leaf_tables_.insert(t.entry(kVa, leaf_level_) >> 12);
  }
  void build() {
    Tables t = Tables::make(rig_.memory, levels_, next_page_);
    root_ = t.root;
    context_ = t.context();
    map_new(t);
  }
  // Returns the table pages that are free once the fence is done.
  std::set<uint64_t> change(Kind kind) {
    std::set<uint64_t> old;
    Tables t = tables();
    auto pages = [&](int from) {
      for (int l = leaf_level_; l <= from; l++) old.insert(t.entry(kVa, l) >> 12);
    };
    if (kind == kCommitRoot || kind == kCommitOff) {
      pages(levels_ - 1);
      if (kind == kCommitRoot) build();
      Context to = context_;
      if (kind == kCommitOff) to.format = VMSO_FORMAT_OFF;
      rig_.commit(1, to);
      return old;
    }
    // a pointer to new tables, at a level that differs by trial; or the leaves
    const int at = leaf_level_ + int(rig_.random() % uint64_t(levels_ - leaf_level_));
    if (at > leaf_level_) {
      pages(at - 1);
      const uint64_t where = t.entry(kVa, at);
      // the old tables become a trap: entries that look fine
      for (auto page : old) {
        for (uint64_t i = 0; i < 512; i++) {
          rig_.memory.words[page * kPage + i * 8] = (0xbad00 + page) << 12 | 0x67;
        }
      }
      rig_.memory.words[where] = 0;
    }
    map_new(t);
    return old;
  }
};

template <typename Model>
void sweep(int levels, int leaf_level, bool slow_leaf, unsigned stride, int seed) {
  using S = Sweep<Model>;
  S s(levels, leaf_level, slow_leaf, seed);
  const unsigned last = slow_leaf ? 420 : s.walk_cycles();
  for (int kind = 0; kind < S::kKinds; kind++) {
    for (unsigned offset = unsigned(kind) % stride; offset < last; offset += stride) {
      s.trial(typename S::Kind(kind), offset, offset / stride % 2);
    }
  }
}

}  // namespace

TEST_CASE("fence at every offset of a walk") {
  const unsigned stride = 7;
  SECTION("four levels") { sweep<Vxlat0>(4, 0, false, stride, 11); }
  SECTION("four levels, slow leaf") { sweep<Vxlat0>(4, 0, true, stride, 12); }
  SECTION("five levels") { sweep<Vxlat1>(5, 0, false, stride * 3, 13); }
  SECTION("five levels, slow leaf") { sweep<Vxlat0>(5, 0, true, stride, 14); }
  SECTION("2 MiB leaf") { sweep<Vxlat0>(4, 1, false, stride, 15); }
  SECTION("1 GiB leaf, slow") { sweep<Vxlat0>(5, 2, true, stride, 16); }
}

TEST_CASE("fence at every offset of a walk, every cycle", "[.][long]") {
  sweep<Vxlat0>(4, 0, false, 1, 21);
  sweep<Vxlat0>(4, 0, true, 1, 22);
  sweep<Vxlat0>(5, 0, false, 1, 23);
  sweep<Vxlat0>(5, 0, true, 1, 24);
  sweep<Vxlat0>(4, 1, false, 1, 25);
  sweep<Vxlat0>(5, 2, true, 1, 26);
}

// Many fences of all kinds, back to back and batched, while all contexts ask for everything.
TEMPLATE_TEST_CASE("fence storm", "", Vxlat0, Vxlat1, Vxlat2) {
  for (int seed = 31; seed < 33; seed++) {
    INFO("seed " << seed);
    Rig<TestType> rig(seed);
    auto &random = rig.random;
    rig.out_of_order = seed & 1;
    rig.stall = 3;
    rig.latency = [&](uint64_t) { return unsigned(10 + random() % 80); };
    uint64_t next_page = 0x100, next_data = 0x100000;
    std::vector<Tables> tables;
    for (unsigned c = 0; c < 4; c++) {
      tables.push_back(Tables::make(rig.memory, 4 + int(c & 1), next_page));
      rig.commit(c, tables[c].context());
    }
    auto va_of = [](uint64_t i) { return 0x40000000 + i % 64 * kPage + i / 64 * 0x200000; };
    rig.run();
    for (int round = 0; round < 40; round++) {
      for (int i = 0; i < 120; i++) rig.ask(unsigned(random() % 4), va_of(random() % 256));
      const int fences = 1 + int(random() % 8);
      for (int f = 0; f < fences; f++) {
        const unsigned c = unsigned(random() % 4);
        // change some pages or move the whole context
        if (random() % 4 == 0) {
          if (random() % 3) {
            tables[c] = Tables::make(rig.memory, 4 + int(random() & 1), next_page);
            rig.commit(c, tables[c].context());
          } else {
            Context to = rig.contexts[c];
            to.format = random() & 1 ? VMSO_FORMAT_OFF : VMSO_FORMAT_IDENTITY;
            to.limit = 0x7ffff000;
            to.root = 0;
            rig.commit(c, to);
          }
        }
        for (int i = 0; i < 40; i++) tables[c].map(va_of(random() % 256), next_data++ * kPage);
        if (random() % 3)
          rig.fence(kFenceContext, c);
        else
          rig.fence(kFenceAll, 0);
        for (uint64_t i = random() % 200; i > 0; i--) rig.step();
      }
      rig.mark_delay = unsigned(random() % 30);
      rig.hold_delay = unsigned(random() % 10);
      rig.run(100000);
      rig.check();
      rig.forget();
    }
  }
}

TEMPLATE_TEST_CASE("fence time and numbers", "", Vxlat0, Vxlat1, Vxlat2) {
  Rig<TestType> rig(9);
  rig.mark_delay = 0;
  rig.hold_delay = 0;
  auto &d = rig.dut();
  const uint64_t from = rig.now();
  rig.fence(kFenceContext, 1);
  while (!rig.fences_done() && rig.now() - from < 10000) rig.step();
  CHECK(rig.now() - from <= 2 * d.sets + 40);
  // what comes meanwhile is one batch; a second COMMIT starts another one
  for (int i = 0; i < 5; i++) rig.fence(i % 2, unsigned(i));
  rig.commit(1, four());
  rig.fence(kFenceContext, 1);
  rig.commit(2, four());
  rig.run();
  CHECK(d.fence_done_number == 9);
}

// Fences without a pause, and one page that is wanted: it must be answered between two of them (a
// walk that two fences have killed holds back the third).
TEST_CASE("a walk gets through a stream of fences") {
  Rig<Vxlat0> rig(10);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page);
  a.map(0x5000, 0x77000);
  rig.commit(1, a.context());
  rig.run();
  rig.latency = [](uint64_t) { return 300u; };
  rig.ask(1, 0x5000);
  const uint64_t end = rig.now() + 20000;
  int answers = 0;
  bool had = false;
  while (rig.now() < end) {
    if (rig.fences_waiting() < 2) rig.fence(kFenceContext, 1);
    rig.step();
    answers += rig.wants[0].result && !had;
    had = bool(rig.wants[0].result);
  }
  CHECK(answers >= 3);
  rig.run();
  rig.check();
}

TEMPLATE_TEST_CASE("a fence drops every line of a full TLB", "", Vxlat0, Vxlat1, Vxlat2) {
  for (unsigned kind : {kFenceAll, kFenceContext}) {
    Rig<TestType> rig(14);
    uint64_t next_page = 0x100;
    Tables a = Tables::make(rig.memory, 4, next_page);
    rig.commit(1, a.context());
    rig.run();
    const uint64_t lines = 4 * rig.dut().sets;  // neighbours: four of them fall into each set
    for (uint64_t round = 0; round < 2; round++) {
      INFO("kind " << kind << " round " << round);
      for (uint64_t line = 0; line < lines; line++) {
        a.map(0x40000000 + line * 8 * kPage, 0x10000000 + (line * 3 + round) * kPage);
      }
      if (round) rig.fence(kind, 1);
      rig.run();
      // Walks of one set that are under way together may choose the same way, so that the first
      // pass does not fill the TLB; some passes later it holds every line.
      constexpr int kPasses = 8;
      for (int pass = 0; pass < kPasses; pass++) {
        rig.reads.clear();
        for (uint64_t line = 0; line < lines; line++) rig.ask(1, 0x40000000 + line * 8 * kPage);
        rig.run();
        rig.check();
        rig.forget();
        CHECK((rig.reads.size() >= lines) == (pass == 0));
      }
      CHECK(rig.reads.empty());
    }
  }
}

// A sweep or a drain for one context leaves the others their cache and at least half of the cycles.
TEST_CASE("a fence leaves other contexts alone") {
  Rig<Vxlat1> rig(12);
  uint64_t next_page = 0x100;
  Tables a = Tables::make(rig.memory, 4, next_page), b = Tables::make(rig.memory, 4, next_page);
  for (uint64_t p = 0; p < 64; p++) {
    a.map(0x40000000 + p * kPage, 0x8000000 + p * 7 * kPage);
    b.map(0x40000000 + p * kPage, 0x9000000 + p * 5 * kPage);
  }
  rig.commit(1, a.context());
  rig.commit(2, b.context());
  rig.run();
  for (uint64_t p = 0; p < 64; p++) rig.ask(1, 0x40000000 + p * kPage);
  rig.run();
  rig.forget();
  rig.ask(2, 0x40000000);
  rig.run();
  rig.reads.clear();
  const uint64_t from = rig.now();
  rig.fence(kFenceContext, 2);
  for (unsigned i = 0; i < 900; i++) rig.ask(1, 0x40000000 + rig.random() % 64 * kPage);
  rig.run();
  rig.check();
  CHECK(rig.reads.size() == 4);  // of context 2, asked again after the mark
  uint64_t last = 0;
  for (auto &w : rig.wants) {
    if (w.ctx == 1) last = std::max(last, w.filled_at);
  }
  CHECK(last - from <= 900 + rig.dut().sets + 40);
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
