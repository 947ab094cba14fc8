// SPDX-License-Identifier: Apache-2.0
// The far end of m_axi_ar* and m_axi_r*: a memory that answers the way a host does.
//
// Against one fixed latency and answers in order a read engine can be right by accident: ids never
// matter and a lost credit stays unseen. Here each burst has its own due time, and bursts of
// different ids may overtake each other or mix beat by beat; bursts of one id never do. That is all
// the order that AXI4 promises, so it is all we give.
//
// Times are cycles: the first beat of a burst whose AR was taken in cycle t can be taken in t +
// latency; one beat a cycle, never more reads refused than ar_stall says. Data is read from memory
// when the beat is offered, not when the burst was accepted: a page that was freed too early is
// found out. A bus error is a result, not an exception; what the engine does wrong is a finding.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "bus/script.hpp"
#include "host/memory.hpp"
#include "model/dut.hpp"
#include "model/random.hpp"

namespace vmso {

enum class ReadOrder { kInOrder, kById, kInterleaved };

struct ReadKnobs {
  unsigned latency = 100;  // 1..; see above
  unsigned jitter = 0;     // adds 0..jitter, uniform, drawn once a burst
  ReadOrder order = ReadOrder::kInOrder;
  double ar_stall = 0;           // chance that AR is not ready in a cycle
  double error_rate = 0;         // chance that a burst has a beat in error
  unsigned error_classes = 0xd;  // which: one bit a ReadClass; a slot in error stops its queue
  double lost_rate = 0;          // chance that a burst is never answered
  unsigned lost_classes = 0xf;   // which
  unsigned lost_most = ~0u;      // in all
  unsigned early_classes = 0;    // answers have what was there as AR came; else as the beat comes
};

// One burst: all are kept if `record` is on, else the last ones.
struct ReadRecord {
  uint64_t addr = 0;                     // of the first beat
  uint64_t ar = 0, first = 0, last = 0;  // cycles of AR, first and last beat; last 0: not yet
  uint16_t id = 0, beats = 0;
  bool error = false;
  ReadClass cls() const { return ReadClass(id >> 8 & 3); }
};

// An error response that was made on purpose.
struct GivenError {
  ReadClass cls = ReadClass::kWalk;
  Resp resp = Resp::kOkay;
  uint64_t first = 0, last = 0;  // bytes of the burst
};

struct ReadCounts {
  std::array<uint64_t, 4> bursts{}, beats{};  // by class
  uint64_t errors = 0;                        // bursts with an error response, made on purpose
  uint64_t lost = 0;                          // bursts that are not answered, by `lost_rate`
  uint64_t unbacked = 0;                      // bursts to where no memory is
  uint64_t all_beats() const { return beats[0] + beats[1] + beats[2] + beats[3]; }
};

class AxiReadResponder {
 public:
  AxiReadResponder(PhysicalMemory &memory, unsigned bus_bytes, Random random, Findings &findings);

  void sample(const DutOutputs &out, uint64_t now);
  void drive(DutInputs &in, uint64_t now);
  void restart(DutInputs &in);

  // Answers what a script withheld, in any order.
  void release_withheld(uint64_t now);
  bool idle() const { return open_ == 0; }
  size_t open() const { return open_; }
  // The burst of a class that brought a byte last, among those that are kept; null if there is
  // none.
  const ReadRecord *brought(ReadClass cls, uint64_t pa) const;
  // Bursts with an answer owed that touch these bytes; not those that were given up.
  size_t open_in(uint64_t first, uint64_t last) const;
  // An error of this kind was given, to a burst with this byte in it if there is one.
  bool gave(ReadClass cls, Resp resp, std::optional<uint64_t> pa = {}) const;
  // Bursts without their last beat, oldest first.
  std::vector<ReadRecord> open_reads() const;
  // Reads that are open, by class, and the age of the oldest: for the report of a hang.
  std::string describe(uint64_t now) const;

  ReadKnobs knobs;
  std::vector<Script> scripts;
  ReadCounts counts;
  // Cycles from AR on after which the engine has given up what is withheld.
  uint64_t given_up_after = ~uint64_t{0};
  bool check_owners = true;     // a class reads only frames that are its business
  bool allow_unbacked = false;  // a test that points nowhere on purpose
  bool record = false;
  std::vector<ReadRecord> records;                    // in no order unless `record` is on
  std::function<void(const ReadRecord &)> on_answer;  // called with each last beat
  uint64_t first_beat = 0, last_beat = 0;             // cycles

 private:
  struct Burst {
    uint8_t *data = nullptr;           // its frame, or null
    std::unique_ptr<uint8_t[]> early;  // its bytes as AR came, if knobs ask for them
    uint64_t addr = 0, ar = 0, due = 0, order = 0;
    uint16_t id = 0, beats = 0, beat = 0;
    uint16_t bad_beat = 0xffff;  // answers `resp`; all beats of an unbacked burst do
    uint16_t next = kNone;       // behind it, same id
    Resp resp = Resp::kOkay;
    bool all_bad = false, withheld = false;
  };
  static constexpr uint16_t kNone = 0xffff;
  static constexpr size_t kRecent = 4096;  // bursts kept unless `record` is on

  void accept(const DutOutputs &out, uint64_t now);
  void check(const DutOutputs &out, const Frame *frame);
  void arm(uint16_t index, uint64_t now);
  uint16_t take_place();
  std::vector<bool> home() const;  // by place: no burst in it
  void remember(const Burst &burst);
  // What is remembered of a burst; null if others have taken its place.
  ReadRecord *record_of(const Burst &burst);
  void finish(uint16_t index, uint64_t now);
  bool choose(uint64_t now);

  PhysicalMemory &memory_;
  unsigned bus_bytes_, log2_bytes_;
  Random random_;
  Findings &findings_;

  std::vector<GivenError> given_;
  std::vector<Burst> pool_;
  std::vector<uint16_t> free_;
  std::array<uint16_t, 1024> tail_;                  // newest burst of an id
  std::deque<uint16_t> in_order_;                    // kInOrder
  std::vector<std::pair<uint64_t, uint16_t>> heap_;  // due, index: oldest of their id
  std::vector<uint16_t> ready_;                      // due
  std::vector<uint16_t> withheld_;
  size_t open_ = 0;
  uint64_t next_order_ = 0;
  uint64_t now_ = 0;  // the last cycle that was looked at

  uint16_t current_ = kNone;  // burst on R or begun
  bool offering_ = false, ar_ready_ = false;
  struct Held {
    uint64_t addr = 0;
    uint16_t id = 0;
    uint8_t len = 0;
    bool valid = false;
  } held_;  // AR that waits: it must not change
};

}  // namespace vmso
