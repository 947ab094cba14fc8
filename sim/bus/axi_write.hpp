// SPDX-License-Identifier: Apache-2.0
// The far end of m_axi_aw*, m_axi_w* and m_axi_b*: takes records, puts them into memory when the
// burst is whole, answers `latency` cycles later, in order. AW and W may come in any order and
// distance. A write that a script answers with an error changes nothing.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "bus/script.hpp"
#include "host/memory.hpp"
#include "model/dut.hpp"
#include "model/random.hpp"

namespace vmso {

struct WriteKnobs {
  unsigned latency = 20;  // from the last W (or AW) to B, at least 1
  unsigned jitter = 0;
  double aw_stall = 0, w_stall = 0;  // chance not to be ready in a cycle
  double error_rate = 0;
  bool hold = false;  // no B is given
};

struct WriteRecord {
  uint64_t addr = 0, at = 0;  // cycle in which it was in memory
  uint32_t bytes = 0;
};

class AxiWriteResponder {
 public:
  AxiWriteResponder(PhysicalMemory &memory, unsigned bus_bytes, Random random, Findings &findings);

  void sample(const DutOutputs &out, uint64_t now);
  void drive(DutInputs &in, uint64_t now);
  void restart(DutInputs &in);
  bool idle() const { return addresses_.empty() && beats_.empty() && answers_.empty(); }
  size_t open() const { return addresses_.size() + answers_.size(); }  // bursts not answered
  std::string describe() const;
  // Bursts that touch these bytes and were not answered.
  size_t open_in(uint64_t first, uint64_t last) const;

  WriteKnobs knobs;
  std::vector<Script> scripts;
  uint64_t writes = 0;            // bursts that are in memory
  std::vector<uint32_t> touched;  // owners of the frames written to; whoever polls empties it
  uint64_t errors = 0;
  bool check_owners = true;  // records go to completion rings and the kernel's notes only
  bool record = false;
  std::vector<WriteRecord> records;

 private:
  struct Address {
    uint64_t addr;
    uint16_t id;
    uint8_t len;
  };
  struct Data {
    Beat beat;
    uint64_t strobes;
    bool last;
  };
  struct Answer {
    uint64_t due, addr;
    uint16_t id;
    uint8_t len;
    Resp resp;
  };
  void join(uint64_t now);
  void store(const Address &address, uint64_t now);

  PhysicalMemory &memory_;
  unsigned bus_bytes_, log2_bytes_;
  Random random_;
  Findings &findings_;
  std::deque<Address> addresses_;
  std::deque<Data> beats_;
  size_t bursts_whole_ = 0;  // last beats in beats_
  std::deque<Answer> answers_;
  bool aw_ready_ = false, w_ready_ = false, offering_ = false;
  bool aw_waits_ = false, w_waits_ = false;
  Address aw_held_{};
  Data w_held_{};
};

}  // namespace vmso
