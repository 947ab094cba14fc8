// SPDX-License-Identifier: Apache-2.0
// What the tests of parking share: a system whose queues park, waiting for the next fault record,
// and what a record has to say.
#pragma once
#include "system_test.hpp"

namespace vmso::test {

constexpr const char *kConfigs[] = {"small", "default", "wide"};

// Every queue parks; a fault ring of 8 records that nobody empties but the test.
inline SystemOptions parking(uint64_t fixed_seed, const char *config = "small") {
  SystemOptions o = options(fixed_seed, config);
  o.park = true;
  o.log2_faults = 3;
  return o;
}

constexpr uint32_t kFaultBits = VMSO_REG_STICKY_FAULT_bm | VMSO_REG_STICKY_FAULT_OVERFLOW_bm;

inline uint32_t state_of(System &s, unsigned queue) {
  return s.read32(VMSO_REG_QUEUE(queue) + VMSO_REG_QUEUE_STATE);
}

// What STATE shows of a queue that is parked. The record is seen later than the state.
inline uint32_t parked_word(bool fault) {
  return VMSO_QUEUE_PARKED | VMSO_REG_QUEUE_STATE_NO_READS_bm |
         (fault ? VMSO_REG_QUEUE_STATE_FAULT_bm : 0);
}

inline std::string told(const vmso_fault &f) {
  return fmt::format(
      "queue {} context {} space {} {} {} level {} cookie {:#x} va {:#x} segment {} bytes {} slot "
      "{}",
      f.queue, f.context, f.space, vmso_access_name(f.access), vmso_cause_name(f.cause), f.level,
      f.cookie, f.va, f.segment, f.bytes_sent, f.slot);
}

// The next record of the ring; none (and a finding) if nothing moves any more.
inline std::optional<vmso_fault> next_fault(System &s) {
  vmso_fault f{};
  bool came = s.run_until([&] { return vmso_fault_ring_next(&s.fault_ring(), &f); }, 400000);
  return came ? std::optional(f) : std::nullopt;
}

// The same, and all that is promised when a record is seen: the state, the registers, the bitmap.
inline std::optional<vmso_fault> checked_fault(System &s) {
  std::optional<vmso_fault> f = next_fault(s);
  if (!f) return f;
  CHECK((state_of(s, f->queue) & ~VMSO_REG_QUEUE_STATE_REFUSED_bm) == parked_word(true));
  vmso_fault same{};
  REQUIRE(vmso_queue_fault(&s.device(), f->queue, &same) == VMSO_OK);
  CHECK(told(same) == told(*f));
  CHECK(vmso_fault_pending(&s.device(), f->queue) == int(f->queue));
  return f;
}

// Places a job whose pages can be taken away before the engine looks.
inline Posted post_quiet(System &s, unsigned queue, JobSpec spec) {
  spec.doorbell = false;
  return s.post(queue, spec);
}

// A job whose page `page` (of the first buffer) is not there yet.
struct Absent {
  Posted posted;
  uint64_t va = 0;  // first byte of the job on that page
};
inline Absent post_absent(System &s, unsigned queue, unsigned page = 2, size_t bytes = 20000) {
  JobSpec spec = tcp_job(bytes);
  spec.buffers = 1;
  spec.offset = 1001;
  Absent a{post_quiet(s, queue, spec), 0};
  a.va = a.posted.buffers[0].va;
  if (page > 0) a.va += page * kFrameBytes - 1001;
  s.process_of(queue).page_out(a.va);
  s.doorbell(queue);
  return a;
}

// A kernel that lets the queue try again each time; a page is there by then, mostly.
inline void mend_most(System &s, Random &random) {
  s.pager().mend = [&s, &random](const vmso_fault &f) {
    // A page, or whatever a second try mends: a bus error. Or the kernel makes nothing of it yet.
    if (f.cause == VMSO_CAUSE_NOT_PRESENT && random.below(8)) {
      s.process(f.context - 1).page_in(f.va);
    }
    return Pager::Answer::kRetry;
  };
}

// Lets all queues come to an end, with a record behind jobs that end without one.
inline void end_all(System &s) {
  for (unsigned q = 0; q < s.queues(); q++) {
    JobSpec last = frame_job(100);
    last.may_fail = !s.options().parks.at(q);
    for (unsigned i = 0; i < 5000 && !s.try_post(q, last); i++) {
      s.start_stopped();
      s.steps(200);
    }
  }
  s.drain_with([&s] { s.start_stopped(); });
}

inline bool mend(System &s, const Absent &a) { return s.process_of(a.posted.queue).page_in(a.va); }
// The same, parked: its record was seen and checked.
inline Absent park(System &s, unsigned queue, unsigned page = 2) {
  Absent a = post_absent(s, queue, page);
  auto fault = checked_fault(s);
  REQUIRE(fault);
  CHECK(fault->queue == queue);
  CHECK(fault->va == a.va);
  return a;
}

// Where in the job's payload a byte of its buffers stands.
inline uint64_t stream_byte(const Posted &posted, uint64_t va) {
  uint64_t at = 0;
  for (const UserBuffer &b : posted.buffers) {
    if (va >= b.va && va < b.va + b.bytes) return at + (va - b.va);
    at += b.bytes;
  }
  throw Error("stream_byte: no buffer holds it");
}

// The record of a job whose first byte that cannot be read is at `va`, a page that is not there.
inline std::string absent_at(System &s, const Posted &posted, uint64_t va, uint16_t mss) {
  unsigned context = s.context_of(s.process_of(posted.queue));
  reference::Walk walk = reference::walk(s.memory, s.reference_context(context), s.windows(), va);
  vmso_fault f{};
  f.queue = posted.queue;
  f.context = context;
  f.space = kUserSpace;
  f.access = VMSO_ACCESS_PAYLOAD;
  f.cause = walk.cause;
  f.level = walk.level;
  f.cookie = posted.cookie;
  f.va = va;
  f.segment = uint32_t(stream_byte(posted, va) / mss);
  f.bytes_sent = f.segment * mss;
  f.slot = uint16_t(posted.slot & 0x7fff);
  return told(f);
}

}  // namespace vmso::test
