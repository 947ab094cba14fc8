// SPDX-License-Identifier: Apache-2.0
// One scenario through the engine: well-behaved owners who post random jobs, a kernel that mends
// faults, fences, stops and resets, hostile owners beside them. Every frame and completion of the
// well-behaved is judged; jobs of queues that park, and of queues where nothing can go wrong, have
// to end well; all have to end.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "attack/attacker.hpp"
#include "regress/coverage.hpp"
#include "regress/knobs.hpp"
#include "regress/random_job.hpp"

namespace vmso::regress {

struct Outcome {
  std::vector<std::string> findings;  // none: it was good
  uint64_t findings_count = 0;
  uint64_t first_finding = 0;  // cycle
  uint64_t cycles = 0, jobs = 0, frames = 0, bytes = 0;
  Coverage coverage;
  bool good() const { return findings_count == 0; }
};

struct RunOptions {
  WaveOptions wave = {};
  RecordFiles files = {};
  const volatile std::sig_atomic_t *stop = nullptr;
};

SystemOptions system_options(const Scenario &scenario);

class ScenarioRun {
 public:
  explicit ScenarioRun(const Scenario &scenario, const RunOptions &options = {});
  // Once. Throws Error if it was interrupted (exit code 130).
  Outcome run();
  System &system() { return *system_; }

 private:
  struct Open {
    Posted posted;
    vmso_kind kind;
    std::string headers;  // "": no IP
    vmso_status refused;  // OK: it breaks no rule
    vmso_cause fault;     // NONE: its pages can be used
    uint64_t at;          // cycle in which it was posted
  };
  static constexpr uint64_t kNever = ~uint64_t{0};
  struct Event {  // comes again and again, at random
    Knob knob;
    void (ScenarioRun::*act)();
    uint64_t next = kNever;
  };

  void arrange();
  void body();
  void post();
  void ring(unsigned queue);  // its doorbell
  void advise(unsigned queue, JobSpec &spec);
  void spoil(unsigned queue, JobSpec &spec);  // if its knobs say so
  bool chosen(Knob percent) { return spoil_random_.below(100) < knob(percent); }
  void take_away_pages(const Posted &posted);
  void look_at_completions();
  void ended(unsigned queue, const Completion &completion);
  void fault_seen(unsigned cause, bool parks);
  void retire();
  void act();
  void plan(Event &event);
  // what happens at random
  void swap_page();
  void fence();
  void stop_queue();
  void reset_queue();
  void lose_record();
  void soft_reset();
  void restart(unsigned queue);  // RESET, and as new
  void restart_failed();         // those that are in ERROR, as a record could not be written
  void finish();
  // One cycle of a run that waits for the end; false: it has come, or nothing goes on any more.
  bool goes_on();
  void end_rates();
  // Nothing of the well-behaved has left or ended for a long time: a finding.
  bool stands_still();
  // Why a job, posted in cycle `posted` or before, must not have failed like this; empty if it may.
  std::string unfounded(unsigned queue, uint64_t posted, vmso_cause cause, vmso_access access,
                        uint64_t va);
  // The page was out of its table at some time since then.
  bool was_out_since(const Process &process, uint64_t posted, uint64_t va) const;

  // Somebody who looks at completions only now and then.
  struct Reaper : Agent {
    Reaper(System &system, uint64_t most, Random random)
        : system(system), most(most), random(random) {}
    void act(uint64_t now) override;
    System &system;
    uint64_t most, next = 0;
    Random random;
  };

  uint64_t knob(Knob which) const { return scenario_[which]; }
  bool parks(unsigned queue) const { return system_->options().parks.at(queue); }
  State state(unsigned queue);
  // The process of a queue cannot write into its pages: they are being moved.
  bool waits_for_pages(unsigned queue);
  unsigned queue_to_command();
  unsigned some_queue() { return unsigned(random_.below(honest_)); }

  Scenario scenario_;
  Random random_, jobs_random_, spoil_random_;
  JobShape shape_;
  unsigned honest_;  // queues 0 .. honest_ - 1
  bool may_fail_;    // something can happen to a job of a queue that does not park
  uint64_t posted_ = 0, soft_resets_ = 0;
  uint64_t judged_ = 0, moved_ = 0;  // what was judged at the last look; when it grew
  uint64_t next_job_ = 0, next_soft_reset_ = kNever;
  std::unique_ptr<System> system_;
  std::vector<std::unique_ptr<Attacker>> hostile_;
  std::optional<Reaper> reaper_;
  std::vector<std::unordered_map<uint64_t, Open>> open_;  // by queue, cookie
  std::vector<Posted> last_;                              // by queue
  std::vector<bool> unrung_;    // by queue: it has jobs without a doorbell
  std::vector<Unmapped> dead_;  // to be fenced
  // Cycle in which a page has come back last, by process and address.
  std::map<std::pair<uint32_t, uint64_t>, uint64_t> back_at_;
  std::vector<Event> events_;
  Outcome outcome_;
};

}  // namespace vmso::regress
