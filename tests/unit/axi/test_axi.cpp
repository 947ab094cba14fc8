// SPDX-License-Identifier: Apache-2.0
// The read and the write port against a memory that answers as AXI4 allows, at all three widths.
#include "Vaxi0.h"
#include "Vaxi1.h"
#include "Vaxi2.h"
#include "axi_bench.hpp"

using namespace vmso::unit;

#define AXI_TEST(name, tags) TEMPLATE_TEST_CASE(name, tags, Vaxi0, Vaxi1, Vaxi2)

AXI_TEST("Reads of all classes return byte for byte in any order", "[axi][read]") {
  for (uint64_t seed : {0x21, 0x22, 0x23}) {
    AxiBench<TestType> bench(seed);
    bench.dut().read_window = 64;
    bench.knobs.interleave = seed != 0x22;
    bench.error_at = [](uint64_t addr) {
      unsigned x = unsigned(addr / AxiBench<TestType>::kBus) % 23;
      return x == 5 ? 2u : x == 17 ? 3u : x == 9 ? 1u : 0u;
    };
    for (unsigned i = 0; i < 4000; i++) {
      if (i % 97 == 0) bench.dut().read_colour = !bench.dut().read_colour;
      bench.dut().hold_reads = i % 512 > 380;
      for (unsigned c = 0; c < 4; c++) {
        if (bench.want[c].size() < 3 && bench.chance(20)) {
          Request q = bench.random_request(!bench.chance(5));
          bench.ask(c, q.addr, q.len);
        }
      }
      bench.step();
    }
    bench.dut().hold_reads = 0;
    bench.run();
    CHECK(bench.responses.size() > 3000);
    CHECK(bench.beats_counted == bench.beats_sent);
    CHECK(bench.stalls > 0);
    CHECK(bench.sticky_windows > 0);
    CHECK(bench.sticky_timeouts == 0);
    CHECK(bench.flight == 0);
  }
}

AXI_TEST("A request that the bus takes at once is offered two cycles after its handshake",
         "[axi][read]") {
  AxiBench<TestType> bench(0x31);
  bench.knobs = {.ar_percent = 100, .r_percent = 100};
  const unsigned n = std::min(bench.kIds[kWalk], 32u);
  for (unsigned i = 0; i < n; i++) bench.ask(kWalk, 0x100000 + i * 64, 0);
  bench.run();
  REQUIRE(bench.ar_log.size() == n);
  for (unsigned i = 0; i < n; i++) {
    CHECK(bench.ar_log[i].second == bench.ask_log[i].second + 2);
    CHECK(bench.ar_log[i].second == bench.ar_log[0].second + i);  // one burst per cycle
  }
}

AXI_TEST("Every id of a class can be out at once and comes home", "[axi][read]") {
  AxiBench<TestType> bench(0x32);
  bool shut = true;
  bench.hold = [&](const auto &) { return shut; };
  bench.dut().read_window = 0xffff;
  for (unsigned round = 0; round < 3; round++) {
    for (unsigned c = 0; c < 4; c++) {
      for (unsigned i = 0; i < bench.kIds[c] + 5; i++) bench.ask(c, 0x100000 + i * 64, 0);
    }
    shut = true;
    bench.steps(1200);
    std::array<unsigned, 4> out{};
    for (auto &[id, r] : bench.reads) out[id >> 8]++;
    for (unsigned c = 0; c < 4; c++) CHECK(out[c] == bench.kIds[c]);
    shut = false;
    bench.release_all();
    bench.run();
  }
}

