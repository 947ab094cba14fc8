// SPDX-License-Identifier: Apache-2.0
// Fences: at every offset of a walk, in storms and batches, by range, in the time that they take.
// Whatever is asked for after a fence must be as the tables are then.
#include <iostream>

#include "Vxlat0.h"
#include "Vxlat1.h"
#include "Vxlat2.h"
#include "tables.hpp"
#include "xlat_rig.hpp"

using namespace vmso::xlat;

namespace {

// One demand walk; the tables change `offset` cycles after it, then a fence comes. Whatever was
// answered before the mark is asked again, so at the end everything must be as the tables are now,
// and no freed table may be read after that.
template <typename Model>
class Sweep {
 public:
  enum Kind {
    kAll,
    kContext,
    kRange,           // of what has changed
    kLeafOnly,        // the same: no table has
    kUnrelated,       // of another context
    kUnrelatedRange,  // of other pages
    kCommitRoot,
    kCommitOff,
    kKinds
  };

  Sweep(vmso_format format, int leaf_level, bool slow_leaf, int seed)
      : rig_(seed),
        format_(format),
        levels_(Tables::levels_of(format)),
        leaf_level_(leaf_level),
        va_(format == VMSO_FORMAT_X86_32 ? 0xbf400000
            : format == VMSO_FORMAT_SV39 ? 0x3f40400000
            : leaf_level < 3             ? 0x7fff40400000
                                         : 0x7f8000000000) {
    rig_.latency = [this, slow_leaf](uint64_t addr) {
      return !slow_leaf ? 60u : leaf_tables_.count(addr >> 12) ? 250u : 20u;
    };
    build();
    Tables other = Tables::make(rig_.memory, 4, next_page_);
    other.map(va_, 0x66600000);
    leaf_tables_.insert(other.entry(va_, 0) >> 12);
    rig_.commit(1, context_);
    rig_.commit(2, other.context());
    rig_.run();
    rig_.mark_delay = 6;
  }
  unsigned walk_cycles() { return unsigned(levels_ - leaf_level_) * 70 + 60; }

