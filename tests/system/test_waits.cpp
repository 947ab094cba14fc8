// SPDX-License-Identifier: Apache-2.0
// Who waits for whom: the report of a run in which nothing moves names what a queue waits for in
// the end, through whatever stands in between.
#include "park_test.hpp"

namespace vmso::test {
namespace {

// Runs into the watchdog; what it says.
std::string hang(System &s) {
  s.watchdog.patience = 3000;
  s.run_until([&] { return s.scoreboard.idle(); }, 400000);
  REQUIRE(!s.findings().empty());
  return s.findings().report();
}

Script lost(ReadClass cls, uint64_t first = 0, uint64_t last = ~uint64_t{0}) {
  return {.first = first,
          .last = last,
          .act = Script::Act::kNever,
          .times = 1,
          .classes = 1u << unsigned(cls)};
}

}  // namespace

TEST_CASE("A hang is led back to the read that nobody answers", "[waits][harness]") {
  struct Case {
    ReadClass cls;
    const char *id, *step;
  };
  for (const char *config : kConfigs) {
    for (const Case &c : {
             Case{ReadClass::kPayload, "payload read id 0x3", "it waits for payload: "},
             Case{ReadClass::kTemplate, "template read id 0x2",
                  "it waits for its template of 54 bytes"},
             Case{ReadClass::kWalk, "walk read id 0x", "page walks are under way; slot "},
             Case{ReadClass::kSlot, "slot read id 0x1",
                  "holds no job entry and has asked for all "},
         }) {
      auto o = options(0xd01, config);
      VMSO_SAY_HOW(o);
      INFO("lost: " << read_class_name(c.cls));
      System s(o);
      s.write32(VMSO_REG_READ_TIMEOUT, 0);
      s.reads.scripts.push_back(lost(c.cls));
      s.post(0, tcp_job(5000));
      const std::string report = hang(s);
      INFO(report);
      CHECK_THAT(report, ContainsSubstring(c.step));
      CHECK_THAT(report, ContainsSubstring(c.id));
      CHECK_THAT(report, ContainsSubstring("and has not been answered"));
    }
  }
}

TEST_CASE("A queue behind another one's order is led to what that waits for", "[waits][harness]") {
  auto o = options(0xd02);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.write32(VMSO_REG_READ_TIMEOUT, 0);
  s.reads.scripts.push_back(lost(ReadClass::kPayload));
  s.post(0, tcp_job(3000));
  s.steps(300);
  s.post(1, tcp_job(3000));
  const std::string report = hang(s);
  INFO(report);
  const std::string of_1 = report.substr(report.find("  queue 1: "));
  CHECK_THAT(of_1, ContainsSubstring("queue 1 has 3 orders that have not left"));
  CHECK_THAT(of_1, ContainsSubstring("first in line is segment 0 of queue 0, slot 0"));
  CHECK_THAT(of_1, ContainsSubstring("payload read id 0x3"));
}

TEST_CASE("Jobs that find no entry are led to who holds them", "[waits][harness]") {
  auto o = options(0xd03);
  o.queues = 4;
  o.log2_slots = 7;
  VMSO_SAY_HOW(o);
  System s(o);
  s.write32(VMSO_REG_READ_TIMEOUT, 0);
  s.reads.scripts.push_back(lost(ReadClass::kPayload));
  for (unsigned i = 0; i < 240; i++) s.post(i % 4, tcp_job(20000));
  const std::string report = hang(s);
  INFO(report);
  CHECK_THAT(report, ContainsSubstring("orders that have not left"));
  CHECK_THAT(report, ContainsSubstring("payload read id 0x3"));
}

TEST_CASE("The MAC and a full completion ring are named", "[waits][harness]") {
  auto o = options(0xd04);
  o.log2_completions = 3;
  VMSO_SAY_HOW(o);
  System s(o);
  SECTION("the MAC") {
    s.sink.hold = true;
    s.post(0, tcp_job(20000));
    CHECK_THAT(hang(s), ContainsSubstring("the MAC takes nothing: TREADY is low"));
  }
  SECTION("a completion ring that nobody empties") {
    s.auto_ack = false;
    for (unsigned i = 0; i < 12; i++) s.post(0, tcp_job(100));
    CHECK_THAT(hang(s), ContainsSubstring("its completion ring is full: 7 records of 8 places"));
  }
}

TEST_CASE("Ends of jobs are led to the writes that nobody answers", "[waits][harness]") {
  auto o = options(0xd06);
  VMSO_SAY_HOW(o);
  System s(o);
  s.writes.knobs.hold = true;
  for (unsigned i = 0; i < 80; i++) s.post(0, tcp_job(100));
  const std::string report = hang(s);
  INFO(report);
  CHECK_THAT(report, ContainsSubstring("writes have no answer"));
}

TEST_CASE("A queue that waits for a command says which", "[waits][harness]") {
  auto o = parking(0xd05);
  VMSO_SAY_HOW(o);
  System s(o);
  s.allowed_sticky = kFaultBits;
  SECTION("parked") {
    post_absent(s, 0);
    CHECK_THAT(hang(s), ContainsSubstring("queue 0 is PARKED: it waits for RETRY or ABORT"));
  }
  SECTION("stopped") {
    s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_STOP), "STOP");
    REQUIRE(vmso_queue_wait(&s.device(), 0, VMSO_QUEUE_STOPPED) == VMSO_OK);
    s.post(0, tcp_job(100));
    CHECK_THAT(hang(s), ContainsSubstring("queue 0 is STOPPED: it waits for ENABLE"));
  }
}

}  // namespace vmso::test