AXI_TEST("A burst outside the windows is refused and never reaches the bus",
         "[axi][read][window]") {
  AxiBench<TestType> bench(0x41);
  struct Case {
    uint64_t page;
    bool good;
  };
  const Case cases[] = {{0x0ff, false},
                        {0x100, true},
                        {0x1ff, true},
                        {0x200, false},
                        {0, false},
                        {0xffffeffffff, false},
                        {0xfffff000000, true},
                        {0xfffff0000ff, true},
                        {0xfffff000100, false},
                        {0xfffffffffff, false},
                        {1, false}};
  for (unsigned c = 0; c < 4; c++) {
    for (const Case &k : cases) {
      for (bool whole_page : {false, true}) {
        size_t before = bench.responses.size(), ars = bench.ar_log.size();
        uint64_t offset = whole_page ? 0 : 4096 - bench.kBus;
        unsigned len = whole_page ? bench.kPageBeats - 1 : 0;
        bench.ask(c, k.page << 12 | offset, len);
        bench.run();
        INFO("class " << c << " page " << std::hex << k.page);
        CHECK(bench.ar_log.size() - ars == (k.good ? 1u : 0u));
        CHECK(bench.responses.size() - before == (k.good ? len + 1 : 1u));
        CHECK(bench.responses.back().resp == (k.good ? kOkay : kRefused));
        CHECK(bench.responses.back().has_data == k.good);
      }
    }
  }
  CHECK(bench.sticky_windows == 4 * 2 * 7);
  bench.set_window(0, 0x1ff, 0x100);  // base above limit: empty
  size_t ars = bench.ar_log.size();
  for (uint64_t page : {0x100, 0x180, 0x1ff}) bench.ask(kPayload, page << 12, 0);
  bench.run();
  CHECK(bench.ar_log.size() == ars);
}

AXI_TEST("A burst that would cross 4 KiB is refused even if a room asks for it",
         "[axi][read][window]") {
  AxiBench<TestType> bench(0x42);
  bench.without_assertions();  // no room may ask for it
  struct Case {
    unsigned first, len;  // beats
    bool good;
  };
  const unsigned last = bench.kPageBeats - 1;
  const Case cases[] = {{last, 0, true},  {last, 1, false},   {0, last, true},
                        {1, last, false}, {last, 255, false}, {2, last - 2, true}};
  for (unsigned c = 0; c < 4; c++) {
    for (const Case &k : cases) {
      size_t ars = bench.ar_log.size();
      bench.ask(c, 0x180000 + k.first * bench.kBus, k.len);
      bench.run();
      INFO("class " << c << " from beat " << k.first << " len " << k.len);
      CHECK(bench.ar_log.size() - ars == (k.good ? 1u : 0u));
      CHECK(bench.responses.back().resp == (k.good ? kOkay : kRefused));
    }
  }
  CHECK(bench.sticky_windows == 4 * 3);
}

AXI_TEST("Refused bursts are answered while R never pauses", "[axi][read][window]") {
  AxiBench<TestType> bench(0x42);
  bench.knobs = {.ar_percent = 100, .r_percent = 100, .interleave = false, .latency = 10};
  bench.dut().read_window = 200;
  unsigned longest = 0;
  for (unsigned i = 0; i < 6400; i++) {
    while (bench.want[kPayload].size() < 4) bench.ask(kPayload, 0x100000, bench.kPageBeats / 4 - 1);
    if (i % 1500 == 1000) bench.ask(kTemplate, 0x900000, 0);
    bench.step();
    for (auto &[id, r] : bench.reads) {
      if (r.refused) longest = std::max(longest, unsigned(bench.now() - r.asked));
    }
  }
  CHECK(bench.sticky_windows == 4);
  CHECK(longest < 800);
  CHECK(bench.beats_sent > 4000);  // R was busy indeed
}

AXI_TEST("Payload waits for the read window, slots for 32 beats more, walks never",
         "[axi][read][window]") {
  AxiBench<TestType> bench(0x43);
  bool shut = true;
  bench.hold = [&](const auto &) { return shut; };
  bench.dut().read_window = 40;
  for (unsigned i = 0; i < 60; i++) {
    bench.ask(kPayload, 0x100000, 3);
    if (i < 30) bench.ask(kSlot, 0x100000, 3);
  }
  bench.steps(200);
  CHECK(bench.flight >= 72);
  CHECK(bench.flight < 72 + 4);
  size_t before = bench.reads.size();
  bench.ask(kWalk, 0x100000, 1);
  bench.ask(kTemplate, 0x100000, 1);
  bench.steps(20);
  CHECK(bench.reads.size() == before + 2);
  CHECK(bench.stalls > 100);
  shut = false;
  bench.release_all();
  bench.run();
  CHECK(bench.max_flight_payload == 39);
}

