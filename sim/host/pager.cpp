// SPDX-License-Identifier: Apache-2.0
#include "host/pager.hpp"

#include <algorithm>

namespace vmso {
namespace {

constexpr uint64_t kAgain = 64;  // cycles until a page under change is looked at again

}  // namespace

Pager::Pager(vmso_device &device, vmso_fault_ring *ring, const PagerKnobs &knobs, Random random,
             std::function<Process *(unsigned)> process, std::function<uint64_t()> now)
    : knobs(knobs),
      device_(device),
      ring_(ring),
      random_(random),
      process_(std::move(process)),
      now_(std::move(now)) {}

void Pager::begin() {
  waiting_.clear();
  look_at_.reset();
  vmso_write32(&device_, VMSO_REG_STICKY_MASK,
               VMSO_REG_STICKY_FAULT_bm | VMSO_REG_STICKY_FAULT_OVERFLOW_bm);
  vmso_write32(&device_, VMSO_REG_IRQ_MASK, 1);
}

void Pager::note(const vmso_fault &fault) {
  uint64_t now = now_(), due = now + knobs.delay + random_.below(knobs.jitter + 1);
  if (!waiting_.try_emplace(fault.queue, Waiting{fault, now, due}).second) return;  // seen twice
  counts.faults++;
  if (record) seen.push_back(fault);
}

// Sticky bits first, then the vector, then the ring: what comes in between is seen the next time.
void Pager::collect() {
  uint32_t sticky = vmso_read32(&device_, VMSO_REG_STICKY) &
                    (VMSO_REG_STICKY_FAULT_bm | VMSO_REG_STICKY_FAULT_OVERFLOW_bm);
  vmso_write32(&device_, VMSO_REG_STICKY, sticky);
  vmso_write32(&device_, VMSO_REG_IRQ_PENDING, 1);
  vmso_fault fault;
  while (ring_ && vmso_fault_ring_next(ring_, &fault)) {
    counts.from_ring++;
    note(fault);
  }
  bool overflow = sticky & VMSO_REG_STICKY_FAULT_OVERFLOW_bm;
  counts.overflows += overflow;
  if (!overflow && ring_) return;
  for (int q = vmso_fault_pending(&device_, 0); q >= 0;
       q = vmso_fault_pending(&device_, unsigned(q) + 1)) {
    if (waiting_.contains(unsigned(q))) continue;
    if (vmso_queue_fault(&device_, unsigned(q), &fault) == VMSO_OK) note(fault);
  }
}

Pager::Answer Pager::map_pages(const vmso_fault &fault) {
  Process *process = fault.access == VMSO_ACCESS_SLOT ? nullptr : process_(fault.context);
  if (process && process->under_change(fault.va)) return Answer::kLater;
  bool missing = fault.cause == VMSO_CAUSE_NOT_PRESENT;
  if (!process || !missing || !process->page_in(fault.va)) return Answer::kAbort;
  counts.pages++;
  uint64_t bytes = page_bytes(process->page());
  for (unsigned i = 1; i <= knobs.ahead && process->page_in(fault.va + i * bytes); i++) {
    counts.pages++;
  }
  return Answer::kRetry;
}

bool Pager::lead_on(const Waiting &w) {
  Answer answer = mend ? mend(w.fault) : map_pages(w.fault);
  if (answer == Answer::kLater) return false;
  if (answer == Answer::kLeave) return true;
  bool retry = answer == Answer::kRetry;
  int error =
      retry ? vmso_queue_retry(&device_, w.fault.queue) : vmso_queue_abort(&device_, w.fault.queue);
  // A record that lay in the ring when its queue was reset, or led on by somebody else, is stale.
  if (error != VMSO_OK) return true;
  (retry ? counts.retries : counts.aborts)++;
  counts.parked += now_() - w.at;
  return true;
}

void Pager::act(uint32_t irq) {
  if ((irq & 1) && !look_at_) look_at_ = now_() + knobs.notice;
  if (look_at_ && *look_at_ <= now_()) {
    look_at_.reset();
    collect();
  }
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.due > now_()) {
      it++;
      continue;
    }
    Waiting w = it->second;
    it = waiting_.erase(it);
    w.due = now_() + kAgain;
    if (!lead_on(w)) waiting_.try_emplace(w.fault.queue, w);
  }
}

}  // namespace vmso
