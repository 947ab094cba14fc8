// SPDX-License-Identifier: Apache-2.0
// The kernel's memory manager, which does not stop because somebody sends: it maps pages, takes
// them away, moves them, splits and joins large ones, frees page tables and changes roots, of
// processes whose buffers the engine is reading.
//
// Each change goes the way of a Linux mmu notifier: clear the entry, fence the range, wait until
// the engine says that the fence is done, write the new entry, use the old page again. An engine
// that looks in between finds nothing there and faults. Queues that park wait for the page as a
// thread would that meets a migration entry (Pager). Queues that end a job at a fault would fail
// for no fault of their owner; for processes with such queues the new entry takes the place of the
// old one in one write, the fence follows, and nothing is ever absent: only what keeps a mapping
// valid happens to them, and no page is taken away.
//
// What is freed is not free at once: for a while it lies in the grave, marked as freed, and full of
// a marker that names it; a table full of entries that look good and lead to the marker. So there
// are three ways in which an engine that knows an old translation is found out: a read of the old
// page is under way when its fence is done; one is issued later; the marker is on the wire.
//
// Fences are of many kinds: the range as it is, a larger one, a part of a large page (a byte, or
// from or to a place beside it), the context, everything; leaf_only where no table is freed;
// several at a time; waited for by register or by the word in memory. Times are cycles. All goes
// through driver/, from System::step, never from a register access.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/process.hpp"
#include "model/findings.hpp"
#include "model/random.hpp"
#include "vmso.h"

namespace vmso {

enum class Churn : uint8_t { kMap, kUnmap, kMove, kSplit, kJoin, kTable, kRoot, kExit };
constexpr size_t kChurns = 8;
const char *churn_name(Churn kind);

struct ChurnKnobs {
  static constexpr unsigned kAll = (1 << kChurns) - 1;
  double rate = 0;                     // actions per million cycles
  unsigned kinds = kAll;               // one bit a Churn; kExit is for others to do
  unsigned batch = 4;                  // changes under way at once, 1..4
  std::optional<unsigned> level = {};  // of kTable; none: any
  bool exact = false;                  // fences name what has changed, no more
  std::optional<bool> leaf_only = {};  // where it may be; none: every second time
  size_t grave = 64;                   // freed things that stay marked
};

struct ChurnCounts {
  std::array<uint64_t, kChurns> done{};                                              // by Churn
  uint64_t ranges = 0, larger = 0, narrow = 0, contexts = 0, alls = 0, commits = 0;  // fences
  uint64_t leaf_only = 0, by_register = 0, by_memory = 0;                            // of these
  uint64_t longest_fence = 0, most_at_once = 0;
  uint64_t pages = 0;                // of 4 KiB, freed
  std::array<uint64_t, 5> tables{};  // freed, by level
  uint64_t actions() const;
  uint64_t fences() const { return ranges + contexts + alls + commits; }
};

class MemoryManager {
 public:
  struct Host {
    vmso_device &device;
    PhysicalMemory &memory;
    FrameAllocator &frames;
    Findings &findings;
    unsigned processes;
    std::function<Process &(unsigned)> process;
    std::function<unsigned(unsigned)> context;  // of a process
    // Its pages may be absent for a while: somebody leads every queue on that faults there.
    std::function<bool(unsigned)> may_be_absent;
    std::function<uint16_t(unsigned)> commit;              // starts the fence of its new root
    std::function<size_t(uint64_t, uint64_t)> reads_open;  // in these bytes
    std::function<uint64_t()> now;
  };
  MemoryManager(Host host, const ChurnKnobs &knobs, Random random);

  // Once a cycle, and never from within a register access.
  void act();
  // One action of a kind now; false: there is nothing that it could be done to, or four are under
  // way, or one is where it would be.
  bool start(Churn kind, unsigned process);
  size_t under_way() const { return under_way_.size(); }
  bool under_way(unsigned process) const;
  // Frees what a process that has gone leaves, whose context is off by now.
  void bury(unsigned process, Change change, Churn why = Churn::kExit);
  // Looks for the marker in a frame.
  void look(std::span<const uint8_t> frame, uint64_t number);

  ChurnKnobs knobs;
  ChurnCounts counts;

 private:
  struct Action {
    Churn kind;
    unsigned process;
    Change change;
    uint16_t fence;
    uint64_t at, look_at;
    bool by_memory;
  };
  struct Buried {
    std::vector<uint64_t> frames;
    std::vector<std::pair<uint64_t, PageSize>> blocks;
  };
  std::optional<Change> make(Churn kind, Process &process, uint64_t va);
  void fence(Action &action);
  bool fence_done(Action &action);
  void finish(const Action &action);
  void mark(uint64_t pa, Churn why);
  uint64_t trap(Process &process);
  void check(int error, const char *what) const;

  Host host_;
  Random random_;
  uint64_t next_ = 0;
  bool acting_ = false;
  std::deque<Action> under_way_;
  std::deque<Buried> grave_;
  size_t huge_buried_ = 0;
  Churn draw();
  static constexpr unsigned kOurs = ChurnKnobs::kAll & ~(1u << unsigned(Churn::kExit));
  std::array<uint8_t, 6> marker_{};  // random: no payload has it
  std::vector<uint64_t> traps_;      // by process: marker that freed tables lead to; 0: none yet
};

}  // namespace vmso
