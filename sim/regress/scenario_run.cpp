// SPDX-License-Identifier: Apache-2.0
#include "regress/scenario_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "regress/mistake.hpp"

namespace vmso::regress {
namespace {

using K = Knob;

constexpr uint64_t kMillion = 1000000;
constexpr uint64_t kMostCycles = 3 * kMillion;  // of posting; what was not posted by then is not
constexpr uint64_t kStill = 150000;             // so long nothing may leave or end
constexpr uint64_t kTail = 20000;               // commands go on behind the last job
constexpr unsigned kPostsEvery = 200;           // tries to post the last job of a queue
constexpr uint64_t kNever = ~uint64_t{0};
constexpr uint64_t kLooksEvery = 64, kLooksAtStates = 1000;  // cycles
constexpr size_t kDeadBuffers = 24;
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
      const std::string text = unfounded(f.queue, f.cause, f.access, f.va);
      if (!text.empty()) system_->findings().add(fmt::format("queue {} parks: {}", f.queue, text));
      if (f.cause == VMSO_CAUSE_NOT_PRESENT) system_->process(f.context - 1).page_in(f.va);
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
  outcome_.cycles = s.now();
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

// ---- jobs

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
  advise(queue, spec);
  if (knob(K::kMistakes) && random_.below(100) < knob(K::kMistakes)) {
    make_mistake(spec, random_);
  } else if (knob(K::kBits) && random_.below(100) < knob(K::kBits)) {
    turn_a_bit(queue, spec);
  }
  auto posted = s.try_post(queue, spec);
  if (!posted) return;
  take_away_pages(*posted);
  unrung_[queue] = true;
  if (random_.below(4)) ring(queue);  // else with the next one, or at the end
  posted_++;
  last_[queue] = *posted;
  const bool ip = spec.kind == VMSO_KIND_TCP_SEG || spec.kind == VMSO_KIND_UDP_SEG;
  open_[queue][posted->cookie] = {*posted, spec.kind, ip ? headers_words(spec.header) : "",
                                  spec.refused, spec.fault ? spec.fault->cause : VMSO_CAUSE_NONE};
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
  const uint64_t va = pages[random_.below(pages.size())];
  const auto at = space.entry_at(va, 0);
  if (!at) return;
  const uint64_t entry = space.read_entry(*at);
  const uint64_t pa = process.physical(va);
  space.write_entry(*at, entry ^ uint64_t{1} << random_.below(8u * space.format().entry_bytes));
  const auto walk =
      reference::walk(s.memory, s.reference_context(s.context_of(process)), s.windows(), va);
  if (walk.cause != VMSO_CAUSE_NONE) {
    spec.fault = ExpectedFault{walk.cause, walk.level, va};
  } else if (walk.pa != pa) {
    space.write_entry(*at, entry);  // bytes of somebody else
  }
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
    for (uint64_t va = b.va; va < b.va + b.bytes; va += kFrameBytes) {
      if (random_.below(100) < percent) system_->process_of(posted.queue).page_out(va);
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
    const std::string text = unfounded(queue, c.cause, c.access, c.va);
    if (!text.empty()) {
      system_->findings().add(fmt::format("completion of {}: {}", describe(c), text));
    }
  }
  open_[queue].erase(it);
}

std::string ScenarioRun::unfounded(unsigned queue, vmso_cause cause, vmso_access access,
                                   uint64_t va) {
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
      founded = knob(K::kChurn) || process.was_out(va);
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

void ScenarioRun::stop_queue() {
  System &s = *system_;
  const unsigned queue = some_queue();
  if (random_.below(2)) {
    State before = state(queue);
    if (vmso_queue_command(&s.device(), queue, VMSO_CMD_STOP) != VMSO_OK) return;
    outcome_.coverage.hit("commands", fmt::format("STOP {}", state_word(before)));
  } else {
    vmso_queue_command(&s.device(), queue, VMSO_CMD_ENABLE);
  }
}

void ScenarioRun::reset_queue() {
  const unsigned queue = some_queue();
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
