// SPDX-License-Identifier: Apache-2.0
// What a kernel may do to a queue that is parked, in any order and at the wrong time, and what its
// owner may do to it meanwhile: nothing is lost, nothing comes twice, others do not notice.
#include "hostile_run.hpp"
#include "park_test.hpp"

namespace vmso::test {
namespace {

// The command is refused: shown, sticky, and the queue is as it was.
void refuse(System &s, unsigned queue, vmso_queue_cmd cmd) {
  INFO("command " << cmd << " of queue " << queue);
  s.write32(VMSO_REG_STICKY, VMSO_REG_STICKY_COMMAND_IGNORED_bm);
  uint32_t before = state_of(s, queue);
  s.write32(VMSO_REG_QUEUE(queue) + VMSO_REG_QUEUE_COMMAND, cmd);
  s.run_until([&] { return !vmso_queue_pending(&s.device(), queue); }, 10000);
  uint32_t after = state_of(s, queue);
  CHECK((after & VMSO_REG_QUEUE_STATE_REFUSED_bm) != 0);
  CHECK((after & ~VMSO_REG_QUEUE_STATE_REFUSED_bm) == (before & ~VMSO_REG_QUEUE_STATE_REFUSED_bm));
  CHECK((s.read32(VMSO_REG_STICKY) & VMSO_REG_STICKY_COMMAND_IGNORED_bm) != 0);
  s.write32(VMSO_REG_STICKY, VMSO_REG_STICKY_COMMAND_IGNORED_bm);
}

// A queue that is fine sends a job; so does one that was mended.
void sends(System &s, unsigned queue) {
  size_t before = s.completions(queue).size();
  s.post(queue, tcp_job(7000));
  s.drain();
  REQUIRE(s.completions(queue).size() == before + 1);
  CHECK(s.completions(queue).back().ok());
}

}  // namespace

TEST_CASE("RETRY without mending faults again with the same record until the page is there",
          "[park][command]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x720, config);
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    Absent a = post_absent(s, 0);
    std::string first;
    for (unsigned i = 0; i < 20; i++) {  // the ring of 8 wraps
      auto fault = checked_fault(s);
      REQUIRE(fault);
      CHECK(fault->number == i);
      if (i == 0) first = told(*fault);
      CHECK(told(*fault) == first);
      if (i == 19) mend(s, a);
      CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    }
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(0).back().ok());
  }
}

TEST_CASE("A second RETRY is refused and does no harm", "[park][command]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x721, config);
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    Absent a = park(s, 0);
    mend(s, a);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    refuse(s, 0, VMSO_CMD_RETRY);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_ERR_STATE);
    VMSO_CHECK_CLEAN(s);
    sends(s, 0);
  }
}

TEST_CASE("ABORT ends the job with the cause of its fault and the next jobs go on",
          "[park][command]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x722, config);
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    s.post(0, tcp_job(3000));
    JobSpec spec = tcp_job(20000);
    spec.buffers = 1;
    spec.offset = 1001;
    spec.may_fail = true;
    spec.completion_wanted = false;  // written all the same
    Posted posted = post_quiet(s, 0, spec);
    uint64_t va = posted.buffers[0].va - 1001 + 3 * kFrameBytes;
    s.process().page_out(va);
    s.post(0, tcp_job(4000));
    Absent next = post_absent(s, 0);
    auto fault = checked_fault(s);
    REQUIRE(fault);
    CHECK(told(*fault) == absent_at(s, posted, va, 1448));
    CHECK(vmso_queue_abort(&s.device(), 0) == VMSO_OK);
    auto second = checked_fault(s);  // of the job behind the next
    REQUIRE(second);
    CHECK(second->cookie == next.posted.cookie);
    mend(s, next);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    VMSO_CHECK_CLEAN(s);
    REQUIRE(s.completions(0).size() == 4);
    const Completion &end = s.completions(0)[1];
    CHECK(end.status == VMSO_STATUS_FAULT);
    CHECK(end.cause == fault->cause);
    CHECK(end.va == va);
    CHECK(end.level == fault->level);
    CHECK(end.access == fault->access);
    CHECK(end.segments == fault->segment);
    CHECK(end.bytes == fault->bytes_sent);
    CHECK(vmso_fault_pending(&s.device(), 0) == -1);
  }
}

