// SPDX-License-Identifier: Apache-2.0
// What happens to a scenario at random while its jobs run: pages go, fences, STOP, RESET, soft
// resets.
#include <fmt/format.h>

#include "regress/scenario_run.hpp"

namespace vmso::regress {
namespace {

using K = Knob;

}  // namespace

void ScenarioRun::plan(Event &event) {
  const uint64_t rate = knob(event.knob);
  if (rate) event.next = system_->now() + 1 + random_.below(2 * kMillion / rate);
}

void ScenarioRun::act() {
  for (Event &event : events_) {
    if (system_->now() < event.next) continue;
    (this->*event.act)();
    plan(event);
  }
  if (system_->now() >= next_soft_reset_) soft_reset();
}

State ScenarioRun::state(unsigned queue) {
  if (system_->options().pager && system_->pager().knows(queue)) return State::kParked;
  return system_->scoreboard.open(queue) ? State::kBusy : State::kIdle;
}

// Many buffers share a page above 4 KiB, so a new one may lie in one that is on its way. A thread
// would wait for it; until the fence is done the engine may read where it was.
bool ScenarioRun::waits_for_pages(unsigned queue) {
  if (knob(K::kChurn) == 0) return false;
  const Process &process = system_->process_of(queue);
  return process.space().tables() && process.page() != PageSize::k4K &&
         system_->memory_manager().under_way(process.id());
}

void ScenarioRun::swap_page() { system_->swap_out(last_[some_queue()], random_); }

void ScenarioRun::fence() {
  System &s = *system_;
  const unsigned queue = some_queue();
  outcome_.coverage.hit("commands", fmt::format("fence {}", state_word(state(queue))));
  uint16_t number = 0;
  uint64_t first = random_() >> 20, bytes = 1 + (random_() >> (20 + random_.below(40)));
  s.check(vmso_fence_start(&s.device(), vmso_fence_kind(random_.below(3)),
                           s.context_of(s.process_of(queue)), first, bytes, &number),
          "fence");
  s.check(vmso_fence_wait(&s.device(), number), "fence");
}

// Half of the time one that is parked, if there is one: they are few, and not for long.
unsigned ScenarioRun::queue_to_command() {
  std::vector<unsigned> parked;
  for (unsigned q = 0; q < honest_; q++) {
    if (state(q) == State::kParked) parked.push_back(q);
  }
  if (parked.empty() || spoil_random_.below(2)) return some_queue();
  return parked[spoil_random_.below(parked.size())];
}

void ScenarioRun::stop_queue() {
  System &s = *system_;
  const unsigned queue = queue_to_command();
  if (random_.below(2)) {
    State before = state(queue);
    if (vmso_queue_command(&s.device(), queue, VMSO_CMD_STOP) != VMSO_OK) return;
    outcome_.coverage.hit("commands", fmt::format("STOP {}", state_word(before)));
  } else {
    vmso_queue_command(&s.device(), queue, VMSO_CMD_ENABLE);
  }
}

void ScenarioRun::reset_queue() {
  const unsigned queue = queue_to_command();
  outcome_.coverage.hit("commands", fmt::format("RESET {}", state_word(state(queue))));
  restart(queue);
}

void ScenarioRun::restart(unsigned queue) {
  system_->restart_queue(queue);
  moved_ = system_->now();  // its jobs have ended
  open_[queue].clear();
  last_[queue] = {};
}

// The next record of a queue; one at a time.
void ScenarioRun::lose_record() {
  System &s = *system_;
  const unsigned queue = some_queue();
  const Resp resp = random_.below(2) ? Resp::kSlvErr : Resp::kDecErr;
  const uint64_t ring = s.completion_address(queue);
  std::vector<Script> &scripts = s.writes.scripts;
  std::erase_if(scripts, [&](const Script &one) { return one.times == 0 || one.first == ring; });
  scripts.push_back(
      {.first = ring,
       .last = ring + (uint64_t{VMSO_COMPLETION_BYTES} << s.options().log2_completions) - 1,
       .resp = resp,
       .times = 1});
}

void ScenarioRun::restart_failed() {
  if (knob(K::kLostRecords) == 0) return;
  for (unsigned q = 0; q < honest_; q++) {
    if (vmso_queue_state(&system_->device(), q) != VMSO_QUEUE_ERROR) continue;
    outcome_.coverage.hit("commands", kResetOfError);
    restart(q);
  }
}

void ScenarioRun::soft_reset() {
  System &s = *system_;
  s.writes.scripts.clear();  // rings may lie elsewhere behind it
  s.soft_reset();
  for (unsigned q = 0; q < honest_; q++) {
    if (s.options().pager) s.pager().forget(q);
    open_[q].clear();
    last_[q] = {};
  }
  moved_ = s.now();
  soft_resets_++;
  next_soft_reset_ = soft_resets_ < knob(K::kSoftResets) ? s.now() + random_.below(40000) : kNever;
}

}  // namespace vmso::regress
