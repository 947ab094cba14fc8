// SPDX-License-Identifier: Apache-2.0
// The retire port (docs/retire.md): what it tells of every order, and that the scoreboard reads it.
#include "check/scoreboard.hpp"
#include "debug/retire_log.hpp"
#include "park_test.hpp"

namespace vmso::test {
namespace {

struct Listener : Observer {
  explicit Listener(std::vector<Retired> &to) : all(to) {}
  void retired(const Retired &order) override { all.push_back(order); }
  std::vector<Retired> &all;
};

// The records of a system, from its beginning.
struct Heard {
  explicit Heard(System &s) { s.observe(std::make_unique<Listener>(all)); }
  std::vector<Retired> of(uint64_t cookie) const {
    std::vector<Retired> some;
    for (const Retired &r : all) {
      if (r.cookie == cookie && r.fate != Fate::kDropped) some.push_back(r);
    }
    return some;
  }
  std::vector<Retired> all;
};

uint64_t address_in(const Posted &posted, uint64_t at) {
  for (const UserBuffer &b : posted.buffers) {
    if (at < b.bytes) return b.va + at;
    at -= b.bytes;
  }
  return 0;
}

// Segments first .. last of a job were sent.
void check_sent(const std::vector<Retired> &orders, const Posted &posted, uint32_t mss,
                uint64_t bytes, size_t first, size_t last) {
  REQUIRE(orders.size() == last - first + 1);
  for (size_t i = 0; i < orders.size(); i++) {
    const Retired &r = orders[i];
    const uint64_t offset = (first + i) * mss;
    INFO(log_line(r));
    CHECK(r.fate == Fate::kSent);
    CHECK(r.queue == posted.queue);
    CHECK(r.slot == posted.slot);
    CHECK(r.slots == posted.slots);
    CHECK(r.segment == first + i);
    CHECK(r.offset == offset);
    CHECK(r.bytes == std::min<uint64_t>(mss, bytes - offset));
    CHECK(r.va == address_in(posted, offset));
    CHECK(r.ends == (offset + r.bytes == bytes));
    CHECK(r.status == VMSO_STATUS_OK);
  }
}

}  // namespace

TEST_CASE("Every order retires with what it was made from", "[retire]") {
  for (const char *config : kConfigs) {
    auto o = options(0xc01, config);
    o.queues = 4;
    o.read.order = ReadOrder::kInterleaved;
    o.read.jitter = 100;
    VMSO_SAY_HOW(o);
    System s(o);
    Heard heard(s);
    std::vector<Posted> posted;
    for (unsigned i = 0; i < 12; i++) posted.push_back(s.post(i % 4, tcp_job(5000 + i, 1000)));
    VMSO_CHECK_CLEAN(s);
    for (size_t i = 0; i < heard.all.size(); i++) CHECK(heard.all[i].number == i);
    for (unsigned i = 0; i < 12; i++) {
      check_sent(heard.of(posted[i].cookie), posted[i], 1000, 5000 + i, 0, i ? 5 : 4);
    }
  }
}

TEST_CASE("A frame of the gather lane retires with the address of its first byte",
          "[retire][gather]") {
  auto o = options(0xc02);
  VMSO_SAY_HOW(o);
  System s(o);
  Heard heard(s);
  JobSpec spec = tcp_job(4000, 1448);
  spec.cuts.assign(250, 16);
  Posted posted = s.post(0, spec);
  VMSO_CHECK_CLEAN(s);
  check_sent(heard.of(posted.cookie), posted, 1448, 4000, 0, 2);
}

TEST_CASE("An order that fails retires with the address that failed, and goes on or is left",
          "[retire][park]") {
  const bool retry = GENERATE(true, false);
  auto o = parking(0xc03);
  VMSO_SAY_HOW(o);
  System s(o);
  s.allowed_sticky = kFaultBits;
  Heard heard(s);
  s.post(0, tcp_job(3000));
  JobSpec spec = tcp_job(20000);
  spec.buffers = 1;
  spec.offset = 1001;
  spec.may_fail = true;
  Posted posted = post_quiet(s, 0, spec);
  uint64_t va = posted.buffers[0].va - 1001 + 3 * kFrameBytes;
  s.process().page_out(va);
  s.doorbell(0);
  Posted behind = s.post(0, tcp_job(4000));
  REQUIRE(checked_fault(s));
  const auto failed = heard.of(posted.cookie);
  const size_t at = (3 * kFrameBytes - 1001) / 1448;
  REQUIRE(failed.size() == at + 1);
  CHECK(failed.back().fate == Fate::kFailed);
  CHECK(failed.back().segment == at);
  CHECK(failed.back().va == va);
  CHECK(failed.back().ends);
  CHECK(failed.back().status == VMSO_STATUS_FAULT);
  if (retry) {
    s.process().page_in(va);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
  } else {
    CHECK(vmso_queue_abort(&s.device(), 0) == VMSO_OK);
  }
  VMSO_CHECK_CLEAN(s);
  auto later = heard.of(posted.cookie);
  later.erase(later.begin(), later.begin() + at + 1);
  if (retry) {
    check_sent(later, posted, 1448, 20000, at, 13);
  } else {
    CHECK(later.empty());
  }
  check_sent(heard.of(behind.cookie), behind, 1448, 4000, 0, 2);
}

TEST_CASE("A job that is aborted where it stopped retires there", "[retire][command]") {
  auto o = options(0xc04);
  o.backpressure = "1of:40";  // so that it is stopped in its middle
  VMSO_SAY_HOW(o);
  System s(o);
  Heard heard(s);
  s.post(0, tcp_job(100));
  JobSpec spec = tcp_job(200000);
  spec.may_fail = true;
  Posted posted = s.post(0, spec);
  Posted behind = s.post(0, tcp_job(100));
  s.run_until([&] { return heard.of(posted.cookie).size() >= 3; }, 100000);
  s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_STOP), "STOP");
  s.device().poll_limit = 1000000;
  REQUIRE(vmso_queue_wait(&s.device(), 0, VMSO_QUEUE_STOPPED) == VMSO_OK);
  const auto sent = heard.of(posted.cookie);
  REQUIRE(sent.size() < 100);  // of 139
  s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ABORT), "ABORT");
  s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ENABLE), "ENABLE");
  VMSO_CHECK_CLEAN(s);
  const auto all = heard.of(posted.cookie);
  REQUIRE(all.size() == sent.size() + 1);
  INFO(log_line(all.back()));
  CHECK(all.back().fate == Fate::kEnded);
  CHECK(all.back().segment == sent.size());
  CHECK(all.back().offset == sent.size() * 1448);
  CHECK(all.back().status == VMSO_STATUS_ABORTED);
  CHECK(all.back().slot == posted.slot);
  CHECK(heard.of(behind.cookie).size() == 1);
}

