// SPDX-License-Identifier: Apache-2.0
// One attacker beside honest queues, and what they lose by it.
//
// Of `queues` queues of weight 1 one belongs to the attacker, the others to honest owners of one
// kind who always have work. The fair share of an honest queue is what it gets if the attacker's
// queue is an honest one of the same kind: 1/queues of what the engine does then. If the attacker
// does not use his share, the others may get more; that gain never hides a loss, because the
// queue that lost most is reported, and a loss is never below zero.
//
// A queue gets its turns, and a window ends somewhere in a turn: the rate of a single queue is
// taken from the start of a turn to the start of a later one, and `spread` tells what the worst
// queue of the run without attacker "loses" in the same way, and two frames, one at either end.
//
// Then the kernel stops, enables and resets one honest queue and fences its context, while the
// attack goes on; each is timed from the cycle in which its register write is taken to the answer
// of the read that shows it done.
//
// A run never hangs: what does not end within kNever cycles is reported as infinite.
#pragma once
#include <algorithm>
#include <csignal>
#include <limits>
#include <string>

#include "bench/honest.hpp"

namespace vmso::bench {

constexpr uint64_t kNever = 30000;  // cycles
constexpr double kInfinite = std::numeric_limits<double>::infinity();

struct CellOptions {
  Config config = Config::kWide;
  unsigned latency = 250;  // cycles
  unsigned queues = 8;     // the attacker's is one of them
  HonestLoad honest = {};
  std::string attacker = {};  // empty: an honest one in its place
  uint64_t seed = 1;
  WaveOptions wave = {};
  RecordFiles files = {};
  const volatile std::sig_atomic_t *stop = nullptr;
  uint64_t window() const;     // cycles of the measurement
  double command_bar() const;  // cycles that a command may take
  double silence_bar() const;  // 2 L + 1000
  double turn_bar() const;     // and a round of the other queues' turns
};

// Cycles; infinite: never.
struct Commands {
  double stop = 0, enable = 0, reset = 0, fence = 0;
  double worst() const { return std::max({stop, enable, reset, fence}); }
};

struct Cell {
  CellOptions options;
  double frames = 0;         // a cycle, of one queue: mean of the honest ones
  double worst_frames = 0;   // of the one that got least
  double silence_any = 0;    // longest time without an honest frame
  double silence_queue = 0;  // longest time without a frame of one honest queue
  double register_access = 0;
  Commands commands;
  std::string trouble;  // first of what was wrong; empty: nothing
};

// Throws Error only for what is not the engine's doing.
Cell run_cell(const CellOptions &options);

// Loss in percent of a share.
struct Loss {
  double mean = 0, worst = 0, spread = 0;
  // What is judged: the worst queue, less what turns alone make of it.
  double judged() const { return std::max({mean, worst - spread, 0.0}); }
};
Loss loss(const Cell &attacked, const Cell &fair);

}  // namespace vmso::bench
