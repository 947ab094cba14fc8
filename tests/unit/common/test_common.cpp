// SPDX-License-Identifier: Apache-2.0
// The primitives against small models: random traffic, both ends of every count, both at once.
#include <array>
#include <deque>
#include <optional>
#include <random>
#include <set>

#include "Vvmso_fifo.h"
#include "Vvmso_flags.h"
#include "Vvmso_id_pool.h"
#include "Vvmso_in_flight.h"
#include "Vvmso_ram_1w1r.h"
#include "Vvmso_rr_arbiter.h"
#include "Vvmso_skid.h"
#include "unit_bench.hpp"

using vmso::unit::UnitBench;

namespace {

// Random pushes and pops through a valid/ready stage; returns how often it was seen full and empty.
template <typename Model>
std::pair<int, int> check_stream(UnitBench<Model> &bench, unsigned capacity, uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::deque<uint16_t> held;
  int full = 0, empty = 0;
  bench->in_valid = 0;
  bench->out_ready = 0;
  bench.reset();
  std::optional<uint16_t> offered;
  for (int cycle = 0; cycle < 5000; cycle++) {
    bool push_phase = (cycle / 40) % 2 == 0;
    if (!offered && rng() % 4 < (push_phase ? 3 : 1)) offered = uint16_t(rng());
    bench->in_valid = offered.has_value();
    bench->in = offered.value_or(0xdead);
    bench->out_ready = rng() % 4 < (push_phase ? 1 : 3);
    bench.settle();
    REQUIRE(bench->out_valid == !held.empty());
    REQUIRE(bench->in_ready == (held.size() < capacity));
    full += held.size() == capacity;
    empty += held.empty();
    if (bench->out_valid) REQUIRE(bench->out == held.front());
    bool push = bench->in_valid && bench->in_ready, pop = bench->out_valid && bench->out_ready;
    if (pop) held.pop_front();
    if (push) {
      held.push_back(*offered);
      offered.reset();
    }
    bench.tick();
  }
  return {full, empty};
}

}  // namespace

TEST_CASE("A FIFO keeps order and loses nothing at both ends", "[common][fifo]") {
  UnitBench<Vvmso_fifo> bench;
  auto [full, empty] = check_stream(bench, 5, 0x11);
  CHECK(full > 100);
  CHECK(empty > 100);
}

TEST_CASE("A skid keeps order and moves one transfer per cycle", "[common][skid]") {
  UnitBench<Vvmso_skid> bench;
  auto [full, empty] = check_stream(bench, 2, 0x12);
  CHECK(full > 100);
  CHECK(empty > 100);
}

TEST_CASE("Round robin serves everybody within Num grants", "[common][arbiter]") {
  UnitBench<Vvmso_rr_arbiter> bench;
  bench->request = 0;
  bench->advance = 0;
  bench.reset();
  std::mt19937_64 rng(0x13);
  std::array<int, 5> waited{};
  for (int cycle = 0; cycle < 5000; cycle++) {
    bench->request = rng() % 32;
    for (int i = 0; i < 5; i++) {
      if (waited[size_t(i)] > 0) bench->request |= 1 << i;  // a waiting request stays
    }
    bench->advance = 1;
    bench.settle();
    for (size_t i = 0; i < 5; i++) {
      bool asked = bench->request >> i & 1, served = bench->grant >> i & 1;
      waited[i] = asked && !served ? waited[i] + 1 : 0;
      REQUIRE(waited[i] < 5);
      if (served) REQUIRE(bench->grant_index == i);
    }
    bench.tick();
  }
}

TEST_CASE("Flags answer like a plain set, from the end of their walk on", "[common][flags]") {
  constexpr unsigned kNum = 11, kIndexBits = 4;
  UnitBench<Vvmso_flags> bench;
  std::mt19937_64 rng(0x15);
  auto idle = [&] { bench->put_valid = bench->drop_valid = 0; };
  int put_wins = 0, full = 0;
  for (int round = 0; round < 3; round++) {  // reset in the middle leaves nothing behind
    idle();
    bench.reset();
    std::set<unsigned> model;
    for (unsigned cycle = 0; cycle < kNum; cycle++) {
      REQUIRE(!bench->ready);
      bench->ask = rng() & 0xff;
      bench.settle();
      REQUIRE(bench->is_in == 0);
      bench.tick();
    }
    REQUIRE(bench->ready);
    for (int cycle = 0; cycle < 3000; cycle++) {
      bool filling = cycle / 100 % 2 == 0;
      unsigned first = unsigned(rng() % kNum), second = unsigned(rng() % kNum);
      bench->put_valid = rng() % 4 < (filling ? 3 : 1);
      bench->put = unsigned(rng() % kNum);
      bench->drop_valid = rng() % 4 < (filling ? 1 : 3);
      bench->drop = rng() % 4 == 0 ? bench->put : unsigned(rng() % kNum);
      bench->ask = uint8_t(second << kIndexBits | first);
      bench.settle();
      REQUIRE(bench->is_in == (unsigned(model.count(second)) << 1 | unsigned(model.count(first))));
      put_wins += bench->put_valid && bench->drop_valid && bench->put == bench->drop;
      full += model.size() == kNum;
      if (bench->drop_valid) model.erase(bench->drop);
      if (bench->put_valid) model.insert(bench->put);
      bench.tick();
    }
  }
  CHECK(put_wins > 100);
  CHECK(full > 0);
}