AXI_TEST("A class that waits is granted within eight bursts and walks go first", "[axi][read]") {
  AxiBench<TestType> bench(0x51);
  bench.knobs = {.ar_percent = 30, .r_percent = 100, .latency = 1};
  for (unsigned i = 0; i < 6000; i++) {
    for (unsigned c = 0; c < 4; c++) {
      if (bench.want[c].size() < 2) bench.ask(c, 0x100000 + 64 * c, 0);
    }
    bench.step();
  }
  std::array<unsigned, 4> count{}, last{};
  unsigned n = 0;
  for (auto &[cls, cycle] : bench.ar_log) {
    n++;
    count[cls]++;
    if (n > 20) CHECK(n - last[cls] <= 8);
    last[cls] = n;
  }
  CHECK(n > 1500);
  CHECK(count[kWalk] > count[kSlot]);
  CHECK(count[kWalk] > count[kPayload]);
}

AXI_TEST("A read that never returns times out and its id stays away", "[axi][read][timeout]") {
  for (unsigned timeout : {1000u, 300u}) {
    for (unsigned cls = 0; cls < 4; cls++) {
      AxiBench<TestType> bench(0x61 + cls);
      bench.knobs = {.ar_percent = 100, .r_percent = 100, .latency = 4};
      bench.dut().read_timeout = timeout;
      bench.dut().read_window = 8;
      bench.hold = [](const auto &b) { return b.addr == 0x123000; };
      bench.ask(cls, 0x123000, 7);
      unsigned waited = 0;
      while (bench.responses.empty()) {
        bench.step();
        REQUIRE(waited++ < timeout * 5 / 4 + 600);
      }
      CHECK(bench.responses[0].resp == kTimedOut);
      CHECK(!bench.responses[0].has_data);
      CHECK(bench.responses[0].last);
      bench.steps(2);
      CHECK(bench.sticky_timeouts == 1);
      CHECK(bench.dut().reads_idle);
      // the window is open again, and no other read gets the id (the bench refuses it)
      for (unsigned i = 0; i < 2 * bench.kIds[cls]; i++) bench.ask(cls, 0x124000, 7);
      for (unsigned i = 0; bench.reads.size() > 1 || !bench.want[cls].empty(); i++) {
        REQUIRE(i < 10000);
        bench.step();
      }
      CHECK(bench.responses.size() == 1 + 8 * 2 * bench.kIds[cls]);
      // late beats are swallowed, then the id is good again
      bench.release_all();
      bench.run();
      CHECK(bench.responses.size() == 1 + 8 * 2 * bench.kIds[cls]);
      bench.hold = [](const auto &) { return true; };
      for (unsigned i = 0; i < bench.kIds[cls]; i++) bench.ask(cls, 0x124000, 0);
      bench.dut().read_timeout = 0;
      bench.dut().read_window = 0xffff;
      bench.steps(1600);
      CHECK(bench.reads.size() == bench.kIds[cls]);  // all of them, and 0 means never
      bench.release_all();
      bench.run();
    }
  }
}

AXI_TEST("A burst that stops in the middle times out with what is left", "[axi][read][timeout]") {
  AxiBench<TestType> bench(0x71);
  bench.knobs = {.ar_percent = 100, .r_percent = 100, .latency = 4};
  bench.dut().read_timeout = 512;
  bench.ask(kPayload, 0x100000, 7);
  while (bench.responses.size() < 3) bench.step();
  for (auto &m : bench.memory) m.first.held = true;
  while (bench.responses.size() < 4 || bench.responses.back().has_data) {
    REQUIRE(bench.now() < 3000);
    bench.step();
  }
  unsigned beats = unsigned(bench.responses.size()) - 1;
  CHECK(beats < 8);
  CHECK(bench.flight == 0);
  bench.release_all();
  bench.run();
  CHECK(bench.responses.size() == beats + 1);
}

