// SPDX-License-Identifier: Apache-2.0
// What a random scenario is made of: one table of knobs, each an integer with a name, a range and a
// simplest value. The command line, the line that reproduces a failure, the shrinker and the fuzzer
// know a scenario as these numbers and nothing else.
//
// A scenario is drawn from its seed, mix and the knobs that somebody has fixed; each knob has a
// random stream of its own, so fixing one changes no other. settle() then makes the values agree
// with each other; it only ever takes away.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vmso::regress {

enum class Knob : uint8_t {
  kConfig,
  kQueues,
  kProcesses,
  kFormat,
  kPage,
  kPosted,
  kGap,
  kKind,
  kTunnel,
  kMss,
  kPayload,
  kBuffers,
  kSlots,
  kLatency,
  kJitter,
  kOrder,
  kReadStall,
  kWriteJitter,
  kBusErrors,
  kMac,
  kPolicy,
  kFaultRing,
  kPagerDelay,
  kAbsent,
  kSwaps,
  kChurn,
  kFences,
  kStops,
  kResets,
  kSoftResets,
  kHostile,
  kAttack,
  kWeights,
  kRates,
  kAdvise,
  kLost,
  kPieces,
  kMistakes,
  kReap,
  kCompletions,
  kBits,
  kNowhere,
  kZeros,
  kAnswers,
  kLostRecords,
};
constexpr size_t kKnobs = size_t(Knob::kLostRecords) + 1;

constexpr uint64_t kMillion = 1000000;  // what rates are of: cycles, bursts

struct KnobInfo {
  Knob knob;
  const char *name;  // of the option, without dashes
  const char *help;
  uint64_t first, last, simplest;
  std::vector<std::string> words = {};  // values from `first` on have names
};
std::span<const KnobInfo> knobs();
const KnobInfo &knob_info(Knob knob);
// "sv39", "100"; the opposite throws Error, exit code 2.
std::string knob_text(Knob knob, uint64_t value);
uint64_t knob_value(const KnobInfo &knob, const std::string &text);

// Values of kFormat: a format of the harness each, and kMixedFormats: another one for each process.
uint64_t mixed_formats();
// Values of the knobs with few of them.
enum Page : uint64_t { kSmallPages, kAnyPages };
enum Kinds : uint64_t { kTcp, kUdp, kCsum, kFrame, kAnyKind };
enum Tunnels : uint64_t { kNoTunnel, kSomeTunnels, kAllTunnels };
enum Mss : uint64_t { kUsualMss, kAnyMss, kCornerMss };
enum Payloads : uint64_t { kShort, kAnyPayload, kCornerPayload, kLong };
enum Pieces : uint64_t { kAnyPieces, kTinyPieces };
enum Answers : uint64_t { kLateAnswers, kEarlyAnswers };
enum Completions : uint64_t { kHalfOfSlots, kFewCompletions };
enum Macs : uint64_t { kAlwaysReady, kRandomMac, kOneOfThree, kStalls };
enum Policy : uint64_t { kAbort, kPark, kMixedPolicy };

struct Scenario {
  uint64_t seed = 0;
  std::array<uint64_t, kKnobs> values{};
  uint64_t operator[](Knob knob) const { return values[size_t(knob)]; }
  uint64_t &operator[](Knob knob) { return values[size_t(knob)]; }
  bool operator==(const Scenario &) const = default;
};
using Fixed = std::map<Knob, uint64_t>;

// A scenario of simplest values.
Scenario simplest(uint64_t seed);
// Why a value became another one.
using Reasons = std::map<Knob, std::string>;
void settle(Scenario &scenario, Reasons *reasons = nullptr);
// "config small, queues 4, ..": the configuration, and what is not simplest.
std::string describe(const Scenario &scenario);
// The command that runs it again.
std::string reproduce(const Scenario &scenario);
// Any bytes are a scenario: eight of its seed, then one a knob, in the order of the table; what is
// missing is 0, the simplest value. Of a knob with names a byte counts them through, of others it
// is a magnitude: five bits of exponent, three of mantissa.
Scenario scenario_of(std::span<const uint8_t> bytes);

// How a mix draws its scenarios: with this chance uniform over the magnitudes of first..last, else
// the simplest value.
struct Spread {
  Knob knob;
  double chance;
  uint64_t first, last;
};
struct Mix {
  const char *name, *help;
  std::vector<Spread> spreads;
};
std::span<const Mix> mixes();
const Mix &mix_named(const std::string &name);  // throws Error, exit code 2
Scenario draw(const Mix &mix, uint64_t seed, const Fixed &fixed, Reasons *reasons = nullptr);

}  // namespace vmso::regress
