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
    for (auto &m : bench.memory) m.first.held = false;
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
  for (unsigned i = 0; i < 6000; i++) {
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
  for (auto &m : bench.memory) m.first.held = false;
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
      for (auto &m : bench.memory) m.first.held = false;
      bench.run();
      CHECK(bench.responses.size() == 1 + 8 * 2 * bench.kIds[cls]);
      bench.hold = [](const auto &) { return true; };
      for (unsigned i = 0; i < bench.kIds[cls]; i++) bench.ask(cls, 0x124000, 0);
      bench.dut().read_timeout = 0;
      bench.dut().read_window = 0xffff;
      bench.steps(600);
      CHECK(bench.reads.size() == bench.kIds[cls]);  // all of them, and 0 means never
      for (auto &m : bench.memory) m.first.held = false;
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
  for (auto &m : bench.memory) m.first.held = false;
  bench.run();
  CHECK(bench.responses.size() == beats + 1);
}

AXI_TEST("Reads time out also when the bus takes no address", "[axi][read][timeout]") {
  AxiBench<TestType> bench(0x72);
  bench.knobs = {.ar_percent = 0, .r_percent = 100, .latency = 4};
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
      for (auto &m : bench.memory) m.first.held = false;
    }
    bench.step();
  }
  bench.hold = [](const auto &) { return false; };
  for (auto &m : bench.memory) m.first.held = false;
  bench.run();
  CHECK(bench.sticky_timeouts > 10);
  CHECK(bench.flight == 0);
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