AXI_TEST("Reads time out also when the bus takes no address", "[axi][read][timeout]") {
  AxiBench<TestType> bench(0x72);
  bench.knobs = {.ar_percent = 0, .r_percent = 100, .latency = 4};
  bench.forgets = true;
  bench.dut().read_timeout = 400;
  for (unsigned c = 0; c < 4; c++) bench.ask(c, 0x100000, 3);
  bench.ask(kPayload, 0x900000, 3);  // would be refused: quarantined as well, then home
  bench.steps(1500);
  CHECK(bench.responses.size() >= 4);
  CHECK(bench.dut().reads_idle);
  bench.knobs.ar_percent = 100;
  // a refused read that has timed out goes home without a word
  std::erase_if(bench.reads, [](auto &r) { return r.second.refused; });
  bench.run();
  CHECK(bench.responses.size() == 5);
}

AXI_TEST("Random traffic with reads that hang and return late", "[axi][read][timeout]") {
  AxiBench<TestType> bench(0x73);
  bench.dut().read_timeout = 256;
  bench.dut().read_window = 100;
  bench.knobs.latency = 30;
  bench.hold = [&](const auto &) { return bench.rng() % 50 == 0; };
  for (unsigned i = 0; i < 12000; i++) {
    for (unsigned c = 0; c < 4; c++) {
      if (bench.want[c].size() < 2 && bench.chance(8)) {
        Request q = bench.random_request();
        bench.ask(c, q.addr, q.len);
      }
    }
    if (i % 1000 == 999) {
      bench.release_all();
    }
    bench.step();
  }
  bench.hold = [](const auto &) { return false; };
  bench.release_all();
  bench.run();
  CHECK(bench.sticky_timeouts > 10);
  CHECK(bench.flight == 0);
}

// All classes ask without end, so R has a beat in every cycle that nobody holds requests for.
template <typename Bench>
void keep_r_busy(Bench &bench, unsigned bytes = 256) {
  for (unsigned c = 0; c < 4; c++) {
    while (bench.want[c].size() < 4) bench.ask(c, 0x100000 + 256 * c, bytes / bench.kBus - 1);
  }
}

AXI_TEST("A lost read is found within two timeouts while R never pauses", "[axi][read][timeout]") {
  for (unsigned timeout : {2048u, 4096u, 20000u}) {
    for (unsigned cls = 0; cls < 4; cls++) {
      AxiBench<TestType> bench(0x74 + cls);
      bench.knobs = {.ar_percent = 100, .r_percent = 100, .latency = 30};
      bench.dut().read_timeout = timeout;
      bench.dut().read_window = bench.kBus == 64 ? 400 : 256;
      bench.hold = [](const auto &b) { return b.addr == 0x123000; };
      for (unsigned i = 0; i < 500; i++) {
        keep_r_busy(bench);
        bench.step();
      }
      bench.want[cls].push_front({0x123000, 3});
      uint64_t start = bench.now();
      unsigned beats = bench.beats_sent;
      while (bench.sticky_timeouts == 0) {
        keep_r_busy(bench);
        bench.step();
        REQUIRE(bench.now() - start < 2 * timeout + 500);
      }
      INFO("class " << cls << " timeout " << timeout << " cycles " << bench.slowest_timeout);
      CHECK(bench.slowest_timeout <= 2 * timeout);
      CHECK(bench.beats_sent - beats > timeout);  // R was busy until it was time
      beats = bench.beats_sent;
      for (unsigned i = 0; i < 2000; i++) {  // and is again, one round later
        keep_r_busy(bench);
        bench.step();
      }
      CHECK(bench.beats_sent - beats > 1000);
      for (auto &q : bench.want) q.clear();
      bench.release_all();
      bench.run();
    }
  }
}

