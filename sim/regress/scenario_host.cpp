// SPDX-License-Identifier: Apache-2.0
// The host that a scenario's knobs ask for.
#include <fmt/format.h>

#include "regress/scenario_run.hpp"

namespace vmso::regress {
namespace {

using K = Knob;

constexpr unsigned kEarlyClasses = 1u << unsigned(ReadClass::kWalk) |
                                   1u << unsigned(ReadClass::kSlot) |
                                   1u << unsigned(ReadClass::kTemplate);
constexpr unsigned kFewBits = 2;    // log2 of places in a small completion ring
constexpr double kLostRate = 1e-3;  // of bursts, until all that are to be lost are

SpaceOptions space_of(const Scenario &s, unsigned process) {
  Random random(s.seed, fmt::format("space {}", process));
  const std::vector<Format> &all = formats();
  uint64_t which = s[K::kFormat];
  const Format &f = all.at(which < all.size() ? which : random.below(all.size()));
  SpaceOptions o{.format = f.code};
  if (!f.pages.empty()) {
    o.page = f.pages[s[K::kPage] == kAnyPages ? random.below(f.pages.size()) : 0].size;
  }
  return o;
}

}  // namespace

SystemOptions system_options(const Scenario &s) {
  SystemOptions o;
  Random random(s.seed, "system options");
  const auto honest = unsigned(s[K::kQueues]), hostile = unsigned(s[K::kHostile]);
  const auto processes = unsigned(s[K::kProcesses]);
  o.config = Config(s[K::kConfig]);
  o.seed = s.seed;
  o.warm = true;
  o.queues = honest + hostile;
  o.processes = processes + hostile;
  for (unsigned q = 0; q < honest; q++) o.owners.push_back(q % processes);
  for (unsigned i = 0; i < hostile; i++) o.owners.push_back(processes + i);
  for (unsigned p = 0; p < processes; p++) o.spaces.push_back(space_of(s, p));
  o.log2_slots = unsigned(s[K::kSlots]);
  o.log2_completions = s[K::kCompletions] == kFewCompletions ? kFewBits : o.log2_slots - 1;
  o.keep_frames = false;

  o.read.latency = unsigned(s[K::kLatency]);
  o.read.jitter = unsigned(s[K::kJitter]);
  o.read.order = ReadOrder(s[K::kOrder]);
  o.read.ar_stall = double(s[K::kReadStall]) / 100;
  o.read.error_rate = double(s[K::kBusErrors]) / kMillion;
  o.read.lost_most = unsigned(s[K::kLost]);
  o.read.lost_rate = s[K::kLost] ? kLostRate : 0;
  o.read.lost_classes = o.read.error_classes;
  o.read.early_classes = s[K::kAnswers] == kEarlyAnswers ? kEarlyClasses : 0;
  o.write.jitter = unsigned(s[K::kWriteJitter]);
  constexpr const char *kMacs[] = {"none", "random:0.4", "1of:3", "stall:60@40"};
  o.backpressure = kMacs[s[K::kMac]];

  for (unsigned q = 0; q < honest; q++) {
    bool park = s[K::kPolicy] == kPark || (s[K::kPolicy] == kMixedPolicy && random.below(2));
    o.parks.push_back(park);
  }
  o.parks.resize(o.queues, false);
  if (s[K::kPolicy] != kAbort) {
    uint64_t delay = s[K::kPagerDelay];
    o.pager = PagerKnobs{.notice = delay / 4, .delay = delay / 4, .jitter = delay / 2};
    o.log2_faults = unsigned(s[K::kFaultRing]);
  }
  if (s[K::kChurn]) {
    o.churn = ChurnKnobs{.rate = double(s[K::kChurn])};
    o.fence_status = true;
  }
  for (unsigned q = 0; q < honest; q++) {
    if (s[K::kWeights]) o.weights.push_back(unsigned(random.between(1, 16)));
    if (!s[K::kRates]) continue;
    o.rate_bytes.push_back(random.below(2) ? uint32_t(random.between(4000, 60000)) : 0);
    o.rate_frames.push_back(random.below(4) == 0 ? uint32_t(random.between(2, 60)) : 0);
  }
  return o;
}

}  // namespace vmso::regress
