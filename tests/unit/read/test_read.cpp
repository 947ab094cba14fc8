// SPDX-License-Identifier: Apache-2.0
// Landing: every byte in its place, every sum right, in whatever order memory
// answers.
#include "Vread0.h"
#include "Vread1.h"
#include "Vread2.h"
#include "read_bench.hpp"

using namespace vmso::unit;

#define READ_TEST(name, tags) TEMPLATE_TEST_CASE(name, tags, Vread0, Vread1, Vread2)

namespace {

// Cuts `bytes` into pieces at random places, each somewhere in its page.
template <typename Bench>
FrameSpec random_frame(Bench &bench, unsigned header, unsigned bytes) {
  FrameSpec f{.header = header, .pieces = {}};
  while (bytes > 0) {
    unsigned n = std::min(
        bytes, bench.chance(20) ? unsigned(1 + bench.rng() % 8) : unsigned(1 + bench.rng() % 4096));
    unsigned offset = unsigned(bench.rng() % (4096 - n + 1));
    f.pieces.push_back({.offset = offset, .bytes = n, .fails = {}});
    bytes -= n;
  }
  return f;
}

template <typename Bench>
void add_when_room(Bench &bench, const FrameSpec &f) {
  unsigned end = f.header;
  for (auto &p : f.pieces) end += p.bytes;
  while (!bench.has_room(end)) bench.step();
  bench.add(f);
}

}  // namespace

READ_TEST("Every bus offset meets every frame lane at short lengths", "[read][landing]") {
  using Bench = ReadBench<TestType>;
  Bench bench(0x101);
  bench.knobs = {
      .piece_percent = 100, .ready_percent = 100, .rsp_percent = 100, .foreign_percent = 0};
  const unsigned w = Bench::kBus;
  for (unsigned offset = 0; offset < w; offset++) {
    for (unsigned lane = 0; lane < w; lane++) {
      for (unsigned bytes : {1u, 2u, w - 1, w, w + 1, 2 * w + 1}) {
        add_when_room(
            bench, {.header = lane, .pieces = {{.offset = offset, .bytes = bytes, .fails = {}}}});
      }
    }
  }
  bench.run();
  CHECK(bench.frames_checked == uint64_t(w) * w * 6);
  CHECK(bench.poisoned == 0);
  bench.check_store();
}

READ_TEST("Frames of many pieces land in any order of beats", "[read][landing]") {
  for (uint64_t seed : {0x111, 0x112}) {
    ReadBench<TestType> bench(seed);
    for (unsigned i = 0; i < 400; i++) {
      unsigned header = unsigned(bench.rng() % 256);
      unsigned bytes = unsigned(1 + bench.rng() % (bench.chance(10) ? 8900 : 1600));
      add_when_room(bench, random_frame(bench, header, bytes));
    }
    bench.run();
    CHECK(bench.frames_checked == 400);
    bench.check_store();
  }
}

READ_TEST("Whole pages are one burst of up to 256 beats", "[read][landing]") {
  ReadBench<TestType> bench(0x121);
  const unsigned w = bench.kBus;
  for (unsigned header : {0u, 54u, 55u, w - 1, w, 66u}) {
    add_when_room(bench, {.header = header,
                          .pieces = {{.offset = 0, .bytes = 4096, .fails = {}},
                                     {.offset = 0, .bytes = 4096, .fails = {}}}});
    add_when_room(bench, {.header = header,
                          .pieces = {{.offset = 1, .bytes = 4095, .fails = {}},
                                     {.offset = 0, .bytes = 4095, .fails = {}},
                                     {.offset = w - 1, .bytes = 4096 - w + 1, .fails = {}}}});
    // fails in the first, a middle and the last beat of a longest burst
    for (unsigned beat : {0u, 100u % (4096 / w), 4096 / w - 1}) {
      add_when_room(bench, {.header = header,
                            .pieces = {{.offset = 0, .bytes = 4096, .fails = {{beat, kDecErr}}}}});
      add_when_room(
          bench, {.header = header,
                  .pieces = {{.offset = 0, .bytes = 4096, .fails = {}, .killed_at = int(beat)}}});
    }
  }
  bench.run();
  CHECK(bench.poisoned == 6 * 6);
  bench.check_store();
}

