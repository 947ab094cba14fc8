// SPDX-License-Identifier: Apache-2.0
// Several owners on one register bus, as the cores and devices of a host are: each has its own line
// of accesses, the bus carries one at a time, and the owners take turns. So an owner who writes
// without end costs the others every second access and no more, and what is slow is the engine, not
// the harness.
//
// An access is timed from the cycle in which the bus offers it to the one of its answer: waiting
// for other owners is not the engine's. Step order: sample() behind the master's, drive() before
// it; the next access is offered in the cycle after an answer.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "bus/axil_master.hpp"

namespace vmso {

class AxilShare {
 public:
  // What the access gave, and the cycle in which it was answered.
  using Then = std::function<void(uint32_t data, uint64_t answered)>;

  AxilShare(AxilMaster &master, unsigned owners) : master_(master), lines_(owners) {}

  unsigned add_owner() {
    lines_.emplace_back();
    return unsigned(lines_.size() - 1);
  }
  void write(unsigned owner, uint32_t offset, uint32_t data, uint8_t strobes = 15, Then then = {});
  void read(unsigned owner, uint32_t offset, Then then = {});
  // Accesses of an owner that are not answered yet.
  size_t waiting(unsigned owner) const {
    return lines_[owner].size() + (running_ && turn_ == owner);
  }
  // Nothing but what runs is left, and owners behind the first are no longer heard.
  void silence_others();

  void sample(uint64_t now);
  void drive(uint64_t now);
  void restart();

  uint64_t slowest =
      0;  // cycles of the slowest access that was answered; whoever asks sets it back
  // Age of the access that is under way, 0 if there is none.
  uint64_t under_way(uint64_t now) const { return running_ ? now - offered_ : 0; }

 private:
  struct Access {
    uint32_t offset = 0, data = 0;
    uint8_t strobes = 15;
    bool write = false;
    Then then;
  };
  void add(unsigned owner, Access access);

  AxilMaster &master_;
  std::vector<std::deque<Access>> lines_;
  Access current_;
  unsigned turn_ = 0;  // owner of the access that runs, or that ran last
  uint64_t offered_ = 0;
  bool running_ = false, first_only_ = false;
};

}  // namespace vmso
