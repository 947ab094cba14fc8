// SPDX-License-Identifier: Apache-2.0
// The reference walker alone: what it is worth as a judge of the engine.
#include "check/random_tables.hpp"
#include "formats.hpp"
#include "vmso_catch.hpp"
#include "worked_examples.hpp"
#include "xlat_model.hpp"

using namespace vmso;
using namespace vmso::xlat;

TEST_CASE("the reference walker agrees with the worked examples") {
  std::map<vmso_format, Seen> seen;
  for (const WorkedExample &e : worked_examples()) {
    INFO("example " << e.id << ": " << e.shows);
    std::vector<uint64_t> asked, expected;
    auto read = [&](uint64_t at, unsigned bytes) -> reference::EntryRead {
      CHECK(bytes == e.entry_bytes());
      asked.push_back(at);
      for (const auto &r : e.reads) {
        if (r.at == at) return {r.response, r.value};
      }
      return {};
    };
    const reference::Walk w =
        reference::walk(reference::ReadEntry(read), e.context, e.windows, e.va);
    CHECK(cause_name(w.cause) == cause_name(e.cause));
    CHECK(w.level == e.level);
    if (e.cause == VMSO_CAUSE_NONE) CHECK(w.pa == e.pa);
    for (const auto &r : e.reads) expected.push_back(r.at);
    CHECK(asked == expected);
    REQUIRE(w.steps.size() == asked.size());
    for (size_t i = 0; i < asked.size(); i++) CHECK(w.steps[i].entry_at == asked[i]);
    seen[e.context.format][w.cause]++;
  }
  CHECK(seen[VMSO_FORMAT_OFF].contains(VMSO_CAUSE_CTX_OFF));
  for (vmso_format format : kFormats) {
    INFO(format_name(format));
    // what the bus says does not depend on the format: not all of it in each
    for (unsigned bus :
         {VMSO_CAUSE_TABLE_SLV_ERR, VMSO_CAUSE_TABLE_DEC_ERR, VMSO_CAUSE_BUS_TIMEOUT}) {
      if (answers_of(format).contains(bus)) seen[format][bus]++;
    }
    CHECK(holes(format, seen[format]) == "");
  }
}

TEST_CASE("random tables lead to every answer that a format can give") {
  for (vmso_format format : kFormats) {
    Seen seen;
    std::map<unsigned, uint64_t> leaves;
    for (uint64_t seed = 1; seed <= 300; seed++) {
      const RandomTables tables = random_tables(format, seed, {.bus_errors = true});
      for (uint64_t va : tables.vas) {
        const reference::Walk w = tables.walk(va);
        seen[w.cause]++;
        REQUIRE(w.steps.size() <= 5);
        if (w.cause != VMSO_CAUSE_NONE) continue;
        leaves[w.level]++;
        REQUIRE((w.pa ^ va) % 4096 == 0);
        // a leaf larger than the width reaches beyond it
        if (w.level <= 2) REQUIRE(w.pa >> tables.context.pa_bits == 0);
      }
    }
    INFO(format_name(format) << ":" << told(seen));
    CHECK(holes(format, seen) == "");
    unsigned levels = 1;
    if (format == VMSO_FORMAT_X86_32) levels = 2;
    if (format == VMSO_FORMAT_X86_64_L4 || format == VMSO_FORMAT_X86_64_L5) levels = 3;
    if (format == VMSO_FORMAT_SV39 || format == VMSO_FORMAT_AARCH64) levels = 3;
    if (format == VMSO_FORMAT_SV48) levels = 4;
    if (format == VMSO_FORMAT_SV57) levels = 5;
    CHECK(leaves.size() == levels);
    CHECK(seen[VMSO_CAUSE_NONE] > 300 * 64 / 3);
  }
}