AXI_TEST("Many reads that are lost at once are all found within two timeouts while R never pauses",
         "[axi][read][timeout]") {
  // One that memory answers at once: a gap is as short as can be, so each would cost a hold.
  for (unsigned latency : {30u, 2u}) {
    AxiBench<TestType> bench(0x78);
    constexpr unsigned kTimeout = 4096;
    bench.knobs = {.ar_percent = 100, .r_percent = 100, .latency = latency};
    bench.dut().read_timeout = kTimeout;
    bench.dut().read_window = bench.kBus == 64 ? 400 : 256;
    // half of the ids of each class, not one after the other
    std::array<unsigned, 4> lost{};
    bench.hold = [&](const auto &b) {
      unsigned c = b.id >> 8;
      return bench.now() < 2500 && bench.chance(30) && lost[c] < bench.kIds[c] / 2 &&
             (lost[c]++, true);
    };
    for (unsigned i = 0; i < 12000; i++) {
      keep_r_busy(bench, latency == 2 ? bench.kBus : 256);
      bench.step();
    }
    INFO("latency " << latency << ", lost " << bench.sticky_timeouts);
    CHECK(bench.sticky_timeouts >= (bench.kIds[kWalk] + bench.kIds[kTemplate]) / 2);
    CHECK(bench.slowest_timeout > kTimeout);
    CHECK(bench.slowest_timeout <= 2 * kTimeout);
    // the bound of vmso_axi_read
    const auto &ids = bench.kIds;
    unsigned all = ids[kWalk] + ids[kSlot] + ids[kTemplate] + ids[kPayload];
    unsigned owed =
        bench.dut().read_window + 32 + 256 / bench.kBus * (ids[kWalk] + ids[kTemplate] + 2);
    CHECK(bench.slowest_timeout <= kTimeout * 9 / 8 + 3 * all + owed + 80);
    for (auto &q : bench.want) q.clear();
    bench.release_all();
    bench.run();
  }
}

AXI_TEST("A class without an id answers at once and lives again with the first late beat",
         "[axi][read][timeout][dead]") {
  for (unsigned cls = 0; cls < 4; cls++) {
    AxiBench<TestType> bench(0x79 + cls);
    bench.knobs = {.ar_percent = 100, .r_percent = 100, .latency = 4};
    bench.dut().read_timeout = 600;
    bench.dut().read_window = 0xffff;
    bench.hold = [&](const auto &b) { return b.id >> 8 == cls; };
    INFO("class " << cls);
    // one id is left: the class is alive and its request waits for the bus
    for (unsigned i = 0; i + 1 < bench.kIds[cls]; i++) bench.ask(cls, 0x100000 + 64 * i, 0);
    bench.steps(2000);
    CHECK(bench.gone(cls) == bench.kIds[cls] - 1);
    CHECK(!bench.dut().link_dead);
    bench.hold = [](const auto &) { return false; };
    for (unsigned i = 0; i < 4; i++) bench.ask(cls, 0x123000, 1);
    while (bench.reads.size() >= bench.kIds[cls] || !bench.want[cls].empty()) bench.step();
    CHECK(bench.sticky_timeouts == bench.kIds[cls] - 1);
    CHECK(bench.dead_answers == 0);
    // the last one
    bench.hold = [&](const auto &b) { return b.id >> 8 == cls; };
    bench.ask(cls, 0x124000, 0);
    bench.steps(1200);
    CHECK(bench.gone(cls) == bench.kIds[cls]);
    CHECK(bench.dut().link_dead);
    CHECK(bench.dut().reads_idle);
    // its requests are answered, at once, those of the others are read
    size_t ars = bench.ar_log.size();
    for (unsigned i = 0; i < 100; i++) bench.ask(cls, 0x100000, 0);
    for (unsigned i = 0; i < 100; i++) bench.ask((cls + 1) % 4, 0x100000, 0);
    bench.steps(1200);
    CHECK(bench.dead_answers == 100);
    CHECK(bench.slowest_dead < 110);  // R is busy with the others
    CHECK(bench.ar_log.size() == ars + 100);
    // an answer comes after all: that id is lent again, for as long as it takes
    bench.memory.front().first.held = false;
    bench.steps(20);
    CHECK(!bench.dut().link_dead);
    bench.hold = [](const auto &) { return false; };
    ars = bench.ar_log.size();
    for (unsigned i = 0; i < 10; i++) bench.ask(cls, 0x100000, 0);
    bench.steps(600);
    CHECK(bench.ar_log.size() == ars + 10);
    CHECK(bench.dead_answers == 100);
    bench.release_all();
    bench.run();
    CHECK(bench.flight == 0);
  }
}

