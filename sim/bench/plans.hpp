// SPDX-License-Identifier: Apache-2.0
// What is measured: the quick table with its musts and aims, and the sweeps behind the plots.
#pragma once
#include <csignal>
#include <functional>
#include <optional>
#include <set>

#include "bench/figure.hpp"
#include "system/system.hpp"

namespace vmso::bench {

struct PlanOptions {
  uint64_t seed = 1;
  // Which figures; empty: all.
  std::string only;  // name contains this
  std::string config;
  std::optional<unsigned> latency, queues;
  WaveOptions wave = {};  // of the first of them, as the files
  RecordFiles files = {};
  const volatile std::sig_atomic_t *stop = nullptr;
  std::set<std::string> *names = nullptr;  // nothing is measured: names of all figures go here
};

// Figures in order, each handed over as soon as it is there.
using Take = std::function<void(const Figure &)>;

// The table that every release has to meet; within six minutes.
void run_quick(const PlanOptions &options, const Take &take);
// Latency 2..400, 1..16 fragments, 64 offsets, MSS, queues, cold jobs by size.
void run_sweeps(const PlanOptions &options, const Take &take);

}  // namespace vmso::bench
