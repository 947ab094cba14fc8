// SPDX-License-Identifier: Apache-2.0
#include "regress/scenario_run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso::regress {
namespace {

using K = Knob;

constexpr uint64_t kMillion = 1000000;
constexpr uint64_t kMostCycles = 3 * kMillion;  // of posting; what was not posted by then is not
constexpr uint64_t kStill = 1000000;            // so long nothing may leave or end
constexpr uint64_t kTail = 20000;               // commands go on behind the last job
constexpr unsigned kPostsEvery = 200;           // tries to post the last job of a queue
constexpr uint64_t kLooksEvery = 64, kLooksAtStates = 1000;  // cycles
constexpr uint32_t kReadTimeout = 8192;  // cycles; no read that is answered takes so long

const char *attack_of(const Scenario &s, unsigned number) {
  const std::vector<std::string> &names = attack_names();
  uint64_t which = s[K::kAttack];
  if (which < names.size()) return names[which].c_str();
  Random random(s.seed, fmt::format("attack {}", number));
  return names[random.below(names.size())].c_str();
}

}  // namespace

ScenarioRun::ScenarioRun(const Scenario &scenario, const RunOptions &options)
    : scenario_(scenario),
      random_(scenario.seed, "scenario"),
      jobs_random_(scenario.seed, "jobs"),
      spoil_random_(scenario.seed, "spoil"),
      honest_(unsigned(scenario[K::kQueues])),
      may_fail_(knob(K::kAbsent) || knob(K::kSwaps) || knob(K::kBusErrors) || knob(K::kLost)) {
  SystemOptions o = system_options(scenario);
  o.wave = options.wave;
  o.files = options.files;
  o.stop = options.stop;
  system_ = std::make_unique<System>(o);
  shape_ = {.kind = Kinds(knob(K::kKind)),
            .tunnels = Tunnels(knob(K::kTunnel)),
            .mss = Mss(knob(K::kMss)),
            .payload = Payloads(knob(K::kPayload)),
            .buffers = unsigned(knob(K::kBuffers)),
            .pieces = Pieces(knob(K::kPieces)),
            .max_frame = unsigned(system_->config().max_frame)};
  open_.resize(honest_);
  last_.resize(honest_);
  unrung_.resize(honest_);
  arrange();
}

void ScenarioRun::arrange() {
  System &s = *system_;
  s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm | VMSO_REG_STICKY_FAULT_OVERFLOW_bm |
                     VMSO_REG_STICKY_COMMAND_IGNORED_bm;
  // A record that is seen while RESET is under way is acknowledged after it.
  if (knob(K::kResets) || knob(K::kSoftResets)) {
    s.allowed_sticky |= VMSO_REG_STICKY_CONSUMER_DOORBELL_bm;
  }
  if (knob(K::kLost)) {
    s.allowed_sticky |= VMSO_REG_STICKY_READ_TIMEOUT_bm;
    s.write32(VMSO_REG_READ_TIMEOUT, kReadTimeout);
    s.reads.given_up_after = kReadTimeout;
  }
  if (s.options().pager) {
    s.pager().mend = [this](const vmso_fault &f) {
      const std::string text = unfounded(f.queue, 0, f.cause, f.access, f.va);
      if (!text.empty()) system_->findings().add(fmt::format("queue {} parks: {}", f.queue, text));
      if (f.cause == VMSO_CAUSE_NOT_PRESENT) {
        Process &process = system_->process(f.context - 1);
        if (process.page_in(f.va)) moved_ = system_->now();
        back_at_[{process.id(), f.va / kFrameBytes}] = system_->now();
      }
      fault_seen(f.cause, true);
      return Pager::Answer::kRetry;
    };
  }
  for (unsigned i = 0; i < knob(K::kHostile); i++) {
    const char *attack = attack_of(scenario_, i);
    hostile_.push_back(make_attacker(attack, s, honest_ + i, scenario_.seed));
    hostile_.back()->start();
    outcome_.coverage.hit("hostile", fmt::format("{} {}", attack, s.config().name));
  }
  if (knob(K::kReap)) {
    s.agents.push_back(&reaper_.emplace(s, knob(K::kReap), Random(scenario_.seed, "reaper")));
  }
  events_ = {{K::kSwaps, &ScenarioRun::swap_page},
             {K::kFences, &ScenarioRun::fence},
             {K::kStops, &ScenarioRun::stop_queue},
             {K::kResets, &ScenarioRun::reset_queue}};
  for (Event &event : events_) plan(event);
  if (knob(K::kSoftResets)) next_soft_reset_ = s.now() + random_.below(20000);
}