TEST_CASE("A refused job retires without a frame, RESET drops, numbers go on", "[retire][reset]") {
  auto o = options(0xc05);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  Heard heard(s);
  JobSpec bad = tcp_job(20000);
  bad.mss = 0xffff;  // no frame is that long
  bad.may_fail = true;
  Posted refused = s.post(1, bad);
  s.post(1, tcp_job(1000));
  s.drain();
  const auto orders = heard.of(refused.cookie);
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].fate == Fate::kEnded);
  CHECK(orders[0].ends);
  CHECK(orders[0].status != VMSO_STATUS_OK);
  CHECK(orders[0].bytes == 0);
  CHECK(orders[0].va == 0);

  s.sink.hold = true;  // orders wait behind the frame at the MAC
  for (unsigned i = 0; i < 4; i++) s.post(0, tcp_job(20000));
  s.steps(2000);
  s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_RESET), "RESET");
  s.steps(500);
  s.sink.hold = false;
  s.run_until([&] { return !s.sink.inside(); }, 10000);
  s.restart_queue(0);
  size_t dropped = size_t(std::ranges::count(heard.all, Fate::kDropped, &Retired::fate));
  CHECK(dropped > 2);
  s.post(0, tcp_job(3000));
  s.drain();
  s.soft_reset();
  s.post(1, tcp_job(3000));
  s.drain();
  for (size_t i = 0; i < heard.all.size(); i++) REQUIRE(heard.all[i].number == i);
  s.reset();
  const size_t before = heard.all.size();
  s.post(1, tcp_job(3000));
  s.drain();
  CHECK(s.findings().report() == "");
  REQUIRE(heard.all.size() > before);
  CHECK(heard.all[before].number == 0);
}

