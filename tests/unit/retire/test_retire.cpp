// SPDX-License-Identifier: Apache-2.0
// Each check of the retire port is silent about what may be, and says by its name what may not.
#include <string>
#include <vector>

#include "Vretire_top.h"
#include "unit_bench.hpp"

namespace vmso::unit {
namespace {

enum Fate : unsigned { kSent, kEnded, kFailed, kDropped };

struct Order {
  Fate fate = kSent;
  unsigned slot = 0, segment = 0;
  bool ends = false;
  unsigned queue = 1, slots = 1, bytes = 10;
  int offset = -1;       // default: of segments of 10 bytes
  unsigned skips = 0;    // numbers left out in front of it
  bool without = false;  // its frame does not leave
};

// Sends orders; what is said comes back.
class Checks {
 public:
  Checks() {
    bench_->retire_valid = bench_->retire_pending = 0;
    bench_->payload_beat = bench_->last_beat = 0;
    bench_->read_begins = bench_->read_ends = bench_->write_begins = bench_->write_ends = 0;
    bench_->outside_waits = 0;
    bench_.reset();
  }
  std::string run(const std::vector<Order> &orders) {
    std::string said;
    for (const Order &o : orders) said += one(o);
    return said;
  }
  std::string one(const Order &o) {
    Vretire_top &d = bench_.dut();
    d.payload_beat = bytes_come;
    std::string said = bench_.tick_aloud();
    d.payload_beat = 0;
    number_ += o.skips;
    d.retire_valid = 1;
    d.number = number_++;
    d.fate = o.fate;
    d.of_queue = o.queue;
    d.slot = o.slot;
    d.slots = o.slots;
    d.segment = o.segment;
    d.offset = o.offset < 0 ? 10 * o.segment : unsigned(o.offset);
    d.bytes = o.bytes;
    d.ends = o.ends || o.fate == kEnded || o.fate == kFailed;
    d.last_beat = o.fate == kSent && !o.without;
    d.last_user = o.slot << 12 | o.queue;
    said += bench_.tick_aloud();
    d.retire_valid = d.last_beat = 0;
    return said + bench_.tick_aloud();
  }
  Vretire_top &dut() { return bench_.dut(); }
  std::string ticks(unsigned n) {
    std::string said;
    for (unsigned i = 0; i < n; i++) said += bench_.tick_aloud();
    return said;
  }
  bool bytes_come = true;  // before each order a beat of 16 bytes

