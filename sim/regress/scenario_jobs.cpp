// SPDX-License-Identifier: Apache-2.0
// The jobs of a scenario: how they are posted, and what is done to them and to their memory before.
#include <fmt/format.h>

#include "regress/bad_memory.hpp"
#include "regress/mistake.hpp"
#include "regress/scenario_run.hpp"

namespace vmso::regress {
namespace {

using K = Knob;

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
    if (!parks(queue)) turn_a_bit(*system_, queue, spec, spoil_random_);
  } else if (chosen(K::kNowhere)) {
    if (!parks(queue)) send_nowhere(*system_, queue, spec, spoil_random_);
  }
}

void ScenarioRun::ring(unsigned queue) {
  system_->doorbell(queue);
  unrung_[queue] = false;
}

// Places the job's buffers and has them looked up by a job of its own, if there is room for both.
void ScenarioRun::advise(unsigned queue, JobSpec &spec) {
  System &s = *system_;
  if (knob(K::kAdvise) == 0 || random_.below(100) >= knob(K::kAdvise)) return;
  if (2 * vmso_job_slots(spec.cuts.size()) > vmso_ring_free(&s.ring(queue))) return;
  if (spec.payload.empty()) return;
  place(s, queue, spec);
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

}  // namespace vmso::regress