TEST_CASE("An id pool lends every id once and reuses the oldest first", "[common][id_pool]") {
  UnitBench<Vvmso_id_pool> bench;
  bench->take_ready = 0;
  bench->give_valid = 0;
  bench.reset();
  std::mt19937_64 rng(0x14);
  std::deque<unsigned> home;
  std::vector<unsigned> out;
  for (unsigned i = 0; i < 16; i++) home.push_back(i);
  int drained = 0, complete = 0;
  for (int cycle = 0; cycle < 5000; cycle++) {
    bool take_phase = (cycle / 50) % 2 == 0;
    bench->take_ready = rng() % 4 < (take_phase ? 3 : 1);
    bench->give_valid = !out.empty() && rng() % 4 < (take_phase ? 1 : 3);
    size_t which = out.empty() ? 0 : rng() % out.size();
    if (bench->give_valid) bench->give_id = out[which];
    bench.settle();
    REQUIRE(bench->take_valid == !home.empty());
    REQUIRE(bench->home == home.size());
    if (!home.empty()) REQUIRE(bench->take_id == home.front());
    drained += home.empty();
    complete += home.size() == 16;
    if (bench->give_valid) {
      home.push_back(out[which]);
      out.erase(out.begin() + long(which));
    }
    if (bench->take_valid && bench->take_ready) {
      out.push_back(home.front());
      home.pop_front();
    }
    bench.tick();
  }
  CHECK(drained > 50);
  CHECK(complete > 10);
}

TEST_CASE("A RAM writes lanes and reads the old word of its own cycle", "[common][ram]") {
  UnitBench<Vvmso_ram_1w1r> bench;
  std::mt19937_64 rng(0x15);
  std::array<uint32_t, 16> model{};
  bench->read_en = 0;
  for (unsigned i = 0; i < 16; i++) {
    bench->write_en = 15;
    bench->write_addr = i;
    bench->write_data = 0;
    bench.tick();
  }
  for (int cycle = 0; cycle < 3000; cycle++) {
    bench->write_en = rng() % 16;
    bench->write_addr = rng() % 16;
    bench->write_data = uint32_t(rng());
    bench->read_en = 1;
    bench->read_addr = rng() % 3 ? rng() % 16 : bench->write_addr;
    uint32_t expected = model[bench->read_addr];
    for (unsigned lane = 0; lane < 4; lane++) {
      if (bench->write_en >> lane & 1) {
        uint32_t mask = 0xffu << 8 * lane;
        auto &word = model[bench->write_addr];
        word = (word & ~mask) | (bench->write_data & mask);
      }
    }
    bench.tick();
    REQUIRE(bench->read_data == expected);
  }
}

TEST_CASE("What is in flight of a number is known from two tallies in every cycle",
          "[common][tally]") {
  UnitBench<Vvmso_in_flight> bench;
  std::mt19937_64 rng(0x17);
  bench->begins_valid = bench->ends_valid = 0;
  bench.reset();
  for (int i = 0; i < 20 && !bench->ready; i++) {
    bench.settle();
    bench.tick();
  }
  std::array<int, 8> open{};
  std::deque<std::array<int, 8>> past(2);  // as of the last cycle, and of the one before
  int seen_none = 0, seen_some = 0;
  std::optional<unsigned> asked;
  for (int cycle = 0; cycle < 6000; cycle++) {
    unsigned begins = unsigned(rng() % 5), ends = unsigned(rng() % 5), look = unsigned(rng() % 5);
    bool quiet = cycle / 50 % 3 == 2;  // more ends than beginnings, so that some come home
    bool begin = open[begins] < 15 && rng() % 4 < (quiet ? 1 : 3);
    bool end = open[ends] > 0 && rng() % 4 < 3;
    bench->begins_valid = begin;
    bench->begins = begins;
    bench->ends_valid = end;
    bench->ends = ends;
    bench->look = look;
    bench.settle();
    if (asked) {
      bool none = past[1][*asked] == 0;
      REQUIRE(bool(bench->none) == none);
      (none ? seen_none : seen_some)++;
    }
    asked = look;
    past.push_front(open);
    past.pop_back();
    open[begins] += begin;
    open[ends] -= end;
    bench.tick();
  }
  CHECK(seen_none > 500);
  CHECK(seen_some > 500);
}
