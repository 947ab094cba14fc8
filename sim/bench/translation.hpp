// SPDX-License-Identifier: Apache-2.0
// Figures of translation: cold jobs of every format, what a miss adds, table reads of large pages,
// fences, faults that park.
#pragma once
#include <string_view>

#include "bench/plans.hpp"

namespace vmso::bench {

void run_translation(const PlanOptions &options, const Take &take);

// Cycles from a fence's GO to its number in memory, of one page of a context in use. `how`: "idl"e,
// "ful"l rate (the mean of many, or the longest), "MAC" stopped.
double fence_cycles(const Workload &workload, std::string_view how, bool most);

// Mean cycles from the entry that is not present to the fault record in memory, and from RETRY (its
// write is taken) to the first beat of the frame, what is known of its tables being `known`.
struct FaultWay {
  double record = 0, retry = 0;
};
FaultWay measure_fault_way(Config config, unsigned latency, Known known, uint64_t seed);

// Percent of their frames that 63 queues lose beside one whose every job faults. It parks, and
// RETRY comes after 10 000 cycles with nothing mended; or its jobs end.
double measure_fault_loss(Config config, bool parks, uint64_t seed);

}  // namespace vmso::bench