TEST_CASE("An acknowledged fault is not pending and is still retried or given up",
          "[park][command]") {
  for (bool abort : {false, true}) {
    auto o = parking(0x723);
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    JobSpec spec = tcp_job(9000);
    spec.buffers = 1;
    spec.may_fail = true;
    Posted posted = post_quiet(s, 0, spec);
    s.process().page_out(posted.buffers[0].va);
    s.doorbell(0);
    REQUIRE(checked_fault(s));
    CHECK(vmso_queue_ack(&s.device(), 0) == VMSO_OK);
    CHECK(state_of(s, 0) == parked_word(false));
    CHECK(vmso_fault_pending(&s.device(), 0) == -1);
    CHECK(vmso_queue_ack(&s.device(), 0) == VMSO_ERR_STATE);
    refuse(s, 0, VMSO_CMD_ACK_FAULT);
    s.process().page_in(posted.buffers[0].va);
    CHECK((abort ? vmso_queue_abort : vmso_queue_retry)(&s.device(), 0) == VMSO_OK);
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(0).back().ok() == !abort);
    sends(s, 0);
  }
}

TEST_CASE("RETRY ABORT and ACK_FAULT in a wrong state are refused and change nothing",
          "[park][command]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x724, config);
    o.queues = 4;
    VMSO_SAY_HOW(o);
    System s(o);
    s.scoreboard.ring_errors_allowed = true;
    s.allowed_sticky = kFaultBits | VMSO_REG_STICKY_QUEUE_ERROR_bm;
    const vmso_queue_cmd all[] = {VMSO_CMD_RETRY, VMSO_CMD_ABORT, VMSO_CMD_ACK_FAULT};
    for (vmso_queue_cmd cmd : all) refuse(s, 0, cmd);  // RUN, idle
    s.post(0, tcp_job(60000));
    s.steps(900);
    for (vmso_queue_cmd cmd : all) refuse(s, 0, cmd);  // RUN, sending
    s.drain();
    CHECK(vmso_queue_stop(&s.device(), 0) == VMSO_OK);
    for (vmso_queue_cmd cmd : all) refuse(s, 0, cmd);  // STOPPED, nothing sent in part
    CHECK(vmso_queue_start(&s.device(), 0) == VMSO_OK);
    sends(s, 0);

    CHECK(vmso_queue_reset(&s.device(), 1) == VMSO_OK);
    for (vmso_queue_cmd cmd : all) refuse(s, 1, cmd);  // OFF
    s.renew_queue(1);
    sends(s, 1);

    vmso_first_slot slot{};
    vmso_first_slot_set_kind(&slot, VMSO_KIND_NOP);  // no slots: a framing error
    s.post_raw(2, slot.word);
    s.run_until([&] { return vmso_queue_state(&s.device(), 2) == VMSO_QUEUE_ERROR; }, 20000);
    for (vmso_queue_cmd cmd : all) refuse(s, 2, cmd);  // ERROR
    s.restart_queue(2);
    sends(s, 2);

    Absent a = park(s, 3);
    for (vmso_queue_cmd cmd : {VMSO_CMD_ENABLE, VMSO_CMD_STOP}) refuse(s, 3, cmd);  // PARKED
    mend(s, a);
    CHECK(vmso_queue_retry(&s.device(), 3) == VMSO_OK);
    VMSO_CHECK_CLEAN(s);
    for (vmso_queue_cmd cmd : all) refuse(s, 3, cmd);  // RUN again
    sends(s, 3);
    CHECK(s.conclude() == "");
  }
}

