// SPDX-License-Identifier: Apache-2.0
// Among honest queues: what a lone small frame waits for, and whether weights are kept.
#pragma once
#include <csignal>
#include <string>
#include <vector>

#include "bench/cell.hpp"
#include "bench/honest.hpp"

namespace vmso::bench {

// A 64-byte frame now and then on a queue that is idle otherwise, beside `bulk` queues of 64 KiB
// TCP jobs that always have work. From the cycle in which the doorbell is taken to the first beat.
struct IdleOptions {
  Config config = Config::kWide;
  unsigned latency = 250;
  unsigned bulk = 8;
  unsigned samples = 200;
  uint64_t seed = 1;
  const volatile std::sig_atomic_t *stop = nullptr;
};
struct IdleLatency {
  std::vector<double> cycles;  // sorted
  double mean() const;
  double quantile(double q) const;  // 0..1
};
IdleLatency measure_idle(const IdleOptions &options);

// Two queues with weights 1 and `weight` and jobs of the same size, both always with work: wire
// beats of the second for each of the first.
struct WeightOptions {
  Config config = Config::kWide;
  unsigned latency = 250;
  unsigned weight = 8;
  uint32_t job_bytes = 65160;  // 64: a plain frame, else payload of a TCP job with MSS 1448
  uint64_t cycles = 100000;
  uint64_t seed = 1;
  const volatile std::sig_atomic_t *stop = nullptr;
};
double measure_weights(const WeightOptions &options);

// One queue with work for ever whose limit is `share` of what it would send without one: what it
// sent for each byte (or frame) of its limit.
struct RateOptions {
  Config config = Config::kWide;
  unsigned latency = 250;
  bool frames = false;        // limited in frames, else in bytes
  uint32_t frame_bytes = 64;  // or 1514
  double share = 0.1;
  unsigned periods = 40;
  uint64_t seed = 1;
  const volatile std::sig_atomic_t *stop = nullptr;
};
double measure_rate(const RateOptions &options);

}  // namespace vmso::bench