  void trial(Kind kind, unsigned offset, bool warm) {
    INFO("kind " << kind << " offset " << offset << " warm " << warm << " format " << format_
                 << " leaf at level " << leaf_level_);
    rig_.mark_delay = 1 + unsigned(rig_.random() % 9);
    rig_.hold_delay = 1 + unsigned(rig_.random() % 4);
    if (warm) {  // upper levels and another line are cached
      rig_.ask(1, va_ + 8 * kPage);
      rig_.run();
      rig_.forget();
    }
    rig_.ask(1, va_);
    rig_.ask(2, va_);
    for (unsigned i = 0; i < offset; i++) {
      if (i % 16 == 5 && rig_.wants.size() < 40) rig_.ask(1, va_ + i / 16 % 8 * kPage);
      rig_.step();
    }
    // the read port may not take a request for longer than the fence needs otherwise
    if (rig_.random() % 3 == 0) rig_.closed_until = rig_.now() + rig_.random() % 250;
    std::set<uint64_t> old;
    if (kind != kUnrelated && kind != kUnrelatedRange) old = change(kind);
    if (kind == kAll) rig_.fence(kFenceAll, 0);
    if (kind == kContext) rig_.fence(kFenceContext, 1);
    if (kind == kUnrelated) rig_.fence(kFenceContext, 2);
    uint64_t first = va_ >> 12, last = first + 15;
    if (leaf_level_) {  // any page of the large one, of which va_ need not be the first
      const uint64_t pages = uint64_t{1} << (shift() - 12);
      first = last = first / pages * pages + rig_.random() % pages;
    }
    if (kind == kRange || kind == kLeafOnly) rig_.fence_range(1, first, last, kind == kLeafOnly);
    const uint64_t away = uint64_t{1} << (shift() - 12 + 11);
    if (kind == kUnrelatedRange) rig_.fence_range(1, first ^ away, last ^ away);
    for (uint64_t p = 0; p < 4; p++) {
      rig_.ask(1, va_ + (p * 3 + offset) % 8 * kPage);
      rig_.ask(2, va_);
    }
    const uint64_t end = rig_.now() + 10000;
    while (!rig_.fences_done()) {
      rig_.step();
      REQUIRE(rig_.now() < end);
    }
    rig_.freed.insert(old.begin(), old.end());
    rig_.ask(1, va_);
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
  Rig<Model> rig_;
  vmso_format format_;
  int levels_, leaf_level_;
  uint64_t va_;
  uint64_t next_page_ = 0x1000, next_data_ = 1;
  uint64_t root_ = 0;
  Context context_;
  std::set<uint64_t> leaf_tables_;

  Tables tables() { return {&rig_.memory, root_, levels_, &next_page_, format_}; }
  unsigned shift() { return tables().shift(leaf_level_); }
  // All data pages new.
  void map_new(Tables t) {
    next_data_++;
    if (leaf_level_) {
      t.map(va_, (0x100 + next_data_ % 0x200) << t.shift(leaf_level_), leaf_level_);
    } else {
      for (uint64_t p = 0; p < 16; p++) {
        t.map(va_ + p * kPage, 0x40000000 + next_data_ % 0x800 * 0x100000 + p * 5 * kPage);
      }
    }
    leaf_tables_.insert(t.entry(va_, leaf_level_) >> 12);
  }
  void build() {
    Tables t = Tables::make(rig_.memory, format_, next_page_);
    root_ = t.root;
    context_ = t.context();
    map_new(t);
  }
  // Returns the table pages that are free once the fence is done.
  std::set<uint64_t> change(Kind kind) {
    std::set<uint64_t> old;
    Tables t = tables();
    auto pages = [&](int from) {
      for (int l = leaf_level_; l <= from; l++) old.insert(t.entry(va_, l) >> 12);
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
    int at = leaf_level_;
    if (kind != kLeafOnly) at += int(rig_.random() % uint64_t(levels_ - leaf_level_));
    if (at > leaf_level_) {
      pages(at - 1);
      const uint64_t where = t.entry(va_, at);
      // the old tables become a trap: entries that look fine
      for (auto page : old) {
        for (uint64_t at_byte = 0; at_byte < kPage; at_byte += t.entry_bytes()) {
          t.set(page * kPage + at_byte, t.leaf((0x20000 + page) << 12, 0));
        }
      }
      t.set(where, 0);
    }
    map_new(t);
    return old;
  }
};

template <typename Model>
void sweep(vmso_format format, int leaf_level, bool slow_leaf, unsigned stride, int seed) {
  using S = Sweep<Model>;
  S s(format, leaf_level, slow_leaf, seed);
  const unsigned last = slow_leaf ? 420 : s.walk_cycles();
  for (int kind = 0; kind < S::kKinds; kind++) {
    for (unsigned offset = unsigned(kind) % stride; offset < last; offset += stride) {
      s.trial(typename S::Kind(kind), offset, offset / stride % 2);
    }
  }
}

}  // namespace

TEST_CASE("fence at every offset of a walk") {
  const unsigned stride = 11;
  SECTION("four levels") { sweep<Vxlat0>(VMSO_FORMAT_X86_64_L4, 0, false, stride, 11); }
  SECTION("four levels, slow leaf") { sweep<Vxlat0>(VMSO_FORMAT_X86_64_L4, 0, true, stride, 12); }
  SECTION("five levels") { sweep<Vxlat1>(VMSO_FORMAT_X86_64_L5, 0, false, stride * 3, 13); }
  SECTION("five levels, slow leaf") { sweep<Vxlat0>(VMSO_FORMAT_SV57, 0, true, stride, 14); }
  SECTION("2 MiB leaf") { sweep<Vxlat0>(VMSO_FORMAT_X86_64_L4, 1, false, stride, 15); }
  SECTION("1 GiB leaf, slow") { sweep<Vxlat0>(VMSO_FORMAT_X86_64_L5, 2, true, stride, 16); }
  SECTION("x86-32") { sweep<Vxlat0>(VMSO_FORMAT_X86_32, 0, false, stride, 17); }
  SECTION("4 MiB leaf, slow") { sweep<Vxlat1>(VMSO_FORMAT_X86_32, 1, true, stride, 18); }
  SECTION("Sv39") { sweep<Vxlat0>(VMSO_FORMAT_SV39, 0, true, stride, 19); }
  SECTION("AArch64, 2 MiB") { sweep<Vxlat0>(VMSO_FORMAT_AARCH64, 1, false, stride, 20); }
  SECTION("512 GiB leaf") { sweep<Vxlat0>(VMSO_FORMAT_SV48, 3, false, 2, 21); }
}

TEST_CASE("fence at every offset of a walk, every cycle", "[.][long]") {
  int seed = 30;
  for (vmso_format format :
       {VMSO_FORMAT_X86_32, VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_X86_64_L5, VMSO_FORMAT_SV39,
        VMSO_FORMAT_SV48, VMSO_FORMAT_SV57, VMSO_FORMAT_AARCH64}) {
    for (int leaf = 0; leaf < std::min(Tables::levels_of(format), 3); leaf++) {
      for (bool slow : {false, true}) {
        UNSCOPED_INFO("format " << format << ", leaf at level " << leaf << ", slow " << slow);
        std::cerr << "fence sweep: format " << format << ", leaf at level " << leaf
                  << (slow ? ", slow\n" : "\n");
        sweep<Vxlat0>(format, leaf, slow, 1, seed++);
      }
    }
  }
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
        if (random() % 3 == 0) {
          rig.fence(kFenceAll, 0);
        } else if (random() % 2) {
          rig.fence(kFenceContext, c);
        } else {  // the pages that may have changed
          rig.fence_range(c, va_of(0) >> 12, va_of(255) >> 12, random() % 2);
        }
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
  // up to four that come together are one batch; a second COMMIT starts another one
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

// -- ranges ---------------------------------------------------------------------------------------

// Pages of context 1 in a row, all translated; context 2 has the same.
template <typename Model>
struct Region {
  Rig<Model> rig;
  uint64_t next_page = 0x1000;
  Tables a, b;
  uint64_t va, pages;

  Region(vmso_format format, uint64_t first_va, uint64_t page_count, int seed = 3)
      : rig(seed),
        a(Tables::make(rig.memory, format, next_page)),
        b(Tables::make(rig.memory, format, next_page)),
        va(first_va),
        pages(page_count) {
    for (uint64_t p = 0; p < pages; p++) {
      a.map(va + p * kPage, 0x10000000 + p * kPage);
      b.map(va + p * kPage, 0x20000000 + p * kPage);
    }
    rig.commit(1, a.context());
    rig.commit(2, b.context());
    rig.run();
  }
  // Lines of eight pages that had to be read, in the order of the pages.
  std::vector<uint64_t> lines_read(unsigned ctx) {
    std::vector<uint64_t> lines;
    for (uint64_t p = 0; p < pages; p += 8) {
      rig.reads.clear();
      rig.ask(ctx, va + p * kPage);
      rig.run();
      rig.check();
      rig.forget();
      if (!rig.reads.empty()) lines.push_back(p / 8);
    }
    return lines;
  }
};

TEST_CASE("a range forgets the lines of its pages and no others") {
  for (vmso_format format : {VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_X86_32, VMSO_FORMAT_SV39}) {
    Region<Vxlat1> r(format, 0x40000000 - 64 * kPage, 768);  // around the edge of a 1 GiB table
    CHECK(r.lines_read(1).size() == 96);
    CHECK(r.lines_read(2).size() == 96);
    CHECK(r.lines_read(1).empty());
    for (auto [first, count] : std::vector<std::pair<uint64_t, uint64_t>>{
             {64, 1}, {79, 1}, {0, 8}, {71, 9}, {48, 33}, {63, 2}, {64, 513}, {0, 768}, {767, 1}}) {
      INFO("format " << format << " pages " << first << " + " << count);
      // the pages move, and their old frames are somebody else's
      for (uint64_t p = first; p < first + count; p++) {
        r.a.map(r.va + p * kPage, 0x10000000 + p * kPage + (r.rig.random() % 64 + 1) * 0x1000000);
      }
      r.rig.fence_range(1, (r.va >> 12) + first, (r.va >> 12) + first + count - 1);
      r.rig.run();
      const auto lines = r.lines_read(1);
      // rounded outwards to 16 pages
      std::vector<uint64_t> expected;
      for (uint64_t l = first / 16 * 2; l <= (first + count - 1) / 16 * 2 + 1; l++) {
        expected.push_back(l);
      }
      CHECK(lines == expected);
      CHECK(r.lines_read(2).empty());
      CHECK(r.lines_read(1).empty());
    }
  }
}

TEST_CASE("a range with leaf_only keeps the pointers") {
  for (bool leaf_only : {false, true}) {
    Region<Vxlat0> r(VMSO_FORMAT_X86_64_L4, 0x7fff40400000, 64);
    r.lines_read(1);
    r.a.map(r.va, 0x77777000);
    r.rig.fence_range(1, r.va >> 12, r.va >> 12, leaf_only);
    r.rig.run();
    r.rig.reads.clear();
    r.rig.ask(1, r.va);
    r.rig.run();
    r.rig.check();
    CHECK(r.rig.reads.size() == (leaf_only ? 1 : 4));
  }
}

// A large page is one entry, or two for 4 MiB, wherever in it the range lies.
TEST_CASE("a range anywhere in a large page forgets all of it") {
  struct Case {
    vmso_format format;
    int level;
    bool napot;
  };
  for (const Case &c : std::vector<Case>{{VMSO_FORMAT_X86_32, 1, false},
                                         {VMSO_FORMAT_X86_64_L4, 1, false},
                                         {VMSO_FORMAT_X86_64_L4, 2, false},
                                         {VMSO_FORMAT_SV39, 0, true},
                                         {VMSO_FORMAT_SV39, 2, false},
                                         {VMSO_FORMAT_SV48, 3, false},
                                         {VMSO_FORMAT_SV57, 4, false},
                                         {VMSO_FORMAT_AARCH64, 2, false}}) {
    Rig<Vxlat0> rig(7);
    uint64_t next_page = 0x1000;
    Tables t = Tables::make(rig.memory, c.format, next_page);
    const unsigned shift = c.napot ? 16 : t.shift(c.level);
    const uint64_t size = uint64_t{1} << shift;
    rig.commit(1, t.context());
    for (int round = 0; round < 72; round++) {
      INFO("format " << c.format << " level " << c.level << " round " << round);
      const uint64_t pa = round % 2 ? size : 2 * size;
      if (c.napot)
        t.map_napot(size, pa);
      else
        t.map(size, pa, c.level);
      // a page at the beginning, in the middle, at the end, anywhere
      const uint64_t at = round % 4 == 0   ? 0
                          : round % 4 == 1 ? size / 2
                          : round % 4 == 2 ? size - 1
                                           : rig.random() % size;
      // that page alone, or on from a page below the large one, or up to one above it
      const uint64_t beside = 1 + rig.random() % 8;
      const uint64_t first = round % 3 == 1 ? (size >> 12) - beside : (size + at) >> 12;
      const uint64_t last = round % 3 == 2 ? ((2 * size) >> 12) + beside : (size + at) >> 12;
      rig.fence_range(1, first, last, round & 4);
      rig.run();
      for (int i = 0; i < 40; i++) rig.ask(1, size + rig.random() % size);
      rig.run();
      rig.check();
      rig.forget();
    }
  }
}

TEST_CASE("a superpage that was split or joined is never met again") {
  Rig<Vxlat0> rig(8);
  uint64_t next_page = 0x1000;
  Tables t = Tables::make(rig.memory, VMSO_FORMAT_X86_64_L4, next_page);
  const uint64_t va = 0x7fff40000000, size = 0x200000;
  rig.commit(1, t.context());
  for (int round = 0; round < 30; round++) {
    t.set(t.entry(va, 1), 0);
    const uint64_t pa = (0x100 + rig.random() % 256) * size;
    if (round % 2) {
      for (uint64_t p = 0; p < 512; p++) {
        t.map(va + p * kPage, pa + (p * 37 + uint64_t(round)) % 512 * kPage);
      }
    } else {
      t.map(va, pa, 1);
    }
    rig.fence_range(1, va >> 12, (va + size - 1) >> 12);
    rig.run();
    for (int i = 0; i < 100; i++) rig.ask(1, va + rig.random() % size);
    rig.run();
    rig.check();
    rig.forget();
  }
}

// Larger than what is swept by its lines: two aligned blocks around it, all sets for each.
TEST_CASE("a large range forgets itself, and of others at most as much again on each side") {
  Region<Vxlat0> r(VMSO_FORMAT_X86_64_L4, 0, 8);
  std::vector<uint64_t> at;
  for (uint64_t i = 0; i < 64; i++) at.push_back(0x100000000 + i * 0x10000000);  // 256 MiB apart
  uint64_t data = 1;
  auto move_all = [&] {
    for (uint64_t va : at) r.a.map(va, 0x40000000 + data++ * kPage);
  };
  move_all();
  r.rig.fence_all();
  for (uint64_t va : at) r.rig.ask(1, va);
  r.rig.run();
  r.rig.forget();
  for (auto [first, last] : std::vector<std::pair<size_t, size_t>>{
           {0, 63}, {3, 9}, {7, 8}, {31, 32}, {17, 17}, {40, 62}}) {
    INFO("pages " << first << " .. " << last);
    for (size_t i = first; i <= last; i++) r.a.map(at[i], 0x40000000 + data++ * kPage);
    r.rig.fence_range(1, at[first] >> 12, (at[last] >> 12) + 1000);
    r.rig.run();
    unsigned read = 0;
    for (size_t i = 0; i < at.size(); i++) {
      r.rig.reads.clear();
      r.rig.ask(1, at[i]);
      r.rig.run();
      r.rig.check();  // also of those that are not in the range: nothing has changed there
      r.rig.forget();
      if (i < first || i > last) read += r.rig.reads.size() >= 3;  // table and upper pointers
    }
    CHECK(read <= 3 * (last - first + 1));
  }
}

TEST_CASE("commands that come together are one batch, and each does its own") {
  Region<Vxlat1> r(VMSO_FORMAT_X86_64_L4, 0x40000000, 256);
  r.lines_read(1);
  r.lines_read(2);
  for (int round = 0; round < 20; round++) {
    INFO("round " << round);
    const uint64_t p = r.rig.random() % 15 * 16, q = r.rig.random() % 15 * 16;
    r.a.map(r.va + p * kPage, 0x50000000 + r.rig.random() % 1024 * kPage);
    r.b.map(r.va + q * kPage, 0x60000000 + r.rig.random() % 1024 * kPage);
    r.rig.fence_range(1, (r.va >> 12) + p, (r.va >> 12) + p);
    r.rig.fence_range(3, 0, kPageBits);  // of a context that is off
    r.rig.fence_range(2, (r.va >> 12) + q, (r.va >> 12) + q + 15);
    if (round % 2) r.rig.commit(4, r.a.context());
    const unsigned before = r.rig.dut().fence_done_number;
    unsigned steps = 0, at_done = 0;
    for (unsigned cycle = 0; !r.rig.fences_done() && cycle < 2000; cycle++) {
      r.rig.step();
      const unsigned done = r.rig.dut().fence_done_number;
      steps += done != before + at_done;
      at_done = done - before;
    }
    CHECK(steps == 1);  // all numbers at once
    r.rig.run();
    CHECK(r.lines_read(1) == std::vector<uint64_t>{p / 8, p / 8 + 1});
    CHECK(r.lines_read(2) == std::vector<uint64_t>{q / 8, q / 8 + 1});
  }
}

TEMPLATE_TEST_CASE("a fence of one page takes 36 cycles", "", Vxlat0, Vxlat1, Vxlat2) {
  Region<TestType> r(VMSO_FORMAT_X86_64_L4, 0x40000000, 16);
  r.rig.mark_delay = 1;  // an engine without jobs
  r.rig.hold_delay = 1;
  uint64_t most = 0;
  for (uint64_t p : {0u, 7u, 15u}) {
    const uint64_t from = r.rig.now();
    r.rig.fence_range(1, (r.va >> 12) + p, (r.va >> 12) + p);
    while (!r.rig.fences_done() && r.rig.now() - from < 1000) r.rig.step();
    most = std::max(most, r.rig.now() - from);
  }
  std::cout << "xlat: a fence of one page takes " << most << " cycles\n";
  CHECK(most == 36);  // docs/translation.md says so
}

TEST_CASE("a range of other pages costs a walk that is under way one more try") {
  for (unsigned offset = 0; offset < 260; offset += 3) {
    INFO("offset " << offset);
    Region<Vxlat0> r(VMSO_FORMAT_X86_64_L4, 0x40000000, 8);
    r.rig.latency = [](uint64_t) { return 50u; };
    r.rig.ask(1, r.va);
    for (unsigned i = 0; i < offset; i++) r.rig.step();
    r.rig.fence_range(1, (r.va >> 12) + 0x40000, (r.va >> 12) + 0x40000);
    r.rig.run();
    r.rig.check();
    CHECK(r.rig.reads.size() <= 8);
  }
}