TEST_CASE("Fences and COMMIT end while a queue is parked and RETRY sees what they brought",
          "[park][command][fence]") {
  for (const char *config : kConfigs) {
    for (bool off : {false, true}) {
      auto o = parking(0x725, config);
      VMSO_SAY_HOW(o);
      System s(o);
      s.allowed_sticky = kFaultBits;
      Absent a = park(s, 0);
      s.fence(s.process(), a.posted.buffers[0]);
      uint16_t fence = 0;
      for (vmso_fence_kind kind : {VMSO_FENCE_ALL, VMSO_FENCE_CONTEXT}) {
        s.check(vmso_fence_start(&s.device(), kind, 1, 0, 0, &fence), "fence");
        CHECK(vmso_fence_wait(&s.device(), fence) == VMSO_OK);
      }
      s.check(vmso_fence_start_leaf_only(&s.device(), VMSO_FENCE_RANGE, 1, a.va, 1, &fence),
              "fence");
      CHECK(vmso_fence_wait(&s.device(), fence) == VMSO_OK);
      if (off) {  // switched off and on again; while it is off RETRY faults with that cause
        reference::Context on = s.reference_context(1), none = on;
        none.format = VMSO_FORMAT_OFF;
        s.commit_context(1, none);
        CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
        auto fault = checked_fault(s);
        REQUIRE(fault);
        CHECK(fault->cause == VMSO_CAUSE_CTX_OFF);
        CHECK(fault->level == VMSO_LEVEL_NONE);
        // The first byte that is not sent yet, or the one that faulted if its segment is first.
        CHECK(fault->segment == (2 * kFrameBytes - 1001) / 1448);
        s.commit_context(1, on);
      } else {
        s.commit_context(1, s.reference_context(1));
      }
      mend(s, a);
      CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
      VMSO_CHECK_CLEAN(s);
      CHECK(s.completions(0).back().ok());
    }
  }
}

