// SPDX-License-Identifier: Apache-2.0
// The formats in the engine: the walks worked out by hand, and random tables against the reference
// walker, with cold caches also every line that is read.
#include <cstdio>

#include "Vxlat0.h"
#include "Vxlat1.h"
#include "Vxlat2.h"
#include "Vxlat_few.h"
#include "check/random_tables.hpp"
#include "formats.hpp"
#include "worked_examples.hpp"
#include "xlat_rig.hpp"

using namespace vmso;
using namespace vmso::xlat;

namespace {

constexpr unsigned kFenceContext = 1;

// A walk reads eight entries at once.
std::vector<uint64_t> lines_of(vmso_format format, const std::vector<uint64_t> &entries) {
  std::vector<uint64_t> lines;
  for (uint64_t at : entries) lines.push_back(at & ~(format == VMSO_FORMAT_X86_32 ? 31ull : 63ull));
  return lines;
}

// The answer to one address with nothing cached: everything as the reference says, and exactly its
// reads; one that leads out of the windows reaches the read port and no memory.
template <typename Model>
void check_cold(Rig<Model> &rig, unsigned ctx, uint64_t va) {
  rig.reads.clear();
  rig.refused_reads.clear();
  rig.ask(ctx, va);
  rig.run();
  rig.check();
  const Context &context = rig.contexts[ctx];
  const Result expected = walk(context, va, rig.memory);
  INFO(format_name(context.format) << " va " << std::hex << va);
  REQUIRE(rig.reads == lines_of(context.format, expected.reads));
  REQUIRE(rig.refused_reads.size() == (expected.cause == VMSO_CAUSE_TABLE_WINDOW));
  rig.forget();
}

template <typename Model>
void run_example(Rig<Model> &rig, const WorkedExample &e) {
  INFO("example " << e.id << ": " << e.shows);
  rig.memory = {};
  std::copy(e.windows.begin(), e.windows.end(), rig.memory.windows.begin());
  for (const auto &r : e.reads) {
    if (r.response == Response::kOkay) rig.memory.write(r.at, e.entry_bytes(), r.value);
    if (r.response != Response::kOkay) rig.memory.bad[r.at & ~63ull] = {r.response, 0};
  }
  rig.commit(1, e.context);
  rig.run();
  check_cold(rig, 1, e.va);
  for (int round = 0; round < 2; round++) {  // in the second one whatever may be cached is
    rig.ask(1, e.va);
    rig.run();
    const Result &got = *rig.wants[0].result;
    CHECK(cause_name(got.cause) == cause_name(e.cause));
    CHECK(got.level == e.level);
    if (e.cause == VMSO_CAUSE_NONE) CHECK((got.pa | e.va % 4096) == e.pa);
    rig.forget();
  }
}

// Another context on the same tables: other rules for them, or off.
Context neighbour(const Context &of, Random &random) {
  Context c = of;
  for (bool *flag :
       {&c.af_ignore, &c.priv, &c.gb, &c.xd, &c.pse, &c.rsw, &c.napot, &c.pbmt, &c.hpd}) {
    if (random.chance(0.5)) *flag = !*flag;
  }
  if (of.format != VMSO_FORMAT_IDENTITY && random.chance(0.5)) {
    c.format = kFormats[1 + random.below(7)];
    c.pa_bits = c.format == VMSO_FORMAT_X86_32 ? 32 : std::min(48u, of.pa_bits);
    if (c.root >> c.pa_bits) return of;
  }
  if (random.chance(0.1)) c = off();
  return c;
}

struct Amount {
  unsigned seeds, vas,
      cold;  // of `vas` addresses a seed, `cold` are also walked with nothing cached
};

template <typename Model>
void random_walks(vmso_format format, Amount amount, bool progress) {
  Seen seen;
  Rig<Model> rig{int(format)};
  rig.latency = [&](uint64_t) { return 1 + unsigned(rig.random() % 40); };
  for (unsigned i = 0; i < amount.seeds; i++) {
    const uint64_t seed = uint64_t(rig.beats) << 32 | i;
    INFO("seed " << seed);
    Random random(seed, "walks");
    const RandomTables tables =
        random_tables(format, seed, {.vas = amount.vas, .bus_errors = true});
    rig.memory = {};
    rig.memory.windows = tables.windows;
    for (const auto &page : tables.pages) rig.memory.words.set_page(page.at, page.words);
    for (auto [line, response] : tables.bad) {
      rig.memory.bad[line] = {response, unsigned(random.below(4))};
    }
    rig.out_of_order = i % 2;
    rig.stall = i % 3 * 4;
    rig.commit(1, tables.context);
    rig.commit(2, neighbour(tables.context, random));
    rig.run();
    for (unsigned k = 0; k < amount.cold; k++) {
      if (k) rig.fence(kFenceContext, 1);
      rig.run();
      check_cold(rig, 1, tables.vas[k]);
    }
    // all at once, in two orders: answers come from walks that are shared, and from all caches
    for (unsigned burst = 0; burst < 2; burst++) {
      const unsigned step = burst ? 2 * unsigned(random.below(amount.vas)) + 1 : 1;
      for (unsigned k = 0; k < amount.vas; k++) {
        const uint64_t va = tables.vas[k * step % amount.vas];
        rig.ask(1, va);
        if (burst == 0) seen[tables.walk(va).cause]++;
        if (random.chance(0.3)) rig.ask(2, va);
        if (random.chance(0.2)) rig.step();
      }
      rig.run(400000);
      rig.check();
      rig.forget();
    }
    // A fence walks again what has answered everybody but is still being put away; the next seed
    // begins with cold caches.
    for (unsigned k = 0; k < 12 * rig.slots; k++) rig.step();
    if (progress && (i + 1) % (amount.seeds / 10) == 0) {
      std::printf("%s, %u beats a line: %u walks agree, cycle %llu\n", format_name(format).c_str(),
                  rig.beats, (i + 1) * amount.vas, static_cast<unsigned long long>(rig.now()));
      std::fflush(stdout);
    }
  }
  INFO(format_name(format) << ":" << told(seen));
  CHECK(holes(format, seen) == "");
}

template <typename Model>
void all_random_walks(Amount amount, bool progress = false) {
  for (vmso_format format : kFormats) random_walks<Model>(format, amount, progress);
}

}  // namespace

