// SPDX-License-Identifier: Apache-2.0
// The named mixes: docs/regressions.md has them in words.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "model/findings.hpp"
#include "model/nearest.hpp"
#include "model/random.hpp"
#include "regress/knobs.hpp"

namespace vmso::regress {
namespace {

using K = Knob;
using Spreads = std::vector<Spread>;

Spreads together(std::initializer_list<Spreads> parts) {
  Spreads all;
  for (const Spreads &part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Where, and what stands around the engine.
Spreads surroundings() {
  return {{K::kConfig, 1, 0, 2},          {K::kQueues, 0.9, 1, 48},
          {K::kProcesses, 0.8, 1, 8},     {K::kFormat, 0.8, 0, mixed_formats()},
          {K::kPage, 0.5, 1, 1},          {K::kSlots, 0.5, 4, 9},
          {K::kLatency, 1, 1, 400},       {K::kJitter, 0.6, 1, 300},
          {K::kOrder, 0.7, 0, 2},         {K::kReadStall, 0.3, 1, 60},
          {K::kWriteJitter, 0.4, 1, 400}, {K::kMac, 0.3, 0, 3},
          {K::kWeights, 0.3, 1, 1},       {K::kRates, 0.1, 1, 1},
          {K::kReap, 0.2, 10, 10000},     {K::kCompletions, 0.2, 1, 1},
          {K::kAnswers, 0.5, 1, 1}};
}

Spreads jobs(uint64_t most) {
  return {{K::kPosted, 1, 30, most}, {K::kGap, 0.7, 1, 1000},   {K::kKind, 1, 0, kAnyKind},
          {K::kTunnel, 0.4, 1, 2},   {K::kMss, 0.6, 1, 2},      {K::kPayload, 0.9, 0, kLong},
          {K::kBuffers, 0.8, 1, 60}, {K::kAdvise, 0.3, 1, 100}, {K::kPieces, 0.2, 1, 1},
          {K::kZeros, 0.3, 1, 60}};
}

Spreads faulting() {
  return {
      {K::kPolicy, 0.8, 1, 2},      {K::kFaultRing, 0.6, 0, 4},      {K::kPagerDelay, 0.7, 0, 4000},
      {K::kAbsent, 0.6, 1, 40},     {K::kSwaps, 0.4, 300, 8000},     {K::kChurn, 0.4, 200, 3000},
      {K::kFences, 0.4, 200, 3000}, {K::kBusErrors, 0.3, 100, 5000}, {K::kLost, 0.15, 1, 6},
      {K::kBits, 0.4, 5, 80},       {K::kNowhere, 0.5, 1, 30}};
}

Spreads commands() {
  return {{K::kStops, 0.7, 400, 5000},
          {K::kResets, 0.5, 100, 2000},
          {K::kSoftResets, 0.3, 1, 2},
          {K::kFences, 0.4, 200, 3000},
          {K::kLostRecords, 0.4, 30, 1000}};
}

Spreads hostile(double chance) {
  uint64_t any = knob_info(K::kAttack).last;
  return {{K::kHostile, chance, 1, 5}, {K::kAttack, 1, 0, any}};
}

Spreads mistaken(double chance) { return {{K::kMistakes, chance, 1, 60}}; }

// The same with other chances for what is seldom.
Spreads seldom(Spreads spreads, double factor) {
  for (Spread &s : spreads) s.chance *= factor;
  return spreads;
}

std::vector<Mix> make_mixes() {
  Spreads all = together({surroundings(), jobs(500), seldom(faulting(), 0.6),
                          seldom(commands(), 0.4), hostile(0.2), mistaken(0.5)});
  Spreads corners = together({surroundings(), jobs(100)});
  for (Spread &s : corners) {
    if (s.knob == K::kPayload) s = {K::kPayload, 1, kCornerPayload, kCornerPayload};
    if (s.knob == K::kMss) s = {K::kMss, 1, kAnyMss, kCornerMss};
    if (s.knob == K::kBuffers) s = {K::kBuffers, 0.9, 1, 1500};
    if (s.knob == K::kSlots) s = {K::kSlots, 0.9, 3, 11};
  }
  return {
      {"send", "every kind of job, everything present, nobody interferes",
       together({surroundings(), jobs(600)})},
      {"faults", "pages that are absent, taken away and moved, bus errors; jobs end or queues park",
       together({surroundings(), jobs(400), faulting()})},
      {"hostile", "owners who break every rule beside well-behaved ones, who lose nothing",
       together({surroundings(), jobs(200), hostile(1), seldom(commands(), 0.3), mistaken(0.3)})},
      {"reset", "STOP, RESET, soft resets, fences and lost records at any time",
       together({surroundings(), jobs(500), commands(), seldom(faulting(), 0.7), mistaken(0.2)})},
      {"corners", "lengths at their corners, jobs of many pieces, small rings", corners},
      {"all", "all of these, at lengths that are not extreme", all},
      {"plain", "what the options say, all else as simple as can be", {}},
  };
}

// Uniform over the magnitudes: as many values below 16 as above 1000.
uint64_t spread(Random &random, uint64_t first, uint64_t last) {
  uint64_t span = last - first;
  if (span < 16) return random.between(first, last);
  if (random.below(16) == 0) return random.below(2) ? first : last;
  unsigned bits = unsigned(random.below(unsigned(std::bit_width(span)) + 1));
  return first + std::min(span, random.below(uint64_t{1} << bits));
}

}  // namespace

std::span<const Mix> mixes() {
  static const std::vector<Mix> all = make_mixes();
  return all;
}

const Mix &mix_named(const std::string &name) {
  std::vector<std::string> names;
  for (const Mix &mix : mixes()) {
    if (mix.name == name) return mix;
    names.push_back(mix.name);
  }
  throw Error("--mix: " + none_of(name, names), 2);
}

Scenario draw(const Mix &mix, uint64_t seed, const Fixed &fixed, Reasons *reasons) {
  Scenario s = simplest(seed);
  for (const Spread &one : mix.spreads) {
    Random random(seed, knob_info(one.knob).name);
    if (random.chance(one.chance)) s[one.knob] = spread(random, one.first, one.last);
  }
  for (const auto &[knob, value] : fixed) s[knob] = value;
  settle(s, reasons);
  return s;
}

}  // namespace vmso::regress
