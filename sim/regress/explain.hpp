// SPDX-License-Identifier: Apache-2.0
// What is made of a failing seed: the same with less in it, and a folder with all that is known.
#pragma once
#include <optional>

#include "regress/results.hpp"
#include "regress/status_line.hpp"
#include "regress/workers.hpp"

namespace vmso::regress {

// Runs a scenario; in a process of its own. Returns an Outcome as JSON.
using Judge = std::function<std::string(const Scenario &scenario, const RunOptions &with)>;

// A crash or a hang is a finding, too.
Outcome outcome_of(const TaskEnd &end);

// " --patience 600": what the command of a hang needs to end in the same way.
std::string patience_option(double seconds);

class Explainer {
 public:
  struct Options {
    std::string folder;            // of failures; each has one of its own in it
    bool shrink = true;            // else they are left as they are
    double patience = 600;         // seconds of a run
    double patience_of_try = 600;  // of one made smaller: hangs are tried often
    std::string program = "vmso";  // as it was called
    const volatile std::sig_atomic_t *stop = nullptr;
  };
  Explainer(Options options, Judge judge, StatusLine &status)
      : options_(std::move(options)), judge_(std::move(judge)), status_(status) {}

  // `failure` gets a smaller scenario and a folder; a finding more if it does not come back as it
  // was. `cycle`: of its first finding; none: a crash or a hang, of which nothing can be recorded.
  // After `stop` nothing more is run, and what is known is kept. Throws Error if the folder cannot
  // be written.
  void explain(Failure &failure, const Scenario &scenario, std::optional<uint64_t> cycle);

 private:
  void shrink(Failure &failure, const Scenario &scenario);
  void keep(Failure &failure, const Scenario &scenario, std::optional<uint64_t> cycle);
  void record(Failure &failure, const Scenario &scenario, uint64_t cycle);
  bool stopped() const { return options_.stop && *options_.stop; }

  Options options_;
  Judge judge_;
  StatusLine &status_;
};

}  // namespace vmso::regress
