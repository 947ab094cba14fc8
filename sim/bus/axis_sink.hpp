// SPDX-License-Identifier: Apache-2.0
// The MAC: takes frames from m_axis_* with a pattern of readiness, and checks what a MAC relies on:
// data that waits does not change, tkeep has no holes, all beats but the last are full, and a frame
// that has begun has no gap that we did not make ourselves.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/dut.hpp"
#include "model/random.hpp"

namespace vmso {

// Readiness, by name:
//   none        always ready
//   random:P    not ready with chance P (0 <= P < 1) in each cycle
//   1of:N       ready in one cycle of N (1..100000)
//   stall:N@M   not ready for N cycles after each M beats
class Backpressure {
 public:
  static Backpressure parse(const std::string &text);  // throws Error with exit code 2
  bool ready(Random &random);
  void took_beat();
  // The longest time without readiness that the pattern makes, roughly: for the watchdog.
  uint64_t patience() const { return kind_ == Kind::kRandom ? 1000 : n_; }
  // That of a pattern that is not random.
  uint64_t longest_stall() const { return kind_ == Kind::kRandom ? 0 : n_; }

 private:
  enum class Kind { kNone, kRandom, kOneOf, kStall };
  Kind kind_ = Kind::kNone;
  double p_ = 0;
  uint64_t n_ = 0, m_ = 0, count_ = 0, left_ = 0;
};

struct StreamFrame {
  std::vector<uint8_t> bytes;
  uint64_t first = 0, last = 0;  // cycles of its beats
  unsigned queue = 0, slot = 0;
  bool error = false;
  uint64_t number = 0;  // counted from 0 over all queues
};

class AxisSink {
 public:
  AxisSink(unsigned bus_bytes, Random random, Findings &findings);
  void sample(const DutOutputs &out, uint64_t now);
  void drive(DutInputs &in);
  void restart(DutInputs &in);

  bool inside() const { return inside_; }  // a frame has begun, and goes on
  bool inside_of(unsigned queue) const { return inside_ && frame_.queue == queue; }

  Backpressure pattern;
  bool hold = false;              // a stopped MAC
  std::vector<StreamFrame> done;  // whole frames; the owner takes them out
  uint64_t beats = 0, frames = 0, bytes = 0;
  uint64_t first_beat = 0, last_beat = 0;  // cycles; meaningful if beats > 0

 private:
  unsigned bus_bytes_;
  Random random_;
  Findings &findings_;
  StreamFrame frame_;
  bool inside_ = false, ready_ = false, waits_ = false;
  struct {
    Beat data;
    uint64_t keep;
    uint32_t user;
    bool last;
  } held_{};
};

}  // namespace vmso
