// SPDX-License-Identifier: Apache-2.0
// Queues that park: a fault holds its job, the kernel mends it, the job goes on where it stopped.
// The scoreboard sees to it that no frame is lost, none comes twice and all are byte for byte
// right, here as everywhere.
#include <set>

#include "endings.hpp"
#include "park_test.hpp"

namespace vmso::test {
namespace {

constexpr uint16_t kMss = 1448;
constexpr unsigned kSegments = 10, kLast = kSegments - 1;
constexpr uint32_t kBytes = kLast * kMss + 700;

// A job of one buffer in which byte `at` of the payload is the first one of a page.
JobSpec job_with_page_at(uint32_t at) {
  JobSpec spec = tcp_job(kBytes, kMss);
  spec.buffers = 1;
  spec.offset = unsigned(-at) % kFrameBytes;
  return spec;
}

}  // namespace

TEST_CASE("Pages that come only when they are asked for lose no frame", "[park]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x70, config);
    o.pager = PagerKnobs{.delay = 300};
    o.demand_paging = true;
    o.queues = 2;
    VMSO_SAY_HOW(o);
    System s(o);
    for (unsigned i = 0; i < 4; i++) s.post(i % 2, tcp_job(9000 + 1000 * i));
    VMSO_CHECK_CLEAN(s);
    CHECK(s.pager().counts.faults >= 4 * 3);
    CHECK(s.pager().counts.retries == s.pager().counts.faults);
    CHECK(s.pager().counts.aborts == 0);
  }
}

TEST_CASE("A fault at any byte of any segment parks there and RETRY sends the rest", "[park]") {
  for (const char *config : kConfigs) {
    for (unsigned segment : {0u, 1u, 4u, kLast - 1, kLast}) {
      uint32_t first = segment * kMss, last = std::min<uint32_t>(first + kMss, kBytes) - 1;
      for (uint32_t byte : {first, first + 1, first + 600, last - 1, last}) {
        auto o = parking(0x7000 + byte, config);
        VMSO_SAY_HOW(o);
        INFO(config << " segment " << segment << " byte " << byte);
        System s(o);
        Posted posted = post_quiet(s, 0, job_with_page_at(byte));
        uint64_t va = posted.buffers[0].va + byte;
        // Of byte 1 the page before is page 0, and it holds one byte.
        REQUIRE(va % kFrameBytes == 0);
        REQUIRE(s.process().page_out(va));
        s.doorbell(0);
        auto fault = checked_fault(s);
        REQUIRE(fault);
        CHECK(told(*fault) == absent_at(s, posted, va, kMss));
        s.steps(1000);
        CHECK(s.sink.frames == segment);
        CHECK(s.completions(0).empty());
        s.process().page_in(va);
        CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
        s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm;
        VMSO_CHECK_CLEAN(s);
        REQUIRE(s.completions(0).size() == 1);
        CHECK(s.completions(0)[0].ok());
        CHECK(vmso_fault_pending(&s.device(), 0) == -1);
      }
    }
  }
}

TEST_CASE("Two pages of one segment fault one after the other", "[park]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x71, config);
    VMSO_SAY_HOW(o);
    System s(o);
    Posted posted = post_quiet(s, 0, job_with_page_at(4 * kMss + 100));
    uint64_t second = posted.buffers[0].va + 4 * kMss + 100, first = second - kFrameBytes;
    s.process().page_out(first);
    s.process().page_out(second);
    s.doorbell(0);
    for (uint64_t va : {first, second}) {
      auto fault = checked_fault(s);
      REQUIRE(fault);
      CHECK(told(*fault) == absent_at(s, posted, va, kMss));
      s.process().page_in(va);
      CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    }
    s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm;
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(0).back().ok());
  }
}