TEST_CASE("RESET of a parked queue forgets its fault and its job", "[park][command]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x726, config);
    o.queues = 2;
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    park(s, 0);
    CHECK(vmso_queue_reset(&s.device(), 0) == VMSO_OK);
    CHECK(vmso_fault_pending(&s.device(), 0) == -1);
    CHECK((state_of(s, 0) & VMSO_REG_QUEUE_STATE_FAULT_bm) == 0);
    s.renew_queue(0);
    sends(s, 0);
    Absent a = park(s, 0);  // in its new life too
    mend(s, a);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("RESET in any cycle around a fault ends OFF and leaves no fault behind",
          "[park][command]") {
  auto o = parking(0x727);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.allowed_sticky = kFaultBits;
  unsigned records = 0;
  vmso_fault f{};
  for (unsigned wait = 0; wait < 900; wait += 7) {
    INFO("RESET after " << wait << " cycles");
    post_absent(s, 0, 0, 5000);
    s.steps(wait);
    REQUIRE(vmso_queue_reset(&s.device(), 0) == VMSO_OK);
    REQUIRE(vmso_fault_pending(&s.device(), 0) == -1);
    uint16_t written = uint16_t(s.read32(VMSO_REG_FAULT_PRODUCER));
    s.steps(200);
    REQUIRE(uint16_t(s.read32(VMSO_REG_FAULT_PRODUCER)) == written);
    REQUIRE(vmso_fault_pending(&s.device(), 0) == -1);
    while (vmso_fault_ring_next(&s.fault_ring(), &f)) records++;
    s.renew_queue(0);
    if (wait % 5 == 0) s.post(1, tcp_job(3000));
    REQUIRE(s.findings().report() == "");
  }
  CHECK((records > 10 && records < 120));
  sends(s, 0);
  CHECK(s.conclude() == "");
}

TEST_CASE("Soft reset and rst_n while queues are parked start anew", "[park][command][reset]") {
  for (const char *config : kConfigs) {
    for (bool hard : {false, true}) {
      auto o = parking(0x728, config);
      o.queues = 3;
      VMSO_SAY_HOW(o);
      System s(o);
      s.allowed_sticky = kFaultBits;
      park(s, 0);
      park(s, 2);
      if (hard) {
        s.reset();
        s.sink.frames = s.sink.bytes = s.sink.beats = 0;
      } else {
        s.soft_reset();
      }
      CHECK(vmso_fault_pending(&s.device(), 0) == -1);
      CHECK(s.read32(VMSO_REG_FAULT_PRODUCER) == 0);
      sends(s, 0);
      Absent a = park(s, 2);
      mend(s, a);
      CHECK(vmso_queue_retry(&s.device(), 2) == VMSO_OK);
      s.drain();
      CHECK(s.findings().report() == "");
    }
  }
}

TEST_CASE("STOP in any cycle around a fault ends STOPPED or PARKED and the job is whole",
          "[park][command]") {
  for (const char *config : kConfigs) {
    unsigned stopped = 0, parked = 0, first = 0;
    auto o = parking(0x729, config);
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits | VMSO_REG_STICKY_COMMAND_IGNORED_bm;
    vmso_fault f{};
    for (unsigned wait = 0; wait < 1500; wait += 11) {
      INFO(config << " STOP after " << wait << " cycles");
      Absent a = post_absent(s, 0, wait % 3);
      s.steps(wait);
      int error = vmso_queue_stop(&s.device(), 0);
      enum vmso_queue_state state = vmso_queue_state(&s.device(), 0);
      REQUIRE((error == VMSO_OK || error == VMSO_ERR_STATE));
      REQUIRE(state == (error == VMSO_OK ? VMSO_QUEUE_STOPPED : VMSO_QUEUE_PARKED));
      if (state == VMSO_QUEUE_STOPPED) {
        stopped++;
        s.steps(300);
        REQUIRE(!vmso_fault_ring_next(&s.fault_ring(), &f));
        REQUIRE(vmso_fault_pending(&s.device(), 0) == -1);
        uint64_t frames = s.sink.frames;
        CHECK(vmso_queue_start(&s.device(), 0) == VMSO_OK);
        auto fault = checked_fault(s);
        REQUIRE(fault);
        REQUIRE(fault->va == a.va);
        if (s.sink.frames == frames) first++;  // nothing was left but what cannot be read
      } else {
        parked++;
        auto fault = checked_fault(s);
        REQUIRE(fault);
        REQUIRE(fault->va == a.va);
      }
      mend(s, a);
      REQUIRE(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
      s.drain();
      REQUIRE(s.findings().report() == "");
      REQUIRE(s.completions(0).back().ok());
    }
    CHECK(stopped > 10);
    CHECK(parked > 10);
    CHECK(first > 3);
    CHECK(s.conclude() == "");
  }
}

TEST_CASE("A slot that its owner changed while parked ends with SLOT_CHANGED if something was sent",
          "[park][command]") {
  for (unsigned page : {0u, 2u}) {
    auto o = parking(0x72a);
    VMSO_SAY_HOW(o);
    INFO("page " << page);
    System s(o);
    s.allowed_sticky = kFaultBits;
    JobSpec spec = tcp_job(20000);
    spec.buffers = 1;
    spec.offset = 1001;
    spec.may_fail = true;
    Posted posted = post_quiet(s, 0, spec);
    uint64_t va = posted.buffers[0].va + (page ? page * kFrameBytes - 1001 : 0);
    s.process().page_out(va);
    s.doorbell(0);
    auto fault = checked_fault(s);
    REQUIRE(fault);
    // Nothing sent: the slot is taken as it stands now. It names a shorter job.
    change_slot(s, posted, [&](vmso_first_slot &slot) { vmso_first_slot_set_mss(&slot, 0); });
    s.process().page_in(va);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    s.post(0, tcp_job(3000));
    VMSO_CHECK_CLEAN(s);
    REQUIRE(s.completions(0).size() == 2);
    const Completion &end = s.completions(0)[0];
    CHECK(end.status == (page ? VMSO_STATUS_SLOT_CHANGED : VMSO_STATUS_MSS_ZERO));
    CHECK(end.segments == fault->segment);
  }
}

TEST_CASE("A framing error behind a job that faults waits for it or stops the queue before it",
          "[park][command][ring]") {
  unsigned parked = 0, stopped = 0;
  for (unsigned wait = 0; wait < 1400; wait += 35) {
    auto o = parking(0x72b);
    VMSO_SAY_HOW(o);
    INFO("framing error " << wait << " cycles later");
    bool abort = wait % 2;
    System s(o);
    s.scoreboard.ring_errors_allowed = true;
    s.allowed_sticky = kFaultBits | VMSO_REG_STICKY_QUEUE_ERROR_bm;
    JobSpec spec = tcp_job(9000);
    spec.buffers = 1;
    spec.may_fail = true;
    Posted posted = post_quiet(s, 0, spec);
    uint64_t va = posted.buffers[0].va + kFrameBytes;
    s.process().page_out(va);
    s.doorbell(0);
    s.steps(wait);
    vmso_first_slot slot{};
    vmso_first_slot_set_cookie(&slot, 0xbad);
    s.post_raw(0, slot.word);
    vmso_fault f{};
    bool faulted = false;
    REQUIRE(s.run_until(
        [&] {
          faulted = faulted || vmso_fault_ring_next(&s.fault_ring(), &f);
          return faulted || !s.completions(0).empty();
        },
        50000));
    (faulted ? parked : stopped)++;
    if (faulted) {
      s.steps(2000);
      CHECK(s.completions(0).empty());
      CHECK(state_of(s, 0) == parked_word(true));
      s.process().page_in(va);
      CHECK((abort ? vmso_queue_abort : vmso_queue_retry)(&s.device(), 0) == VMSO_OK);
      REQUIRE(
          s.run_until([&] { return vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR; }, 50000));
      s.steps(1000);
      // Behind RETRY, too, the framing error may be found before the job was sent whole.
      if (abort) CHECK(s.completions(0).size() == 2);
      if (s.completions(0).size() == 2) {
        CHECK(s.completions(0)[0].cookie == posted.cookie);
        CHECK(s.completions(0)[0].ok() == !abort);
      }
    } else {  // the job was not sent whole, so it is dropped
      s.steps(2000);
      CHECK(!vmso_fault_ring_next(&s.fault_ring(), &f));
      REQUIRE(s.completions(0).size() == 1);
    }
    CHECK(s.completions(0).back().status == VMSO_STATUS_SLOT_COUNT);
    CHECK(vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR);
    s.restart_queue(0);
    sends(s, 0);
    CHECK(s.conclude() == "");
  }
  CHECK(parked > 5);
  CHECK(stopped > 2);
}

TEST_CASE("A full completion ring takes the end of a parked job and holds the next one",
          "[park][command][completion]") {
  for (bool abort : {true, false}) {
    auto o = parking(0x72c);
    o.log2_completions = 2;  // three and the place for a ring error
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    s.auto_ack = false;
    s.post(0, frame_job(100));
    s.post(0, frame_job(200));
    JobSpec spec = tcp_job(9000);
    spec.buffers = 1;
    spec.may_fail = true;
    Posted posted = post_quiet(s, 0, spec);
    s.process().page_out(posted.buffers[0].va);
    for (unsigned i = 0; i < 3; i++) s.post(0, frame_job(300 + i));
    REQUIRE(checked_fault(s));
    s.run_until([&] { return s.completions(0).size() == 2; }, 20000);
    s.process().page_in(posted.buffers[0].va);
    CHECK((abort ? vmso_queue_abort : vmso_queue_retry)(&s.device(), 0) == VMSO_OK);
    REQUIRE(s.run_until([&] { return s.completions(0).size() == 3; }, 20000));
    CHECK(s.completions(0)[2].ok() == !abort);
    s.steps(3000);
    CHECK(s.completions(0).size() == 3);
    vmso_ring_ack(&s.ring(0));
    s.auto_ack = true;
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(0).size() == 6);
  }
}

TEST_CASE("A storm of doorbells on a parked queue changes nothing", "[park][command]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x72d, config);
    o.queues = 2;
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits | VMSO_REG_STICKY_CONSUMER_DOORBELL_bm;
    Absent a = park(s, 0);
    uint64_t reads = s.reads.counts.all_beats();
    for (unsigned i = 0; i < 1000; i++) {
      s.write32(VMSO_REG_DOORBELL(0) + VMSO_REG_DOORBELL_PRODUCER, s.ring(0).producer);
      if (i % 7 == 0) s.write32(VMSO_REG_DOORBELL(0) + VMSO_REG_DOORBELL_CONSUMER, 0x1234);
    }
    CHECK(s.reads.counts.all_beats() == reads);  // nothing of it is read
    CHECK(state_of(s, 0) == parked_word(true));
    s.post(0, tcp_job(5000));
    s.post(1, tcp_job(5000));
    REQUIRE(s.run_until([&] { return s.scoreboard.open(1) == 0; }, 50000));
    mend(s, a);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(0).size() == 2);
  }
}

