// SPDX-License-Identifier: Apache-2.0
#include "regress/knobs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attack/attacker.hpp"
#include "host/formats.hpp"
#include "model/dut.hpp"
#include "model/findings.hpp"
#include "model/nearest.hpp"

namespace vmso::regress {
namespace {

std::vector<std::string> format_words() {
  std::vector<std::string> words;
  for (const Format &f : formats()) words.push_back(f.option);
  words.push_back("mix");
  return words;
}

std::vector<std::string> attack_words() {
  std::vector<std::string> words = attack_names();
  words.push_back("any");
  return words;
}

uint64_t format_index(vmso_format code) {
  auto all = formats();
  return uint64_t(std::ranges::find(all, code, &Format::code) - all.begin());
}

std::vector<KnobInfo> make_knobs() {
  using K = Knob;
  const uint64_t x86_64 = format_index(VMSO_FORMAT_X86_64_L4);
  std::vector<KnobInfo> all = {
      {K::kConfig, "config", "named configuration", 0, 2, 0, {"small", "default", "wide"}},
      {K::kQueues, "queues", "well-behaved queues", 1, 1000, 1},
      {K::kProcesses, "processes", "that they belong to", 1, 60, 1},
      {K::kFormat, "format", "of their page tables", 0, 0, x86_64, format_words()},
      {K::kPage, "pages", "sizes", 0, 1, 0, {"smallest", "any"}},
      {K::kPosted, "posted", "jobs of well-behaved queues in all", 1, 100000, 1},
      {K::kGap, "gap", "most cycles between two jobs, over all queues", 0, 100000, 0},
      {K::kKind, "kind", "of jobs", 0, 0, kFrame, {"tcp", "udp", "csum", "frame", "any"}},
      {K::kTunnel, "tunnels", "jobs that have one", 0, 0, 0, {"none", "some", "all"}},
      {K::kMss,
       "mss",
       "1448, 1..3000, or corners: 1, 2^n and next to it, the largest frame",
       0,
       0,
       0,
       {"usual", "any", "corners"}},
      {K::kPayload,
       "payload",
       "bytes of a job: below 100, below 9000, corners, to 70000",
       0,
       0,
       0,
       {"short", "any", "corners", "long"}},
      {K::kBuffers, "buffers", "most buffers of a job", 1, 2000, 1},
      {K::kSlots, "slots", "log2 of a ring's slots", 3, 12, 8},
      {K::kLatency, "latency", "cycles from a read's address to its data", 1, 2000, 20},
      {K::kJitter, "jitter", "up to so many more, random", 0, 2000, 0},
      {K::kOrder, "order", "of read data", 0, 0, 0, {"in_order", "by_id", "interleaved"}},
      {K::kReadStall, "read_stall", "cycles of a hundred without ARREADY", 0, 90, 0},
      {K::kWriteJitter, "write_jitter", "cycles of write latency, random", 0, 2000, 0},
      {K::kBusErrors, "bus_errors", "of a million bursts of walks, templates, payload", 0, 100000,
       0},
      {K::kMac,
       "mac",
       "ready: always, in 4 cycles of 10 at random, in one of 3, or not for 60 of 100",
       0,
       0,
       0,
       {"ready", "random", "1of", "stall"}},
      {K::kPolicy,
       "policy",
       "at a fault: its job ends, its queue parks, each queue its own",
       0,
       0,
       0,
       {"abort", "park", "mix"}},
      {K::kFaultRing, "fault_ring", "log2 of its records; 0: none", 0, 8, 4},
      {K::kPagerDelay, "pager_delay", "cycles until a fault is mended, at most", 0, 20000, 100},
      {K::kAbsent, "absent", "of a hundred pages are not there when their job is posted", 0, 100,
       0},
      {K::kSwaps, "swaps", "pages taken away per million cycles", 0, 20000, 0},
      {K::kChurn, "churn", "changes by a memory manager per million cycles", 0, 5000, 0},
      {K::kFences, "fences", "more fences, per million cycles", 0, 5000, 0},
      {K::kStops, "stops", "STOP and ENABLE of a queue, per million cycles", 0, 5000, 0},
      {K::kResets, "resets", "RESET of a queue, per million cycles", 0, 2000, 0},
      {K::kSoftResets, "soft_resets", "of the engine", 0, 3, 0},
      {K::kHostile, "hostile", "hostile queues beside them", 0, 8, 0},
      {K::kAttack, "attack", "what they do; any: each something else", 0, 0, 0, attack_words()},
      {K::kWeights, "weights", "of queues", 0, 0, 0, {"equal", "any"}},
      {K::kRates, "rates", "rate limits of queues", 0, 0, 0, {"none", "some"}},
      {K::kAdvise, "advise", "of a hundred jobs are advised before (ADVISE)", 0, 100, 0},
      {K::kLost, "lost", "reads that are never answered, in all", 0, 6, 0},
      {K::kPieces, "pieces", "of a job's buffers; tiny: below 40 bytes", 0, 0, 0, {"any", "tiny"}},
      {K::kMistakes, "mistakes", "of a hundred jobs break a rule and have to be refused", 0, 100,
       0},
      {K::kReap, "reap", "most cycles between two looks at completions", 0, 10000, 0},
      {K::kCompletions,
       "completions",
       "places of a completion ring: half of the slots, or 4",
       0,
       0,
       0,
       {"half", "few"}},
      {K::kBits, "bits", "of a hundred jobs: a bit of a page's entry is turned", 0, 100, 0},
      {K::kNowhere, "nowhere", "of a hundred jobs: a buffer lies where nothing can be", 0, 100, 0},
      {K::kZeros, "zeros", "of a hundred jobs: the first checksum is 0", 0, 100, 0},
      {K::kAnswers,
       "answers",
       "to reads of tables, slots, templates: what is there as they come, or as AR came",
       0,
       0,
       0,
       {"late", "early"}},
      {K::kLostRecords, "lost_records",
       "completion records that memory refuses, per million cycles", 0, 1000, 0},
  };
  for (KnobInfo &k : all) {
    if (!k.words.empty()) k.last = k.first + k.words.size() - 1;
  }
  return all;
}

unsigned most_queues(uint64_t config) {
  constexpr unsigned kMost[] = {4, 64, 1000};
  return kMost[config];
}
constexpr unsigned kContexts[] = {8, 64, 1024};

}  // namespace

std::span<const KnobInfo> knobs() {
  static const std::vector<KnobInfo> all = make_knobs();
  return all;
}

const KnobInfo &knob_info(Knob knob) { return knobs()[size_t(knob)]; }

std::string knob_text(Knob knob, uint64_t value) {
  const KnobInfo &k = knob_info(knob);
  return k.words.empty() ? std::to_string(value) : k.words.at(value - k.first);
}

uint64_t knob_value(const KnobInfo &k, const std::string &text) {
  if (!k.words.empty()) {
    auto it = std::ranges::find(k.words, text);
    if (it != k.words.end()) return k.first + uint64_t(it - k.words.begin());
    throw Error(fmt::format("--{}: {}", k.name, none_of(text, k.words)), 2);
  }
  const bool number =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (number && text.size() < 19) {  // all of those fit
    const uint64_t value = std::stoull(text);
    if (value >= k.first && value <= k.last) return value;
  }
  throw Error(fmt::format("--{}: {} is {} {} to {}", k.name, text,
                          number ? "not in the range" : "no whole number from", k.first, k.last),
              2);
}

uint64_t mixed_formats() { return formats().size(); }

Scenario simplest(uint64_t seed) {
  Scenario s;
  s.seed = seed;
  for (const KnobInfo &k : knobs()) s[k.knob] = k.simplest;
  return s;
}

void settle(Scenario &s, Reasons *reasons) {
  using K = Knob;
  auto make = [&](std::initializer_list<K> knobs, uint64_t value, const char *why) {
    for (K knob : knobs) {
      if (s[knob] != value && reasons) (*reasons)[knob] = why;
      s[knob] = value;
    }
  };
  auto most = [&](K knob, uint64_t value, const char *why) {
    if (s[knob] > value) make({knob}, value, why);
  };
  const uint64_t config = s[K::kConfig];
  const char *engine = "the engine has no more queues";
  most(K::kHostile, most_queues(config) - 1, engine);
  most(K::kQueues, most_queues(config) - s[K::kHostile], engine);
  most(K::kProcesses, s[K::kQueues], "there are no more queues");
  most(K::kProcesses, kContexts[config] - 1 - s[K::kHostile], "the engine has no more contexts");
  const bool tables = s[K::kFormat] != format_index(VMSO_FORMAT_IDENTITY);
  const char *identity = "format identity has no page tables";
  if (!tables) make({K::kPage, K::kAbsent, K::kSwaps, K::kChurn, K::kBits}, 0, identity);
  // Who turns a bit knows what has to come of it as long as nobody else changes the entry.
  if (s[K::kBits]) make({K::kAbsent, K::kSwaps, K::kChurn}, 0, "not beside bits");
  // A memory manager whose fences a soft reset ends would wait for them.
  if (s[K::kChurn]) make({K::kSoftResets}, 0, "not beside churn");
  if (s[K::kHostile] == 0) make({K::kAttack}, 0, "nobody is hostile");
  const bool faults =
      s[K::kAbsent] || s[K::kSwaps] || s[K::kBusErrors] || s[K::kChurn] || s[K::kLost];
  if (!faults) make({K::kPolicy}, kAbort, "no page is absent and no read fails");
  if (s[K::kPolicy] == kAbort) {
    for (K knob : {K::kFaultRing, K::kPagerDelay}) {
      make({knob}, knob_info(knob).simplest, "no queue parks");
    }
  }
  // a job has to fit its ring
  most(K::kBuffers, ((uint64_t{1} << s[K::kSlots]) - 2) * 4,
       "a ring of so few slots holds no more");
}

std::string describe(const Scenario &s) {
  std::string text;
  for (const KnobInfo &k : knobs()) {
    if (s[k.knob] == k.simplest && k.knob != Knob::kConfig) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", k.name, knob_text(k.knob, s[k.knob]));
  }
  return text;
}

std::string reproduce(const Scenario &s) {
  std::string text = fmt::format("vmso regress --mix plain --seeds {}", s.seed);
  for (const KnobInfo &k : knobs()) {
    if (s[k.knob] != k.simplest) {
      text += fmt::format(" --{} {}", k.name, knob_text(k.knob, s[k.knob]));
    }
  }
  return text;
}

Scenario scenario_of(std::span<const uint8_t> bytes) {
  constexpr size_t kSeedBytes = 8;
  uint64_t seed = 0;
  for (size_t i = 0; i < kSeedBytes && i < bytes.size(); i++) seed |= uint64_t(bytes[i]) << 8 * i;
  Scenario s = simplest(seed);
  for (const KnobInfo &k : knobs()) {
    const size_t at = kSeedBytes + size_t(k.knob);
    if (at >= bytes.size() || bytes[at] == 0) continue;
    const uint64_t byte = bytes[at], range = k.last - k.first;
    if (!k.words.empty()) {
      s[k.knob] = k.first + (k.simplest - k.first + byte) % (range + 1);
    } else {
      s[k.knob] = k.first + std::min(range, ((8 + byte % 8) << byte / 8) >> 3);
    }
  }
  settle(s);
  return s;
}

}  // namespace vmso::regress