TEST_CASE("The second of two jobs parks behind the first and in front of the third", "[park]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x72, config);
    o.queues = 2;
    VMSO_SAY_HOW(o);
    System s(o);
    s.post(0, tcp_job(30000));
    Posted posted = post_quiet(s, 0, job_with_page_at(4 * kMss));
    uint64_t va = posted.buffers[0].va + 4 * kMss;
    s.process().page_out(va);
    s.post(0, tcp_job(5000));
    s.post(1, tcp_job(50000));
    auto fault = checked_fault(s);
    REQUIRE(fault);
    CHECK(told(*fault) == absent_at(s, posted, va, kMss));
    REQUIRE(s.run_until([&] { return s.scoreboard.open(1) == 0; }, 100000));
    CHECK(s.scoreboard.open(0) == 2);
    s.process(0).page_in(va);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm;
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(0).size() == 3);
  }
}

TEST_CASE("A template whose page is not there parks before the first frame or the next one",
          "[park]") {
  for (const char *config : kConfigs) {
    for (bool crossing : {false, true}) {
      for (bool later : {false, true}) {
        auto o = parking(0x73, config);
        VMSO_SAY_HOW(o);
        INFO(config << (crossing ? " crossing" : "") << (later ? " later" : ""));
        System s(o);
        JobSpec spec = job_with_page_at(4 * kMss);
        UserBuffer header = s.process().place(spec.header.bytes, crossing ? kFrameBytes - 20 : 100);
        Posted posted = post_quiet(s, 0, spec);
        change_slot(s, posted, [&](vmso_first_slot &slot) {
          vmso_first_slot_set_template_addr(&slot, header.va);
          vmso_first_slot_set_template_space(&slot, kUserSpace);
        });
        uint64_t payload = posted.buffers[0].va + 4 * kMss;
        uint64_t gone = header.va + (crossing ? 20 : 0);
        s.process().page_out(later ? payload : gone);
        s.doorbell(0);
        auto fault = checked_fault(s);
        REQUIRE(fault);
        if (later) {  // the template goes while the queue is parked at its payload
          CHECK(told(*fault) == absent_at(s, posted, payload, kMss));
          s.process().page_in(payload);
          s.process().page_out(gone);
          s.fence(s.process(), header);
          CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
          fault = checked_fault(s);
          REQUIRE(fault);
        }
        vmso_fault want{};
        want.context = 1;
        want.space = kUserSpace;
        want.access = VMSO_ACCESS_TEMPLATE;
        want.cause = VMSO_CAUSE_NOT_PRESENT;
        want.cookie = posted.cookie;
        want.va = gone;
        want.segment = later ? 4 : 0;  // what was sent, as in a completion
        want.bytes_sent = want.segment * kMss;
        CHECK(told(*fault) == told(want));
        s.process().page_in(gone);
        CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
        s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm;
        VMSO_CHECK_CLEAN(s);
        REQUIRE(s.completions(0).size() == 1);
        CHECK(s.completions(0)[0].ok());
      }
    }
  }
}

