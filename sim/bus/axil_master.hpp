// SPDX-License-Identifier: Apache-2.0
// The CPU's side of s_axil_*: one access at a time. start_*() begins it, the bench's cycles carry
// it, done() tells when it is over; whoever wants to block advances the bench meanwhile (System
// does).
#pragma once
#include <cstdint>

#include "bus/script.hpp"
#include "model/dut.hpp"

namespace vmso {

class AxilMaster {
 public:
  explicit AxilMaster(Findings &findings) : findings_(findings) {}

  void start_write(uint32_t addr, uint32_t data, uint8_t strobes = 15);
  void start_read(uint32_t addr);
  bool done() const { return state_ == State::kIdle; }
  uint32_t data() const { return data_; }
  Resp resp() const { return resp_; }
  // Cycle in which address and data of the last write had both been taken.
  uint64_t taken_at() const { return taken_at_; }

  void sample(const DutOutputs &out);
  void drive(DutInputs &in);
  void restart(DutInputs &in);

 private:
  enum class State { kIdle, kWrite, kRead };
  Findings &findings_;
  State state_ = State::kIdle;
  bool address_left_ = false, data_left_ = false;    // still to be handed over
  bool address_valid_ = false, data_valid_ = false;  // driven
  uint32_t addr_ = 0, data_ = 0;
  uint8_t strobes_ = 15;
  uint64_t taken_at_ = 0;
  Resp resp_ = Resp::kOkay;
  bool stray_ = false;  // an answer without a request is told once
};

}  // namespace vmso
