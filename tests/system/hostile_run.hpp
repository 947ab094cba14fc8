// SPDX-License-Identifier: Apache-2.0
// Hostile owners beside honest ones, with everything at random that a test asks for: commands of
// honest queues, soft resets, reads that are lost, writes that fail, any order of memory.
//
// Honest frames are judged byte for byte (Scoreboard); frames of hostile owners may carry nothing
// but their own bytes; a read from memory that nobody gave is a finding (AxiReadResponder). Faults
// of memory are made where only hostile owners have something: nothing else may notice.
#pragma once
#include <memory>
#include <set>

#include "attack/attacker.hpp"
#include "bench/cell.hpp"
#include "system_test.hpp"

namespace vmso::test {

// Cycles that a command may take.
inline double command_bar(const SystemOptions &o) {
  bench::CellOptions cell;
  cell.config = o.config;
  cell.latency = o.read.latency + o.read.jitter;
  return cell.command_bar();
}

// Writes a command and polls STATE until it says so and nothing is pending; the cycles that it
// took, at most `patience`. One that was refused, as another was pending, is written again, as a
// driver has to. `step` is called between two looks.
template <typename Step>
double command(System &s, unsigned queue, vmso_queue_cmd cmd, enum vmso_queue_state state,
               uint64_t patience, Step &&step) {
  uint32_t base = VMSO_REG_QUEUE(queue);
  s.write32(base + VMSO_REG_QUEUE_COMMAND, uint32_t(cmd));
  uint64_t taken = s.axil.taken_at();
  while (s.now() < taken + patience) {
    const uint32_t shown = s.read32(base + VMSO_REG_QUEUE_STATE);
    if (queue_shows(shown, state)) break;
    if ((shown & VMSO_REG_QUEUE_STATE_REFUSED_bm) && !(shown & VMSO_REG_QUEUE_STATE_PENDING_bm)) {
      s.write32(base + VMSO_REG_QUEUE_COMMAND, uint32_t(cmd));
    }
    step();
  }
  return double(s.now() - taken);
}

struct HostileOptions {
  SystemOptions system;
  std::vector<std::string> attacks;  // one queue each, the last ones
  size_t honest_load = 1;            // of bench::honest_loads()
  uint64_t cycles = 20000;
  bool commands = false;     // STOP and ENABLE, RESET, fences of honest queues at random
  bool soft_resets = false;  // once or twice
  bool memory_errors = false;
};

struct HostileResult {
  double slowest_command = 0;  // cycles from its write to STATE
  std::string slowest_what;
  uint64_t slowest_access = 0, longest_silence = 0;
  std::vector<uint64_t> honest_frames;  // by queue
  uint64_t hostile_frames = 0, hostile_completions = 0;
};

class HostileRun {
 public:
  static constexpr uint64_t kPatience = 40000;  // cycles, then a command counts as lost

  explicit HostileRun(const HostileOptions &o)
      : o_(o),
        honest_queues_(o.system.queues - unsigned(o.attacks.size())),
        system_(prepared(o)),
        owners_(system_, bench::honest_loads().at(o.honest_load), numbers(honest_queues_)),
        random_(o.system.seed, "hostile") {
    result_.honest_frames.resize(honest_queues_);
    system_.access_budget = kPatience;
    system_.allowed_sticky = ~0u;
    system_.check(vmso_tune(&system_.device(), o.system.read.latency,
                            o.system.read.order != ReadOrder::kInOrder, 4162),
                  "tune");
    owners_.warm();
    for (size_t i = 0; i < o.attacks.size(); i++) {
      unsigned queue = honest_queues_ + unsigned(i);
      hostile_.push_back(make_attacker(o.attacks[i], system_, queue, o.system.seed));
      hostile_.back()->start();
    }
    if (o.memory_errors) spoil_memory();
    system_.on_frame = [this](const StreamFrame &frame) { look_at(frame); };
    system_.bus.slowest = 0;
    last_honest_ = system_.now();
  }

  HostileResult run() {
    uint64_t end = system_.now() + o_.cycles, next = system_.now() + 3000;
    uint64_t reset_at = o_.soft_resets ? system_.now() + o_.cycles / 3 : ~uint64_t{0};
    while (system_.now() < end) {
      step();
      if (system_.now() >= reset_at) {
        reset_at = system_.now() + o_.cycles / 2;
        system_.soft_reset();
        renewed_ = system_.now();
      }
      if (o_.commands && system_.now() >= next) {
        next = system_.now() + random_.below(2000);
        command();
      }
    }
    result_.longest_silence =
        std::max(result_.longest_silence, system_.now() - std::max(last_honest_, renewed_));
    result_.slowest_access = std::max(system_.bus.slowest, system_.bus.under_way(system_.now()));
    for (auto &owner : hostile_) result_.hostile_completions += owner->completions_seen();
    return result_;
  }

