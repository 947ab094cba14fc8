// SPDX-License-Identifier: Apache-2.0
// The jobs of a scenario: how they are posted, what is done to their memory before, and what their
// ends say.
#include <fmt/format.h>

#include "regress/mistake.hpp"
#include "regress/scenario_run.hpp"

namespace vmso::regress {
namespace {

using K = Knob;

constexpr size_t kDeadBuffers = 24;
constexpr unsigned kBitsTried = 16;  // until one does something

reference::Walk walk_of(System &s, const Process &process, uint64_t va) {
  return reference::walk(s.memory, s.reference_context(s.context_of(process)), s.windows(), va);
}

}  // namespace

void ScenarioRun::post() {
  System &s = *system_;
  const unsigned queue = some_queue();
  if (waits_for_pages(queue)) return;
  if (vmso_ring_free(&s.ring(queue)) == 0) {
    if (unrung_[queue]) ring(queue);
    return;
  }
  JobSpec spec = random_job(shape_, jobs_random_);
  if (vmso_job_slots(spec.cuts.size()) > vmso_ring_free(&s.ring(queue))) {
    if (unrung_[queue]) ring(queue);  // else there might never be more room
    return;
  }
  spec.may_fail = may_fail_ && !parks(queue);
  spec.doorbell = false;
  spec.completion_wanted = random_.below(8) != 0;
  if (chosen(K::kZeros)) make_checksum_zero(spec);
  advise(queue, spec);
  spoil(queue, spec);
  auto posted = s.try_post(queue, spec);
  if (!posted) return;
  take_away_pages(*posted);
  unrung_[queue] = true;
  if (random_.below(4)) ring(queue);  // else with the next one, or at the end
  posted_++;
  last_[queue] = *posted;
  const bool ip = spec.kind == VMSO_KIND_TCP_SEG || spec.kind == VMSO_KIND_UDP_SEG;
  open_[queue][posted->cookie] = {*posted,
                                  spec.kind,
                                  ip ? headers_words(spec.header) : "",
                                  spec.refused,
                                  spec.fault ? spec.fault->cause : VMSO_CAUSE_NONE,
                                  s.now()};
}

void ScenarioRun::spoil(unsigned queue, JobSpec &spec) {
  if (chosen(K::kMistakes)) {
    make_mistake(spec, spoil_random_);
  } else if (chosen(K::kBits)) {
    turn_a_bit(queue, spec);
  } else if (chosen(K::kNowhere)) {
    send_nowhere(queue, spec);
  }
}

void ScenarioRun::ring(unsigned queue) {
  system_->doorbell(queue);
  unrung_[queue] = false;
}

void ScenarioRun::place(unsigned queue, JobSpec &spec) {
  std::span<const uint8_t> payload = spec.payload;
  for (size_t at = 0; uint32_t bytes : spec.cuts) {
    spec.placed.push_back(
        system_->process_of(queue).place(payload.subspan(at, bytes), spec.offset));
    at += bytes;
  }
}

void ScenarioRun::turn_a_bit(unsigned queue, JobSpec &spec) {
  System &s = *system_;
  Process &process = s.process_of(queue);
  AddressSpace &space = process.space();
  if (parks(queue) || !space.tables() || process.page() != PageSize::k4K) return;
  if (spec.placed.empty() && !spec.payload.empty()) place(queue, spec);
  std::vector<uint64_t> pages;  // from their first byte to their last in a buffer
  for (const UserBuffer &b : spec.placed) {
    uint64_t first = (b.va + kFrameBytes - 1) / kFrameBytes * kFrameBytes;
    for (uint64_t va = first; va + kFrameBytes <= b.va + b.bytes; va += kFrameBytes) {
      pages.push_back(va);
    }
  }
  if (pages.empty()) return;
  const uint64_t va = pages[spoil_random_.below(pages.size())];
  const auto at = space.entry_at(va, 0);
  if (!at) return;
  const uint64_t entry = space.read_entry(*at);
  const uint64_t pa = process.physical(va);
  for (unsigned i = 0; i < kBitsTried; i++) {
    const uint64_t bit = spoil_random_.below(8u * space.format().entry_bytes);
    space.write_entry(*at, entry ^ uint64_t{1} << bit);
    const reference::Walk walk = walk_of(s, process, va);
    if (walk.cause == VMSO_CAUSE_NONE && walk.pa == pa) return;
    if (walk.cause != VMSO_CAUSE_NONE) {
      spec.fault = ExpectedFault{walk.cause, walk.level, va};
      return;
    }
    space.write_entry(*at, entry);  // those would be bytes of somebody else
  }
}

void ScenarioRun::send_nowhere(unsigned queue, JobSpec &spec) {
  System &s = *system_;
  if (parks(queue) || spec.payload.empty()) return;
  if (spec.placed.empty()) place(queue, spec);
  UserBuffer &b = spec.placed[spoil_random_.below(spec.placed.size())];
  const uint64_t top = ~uint64_t{0} - b.bytes + 1;  // ends with the last byte of all
  const uint64_t bit = uint64_t{1} << spoil_random_.between(31, 63);
  const uint64_t candidates[] = {top, top - spoil_random_.below(kFrameBytes), bit,
                                 bit + (spoil_random_() >> 1) % bit, ~bit};
  UserBuffer there{candidates[spoil_random_.below(std::size(candidates))], b.bytes};
  there.va = std::min(there.va, top);
  const reference::Walk walk = walk_of(s, s.process_of(queue), there.va);
  const bool kernel_half = there.va >> 63;  // else somebody may map it yet
  if (walk.cause == VMSO_CAUSE_NONE) return;
  if (walk.cause == VMSO_CAUSE_NOT_PRESENT && !kernel_half) return;
  b = there;
  spec.fault = ExpectedFault{walk.cause, walk.level, there.va};
}

// Places the job's buffers and has them looked up by a job of its own, if there is room for both.
void ScenarioRun::advise(unsigned queue, JobSpec &spec) {
  System &s = *system_;
  if (knob(K::kAdvise) == 0 || random_.below(100) >= knob(K::kAdvise)) return;
  if (2 * vmso_job_slots(spec.cuts.size()) > vmso_ring_free(&s.ring(queue))) return;
  if (spec.payload.empty()) return;
  place(queue, spec);
  JobSpec look;
  look.kind = VMSO_KIND_ADVISE;
  look.placed = spec.placed;
  look.view = spec.payload;
  look.mss = 0;
  look.doorbell = false;
  look.may_fail = spec.may_fail;
  s.try_post(queue, look);
}

void ScenarioRun::take_away_pages(const Posted &posted) {
  const uint64_t percent = knob(K::kAbsent);
  if (percent == 0) return;
  for (const UserBuffer &b : posted.buffers) {
    for (uint64_t at = 0; at < b.bytes; at += kFrameBytes) {
      if (random_.below(100) < percent) system_->process_of(posted.queue).page_out(b.va + at);
    }
  }
}

void ScenarioRun::fault_seen(unsigned cause, bool parks) {
  const std::string bin = fmt::format("{} {}", vmso_cause_name(cause), policy_word(parks));
  if (Coverage::has("faults", bin)) outcome_.coverage.hit("faults", bin);
}

void ScenarioRun::look_at_completions() {
  for (unsigned q = 0; q < honest_; q++) {
    if (system_->completions(q).empty()) continue;
    for (const Completion &c : system_->take_completions(q)) ended(q, c);
  }
  if (dead_.size() >= kDeadBuffers) retire();
}

void ScenarioRun::ended(unsigned queue, const Completion &c) {
  auto it = open_[queue].find(c.cookie);
  if (it == open_[queue].end()) return;  // the scoreboard has said so
  const Open &open = it->second;
  const SystemOptions &o = system_->options();
  if (c.ok()) {
    const char *kind = kind_word(open.kind);
    const SpaceOptions &space = o.spaces.at(o.owners.at(queue));
    outcome_.coverage.hit("jobs", fmt::format("{} {} {} {}", kind, space_words(space),
                                              policy_word(parks(queue)), order_word(o.read.order)));
    if (!open.headers.empty()) {
      outcome_.coverage.hit("headers", fmt::format("{} {}", kind, open.headers));
    }
    Process &process = system_->process_of(queue);
    for (const UserBuffer &b : open.posted.buffers) {
      if (process.unmap(b)) {
        dead_.push_back({&process, b});
      } else {
        process.reclaim(b);
      }
    }
  } else if (open.refused != VMSO_STATUS_OK && c.status == open.refused) {
    outcome_.coverage.hit("mistakes", vmso_status_name(c.status));
  } else if (open.fault != VMSO_CAUSE_NONE && c.cause == open.fault) {
    const std::string bin = vmso_cause_name(c.cause);
    if (Coverage::has("entries", bin)) outcome_.coverage.hit("entries", bin);
  } else {
    fault_seen(c.cause, parks(queue));
    const std::string text = unfounded(queue, open.at, c.cause, c.access, c.va);
    if (!text.empty()) {
      system_->findings().add(fmt::format("completion of {}: {}", describe(c), text));
    }
  }
  open_[queue].erase(it);
}

bool ScenarioRun::was_out_since(const Process &process, uint64_t posted, uint64_t va) const {
  if (!process.was_out(va)) return false;
  if (!process.present(va)) return true;
  const auto back = back_at_.find({process.id(), va / kFrameBytes});
  return back == back_at_.end() || back->second >= posted;
}

std::string ScenarioRun::unfounded(unsigned queue, uint64_t posted, vmso_cause cause,
                                   vmso_access access, uint64_t va) {
  const AxiReadResponder &reads = system_->reads;
  const Process &process = system_->process_of(queue);
  const bool moves = knob(K::kChurn) || knob(K::kSwaps);  // where a page was is not known any more
  auto gave = [&](Resp resp) {
    if (access == VMSO_ACCESS_TEMPLATE) return reads.gave(ReadClass::kTemplate, resp, va);
    if (moves) return reads.gave(ReadClass::kPayload, resp);
    return reads.gave(ReadClass::kPayload, resp, process.physical(va));
  };
  bool founded = false;
  switch (cause) {
    case VMSO_CAUSE_NOT_PRESENT:
      founded = knob(K::kChurn) || was_out_since(process, posted, va);
      break;
    case VMSO_CAUSE_TABLE_SLV_ERR:
      founded = reads.gave(ReadClass::kWalk, Resp::kSlvErr);
      break;
    case VMSO_CAUSE_TABLE_DEC_ERR:
      founded = reads.gave(ReadClass::kWalk, Resp::kDecErr);
      break;
    case VMSO_CAUSE_DATA_SLV_ERR:
      founded = gave(Resp::kSlvErr);
      break;
    case VMSO_CAUSE_DATA_DEC_ERR:
      founded = gave(Resp::kDecErr);
      break;
    case VMSO_CAUSE_BUS_TIMEOUT:
      founded = reads.counts.lost > 0;
      break;
    default:
      break;
  }
  return founded ? "" : "nothing has happened that makes it fail like this";
}

void ScenarioRun::Reaper::act(uint64_t now) {
  system.auto_reap = now >= next;
  if (system.auto_reap) next = now + 1 + random.below(most);
}

// Memory of jobs that have ended is used again, after a fence.
void ScenarioRun::retire() {
  if (dead_.empty()) return;
  System &s = *system_;
  s.check(vmso_fence_wait(&s.device(), s.start_fence(dead_)), "fence");
  for (const Unmapped &u : dead_) u.process->reclaim(u.buffer);
  dead_.clear();
}

}  // namespace vmso::regress