AXI_TEST("Dead requests are answered while R never pauses", "[axi][read][dead]") {
  AxiBench<TestType> bench(0x7d);
  bench.knobs = {.ar_percent = 100, .r_percent = 100, .latency = 10};
  bench.dut().read_timeout = 600;
  bench.hold = [](const auto &b) { return b.id >> 8 != kPayload; };
  for (unsigned c : {kWalk, kSlot, kTemplate}) {
    for (unsigned i = 0; i < bench.kIds[c]; i++) bench.ask(c, 0x100000 + 64 * i, 0);
  }
  bench.steps(2000);
  bench.dut().read_window = 200;
  for (unsigned i = 0; i < 20000; i++) {
    while (bench.want[kPayload].size() < 4) bench.ask(kPayload, 0x100000, bench.kPageBeats / 4 - 1);
    for (unsigned c : {kWalk, kSlot, kTemplate}) {
      if (i % 2000 == 1000) bench.ask(c, 0x100000, 0);
    }
    bench.step();
  }
  CHECK(bench.dead_answers == 30);
  CHECK(bench.slowest_dead < 1200);
  CHECK(bench.beats_sent > 15000);
  bench.want[kPayload].clear();
  bench.release_all();
  bench.run();
}

AXI_TEST("While AR hangs for a timeout requests are answered and the bus may come back",
         "[axi][read][dead]") {
  AxiBench<TestType> bench(0x7e);
  bench.knobs = {.ar_percent = 0, .r_percent = 100, .latency = 4};
  bench.dut().read_timeout = 500;
  for (unsigned c = 0; c < 4; c++) {
    for (unsigned i = 0; i < 12; i++) bench.ask(c, 0x100000, 1);  // more than the port queues
  }
  bench.steps(1500);
  CHECK(bench.dut().link_dead);
  CHECK(bench.dead_answers > 0);
  CHECK(bench.ar_log.empty());
  for (auto &q : bench.want) CHECK(q.empty());
  CHECK(bench.dut().reads_idle);
  for (unsigned c = 0; c < 4; c++) {
    for (unsigned i = 0; i < 300; i++) bench.ask(c, 0x100000, 1);
  }
  unsigned answers = bench.dead_answers;
  bench.steps(1700);
  CHECK(bench.dead_answers == answers + 1200);
  bench.knobs.ar_percent = 100;
  bench.run();
  CHECK(!bench.dut().link_dead);
  answers = bench.dead_answers;
  for (unsigned c = 0; c < 4; c++) bench.ask(c, 0x100000, 1);
  bench.run();
  CHECK(bench.dead_answers == answers);
}

AXI_TEST("Random traffic over a link that loses most reads, hangs and comes back",
         "[axi][read][timeout][dead]") {
  unsigned dead_answers = 0;
  for (uint64_t seed : {0x7f, 0x80, 0x81, 0x82}) {
    AxiBench<TestType> bench(seed);
    bench.dut().read_timeout = seed & 1 ? 256 : 700;
    bench.dut().read_window = seed & 2 ? 60 : 1000;
    bench.knobs.latency = 20;
    unsigned lost_percent = 0, ask_percent = 30;
    bench.hold = [&](const auto &) { return bench.chance(lost_percent); };
    for (unsigned i = 0; i < 30000; i++) {
      if (i % 700 == 0) {
        lost_percent = bench.chance(30) ? 100 : unsigned(bench.rng() % 60);
        ask_percent = unsigned(bench.rng() % 100);
        bench.knobs.ar_percent = bench.chance(25) ? 0 : unsigned(bench.rng() % 100) + 1;
        bench.knobs.r_percent = bench.chance(25) ? 100 : unsigned(bench.rng() % 100) + 1;
        if (bench.chance(50)) {
          for (auto &m : bench.memory) m.first.held = bench.chance(40);
        }
      }
      if (!bench.memory.empty() && bench.chance(2)) {
        bench.memory[bench.rng() % bench.memory.size()].first.held = false;
      }
      if (i % 97 == 0) bench.dut().read_colour = !bench.dut().read_colour;
      bench.dut().hold_reads = i % 1024 > 950;
      for (unsigned c = 0; c < 4; c++) {
        if (bench.want[c].size() < 2 && bench.chance(ask_percent)) {
          Request q = bench.random_request();
          bench.ask(c, q.addr, bench.chance(70) ? 0 : q.len);
        }
      }
      bench.step();
    }
    bench.dut().hold_reads = 0;
    bench.hold = [](const auto &) { return false; };
    bench.knobs = {};
    bench.release_all();
    bench.run();
    CHECK(bench.flight == 0);
    CHECK(bench.sticky_timeouts > 100);
    dead_answers += bench.dead_answers;
  }
  CHECK(dead_answers > 500);
}