READ_TEST("A beat that fails poisons its frame at its first byte", "[read][poison]") {
  ReadBench<TestType> bench(0x131);
  const unsigned w = bench.kBus;
  unsigned expected = 0;
  for (unsigned offset : {0u, 1u, w / 2, w - 1}) {
    for (unsigned bytes : {1u, w, 3 * w + 5, 7 * w}) {
      unsigned n = bench.beats_of(offset, bytes);
      for (unsigned beat = 0; beat < n; beat++) {
        for (unsigned resp : {kSlvErr, kDecErr}) {
          add_when_room(bench,
                        {.header = unsigned(bench.rng() % 100),
                         .pieces = {{.offset = offset, .bytes = bytes, .fails = {{beat, resp}}}}});
          expected++;
        }
      }
    }
  }
  bench.run();
  CHECK(bench.poisoned == expected);
  bench.check_store();
}

READ_TEST("A burst that ends without data lands as failed from there on", "[read][poison]") {
  ReadBench<TestType> bench(0x141);
  const unsigned w = bench.kBus;
  unsigned expected = 0;
  for (unsigned offset : {0u, 1u, w / 2, w - 1}) {
    for (unsigned bytes : {1u, w, 3 * w + 5, 7 * w}) {
      unsigned n = bench.beats_of(offset, bytes);
      for (unsigned beat = 0; beat < n; beat++) {
        unsigned resp = beat == 0 ? kRefused : kTimedOut;
        // between two good pieces, so that all three must count
        add_when_room(bench, {.header = unsigned(bench.rng() % 100),
                              .pieces = {{.offset = 5, .bytes = 33, .fails = {}},
                                         {.offset = offset,
                                          .bytes = bytes,
                                          .fails = {},
                                          .killed_at = int(beat),
                                          .killed_resp = resp},
                                         {.offset = 4000, .bytes = 96, .fails = {}}}});
        expected++;
      }
    }
  }
  bench.run();
  CHECK(bench.poisoned == expected);
  bench.check_store();
}

READ_TEST("Of many failures in a frame the lowest byte is told", "[read][poison]") {
  for (uint64_t seed : {0x151, 0x152}) {
    ReadBench<TestType> bench(seed);
    for (unsigned i = 0; i < 600; i++) {
      FrameSpec f =
          random_frame(bench, unsigned(bench.rng() % 256), unsigned(1 + bench.rng() % 3000));
      for (auto &p : f.pieces) {
        unsigned n = bench.beats_of(p.offset, p.bytes);
        if (bench.chance(40))
          p.fails[unsigned(bench.rng() % n)] = bench.chance(50) ? kSlvErr : kDecErr;
        if (bench.chance(40))
          p.fails[unsigned(bench.rng() % n)] = bench.chance(50) ? kSlvErr : kDecErr;
        if (bench.chance(15)) {
          p.killed_at = int(bench.rng() % n);
          p.killed_resp = p.killed_at == 0 && bench.chance(50) ? kRefused : kTimedOut;
        }
      }
      add_when_room(bench, f);
    }
    bench.run();
    CHECK(bench.poisoned > 200);
    CHECK(bench.poisoned < 590);
    bench.check_store();
  }
}

READ_TEST("Templates land byte for byte and tell what failed", "[read][template]") {
  ReadBench<TestType> bench(0x161);
  unsigned added = 0;
  for (unsigned i = 0; added < 800; i++) {
    REQUIRE(i < 100000);
    unsigned t = unsigned(bench.rng() % bench.kTemplates);
    if (bench.template_free(t) && bench.pieces.size() < 8) {
      unsigned bytes = unsigned(1 + bench.rng() % 256);
      std::vector<PieceSpec> list;
      if (bytes > 1 && bench.chance(40)) {  // crosses a page
        unsigned first = unsigned(1 + bench.rng() % (bytes - 1));
        list = {{.offset = 4096 - first, .bytes = first, .fails = {}},
                {.offset = 0, .bytes = bytes - first, .fails = {}}};
      } else {
        list = {
            {.offset = unsigned(bench.rng() % (4096 - bytes + 1)), .bytes = bytes, .fails = {}}};
      }
      for (auto &p : list) {
        unsigned n = bench.beats_of(p.offset, p.bytes);
        if (bench.chance(15)) p.fails[unsigned(bench.rng() % n)] = kSlvErr;
        if (bench.chance(10)) p.killed_at = int(bench.rng() % n);
      }
      bench.add_template(t, list);
      added++;
    }
    if (bench.has_room(2000) && bench.chance(20))
      bench.add(random_frame(bench, 54, 1 + unsigned(bench.rng() % 1500)));
    bench.step();
  }
  bench.run();
  bench.check_store();
}