// Vxlat_few: COMMIT of the others is refused (unit_csr); the decoder has no logic for them.
TEST_CASE("worked examples in an engine of few formats") {
  Rig<Vxlat_few> rig(1);
  unsigned walks = 0;
  for (const WorkedExample &e : worked_examples()) {
    if ((283 >> e.context.format & 1) == 0) continue;
    run_example(rig, e);
    walks++;
  }
  CHECK(walks > 400);
}

TEMPLATE_TEST_CASE("worked examples", "", Vxlat0, Vxlat1, Vxlat2) {
  Rig<TestType> rig;
  for (const WorkedExample &e : worked_examples()) run_example(rig, e);
}

// A power of two of addresses a seed, so that an odd step meets them all. The larger the caches,
// the longer a fence: fewer cold walks.
TEST_CASE("random tables agree with the reference walker in small") {
  all_random_walks<Vxlat0>({.seeds = 64, .vas = 64, .cold = 8});
}
TEST_CASE("random tables agree with the reference walker in default") {
  all_random_walks<Vxlat1>({.seeds = 32, .vas = 128, .cold = 4});
}
TEST_CASE("random tables agree with the reference walker in wide") {
  all_random_walks<Vxlat2>({.seeds = 32, .vas = 128, .cold = 2});
}
TEST_CASE("a million random walks a format agree with the reference walker", "[.][long]") {
  all_random_walks<Vxlat0>({.seeds = 6000, .vas = 64, .cold = 8}, true);
  all_random_walks<Vxlat1>({.seeds = 3000, .vas = 128, .cold = 4}, true);
  all_random_walks<Vxlat2>({.seeds = 1000, .vas = 256, .cold = 2}, true);
}