TEST_CASE("A fault record that cannot be written takes its queue to ERROR and no other",
          "[park][command][error]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x72e, config);
    o.queues = 2;
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits | VMSO_REG_STICKY_WRITE_ERROR_bm | VMSO_REG_STICKY_QUEUE_ERROR_bm;
    Script script;
    script.first = s.fault_address();
    script.last = script.first + 31;
    script.times = 1;
    s.writes.scripts.push_back(script);
    post_absent(s, 0);
    s.post(1, tcp_job(30000));
    s.run_until([&] { return vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR; }, 50000);
    CHECK(vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR);
    CHECK((s.read32(VMSO_REG_STICKY) & VMSO_REG_STICKY_WRITE_ERROR_bm) != 0);
    CHECK(s.completions(0).empty());
    REQUIRE(s.run_until([&] { return s.scoreboard.open(1) == 0; }, 50000));
    s.restart_queue(0);
    // The record's place was used up: whoever goes by the phase alone waits there for ever, so the
    // ring is set up anew.
    s.check(vmso_fault_ring_init(&s.device(), &s.fault_ring(),
                                 const_cast<uint64_t *>(s.fault_ring().records), s.fault_address(),
                                 o.log2_faults),
            "fault ring");
    Absent a = park(s, 0);
    mend(s, a);
    CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("Without a fault ring the bitmap and the registers tell all", "[park][command]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x72f, config);
    o.log2_faults = 0;
    o.queues = 4;
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm;  // no overflow: there is nothing that could
    std::vector<Absent> absent;
    for (unsigned q = 0; q < 4; q++) absent.push_back(post_absent(s, q, q % 3));
    unsigned seen = 0;
    REQUIRE(s.run_until([&] { return (s.read32(VMSO_REG_BITMAP_FAULT_PENDING(0)) & 15) == 15; },
                        50000));
    for (int q = vmso_fault_pending(&s.device(), 0); q >= 0;
         q = vmso_fault_pending(&s.device(), unsigned(q) + 1)) {
      seen++;
      vmso_fault fault{};
      REQUIRE(vmso_queue_fault(&s.device(), unsigned(q), &fault) == VMSO_OK);
      CHECK(told(fault) == absent_at(s, absent[unsigned(q)].posted, absent[unsigned(q)].va, 1448));
      mend(s, absent[unsigned(q)]);
      CHECK(vmso_queue_retry(&s.device(), unsigned(q)) == VMSO_OK);
    }
    CHECK(seen == 4);
    CHECK(s.writes.errors == 0);
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("A fault ring that nobody empties loses no fault and stops no other queue",
          "[park][command]") {
  for (const char *config : {"default", "wide"}) {
    auto o = parking(0x730, config);
    o.log2_faults = 2;  // 4 records
    o.queues = 64;
    o.processes = 4;
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    std::vector<Absent> absent(64);
    for (unsigned q = 0; q < 63; q++) absent[q] = post_absent(s, q, q % 3);
    for (unsigned i = 0; i < 8; i++) s.post(63, tcp_job(60000));
    REQUIRE(s.run_until([&] { return s.scoreboard.open(63) == 0; }, 400000));
    REQUIRE(s.run_until(
        [&] {
          return s.read32(VMSO_REG_BITMAP_FAULT_PENDING(0)) == ~0u &&
                 s.read32(VMSO_REG_BITMAP_FAULT_PENDING(1)) == ~0u >> 1;
        },
        100000));
    CHECK((s.read32(VMSO_REG_STICKY) & kFaultBits) == kFaultBits);
    CHECK(s.read32(VMSO_REG_FAULT_PRODUCER) == 4);
    unsigned from_ring = 0, from_registers = 0;
    vmso_fault f{};
    while (vmso_fault_ring_next(&s.fault_ring(), &f)) {
      from_ring++;
      CHECK(told(f) == absent_at(s, absent[f.queue].posted, absent[f.queue].va, 1448));
      mend(s, absent[f.queue]);
      CHECK(vmso_queue_retry(&s.device(), f.queue) == VMSO_OK);
    }
    for (int q = vmso_fault_pending(&s.device(), 0); q >= 0;
         q = vmso_fault_pending(&s.device(), unsigned(q) + 1)) {
      from_registers++;
      REQUIRE(vmso_queue_fault(&s.device(), unsigned(q), &f) == VMSO_OK);
      CHECK(told(f) == absent_at(s, absent[f.queue].posted, absent[f.queue].va, 1448));
      mend(s, absent[f.queue]);
      CHECK(vmso_queue_retry(&s.device(), f.queue) == VMSO_OK);
    }
    CHECK(from_ring == 4);
    CHECK(from_registers == 59);
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("The number of the last fence in memory is never ahead of its fence", "[park][fence]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x731, config);
    o.fence_status = true;
    VMSO_SAY_HOW(o);
    System s(o);
    Random random(o.seed, "fences");
    for (unsigned i = 0; i < 60; i++) {
      s.post(0, tcp_job(4000));
      uint16_t fence = 0;
      auto kind = vmso_fence_kind(random.below(3));
      bool leaves = random.below(2);
      s.check((leaves ? vmso_fence_start_leaf_only : vmso_fence_start)(&s.device(), kind, 1, 0,
                                                                       ~uint64_t{0} >> 1, &fence),
              "fence");
      if (random.below(3)) {
        CHECK(vmso_fence_wait_seen(&s.device(), fence) == VMSO_OK);
        CHECK(vmso_fence_done(&s.device(), fence));
      }
      s.steps(random.below(300));
    }
    VMSO_CHECK_CLEAN(s);
    uint16_t last = uint16_t(s.read32(VMSO_REG_FENCE_GO));
    CHECK(vmso_fence_wait_seen(&s.device(), last) == VMSO_OK);
  }
}

TEST_CASE("Parking many queues of long jobs that share job entries loses nothing",
          "[park][command]") {
  for (const char *config : {"default", "wide"}) {
    auto o = parking(0x732, config);
    o.queues = config == std::string("wide") ? 160 : 64;
    o.processes = 7;
    o.demand_paging = true;
    o.log2_faults = 1;
    o.pager = PagerKnobs{.delay = 500, .jitter = 3000, .ahead = 5};
    VMSO_SAY_HOW(o);
    System s(o);
    for (unsigned round = 0; round < 3; round++) {
      for (unsigned q = 0; q < o.queues; q++) {
        s.post(q, round == 1 && q % 3 ? frame_job(900) : tcp_job(30000 + 1000 * (q % 7)));
      }
    }
    s.drain(4000000);
    CHECK(s.conclude() == "");
    CHECK(s.pager().counts.faults > 2 * o.queues);
    CHECK(s.pager().counts.aborts == 0);
    CHECK(s.pager().counts.overflows > 0);
  }
}

}  // namespace vmso::test