TEST_CASE("The scoreboard holds frames and ends against the retire port", "[retire][harness]") {
  auto payload = pattern(300);
  auto job = reference_job({}, payload.size(), 100);
  Findings findings;
  Scoreboard board(1, findings);
  board.with_retire_port = true;
  ExpectedJob e;
  e.cookie = 7;
  e.slot = 5;
  e.job = job;
  e.payload = {payload};
  e.buffers = {{0x1000, 250}, {0x9000, 50}};
  board.post(e);
  auto retired = [&](uint32_t segment) {
    Retired r;
    r.number = segment;
    r.slot = 5;
    r.cookie = 7;
    r.segment = segment;
    r.offset = 100 * segment;
    r.bytes = 100;
    r.va = 0x1000 + 100 * segment;
    r.ends = segment == 2;
    return r;
  };
  auto frame = [&](uint32_t segment) {
    StreamFrame f;
    f.slot = 5;
    f.bytes = reference::frame(job, segment, std::span(payload).subspan(100 * segment, 100));
    return f;
  };
  auto all = [&](auto &&change) {
    for (uint32_t i = 0; i < 3; i++) {
      Retired r = retired(i);
      change(r, i);
      board.retired(r);
      board.frame(frame(i));
    }
    Completion c;
    c.cookie = 7;
    c.segments = 3;
    c.bytes = 300;
    c.consumer = 6;
    board.completion(0, c);
    return findings.report();
  };
  SECTION("all is well") {
    CHECK(all([](Retired &, uint32_t) {}) == "");
  }
  SECTION("another address") {
    CHECK_THAT(all([](Retired &r, uint32_t i) { r.va += i == 1; }),
               ContainsSubstring("segment 1 of 3): its order retired with address 0x1065, should "
                                 "be 0x1064"));
  }
  SECTION("another segment") {
    CHECK_THAT(all([](Retired &r, uint32_t i) { r.segment += i == 2; }),
               ContainsSubstring("its order retired with segment 0x3, should be 0x2"));
  }
  SECTION("another end") {
    CHECK_THAT(all([](Retired &r, uint32_t) { r.status = VMSO_STATUS_FAULT; }),
               ContainsSubstring("its order 2 retired with FAULT"));
  }
  SECTION("no end") {
    CHECK_THAT(all([](Retired &r, uint32_t) { r.ends = false; }),
               ContainsSubstring("no order of it has retired with an end"));
  }
  SECTION("another queue") {
    CHECK_THAT(all([](Retired &r, uint32_t i) { r.queue = i == 0; }),
               ContainsSubstring("frame 0 (queue 0, slot 5): order 0 of queue 1, slot 5 left"));
  }
  SECTION("no order") {
    board.frame(frame(0));
    CHECK_THAT(findings.report(), ContainsSubstring("no order has left for it"));
  }
}

TEST_CASE("The report of a wrong byte tells where it came from", "[retire][harness]") {
  auto o = options(0xc06);
  o.processes = 2;
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  JobSpec spec = tcp_job(5000, 1000);
  spec.buffers = 1;
  spec.doorbell = false;
  Posted posted = s.post(1, spec);
  const uint64_t va = posted.buffers[0].va + 3210;
  uint8_t byte = 0;
  s.process(1).read(va, {&byte, 1});
  byte ^= 0x5a;
  s.process(1).write(va, {&byte, 1});  // nobody told the scoreboard
  s.doorbell(1);
  s.drain();
  REQUIRE(s.findings().count() == 1);
  const std::string report = s.findings().report();
  INFO(report);
  for (const std::string &part : {
           std::string("(TCP checksum)"),
           std::string("; its cause is byte 264 (payload byte 210): is"),
           fmt::format("queue 1, job {:#x} in slots 0..0, segment 3 of 5", posted.cookie),
           fmt::format("1000 bytes from virtual {:#x}", posted.buffers[0].va + 3000),
           fmt::format("byte 264 of the frame is byte 3210 of the payload, virtual {:#x}", va),
           std::string("process 1: x86-64 tables"),
           fmt::format("the byte at {:#x}, where memory holds {:02x}", s.process(1).physical(va),
                       byte),
           std::string("payload burst id 0x3"),
           std::string("it is in beat "),
           std::string("last handled by read: landing in the frame store"),
       }) {
    CHECK_THAT(report, ContainsSubstring(part));
  }
}

TEST_CASE("A line of the log has every name, in one order", "[retire][harness]") {
  Retired r{.number = 17,
            .fate = Fate::kFailed,
            .ends = true,
            .status = VMSO_STATUS_FAULT,
            .queue = 3,
            .slot = 9,
            .slots = 2,
            .bytes = 1448,
            .segment = 2,
            .offset = 2896,
            .cookie = 0x11,
            .va = 0x7f00,
            .at = 1441};
  CHECK(log_line(r) ==
        "cycle=1441 order=17 fate=failed queue=3 slot=9 job=0x11 segment=2 "
        "offset=2896 bytes=1448 va=0x7f00 end=FAULT");
}

}  // namespace vmso::test
