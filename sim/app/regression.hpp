// SPDX-License-Identifier: Apache-2.0
// A regression: the seeds of `vmso regress`, a process each, what people see of it meanwhile, what
// is written and kept of it.
#pragma once
#include <chrono>
#include <thread>

#include "app/commands.hpp"
#include "regress/explain.hpp"

namespace vmso {

struct RegressArguments {
  std::string seeds = "1..100", mix = "all", shard, json, junit, failures = "failures";
  std::vector<std::string> merge;
  std::vector<std::string> knobs = std::vector<std::string>(regress::kKnobs);
  unsigned at_once = std::max(1u, std::thread::hardware_concurrency());
  RecordFiles files;
  std::string wave;
  double minutes = 0, patience = 600;
  size_t holes = 0;
  bool no_shrink = false, dry_run = false, quiet = false;
};

// --json and --junit, as far as they are asked for. Throws Error if one cannot be written.
void write_reports(const RegressArguments &arguments, const regress::Summary &summary);
// `program`: as it was called.
void print_summary(const regress::Summary &summary, size_t holes, const std::string &program);

class Regression {
 public:
  Regression(const RegressArguments &arguments, const Program &program);
  int run();  // once; returns the exit code

 private:
  void must_be_one_seed() const;
  void tell_what_is_taken_away() const;
  int show_scenarios() const;
  void load_models() const;
  regress::Scenario scenario(uint64_t seed) const { return draw(mix_, seed, fixed_); }
  std::string judge(const regress::Scenario &scenario, const regress::RunOptions &with) const;
  bool run_seeds();  // false: it was stopped
  std::optional<uint64_t> next();
  void ended(const regress::TaskEnd &end);
  void explain();
  void write_before_explaining();
  bool stopped() const { return program_.stop && *program_.stop; }
  double elapsed() const;
  void progress();

  using Clock = std::chrono::steady_clock;
  const RegressArguments &a_;
  const Program &program_;
  const regress::Mix &mix_;
  regress::Seeds seeds_;
  regress::Fixed fixed_;
  regress::Summary summary_;
  std::map<uint64_t, uint64_t> cycle_of_;  // of the first finding, by seed; not of crashes
  uint64_t next_ = 0, ended_ = 0;
  double longest_good_ = 0;  // seconds
  bool starved_ = false;     // there were no more processes to be had
  Clock::time_point begun_;
  double progress_at_ = 0;  // seconds
  regress::StatusLine status_;
};

}  // namespace vmso
