// SPDX-License-Identifier: Apache-2.0
// What a regression found: an outcome as it comes out of a worker, and all of them as JSON, as
// JUnit for CI systems, and as a summary for people. The JSON of shards adds up to that of the
// whole.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "regress/scenario_run.hpp"
#include "regress/seeds.hpp"

namespace vmso::regress {

// As text, also if a file's name in it is no UTF-8; indent < 0: in one line.
std::string json_text(const nlohmann::json &json, int indent = -1);

nlohmann::json to_json(const Outcome &outcome);
Outcome outcome_from(const nlohmann::json &json);

// Commands in reports begin with `vmso`, wherever the program lies; this is what people can paste.
std::string as_called(const std::string &command, const std::string &program);

struct Failure {
  uint64_t seed = 0;
  std::string again;   // the command that has it again
  std::string shrunk;  // the same with fewer jobs, queues, features; empty: not tried
  std::vector<std::string> findings;
  std::string folder;  // of what is known about it; empty: nothing was kept
};

struct Summary {
  std::string command, mix;  // command: that of all shards together
  Seeds seeds;
  uint64_t cycles = 0, jobs = 0, frames = 0, bytes = 0;
  double seconds = 0;  // of the whole run; of shards that were merged: one after the other
  size_t parts = 1;    // so many were merged
  Coverage coverage;
  std::vector<Failure> failures;
  std::map<uint64_t, double> times;  // seconds of each seed that was judged
  std::vector<std::string> missing;  // shards that have not come to their end: "3/8"
  uint64_t asked() const { return seeds.count(); }
  uint64_t judged() const { return times.size(); }
  // Every seed was judged and none has failed.
  bool good() const { return judged() == asked() && failures.empty() && missing.empty(); }
  void add(uint64_t seed, const Outcome &outcome, double seconds_of_it);
};

nlohmann::json to_json(const Summary &summary);
// Throws what the reader of JSON throws, or Error, if it is no such thing.
Summary summary_from(const nlohmann::json &json);
// The whole, of its shards. Those that are not there are `missing`. Throws Error if two of them are
// not of the same regression, or are the same shard.
Summary merged(std::span<const Summary> shards);
std::string junit(const Summary &summary);
// Some lines; `holes`: how many of a cross are named.
std::string words(const Summary &summary, size_t holes);

}  // namespace vmso::regress