READ_TEST("What is under way is known by queue until the last response whatever becomes of a read",
          "[read][count]") {
  for (uint64_t seed : {0x191, 0x192, 0x193}) {
    ReadBench<TestType> bench(seed);
    bench.knobs.piece_percent = seed == 0x193 ? 100 : 40;
    bench.knobs.rsp_percent = seed == 0x192 ? 30 : 90;
    for (unsigned i = 0; i < 300; i++) {
      FrameSpec f = random_frame(bench, 54, 1 + unsigned(bench.rng() % 600));
      for (auto &p : f.pieces) {
        unsigned n = bench.beats_of(p.offset, p.bytes);
        if (bench.chance(20)) p.fails[unsigned(bench.rng() % n)] = kSlvErr;
        if (bench.chance(30)) {
          p.killed_at = bench.chance(50) ? 0 : int(bench.rng() % n);
          p.killed_resp = p.killed_at == 0 && bench.chance(50) ? kRefused : kTimedOut;
        }
      }
      add_when_room(bench, f);
      unsigned t = i % bench.kTemplates;
      if (i % 3 == 0 && bench.template_free(t)) {
        bench.add_template(t, {{.offset = 90,
                                .bytes = 66,
                                .fails = {},
                                .killed_at = i % 2 ? 0 : -1,
                                .killed_resp = kRefused}});
      }
      for (unsigned j = bench.rng() % 8 == 0 ? 60 : 0; j > 0; j--) bench.step();  // run empty
    }
    bench.run();
    for (unsigned i = 0; i < 20; i++) bench.step();
    CHECK(bench.none_seen > 100);
    CHECK(bench.some_seen > 100);
  }
}

READ_TEST("One piece and one beat per cycle and a short way to completeness", "[read][rate]") {
  using Bench = ReadBench<TestType>;
  Bench bench(0x171);
  bench.knobs = {.piece_percent = 100,
                 .ready_percent = 100,
                 .rsp_percent = 100,
                 .in_order = true,
                 .foreign_percent = 0};
  uint64_t begin = bench.now();
  const unsigned n = Bench::kSlots - 4;
  for (unsigned i = 0; i < n; i++)
    bench.add({.header = 0, .pieces = {{.offset = 0, .bytes = Bench::kBus, .fails = {}}}});
  while (!bench.bursts.empty() || !bench.pieces.empty()) bench.step();
  CHECK(bench.piece_stalls == 0);
  CHECK(bench.last_rsp - begin < n + n / 2 + 20);  // frames are opened in 80 % of the cycles
  bench.run();
  // a lone frame: from its last response to the cycle in which `out` may take
  // it
  bench.add({.header = 2, .pieces = {{.offset = 3, .bytes = 40, .fails = {}}}});
  bench.run();
  INFO("latency " << bench.first_complete - bench.last_rsp);
  CHECK(bench.first_complete - bench.last_rsp <= 9);
}

READ_TEST("After a reset in the middle of traffic everything is new", "[read][reset]") {
  for (unsigned at : {40u, 41u, 57u, 200u}) {
    auto run = [&](auto &bench) {
      for (unsigned i = 0; i < 20; i++) add_when_room(bench, random_frame(bench, 60, 900));
    };
    ReadBench<TestType> bench(0x181 + at);
    run(bench);
    for (unsigned i = 0; i < at; i++) bench.step();
    bench.forget(at % 2);
    bench.add_template(3, {{.offset = 17, .bytes = 66, .fails = {}}});
    run(bench);
    bench.run();
    CHECK(bench.frames_checked >= 20);
  }
}
