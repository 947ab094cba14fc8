// SPDX-License-Identifier: Apache-2.0
#include "regress/scenario_run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso::regress {
namespace {

using K = Knob;

constexpr uint64_t kMostCycles = 3000000;  // of posting; what was not posted by then is not
constexpr uint64_t kStill = 1000000;       // so long nothing may leave or end
constexpr uint64_t kTail = 20000;          // commands go on behind the last job
constexpr unsigned kPostsEvery = 200;      // tries to post the last job of a queue
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
  if (knob(K::kResets) || knob(K::kSoftResets) || knob(K::kLostRecords)) {
    s.allowed_sticky |= VMSO_REG_STICKY_CONSUMER_DOORBELL_bm;
  }
  if (knob(K::kLostRecords)) {
    s.allowed_sticky |= VMSO_REG_STICKY_WRITE_ERROR_bm | VMSO_REG_STICKY_QUEUE_ERROR_bm;
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
             {K::kResets, &ScenarioRun::reset_queue},
             {K::kLostRecords, &ScenarioRun::lose_record}};
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
    s.findings().add(s.findings().empty() ? text : first_line(text));
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
    if (s.now() % kLooksAtStates == 0) restart_failed();
    if (!may_rest && stands_still()) return;
    s.step();
  }
  // what happens at random goes on, for queues are emptying now, and soft resets that are due come
  end_rates();
  for (unsigned q = 0; q < honest_; q++) {
    if (unrung_[q]) ring(q);
  }
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
  if (s.now() % kLooksAtStates == 0) {
    s.start_stopped();
    restart_failed();
  }
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