AXI_TEST("A read window of nothing lets one payload burst out at a time", "[axi][read][window]") {
  for (unsigned window : {0u, 1u}) {
    AxiBench<TestType> bench(0x44);
    bench.dut().read_window = uint16_t(window);
    // walks that never return keep the window shut; payload has its one burst all the same
    bench.hold = [](const auto &b) { return b.id >> 8 == kWalk; };
    bench.ask(kWalk, 0x100000, 0);
    for (unsigned i = 0; i < 20; i++) bench.ask(kPayload, 0x100000, bench.kPageBeats - 1);
    unsigned most = 0;
    for (unsigned i = 0; i < 20 * (bench.kPageBeats + 100) * 3 / 2; i++) {
      bench.step();
      most = std::max(most, unsigned(bench.reads.size()));
    }
    CHECK(bench.reads.size() == 1);
    CHECK(most == 2);
    bench.release_all();
    bench.run();
    CHECK(bench.responses.size() == 1 + 20 * bench.kPageBeats);
  }
}

AXI_TEST("The attributes of reads and writes are those of the parameters", "[axi]") {
  AxiBench<TestType> bench(0x45);
  auto &d = bench.dut();
  bool other = bench.kBus == 64;
  CHECK(d.m_axi_arcache == (other ? 15 : 3));
  CHECK(d.m_axi_awcache == (other ? 7 : 3));
  CHECK(d.m_axi_arprot == (other ? 2 : 0));
  CHECK(d.m_axi_awprot == (other ? 1 : 0));
}

AXI_TEST("Records are written whole and answered in order", "[axi][write]") {
  AxiBench<TestType> bench(0x81);
  bench.write_error_at = [](uint64_t addr) {
    unsigned x = unsigned(addr / 32) % 17;
    return x == 3 ? 2u : x == 11 ? 3u : x == 7 ? 1u : 0u;
  };
  const typename AxiBench<TestType>::Knobs phases[] = {
      {},
      {.aw_percent = 10, .w_percent = 90},
      {.aw_percent = 90, .w_percent = 10},
      {.aw_percent = 100, .w_percent = 100, .b_percent = 100},
      {.aw_percent = 90, .w_percent = 90, .b_percent = 5}};
  for (auto &knobs : phases) {
    bench.knobs = knobs;
    for (unsigned i = 0; i < 300; i++) {
      uint64_t page = bench.chance(10) ? 0x200 : bench.chance(50) ? 0x1ff : 0xfffff000000;
      Write w{.addr = page << 12 | (bench.rng() % 128) * 32, .data = {}};
      for (auto &x : w.data) x = uint32_t(bench.rng());
      bench.want_writes.push_back(w);
    }
    bench.run();
  }
  CHECK(bench.done.size() == 1500);
  CHECK(std::ranges::count(bench.done, false) > 150);
  constexpr unsigned kBus = AxiBench<TestType>::kBus;
  constexpr unsigned kInFlight = kBus == 16 ? 32 : kBus == 32 ? 64 : 256;
  CHECK(bench.max_outstanding >= kInFlight);
  CHECK(bench.max_outstanding <= kInFlight + 1);  // its predecessor's answer is a register away
}