 private:
  UnitBench<Vretire_top> bench_;
  unsigned number_ = 0;
};

bool says(const std::string &said, const char *check) {
  return said.find(std::string(check) + " broken") != std::string::npos;
}

}  // namespace

TEST_CASE("Checks are silent about orders as they may be", "[retire]") {
  std::string said = Checks().run({
      {kSent, 0, 0},
      {kSent, 0, 1, true},  // a job of two segments
      {kEnded, 1, 0},       // refused
      {.fate = kSent, .slot = 2, .ends = true, .slots = 3},
      {kSent, 5, 0},
      {.fate = kSent, .slot = 0, .ends = true, .queue = 2},  // another queue in between
      {kFailed, 5, 1},
      {kDropped, 5, 2},
      {kDropped, 6, 0},
      {kSent, 5, 1, true},  // RETRY
      {kFailed, 6, 0},
      {kSent, 7, 0},                              // ABORT
      {.fate = kEnded, .slot = 7, .segment = 1},  // aborted where it stopped
      {kSent, 8, 0},
      {kSent, 0, 0},  // RESET
      {kSent, 0, 1, true},
      {kFailed, 1, 0},
      {kSent, 0, 0},  // and again, behind a failure
  });
  INFO(said);
  CHECK(said.empty());
}

TEST_CASE("Orders that may not be are named", "[retire]") {
  auto said = [](const std::vector<Order> &orders) { return Checks().run(orders); };
  CHECK(says(said({{kSent, 0, 0}, {.segment = 1, .skips = 1}}), "NumbersHaveNoGap"));
  CHECK(says(said({{kSent, 0, 0}, {kSent, 0, 1}, {kSent, 0, 1}}), "SentOnce"));
  CHECK(says(said({{kSent, 0, 0, true}, {kSent, 1, 0}, {kSent, 1, 0}}), "SentOnce"));
  CHECK(says(said({{kSent, 0, 0}, {kSent, 0, 2}}), "InOrderOfTheRing"));        // left out
  CHECK(says(said({{kSent, 0, 0}, {kSent, 1, 0}}), "InOrderOfTheRing"));        // not over
  CHECK(says(said({{kSent, 0, 0, true}, {kSent, 2, 0}}), "InOrderOfTheRing"));  // left out
  CHECK(says(said({{kSent, 0, 0}, {.segment = 1, .offset = 11}}), "InOrderOfTheRing"));
  CHECK(says(said({{kSent, 0, 0, true}, {kSent, 1, 1}}), "InOrderOfTheRing"));
  CHECK(says(said({{kSent, 3, 0}}), "FirstIsTheFirst"));
  CHECK(says(said({{kSent, 0, 1}}), "FirstIsTheFirst"));
  CHECK(says(said({{kSent, 0, 0, true}, {kFailed, 1, 0}, {kSent, 3, 0}}), "NothingBehindAFailure"));
  CHECK(says(said({{kSent, 0, 0, true}, {kSent, 1, 0}, {kFailed, 1, 1}, {kSent, 1, 2}}),
             "NothingBehindAFailure"));
}

TEST_CASE("What has not come does not leave", "[retire]") {
  Checks checks;
  CHECK(checks.one({kSent, 0, 0}).empty());
  SECTION("a frame without an order") {
    checks.dut().last_beat = 1;
    CHECK(says(checks.ticks(1), "FrameHasRetired"));
  }
  SECTION("a frame of another queue") {
    CHECK(checks.one({.segment = 1, .without = true}).empty());
    checks.dut().last_beat = 1;
    checks.dut().last_user = 2;
    CHECK(says(checks.ticks(1), "FrameHasRetired"));
  }
  SECTION("a frame that leaves later") {
    CHECK(checks.one({.segment = 1, .without = true}).empty());
    checks.dut().last_beat = 1;
    checks.dut().last_user = 1;
    CHECK(checks.ticks(1).empty());
  }
  SECTION("orders without frames") {
    std::string said;
    for (unsigned i = 1; i <= 20; i++) said += checks.one({.segment = i, .without = true});
    CHECK(says(said, "RetiredSoonLeaves"));
  }
  SECTION("more payload than was read") {
    checks.bytes_come = false;  // 6 bytes of the first beat are left
    CHECK(checks.one({.segment = 1, .bytes = 6}).empty());
    CHECK(says(checks.one({.segment = 2, .bytes = 1, .offset = 16}), "PayloadHasCome"));
  }
}

TEST_CASE("An order hangs if nobody outside is owed anything", "[retire]") {
  Checks checks;
  Vretire_top &d = checks.dut();
  CHECK(checks.ticks(300).empty());  // nothing is pending
  d.retire_pending = 1;
  SECTION("alone") {
    CHECK(checks.ticks(99).empty());
    CHECK(says(checks.ticks(3), "RetiresInTime"));
  }
  SECTION("one retires in time") {
    CHECK(checks.ticks(90).empty());
    CHECK(checks.one({kSent, 0, 0}).empty());
    CHECK(checks.ticks(90).empty());
  }
  SECTION("a read is open, then not") {
    d.read_begins = 1;
    CHECK(checks.ticks(2).empty());
    d.read_begins = 0;
    CHECK(checks.ticks(300).empty());
    d.read_ends = 1;
    CHECK(checks.ticks(2).empty());
    d.read_ends = 0;
    CHECK(says(checks.ticks(103), "RetiresInTime"));
  }
  SECTION("a write is open") {
    d.write_begins = 1;
    CHECK(checks.ticks(1).empty());
    d.write_begins = 0;
    CHECK(checks.ticks(300).empty());
  }
  SECTION("the MAC waits") {
    d.outside_waits = 1;
    CHECK(checks.ticks(300).empty());
  }
}

}  // namespace vmso::unit
