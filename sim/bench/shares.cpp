// SPDX-License-Identifier: Apache-2.0
#include "bench/shares.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace vmso::bench {
namespace {

constexpr uint64_t kPatience = 100000;  // cycles for one small frame, then it is never

void conclude(System &system) {
  if (system.findings().empty()) return;
  throw Error("the run was wrong, so it has no figure:\n" + system.findings().report());
}

}  // namespace

double IdleLatency::mean() const {
  return std::accumulate(cycles.begin(), cycles.end(), 0.0) / double(cycles.size());
}

double IdleLatency::quantile(double q) const {
  size_t at = size_t(std::ceil(q * double(cycles.size())));
  return cycles.at(std::clamp<size_t>(at, 1, cycles.size()) - 1);
}

IdleLatency measure_idle(const IdleOptions &o) {
  HonestLoad bulk = honest_loads().front();
  // The configuration has no queue beyond its largest number: the last of them is the idle one.
  unsigned queues = std::min(o.bulk + 1, config_info(o.config).queues);
  SystemOptions so;
  so.config = o.config;
  so.seed = o.seed;
  so.queues = queues;
  so.read.latency = o.latency;
  so.keep_frames = false;
  so.stop = o.stop;
  so.log2_slots = so.log2_completions = queues > 64 ? 3 : 6;
  System s(so);
  s.check(vmso_tune(&s.device(), o.latency, false, bulk.frame_bytes()), "tune");
  std::vector<unsigned> busy(queues - 1);
  std::iota(busy.begin(), busy.end(), 0u);
  HonestOwners owners(s, bulk, busy);
  owners.warm();
  HonestOwners lone(s, honest_loads()[2], {queues - 1});
  lone.warm();
  Random random(o.seed, "idle");
  auto step = [&] {
    s.step();
    owners.top_up();
  };
  for (uint64_t end = s.now() + 4000 + 20ull * queues; s.now() < end;) step();
  IdleLatency result;
  uint64_t first = 0;
  s.on_frame = [&](const StreamFrame &frame) {
    if (frame.queue == queues - 1) first = frame.first;
  };
  for (unsigned i = 0; i < o.samples; i++) {
    for (uint64_t end = s.now() + 300 + random.below(500); s.now() < end;) step();
    first = 0;
    if (!lone.post_one(queues - 1)) throw Error("the idle queue's ring is full");
    s.doorbell(queues - 1);
    uint64_t rung = s.axil.taken_at();
    while (first == 0 && s.now() < rung + kPatience) step();
    result.cycles.push_back(first == 0 ? kInfinite : double(first - rung));
    if (first == 0) break;  // and what would come behind it does not count
  }
  std::ranges::sort(result.cycles);
  conclude(s);
  return result;
}

double measure_weights(const WeightOptions &o) {
  HonestLoad load = honest_loads()[o.job_bytes > 64 ? 0 : 2];
  load.job_bytes = o.job_bytes;
  load.log2_depth = o.job_bytes > 14480 ? 5 : o.job_bytes > 1000 ? 7 : 10;
  SystemOptions so;
  so.config = o.config;
  so.seed = o.seed;
  so.queues = 2;
  so.weights = {1, o.weight};
  so.read.latency = o.latency;
  so.keep_frames = false;
  so.stop = o.stop;
  so.log2_slots = so.log2_completions = load.log2_depth;
  System s(so);
  s.check(vmso_tune(&s.device(), o.latency, false, load.frame_bytes()), "tune");
  HonestOwners owners(s, load, {0, 1});
  owners.warm();
  auto run = [&](uint64_t cycles) {
    for (uint64_t end = s.now() + cycles; s.now() < end;) {
      s.step();
      owners.top_up();
    }
  };
  run(5000);
  std::array<uint64_t, 2> beats{};
  unsigned bus = s.config().bus_bytes();
  s.on_frame = [&](const StreamFrame &frame) {
    beats.at(frame.queue) += (frame.bytes.size() + bus - 1) / bus;
  };
  run(o.cycles);
  s.on_frame = {};
  conclude(s);
  return double(beats[1]) / double(std::max<uint64_t>(beats[0], 1));
}

double measure_rate(const RateOptions &o) {
  constexpr uint64_t kPeriod = 4096;  // cycles, RATE_PERIOD's reset value
  HonestLoad load = honest_loads()[o.frame_bytes > 64 ? 1 : 2];
  load.log2_depth = o.frame_bytes > 64 ? 8 : 11;
  // Beats of the wire, or of slot and payload: what a frame takes without a limit.
  unsigned bus = config_info(o.config).bus_bytes();
  double cycles = o.frame_bytes > 64 ? (o.frame_bytes + bus - 1) / bus : 128.0 / bus + 1;
  uint32_t limit_frames = uint32_t(o.share * kPeriod / cycles);
  SystemOptions so;
  so.config = o.config;
  so.seed = o.seed;
  so.queues = 1;
  (o.frames ? so.rate_frames : so.rate_bytes) = {limit_frames * (o.frames ? 1 : o.frame_bytes)};
  so.read.latency = o.latency;
  so.keep_frames = false;
  so.stop = o.stop;
  so.log2_slots = so.log2_completions = load.log2_depth;
  System s(so);
  s.check(vmso_tune(&s.device(), o.latency, false, load.frame_bytes()), "tune");
  HonestOwners owners(s, load, {0});
  owners.warm();
  auto run = [&](uint64_t n) {
    for (uint64_t end = s.now() + n; s.now() < end;) {
      s.step();
      owners.top_up();
    }
  };
  run(4 * kPeriod);
  uint64_t frames = 0;
  s.on_frame = [&](const StreamFrame &) { frames++; };
  run(o.periods * kPeriod);
  s.on_frame = {};
  conclude(s);
  return double(frames) / (double(limit_frames) * o.periods);
}

}  // namespace vmso::bench