TEST_CASE("A fault record tells the same as a completion would whatever could not be read",
          "[park][record]") {
  std::set<vmso_cause> seen;
  unsigned number = 0;
  for (const char *config : kConfigs) {
    for (const Make &make : failing_reads()) {
      auto o = parking(0x74, config);
      o.log2_slots = 4;
      VMSO_SAY_HOW(o);
      INFO(config << " ending " << number++);
      System s(o);
      s.allowed_sticky = ~0u;
      s.write32(VMSO_REG_READ_TIMEOUT, 2000);
      for (unsigned i = 0; i < 13; i++) s.post(0, frame_job(64));  // chains wrap
      s.drain();
      JobSpec behind = tcp_job(3000);
      behind.placed = {s.process().place(behind.payload)};
      Ending ending(s);
      std::string aborted = make(ending);
      s.fence(s.process(), ending.posted.buffers[0]);
      const Completion &e = ending.expected;
      // Its first slot is read in one burst with the further ones: lost with them, the queue stops.
      bool slot = e.access == VMSO_ACCESS_SLOT, user = e.access == VMSO_ACCESS_PAYLOAD;
      if (!slot) s.post(0, behind);
      s.doorbell(0);
      // Not mended: the same again. Then half of them go on, and half are given up.
      std::string before;
      for (unsigned i = 0; i < 3; i++) {
        auto fault = checked_fault(s);
        INFO("try " << i << ", " << s.findings().report());
        REQUIRE(fault);
        CHECK(fault->context == (user ? 1 : 0));
        CHECK(fault->space == (user || slot ? kUserSpace : kKernelSpace));
        CHECK(fault->queue == 0);
        CHECK(std::string(vmso_access_name(fault->access)) == vmso_access_name(e.access));
        CHECK(std::string(vmso_cause_name(fault->cause)) == vmso_cause_name(e.cause));
        CHECK(fault->level == e.level);
        CHECK(fault->cookie == ending.posted.cookie);
        CHECK(fault->va == e.va);
        CHECK(fault->segment == e.segments);
        CHECK(fault->bytes_sent == e.bytes);
        CHECK(fault->slot == ending.posted.slot);
        CHECK(fault->number == i);
        if (i > 0) CHECK(told(*fault) == before);
        before = told(*fault);
        seen.insert(fault->cause);
        if (i < 2) CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
        s.reads.release_withheld(s.now());
      }
      bool give_up = number % 2;
      if (slot) s.post(0, behind);
      ending.mend();  // an ABORT does not look
      CHECK((give_up ? vmso_queue_abort : vmso_queue_retry)(&s.device(), 0) == VMSO_OK);
      s.drain();  // TABLE_READS counts a table outside the windows that was asked for, the bus does
                  // not
      CHECK(s.findings().report() == "");
      REQUIRE(s.completions(0).size() == 15);
      CHECK(s.completions(0)[13].ok() == !give_up);
      if (give_up) CHECK(told(s.completions(0)[13]) == aborted);
      CHECK(s.completions(0)[14].ok());
    }
    number++;  // the other half in the next configuration
  }
  CHECK(seen.size() >= 12);
}

TEST_CASE("Entries that no RISC-V hart would take park with their cause", "[park][record]") {
  struct Case {
    vmso_cause cause;
    PageSize page;
    uint64_t (*spoil)(uint64_t);
  };
  const Case cases[] = {
      {VMSO_CAUSE_NO_READ, PageSize::k4K, [](uint64_t e) -> uint64_t { return (e & ~6ull) | 8; }},
      {VMSO_CAUSE_BAD_LEVEL, PageSize::k4K,
       [](uint64_t e) -> uint64_t { return e & ~uint64_t(0xfff0'0000'0000'00de); }},
      {VMSO_CAUSE_MISALIGNED, PageSize::k2M, [](uint64_t e) -> uint64_t { return e | 1 << 10; }},
      {VMSO_CAUSE_RESERVED, PageSize::k4K, [](uint64_t e) -> uint64_t { return e | 1ull << 57; }},
  };
  for (const Case &c : cases) {
    auto o = parking(0x75);
    o.space.format = VMSO_FORMAT_SV39;
    o.space.page = c.page;
    VMSO_SAY_HOW(o);
    INFO(vmso_cause_name(c.cause));
    System s(o);
    JobSpec spec = tcp_job(3000);
    spec.buffers = 1;
    Posted posted = post_quiet(s, 0, spec);
    AddressSpace &tables = s.process().space();
    unsigned level = page_level(c.page);
    uint64_t at = *tables.entry_at(posted.buffers[0].va, level), entry = tables.read_entry(at);
    tables.write_entry(at, c.spoil(entry));
    s.doorbell(0);
    auto fault = checked_fault(s);
    REQUIRE(fault);
    CHECK(std::string(vmso_cause_name(fault->cause)) == vmso_cause_name(c.cause));
    CHECK(fault->level == level);
    tables.write_entry(at, entry);
    s.fence(s.process(), posted.buffers[0]);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm;
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(0).back().ok());
  }
}

}  // namespace vmso::test