Outcome ScenarioRun::run() {
  System &s = *system_;
  try {
    body();
    if (s.findings().empty()) finish();
    look_at_completions();
  } catch (const Error &error) {
    if (error.exit_code == 130) throw;
    const std::string text = error.what();  // some have all findings in it
    s.findings().add(s.findings().empty() ? text : text.substr(0, text.find('\n')));
  }
  if (s.findings().empty()) {
    if (soft_resets_ == 0 && hostile_.empty()) {
      s.conclude();
    } else {
      s.scoreboard.conclude();  // counters began anew, or go on while they are read
    }
  }
  s.flush_observers();
  outcome_.findings = s.findings().texts();
  outcome_.findings_count = s.findings().count();
  if (!outcome_.findings.empty()) outcome_.first_finding = s.findings().first_cycle();
  outcome_.cycles = s.cycles();
  outcome_.jobs = posted_;
  outcome_.frames = s.sink.frames;
  outcome_.bytes = s.sink.bytes;
  return outcome_;
}

void ScenarioRun::body() {
  System &s = *system_;
  const uint64_t end = s.now() + kMostCycles;
  const bool may_rest = knob(K::kRates) || knob(K::kStops);  // all queues at once, for long
  while (posted_ < knob(K::kPosted) && s.now() < end && s.findings().empty()) {
    if (s.now() >= next_job_) {
      post();
      next_job_ = s.now() + random_.below(knob(K::kGap) + 1);
    }
    act();
    if (s.now() % kLooksEvery == 0) look_at_completions();
    if (!may_rest && stands_still()) return;
    s.step();
  }
  // what happens at random goes on, for queues are emptying now, and soft resets that are due come
  end_rates();
  const uint64_t tail = s.now() + kTail;
  while ((s.now() < tail && !s.scoreboard.idle()) || next_soft_reset_ != kNever) {
    act();
    if (!goes_on()) return;
  }
}

// Who is deep in debt to his limit would be slow to end.
void ScenarioRun::end_rates() { system_->write32(VMSO_REG_RATE_PERIOD, 1); }

bool ScenarioRun::goes_on() {
  System &s = *system_;
  if (stands_still() || !s.findings().empty()) return false;
  if (s.now() % kLooksEvery == 0) look_at_completions();
  if (s.now() % kLooksAtStates == 0) s.start_stopped();
  s.step();
  return true;
}

bool ScenarioRun::stands_still() {
  System &s = *system_;
  if (s.scoreboard.judged() != judged_ || s.scoreboard.idle()) {
    judged_ = s.scoreboard.judged();
    moved_ = s.now();
  }
  if (s.now() - moved_ < kStill) return false;
  s.report_hang(fmt::format("nothing of the well-behaved has left or ended for {} cycles", kStill));
  return true;
}

// ---- what happens at random

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
  system_->restart_queue(queue);
  moved_ = system_->now();  // its jobs have ended
  open_[queue].clear();
  last_[queue] = {};
}

void ScenarioRun::soft_reset() {
  System &s = *system_;
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

// A frame behind all jobs of each queue, which tells that those without a completion have ended.
void ScenarioRun::finish() {
  System &s = *system_;
  end_rates();
  JobShape shape{.kind = kFrame, .payload = kShort, .buffers = 1};
  s.start_stopped();
  for (unsigned q = 0; q < honest_; q++) {
    JobSpec last = random_job(shape, jobs_random_);
    last.may_fail = may_fail_ && !parks(q);
    while (waits_for_pages(q) || !s.try_post(q, last)) {
      s.doorbell(q);
      for (unsigned i = 0; i < kPostsEvery; i++) {
        if (!goes_on()) return;
      }
    }
  }
  while (!s.scoreboard.idle()) {
    if (!goes_on()) return;
  }
  // the buses are never quiet beside hostile owners, nor when a read is never answered
  if (hostile_.empty() && knob(K::kLost) == 0) s.drain();
}

}  // namespace vmso::regress