  System &system() { return system_; }
  const std::vector<std::unique_ptr<Attacker>> &hostile() const { return hostile_; }

 private:
  static SystemOptions prepared(const HostileOptions &o) {
    SystemOptions s = o.system;
    s.keep_frames = false;
    s.processes = unsigned(o.attacks.size()) + 1;  // one for the honest ones
    s.owners.assign(s.queues, 0);
    for (unsigned i = 0; i < o.attacks.size(); i++) {
      s.owners[s.queues - o.attacks.size() + i] = 1 + i;
    }
    return s;
  }
  static std::vector<unsigned> numbers(unsigned n) {
    std::vector<unsigned> all(n);
    std::iota(all.begin(), all.end(), 0u);
    return all;
  }

  void step() {
    system_.step();
    owners_.top_up();
  }
  void steps(uint64_t n) {
    for (uint64_t i = 0; i < n; i++) step();
  }

  void look_at(const StreamFrame &frame) {
    if (frame.queue < honest_queues_) {
      result_.honest_frames[frame.queue]++;
      uint64_t since = std::max(last_honest_, renewed_);
      if (frame.last > since) {
        result_.longest_silence = std::max(result_.longest_silence, frame.last - since);
      }
      last_honest_ = frame.last;
      return;
    }
    result_.hostile_frames++;
    constexpr size_t kHeaders = 256;  // templates may be longer than what is written in them
    constexpr size_t kChecksum = 2;   // and CSUM writes these anywhere
    size_t end = frame.bytes.size();
    if (end <= 60) return;  // padded, maybe
    for (size_t i = kHeaders; i < end; i++) {
      if (frame.bytes[i] == kHostileByte) continue;
      auto behind = std::span(frame.bytes).subspan(std::min(i + kChecksum, end));
      if (std::ranges::all_of(behind, [](uint8_t b) { return b == kHostileByte; })) return;
      system_.findings().add(fmt::format("a frame of hostile queue {} carries byte {:#x} at {}",
                                         frame.queue, frame.bytes[i], i));
      return;
    }
  }

  // Slots of one hostile owner are never answered, pages of another are in error; so are the
  // records of all.
  void spoil_memory() {
    uint64_t ring_bytes = uint64_t{64} << o_.system.log2_slots;
    uint64_t record_bytes = uint64_t{32} << o_.system.log2_completions;
    for (size_t i = 0; i < hostile_.size(); i++) {
      unsigned queue = hostile_[i]->queue();
      uint64_t ring = system_.ring_address(queue), records = system_.completion_address(queue);
      Script lost;
      lost.act = Script::Act::kNever;
      lost.first = ring + ring_bytes / 2;
      lost.last = lost.first + 63;
      lost.times = 1;
      if (i % 2 == 0) system_.reads.scripts.push_back(lost);
      Script error;
      error.first = records + record_bytes / 2;
      error.last = error.first + 31;
      error.times = 3;
      system_.writes.scripts.push_back(error);
    }
    system_.write32(VMSO_REG_READ_TIMEOUT, 2000);
  }

  void note(const char *what, double cycles) {
    if (cycles <= result_.slowest_command) return;
    result_.slowest_command = cycles;
    result_.slowest_what = what;
  }

  void command(unsigned queue, vmso_queue_cmd cmd, enum vmso_queue_state state, const char *what) {
    note(what, test::command(system_, queue, cmd, state, kPatience, [this] { step(); }));
  }

  void command() {
    unsigned queue = unsigned(random_.below(honest_queues_));
    switch (random_.below(3)) {
      case 0:
        command(queue, VMSO_CMD_STOP, VMSO_QUEUE_STOPPED, "STOP");
        steps(random_.below(500));
        command(queue, VMSO_CMD_ENABLE, VMSO_QUEUE_RUN, "ENABLE");
        break;
      case 1:
        owners_.skip = queue;
        command(queue, VMSO_CMD_RESET, VMSO_QUEUE_OFF, "RESET");
        system_.renew_queue(queue);
        owners_.skip.reset();
        break;
      default: {
        uint64_t from = system_.now();
        uint16_t number = 0;
        auto kind = vmso_fence_kind(random_.below(3));
        system_.check(vmso_fence_start(&system_.device(), kind, 1, 0, ~uint64_t{0} >> 1, &number),
                      "fence");
        while (!vmso_fence_done(&system_.device(), number)) {
          if (system_.now() > from + kPatience) break;
          step();
        }
        note("fence", double(system_.now() - from));
      }
    }
    renewed_ = system_.now();  // one queue alone may have been all there was
  }

  HostileOptions o_;
  unsigned honest_queues_;
  System system_;
  bench::HonestOwners owners_;
  Random random_;
  std::vector<std::unique_ptr<Attacker>> hostile_;
  HostileResult result_;
  uint64_t last_honest_ = 0, renewed_ = 0;
};

}  // namespace vmso::test
