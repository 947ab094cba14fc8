// SPDX-License-Identifier: Apache-2.0
// What a regression found: an outcome as it comes out of a worker, and all of them as JSON (the sum
// of several runs is made from it), as JUnit for CI systems, and as a summary for people.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "regress/scenario_run.hpp"

namespace vmso::regress {

nlohmann::json to_json(const Outcome &outcome);
Outcome outcome_from(const nlohmann::json &json);

struct Failure {
  uint64_t seed = 0;
  std::string again;   // the command that has it again
  std::string shrunk;  // the same with fewer jobs, queues, features; empty: not tried
  std::vector<std::string> findings;
  std::string folder;  // of what is known about it; empty: nothing was kept
};

struct Summary {
  std::string command, mix;
  uint64_t asked = 0, judged = 0;
  uint64_t cycles = 0, jobs = 0, frames = 0, bytes = 0;
  double seconds = 0;
  Coverage coverage;
  std::vector<Failure> failures;
  std::vector<std::pair<uint64_t, double>> times;  // seed, seconds: of those that were judged
  void add(uint64_t seed, const Outcome &outcome, double seconds_of_it);
};

nlohmann::json to_json(const Summary &summary);
// Throws Error if it cannot be written.
void write_junit(const Summary &summary, const std::string &path);
// Some lines; `holes`: how many of a cross are named.
std::string words(const Summary &summary, size_t holes);

}  // namespace vmso::regress
