// SPDX-License-Identifier: Apache-2.0
// Somebody who watches a run and writes down what he sees. He changes nothing; the system tells him
// what it has seen at the ports, in the order of cycles.
#pragma once
#include <cstdint>

#include "bus/axi_read.hpp"
#include "check/scoreboard.hpp"
#include "model/dut.hpp"

namespace vmso {

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void posted(const ExpectedJob &, uint64_t /*now*/) {}
  virtual void ports(const DutOutputs &, const DutInputs &, uint64_t /*now*/) {}  // every cycle
  virtual void retired(const Retired &) {}
  virtual void answered(const ReadRecord &) {}  // the last beat of a read has come
  // A frame has left; `match`: the job and segment that it was judged as, null: none.
  virtual void left(const StreamFrame &, const Scoreboard::Match *) {}
  virtual void completed(const Completion &) {}
  virtual void restarted(uint64_t /*now*/) {}  // by rst_n: what was under way is gone
  // All that was seen is in the file; throws Error if it could not be written. What is to be said
  // at the end is said by the destructor.
  virtual void flush() {}
};

}  // namespace vmso
